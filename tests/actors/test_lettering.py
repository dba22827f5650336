"""Text must come out whole, in every script, at a size that can be read."""

import numpy as np
import pytest
import skia

from actors import fonts
from actors.fonts import FONTS, HEAVY, REGULAR, missing_characters, typeface_of
from actors.lettering import Lettering, Style, is_rtl, set_text
from schemas.errors import MediaError

STYLE = Style(family="Noto Sans", weight=HEAVY, color="#FFFFFF")
TEXTS = {
    "en-US": "Wake up to better coffee",
    "de-DE": "Frisch geröstete Kaffeebohnen jeden Morgen",
    "ru-RU": "Проснитесь с лучшим кофе",  # noqa: RUF001 (Cyrillic on purpose)
    "el-GR": "Ξυπνήστε με καλύτερο καφέ",
    "zh-CN": "唤醒清晨的好咖啡",
    "ja-JP": "もっとおいしいコーヒーで目覚めよう",
    "ko-KR": "더 좋은 커피로 깨어나세요",
    "ar": "استيقظ على قهوة أفضل (Kaffi) 250",
    "he-IL": "התעוררו לקפה טוב יותר",
}


def _ink(letters: Lettering) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is drawn at (50, 50)."""
    pixels = np.zeros((900, 1200, 4), np.uint8)
    surface = skia.Surface(pixels)
    letters.paint(surface.getCanvas(), 50, 50)
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


@pytest.mark.parametrize("locale", TEXTS)
def test_text_of_every_script_stays_in_its_box(locale: str) -> None:
    """What is drawn lies where the layout says, so the safe zone can be trusted."""
    letters = set_text(
        TEXTS[locale], STYLE, locale, width=700, height=400, size_max=96, size_min=32, lines_max=3
    )
    left, top, right, bottom = _ink(letters)

    assert left >= 50 - 6
    assert right <= 50 + letters.width + 6
    assert top >= 50 - letters.size * 0.08
    assert bottom <= 50 + letters.height + letters.size * 0.08
    assert letters.width <= 700


@pytest.mark.parametrize("locale", TEXTS)
def test_every_script_has_its_letters(locale: str) -> None:
    """No text of a supported language comes out as boxes."""
    assert missing_characters(TEXTS[locale], "Noto Sans", locale) == ""


def test_missing_characters_are_named() -> None:
    """A character without a glyph is found before anything is drawn."""
    assert missing_characters("a\U0001f600b", "Noto Sans", "en-US") == "\U0001f600"


def test_only_fonts_that_a_text_needs_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fonts of all scripts are 60 MB; Latin letters need one of them."""
    opened: list[str] = []
    monkeypatch.setattr(
        fonts, "typeface_of", lambda name, weight: opened.append(name) or typeface_of(name, weight)
    )

    assert missing_characters("Prêt à partir", "Noto Sans", "ja-JP") == ""
    assert opened == ["Noto Sans"]


def test_a_short_text_takes_the_largest_size() -> None:
    """Nothing shrinks without need."""
    letters = set_text("Hi", STYLE, "en-US", width=700, height=400, size_max=96, size_min=32, lines_max=3)

    assert letters.size == 96


def test_a_long_text_shrinks_before_it_is_cut() -> None:
    """All words stay."""
    text = "A rather long promise about coffee that must still be readable by everyone who sees it"
    letters = set_text(text, STYLE, "en-US", width=500, height=300, size_max=96, size_min=32, lines_max=4)

    assert 32 <= letters.size < 96


def test_a_text_that_cannot_fit_is_refused() -> None:
    """Better no ad than one with letters cut off."""
    with pytest.raises(MediaError, match="shorten it"):
        set_text("word " * 80, STYLE, "en-US", width=300, height=100, size_max=96, size_min=32, lines_max=2)


def test_a_long_word_is_never_broken() -> None:
    """A German compound shrinks instead."""
    letters = set_text(
        "Donaudampfschifffahrt", STYLE, "de-DE", width=400, height=400, size_max=96, size_min=20, lines_max=3
    )

    assert letters.width <= 400
    assert letters.height < letters.size * 1.5


def test_direction_follows_the_locale() -> None:
    """Arabic and Hebrew run from right to left."""
    assert [is_rtl(locale) for locale in ("ar", "he-IL", "fa", "en-US", "zh-CN")] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("family", FONTS)
@pytest.mark.parametrize("weight", [REGULAR, HEAVY])
def test_letters_have_the_shape_that_the_font_says(family: str, weight: int) -> None:
    """Skia draws Noto Sans wrongly between its masters; the weights in use are right."""
    ttlib = pytest.importorskip("fontTools.ttLib")
    bounds_pen = pytest.importorskip("fontTools.pens.boundsPen")
    from actors.fonts import _font_path  # noqa: PLC0415 (beside what it is compared with)

    font = ttlib.TTFont(_font_path(FONTS[family]), lazy=True)
    glyphs, names = font.getGlyphSet(location={"wght": weight}), font.getBestCmap()
    face = typeface_of(family, weight)
    drawn = skia.Font(face, font["head"].unitsPerEm)
    drawn.setHinting(skia.FontHinting.kNone)

    for char in (char for char in "HSw0258" if ord(char) in names):
        pen = bounds_pen.BoundsPen(glyphs)
        glyphs[names[ord(char)]].draw(pen)
        box = drawn.getPath(face.unicharToGlyph(ord(char))).computeTightBounds()

        assert (box.left(), -box.bottom(), box.right(), -box.top()) == pytest.approx(pen.bounds, abs=6)
