"""Fonts must be the right ones, whole and safe, and what they lack must be known before anything is drawn."""

# ruff: noqa: RUF001 (letters of other scripts that look like Latin ones are on purpose)

from pathlib import Path

import numpy as np
import pytest
import regex
import skia
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.fonts import (
    FONTS,
    HEAVY,
    PACKAGED,
    REGULAR,
    Faces,
    faces_of,
    has_emoji,
    missing,
    open_font,
    scripts,
    typeface_of,
)
from actors.fonts.brand import BYTES_MAX
from actors.fonts.last_resort import last_resort
from actors.fonts.missing import pieces_of
from actors.fonts.scripts import chain_of
from actors.fonts.shaping import Setting, paragraph
from actors.lettering import Style, set_text
from schemas.errors import MediaError
from tests.compositions import draw_composition
from tests.glyphs import glyph_ids

ALPHABETS = {
    "en-US": "AZaz09.,!?%$€£–“”•™©",
    "vi-VN": "ĂÂĐÊÔƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ₫",
    "tr-TR": "ğİıŞçÖü₺",
    "pl-PL": "ąćęłńóśźżŁ",
    "el-GR": "ΑΩαωάέήίόύώΐΰϊϋς",
    "ru-RU": "АЯаяЁёЙй№₽",
    "uk-UA": "ЄєІіЇїҐґ₴",
    "zh-CN": "咖啡的清晨，。！？“”《》…元",
    "zh-TW": "咖啡喚醒圓，。「」",
    "zh-HK": "咖啡喚醒嘅喺",
    "ja-JP": "もっとカフェー目覚め、。「」・々ゃッ円¥",
    "ko-KR": "커피깨어나세요힣한₩",
    "ar": "استيقظعلىقهوةأفضللآپ٠١٢٣،؟",
    "fa-IR": "گچپژکی۰۱۲۳",
    "ur-PK": "ٹڈڑںےۓ۔",
    "he-IL": "אבגדהוזחטיךכלםמןנסעףפץצקרשת₪\u05b8",
    "hi-IN": "क्षज्ञत्रड़़ािीुूेैोौं्।₹०१२",
    "mr-IN": "ळऱऑॲ",
    "ne-NP": "ङञढणःँ",
    "th-TH": "กขคงจที่เแโใไก็้ำ๏๐๑฿ฯๆ",
    "bn-BD": "কখগঘঙচ্ছািীুূেৈোৌং৳",
    "ta-IN": "அஆஇஈகஙசஞடணிீுூெேை௹",
    "te-IN": "అఆఇఈకఖగఘిీుూెేై్",
    "km-KH": "កខគឃង្ាិីឹឺុូ៛។",
    "lo-LA": "ກຂຄງຈທີ່ເແໂໃໄ້ຳ₭",
    "my-MM": "ကခဂဃငျြွှာိီုူေ်။",
    "am-ET": "ሀሁሂሃሄህሆለሉሊቡናይንቁ።",
}


@pytest.mark.parametrize("locale", ALPHABETS)
@pytest.mark.parametrize("family", ["Noto Sans", "Inter", "Source Serif 4"])
def test_every_script_has_its_letters(locale: str, family: str) -> None:
    """No letter of a supported language comes out as a box, in no family and at no weight."""
    text = ALPHABETS[locale]

    assert missing(text, family, locale) == ()
    assert 0 not in _drawn(text, family, locale, HEAVY)
    assert 0 not in _drawn(text, family, locale, REGULAR)


@settings(max_examples=150)
@given(
    st.text(
        st.one_of(
            st.sampled_from("".join(ALPHABETS.values()) + " \u200d\u200c\ufe0f\u0301"),
            st.characters(exclude_categories=["Cs"]),
        )
    ),
    st.sampled_from(list(ALPHABETS)),
)
@example("x\u0e48", "th-TH")
@example("ก\u0301", "th-TH")
@example("\u08ca", "en-US")
@example("\u0378", "en-US")
@example("日\u0489", "ja-JP")
def test_a_text_is_refused_just_when_an_empty_box_would_be_drawn(text: str, locale: str) -> None:
    """What passes is shaped without the glyph 0; what is refused would have it, or has no look at all."""
    lacking = missing(text, "Noto Sans", locale)
    drawn = _drawn(text, "Noto Sans", locale, REGULAR)

    assert bool(lacking) == (
        0 in drawn
        or has_emoji(text)
        or bool(regex.search(r"[^\P{C}\n\p{Cf}]|[\p{Zl}\p{Zp}]", text) or _bare(text))
    )


def test_a_missing_character_is_named_with_its_font_and_the_cure() -> None:
    """Who wrote the text is told which character, by sight and by number, and what to do."""
    thumb, hieroglyph = missing("Good 👍🏽 \U00013000", "Inter", "de-DE")

    assert (thumb.text, thumb.codes) == ("👍🏽", "U+1F44D U+1F3FD")
    assert str(thumb) == "'👍🏽' (U+1F44D U+1F3FD), which neither 'Inter' nor another font has"
    assert "reelmill weights fetch emoji" in thumb.cure
    assert hieroglyph.codes == "U+13000"
    assert "brand.fonts" in hieroglyph.cure


def test_only_fonts_that_a_text_needs_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fonts of all scripts are 60 MB; Latin letters need one of them, Japanese two."""
    asked: set[str] = set()
    real = scripts.has_glyph
    monkeypatch.setattr(
        scripts, "has_glyph", lambda name, char, faces: asked.add(name) or real(name, char, faces)
    )
    scripts.chain_of.cache_clear()

    assert chain_of("Prêt à partir", "Noto Sans", "ja-JP").families["letters"] == ("Noto Sans",)
    assert asked == {"Noto Sans"}
    assert chain_of("朝 Kaffi", "Noto Sans", "ja-JP").families["letters"] == ("Noto Sans", "Noto Sans JP")
    assert asked == {"Noto Sans", "Noto Sans JP"}


@pytest.mark.parametrize(
    ("locale", "family"),
    {
        "zh-CN": "Noto Sans SC",
        "zh-TW": "Noto Sans TC",
        "zh-HK": "Noto Sans TC",
        "zh-Hant": "Noto Sans TC",
        "ja-JP": "Noto Sans JP",
        "ko-KR": "Noto Sans KR",
        "en-US": "Noto Sans SC",
    }.items(),
)
def test_han_characters_look_as_in_the_locale(locale: str, family: str) -> None:
    """The character 直 is written differently in each country."""
    assert family in chain_of("直", "Inter", locale).families["letters"]


def test_only_emoji_are_pictures() -> None:
    """A text sign stays text, in the text's colour, unless U+FE0F asks for the picture."""
    pictures = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "👩🏿‍🚀", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#️⃣", "❤️", "☕", "©️"]

    assert [has_emoji(f"a{picture}b") for picture in pictures] == [True] * len(pictures)
    assert not any(has_emoji(text) for text in ("12 #1 *", "© ™ ® ☀ ❤ → ★ ✓", "☕\ufe0e"))


def test_emoji_are_drawn_in_colour(emoji: Faces) -> None:
    """Faces, skin tones, families, flags and keycaps come out of the fetched font, in their own colours."""
    for picture in ("😀", "👍🏽", "👨‍👩‍👧‍👦", "👩🏿‍🚀", "🇩🇪", "1️⃣", "❤️"):
        assert missing(picture, "Noto Sans", "en-US", emoji) == ()
        assert len([glyph for glyph in _drawn(picture, "Noto Sans", "en-US", HEAVY, emoji) if glyph]) <= 3

        pixels = _pixels(picture, emoji)
        assert len({tuple(color) for color in pixels[pixels[..., 3] == 255][:, :3] // 32}) > 3, picture


def test_emoji_take_no_more_room_than_tall_letters(emoji: Faces) -> None:
    """A picture in a line is drawn inside the line."""
    style = Style(family="Noto Sans", weight=HEAVY, color="#FFFFFF")
    room = {"width": 900, "height": 900, "size_max": 64, "size_min": 64, "lines_max": 1, "faces": emoji}
    letters, picture = (set_text(text, style, "en-US", **room) for text in ("Ég", "😀"))

    assert picture.height <= letters.height + 1
    assert picture.width < 1.4 * 64


def test_a_font_of_the_brand_is_used(tmp_path: Path) -> None:
    """A composition names the brand's file; the caller says where it lies."""
    name = "inputs/0123.ttf"
    path = tmp_path / "0123.ttf"
    path.write_bytes(FONTS["Source Serif 4"].place.read_bytes())
    kit = draw_composition().kit.model_copy(update={"heading": name})
    faces = faces_of(draw_composition(kit=kit, emoji=""), lambda wanted: tmp_path / Path(wanted).name)

    assert faces == Faces(((name, str(path)),))
    assert open_font(path)[:3] == ("Source Serif 4", 200, 900)
    assert typeface_of(name, HEAVY, faces).getFamilyName() == "Source Serif 4"
    assert chain_of("Kaffi 咖啡", name, "zh-CN", faces).families["letters"] == (name, "Noto Sans SC")


def test_a_brand_font_of_one_weight_is_taken_as_it_is() -> None:
    """Nothing thickens letters that their designer drew thin."""
    faces = Faces((("inputs/1.ttf", str(FONTS["Noto Sans Symbols 2"].place)),))
    light, heavy = (typeface_of("inputs/1.ttf", weight, faces) for weight in (REGULAR, HEAVY))
    path = skia.Font(light, 64).getPath(light.unicharToGlyph(0x2605))

    assert path == skia.Font(heavy, 64).getPath(heavy.unicharToGlyph(0x2605))


def _changed(content: bytes, table: bytes, offset: int, value: bytes) -> bytes:
    entry = content.index(table, 12)
    place = int.from_bytes(content[entry + 8 : entry + 12]) + offset
    return content[:place] + value + content[place + len(value) :]


INTER = FONTS["Inter"].place.read_bytes()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"wOFF" + INTER[4:], "WOFF, for web pages; give the TTF or OTF"),
        (b"wOF2" + INTER[4:], "WOFF2, for web pages"),
        (b"ttcf" + INTER[4:], "collection of fonts"),
        (b"", "is no font file"),
        (b"<svg/>", "is no font file"),
        (INTER[:8], "cut off or damaged"),
        (INTER[: len(INTER) // 2], "cut off or damaged"),
        (INTER[:4] + b"\xff\xff" + INTER[6:], "cut off or damaged"),
        (INTER.replace(b"cmap", b"xmap", 1), "lacks its table 'cmap'"),
        (_changed(INTER, b"head", 18, b"\0\0"), "damaged"),
        (bytes(BYTES_MAX + 1), "more than 20 MB"),
    ],
    ids=range(11),
)
def test_a_file_that_is_no_usable_font_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    """Files come from strangers; the message says what to give instead."""
    path = tmp_path / "Brand.ttf"
    path.write_bytes(content)

    with pytest.raises(MediaError, match=told):
        open_font(path)


def test_a_font_without_latin_letters_is_refused(tmp_path: Path) -> None:
    """Names and prices need them in every locale; other scripts have fonts of their own."""
    builder = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000)
    pen = pytest.importorskip("fontTools.pens.ttGlyphPen").TTGlyphPen(None)
    builder.setupGlyphOrder([".notdef", "alef"])
    builder.setupCharacterMap({0x5D0: "alef"})
    builder.setupGlyf(dict.fromkeys([".notdef", "alef"], pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", "alef"], (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    builder.save(tmp_path / "Hebrew.ttf")

    with pytest.raises(MediaError, match=r"lacks ABC.*basic Latin letters"):
        open_font(tmp_path / "Hebrew.ttf")


def test_a_font_that_may_not_be_embedded_is_warned_of(tmp_path: Path) -> None:
    """Letters in a video are pictures, so the licence decides, and the user must look."""
    path = tmp_path / "Brand.ttf"
    path.write_bytes(_changed(INTER, b"OS/2", 8, b"\0\2"))

    assert "may not be embedded" in open_font(path).warnings[0]
    assert open_font(FONTS["Inter"].place).warnings == ()


def test_a_changed_package_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text must look the same on every machine."""
    monkeypatch.setitem(FONTS, "Other", FONTS["Inter"].model_copy(update={"sha256": "0" * 64}))

    with pytest.raises(MediaError, match="is not the file that was tested; reinstall"):
        typeface_of("Other", REGULAR)


def test_the_last_font_has_every_character_and_nothing_to_draw() -> None:
    """It only tells that the others failed."""
    face = last_resort()

    assert {face.unicharToGlyph(code) for code in (0x20, 0x41, 0x4E00, 0xE000, 0x1F600, 0x10FFFF)} == {1}
    assert skia.Font(face, 64).getPath(1).isEmpty()


@pytest.mark.parametrize(
    ("family", "weight"),
    [(family, HEAVY) for family in FONTS if family[-2:] not in {"TC", "JP", "KR"}]
    + [(family, REGULAR) for family in ("Noto Sans", "Noto Serif", "Inter", "Source Serif 4")],
)
def test_letters_have_the_shape_that_the_font_says(family: str, weight: int) -> None:
    """Skia draws Noto Sans wrongly between its masters; the weights in use are right."""
    ttlib = pytest.importorskip("fontTools.ttLib")
    bounds_pen = pytest.importorskip("fontTools.pens.boundsPen")
    font = ttlib.TTFont(FONTS[family].place, lazy=True)
    location = {"wght": weight} if "fvar" in font else None
    glyphs, names = font.getGlyphSet(location=location), font.getBestCmap()
    face = typeface_of(family, weight)
    drawn = skia.Font(face, font["head"].unitsPerEm)
    drawn.setHinting(skia.FontHinting.kNone)

    for char in (char for char in "HSw0258กకតកक★" if ord(char) in names):
        pen = bounds_pen.BoundsPen(glyphs)
        glyphs[names[ord(char)]].draw(pen)
        box = drawn.getPath(face.unicharToGlyph(ord(char))).computeTightBounds()

        assert (box.left(), -box.bottom(), box.right(), -box.top()) == pytest.approx(pen.bounds, abs=6)


def _bare(text: str) -> bool:
    return any(
        regex.match(r"[\p{Mn}\p{Me}]", regex.sub(r"\p{DI}", "", one)) for one in regex.findall(r"\X", text)
    )


def _drawn(text: str, family: str, locale: str, weight: int, faces: Faces = PACKAGED) -> list[int]:
    families = tuple(chain_of(text, family, locale, faces).families.items())
    setting = Setting(families, weight, 1.2, centered=False, rtl=False, locale=locale, faces=faces)
    shaped = paragraph(pieces_of(text, skia.ColorBLACK), setting, 64)
    shaped.layout(1e6)
    return glyph_ids(shaped)


def _pixels(text: str, faces: Faces) -> np.ndarray:
    style = Style(family="Noto Sans", weight=HEAVY, color="#FFFFFF")
    letters = set_text(
        text, style, "en-US", width=99, height=99, size_max=48, size_min=48, lines_max=1, faces=faces
    )
    pixels = np.zeros((100, 100, 4), np.uint8)
    letters.paint(skia.Surface(pixels).getCanvas(), 0, 0)
    return pixels
