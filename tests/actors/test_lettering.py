"""Text must come out whole, in every script, at a size that can be read."""

# ruff: noqa: RUF001 (letters of other scripts that look like Latin ones are on purpose)

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import skia

from actors.fonts import HEAVY, REGULAR, Faces
from actors.lettering import Lettering, Style, WordBox, is_rtl, set_text, set_words
from schemas.errors import MediaError
from tests.glyphs import glyph_ids

STYLE = Style(family="Noto Sans", weight=HEAVY, color="#FFFFFF")
ROOM: dict[str, Any] = {"width": 500, "height": 300, "size_max": 64, "size_min": 16, "lines_max": 3}
TEXTS = {
    "en-US": "Wake up to better coffee (Kaffi)",
    "de-DE": "Frisch geröstete Kaffeebohnen jeden Morgen",
    "vi-VN": "ĐẶT NGAY: Ấm áp, Ễnh, Ộp, Ử ặ ệ",
    "ru-RU": "Проснитесь с лучшим кофе",
    "el-GR": "Ξυπνήστε με καλύτερο ΐ καφέ",
    "zh-CN": "唤醒清晨的好咖啡，“现在”只要199元！",
    "zh-TW": "喚醒清晨的好咖啡，「現在」只要199元！",
    "ja-JP": "もっとおいしいコーヒーで、目覚めよう。「Kaffi」",
    "ko-KR": "더 좋은 커피로 깨어나세요",
    "ar": "استيقظ على قهوة أفضل إِلَيْكَ (Kaffi) 250",
    "fa-IR": "با قهوه‌ای بهتر بیدار شوید",
    "ur-PK": "بہتر کافی کے ساتھ جاگیں",
    "he-IL": "הִתְעוֹרְרוּ לקפה טוב יותר (Kaffi) 99 ₪",
    "hi-IN": "बेहतर कॉफ़ी के साथ सुबह की शुरुआत र्त्स्न्यूँ करें।",
    "th-TH": "ตื่นมาพบกับกาแฟที่ดีกว่าทุกเช้า ปู่ ฎู่ ที่ญี่ปุ่น",
    "bn-BD": "আরও ভালো কফির সাথে জেগে উঠুন",
    "ta-IN": "சிறந்த காபியுடன் எழுந்திருங்கள்",
    "te-IN": "మంచి కాఫీతో మేల్కొనండి స్త్రీ",
    "km-KH": "ភ្ញាក់ឡើងជាមួយកាហ្វេល្អជាងមុន ស្ត្រី",
    "lo-LA": "ຕື່ນຂຶ້ນມາພ້ອມກັບກາເຟທີ່ດີກວ່າ",
    "my-MM": "ပိုကောင်းသောကော်ဖီဖြင့် နိုးထပါ",
    "am-ET": "በተሻለ ቡና ይንቁ",
}


def _alpha(letters: Lettering, colors: dict[int, str] | None = None) -> np.ndarray:
    """Return the opacity of what is drawn at (80, 80) in a large picture."""
    return _pixels(letters, colors)[..., 3]


def _pixels(letters: Lettering, colors: dict[int, str] | None = None) -> np.ndarray:
    pixels = np.zeros((500, 700, 4), np.uint8)
    letters.paint(skia.Surface(pixels).getCanvas(), 80, 80, colors)
    return pixels


@pytest.mark.parametrize("width", [500, 190])
@pytest.mark.parametrize("locale", TEXTS)
def test_text_of_every_script_stays_in_its_box(locale: str, width: int) -> None:
    """What is drawn, marks above and below and all, lies where the layout says, and nothing is left out."""
    letters = set_text(TEXTS[locale], STYLE, locale, **ROOM | {"width": width, "lines_max": 6})
    rows, columns = (np.flatnonzero(_alpha(letters).any(axis=axis)) for axis in (1, 0))

    assert letters.width <= width
    assert letters.height <= 300
    assert 79 <= columns[0] <= 81
    assert columns[-1] <= 80 + letters.width
    assert rows[0] >= 80
    assert rows[-1] <= 80 + letters.height
    said = "".join({box.word: box.text for box in letters.words}.values())
    assert said == "".join(TEXTS[locale].split())


@pytest.mark.parametrize("locale", TEXTS)
def test_lines_do_not_touch(locale: str) -> None:
    """The ink of the highest and the lowest letters of a script fits a line's height, or all but."""
    letters = set_text(TEXTS[locale], STYLE, locale, **ROOM | {"width": 2400, "size_max": 48, "lines_max": 1})
    pixels = np.zeros((150, 2500, 4), np.uint8)
    letters.paint(skia.Surface(pixels).getCanvas(), 10, 20)
    rows = np.flatnonzero(pixels[..., 3].any(axis=1))

    assert rows[-1] + 1 - rows[0] <= 1.06 * (letters.words[0].bottom - letters.words[0].top)


def test_a_short_text_takes_the_largest_size() -> None:
    """Nothing shrinks without need."""
    assert set_text("Hi", STYLE, "en-US", **ROOM).size == 64


def test_a_long_text_shrinks_before_it_is_cut() -> None:
    """All words stay, and the width is used."""
    text = "A rather long promise about coffee that must still be readable by everyone who sees it"
    letters = set_text(text, STYLE, "en-US", **ROOM | {"height": 150})

    assert 16 <= letters.size < 64
    assert letters.width > 0.9 * 500 or letters.height > 0.9 * 150


def test_a_text_that_cannot_fit_is_refused() -> None:
    """Better no ad than one with letters cut off; the text, the room and the cure are named."""
    with pytest.raises(MediaError, match=r"'word word .* does not fit 300 x 100 px at 32 px; shorten it"):
        set_text("word " * 80, STYLE, "en-US", **ROOM | {"width": 300, "height": 100, "size_min": 32})


@pytest.mark.parametrize(
    ("text", "locale"), [("\U00013000", "en-US"), ("Good 😀", "de-DE"), ("a\tb", "en-US")]
)
def test_a_missing_glyph_is_never_drawn(text: str, locale: str) -> None:
    """Whoever forgot to look before learns it now."""
    with pytest.raises(MediaError, match=r"U\+.*which neither 'Noto Sans' nor another font has; "):
        set_text(text, STYLE, locale, **ROOM)


@pytest.mark.parametrize("locale", TEXTS)
def test_what_is_drawn_has_no_empty_boxes(locale: str) -> None:
    """The text as it is set, with what binds its words, has a glyph for everything."""
    letters = set_text(TEXTS[locale], STYLE, locale, **ROOM | {"size_min": 64, "width": 9000})

    assert 0 not in glyph_ids(letters._plain)


def test_a_long_word_is_never_broken() -> None:
    """A German compound shrinks instead."""
    letters = set_text("Die Donaudampfschifffahrt", STYLE, "de-DE", **ROOM | {"width": 300})

    assert {box.word: box.line for box in letters.words} == {0: 0, 1: 1}
    assert len(letters.words) == letters.lines == 2


def test_thai_is_parted_between_words() -> None:
    """Thai has no spaces; a dictionary knows the words, and lines end between them."""
    letters = set_text("ตื่นมาพบกับกาแฟที่ดีกว่า", STYLE, "th-TH", **ROOM | {"width": 200})
    words = ["ตื่น", "มา", "พบ", "กับ", "กาแฟ", "ที่", "ดี", "กว่า"]

    assert [box.text for box in letters.words] == words
    assert letters.lines > 1


@pytest.mark.parametrize("width", range(90, 300, 15))
@pytest.mark.parametrize("locale", ["ja-JP", "zh-CN", "zh-TW"])
def test_no_line_begins_or_ends_with_the_wrong_mark(locale: str, width: int) -> None:
    """Closing marks, small kana and the long-vowel mark begin no line; opening marks end none."""
    room = ROOM | {"width": width, "size_max": 24, "size_min": 8, "lines_max": 9}
    lines = _lines(set_words(list(TEXTS[locale]), STYLE, locale, **room))

    assert not [line for line in lines if line[0] in "、。，！」”ーっャょ"]
    assert not [line for line in lines if line[-1] in "「“"]


@pytest.mark.parametrize(
    ("text", "locale", "whole"),
    [
        ("Nur heute 1 250 €", "de-DE", "1 250 €"),
        ("Jetzt für CHF 12", "de-CH", "CHF 12"),
        ("Nu kun 99 kr i dag", "da-DK", "99 kr"),
        ("Le café est là !", "fr-FR", "là !"),
        ("250 g für 30 %", "de-DE", "250 g"),
        ("只要199元起", "zh-CN", "199元"),
        ("今なら¥1,980から", "ja-JP", "¥1,980"),
        ("फक्त ₹ 250", "mr-IN", "₹ 250"),
        ("الآن 99 ₪ فقط", "ar", "99 ₪"),
    ],
)
def test_a_price_stays_on_one_line(text: str, locale: str, whole: str) -> None:
    """A number and its unit are read together."""
    for width in range(120, 420, 25):
        room = ROOM | {"width": width, "size_min": 8, "size_max": 40, "lines_max": 6}
        letters = set_text(text, STYLE, locale, **room)

        assert any(whole.replace(" ", "") in line for line in _lines(letters)), width


def test_east_asian_phrases_stay_whole_where_there_is_room() -> None:
    """Any two characters may be parted, but コーヒー in two reads badly."""
    letters = set_text("もっとおいしいコーヒーで、目覚めよう。", STYLE, "ja-JP", **ROOM | {"width": 430})

    assert _lines(letters) == ["もっとおいしい", "コーヒーで、", "目覚めよう。"]


def test_direction_follows_the_locale() -> None:
    """Arabic, Hebrew, Persian and Urdu run from right to left."""
    locales = ("ar", "he-IL", "fa", "ur-PK", "en-US", "zh-CN")

    assert [is_rtl(locale) for locale in locales] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("words", "locale", "seen"),
    [
        (
            ["قهوة", "(Kaffi)", "New", "Blend", "250", "غرام"],
            "ar",
            ["غرام", "New", "Blend", "250", "(Kaffi)", "قهوة"],
        ),
        (["קפה", "Kaffi", "2.0", "ב-99", "₪!"], "he-IL", ["₪!", "ב-99", "Kaffi", "2.0", "קפה"]),
        (["Kaffi", "قهوة", "جيدة", "now"], "en-US", ["Kaffi", "جيدة", "قهوة", "now"]),
        (["کافی", "۲۵۰", "gram"], "fa-IR", ["gram", "۲۵۰", "کافی"]),
    ],
)
def test_mixed_directions_are_seen_in_the_right_order(words: list[str], locale: str, seen: list[str]) -> None:
    """From left to right as they stand in the picture, by Unicode's bidirectional algorithm."""
    letters = set_words(words, STYLE, locale, **ROOM | {"lines_max": 1})
    boxes = sorted(letters.words, key=lambda box: box.left)

    assert [box.text for box in boxes] == seen
    assert all(before.right <= after.left + 0.5 for before, after in pairwise(boxes))


@pytest.mark.parametrize("locale", ["ar", "he-IL", "en-US"])
def test_lines_begin_at_the_same_edge(locale: str) -> None:
    """The right one where the text runs from right to left; spaces at line ends push nothing."""
    letters = set_text(TEXTS[locale], STYLE, locale, **ROOM | {"width": 260})
    lines = [[box for box in letters.words if box.line == line] for line in range(letters.lines)]
    edges = [max(b.right for b in line) if is_rtl(locale) else min(b.left for b in line) for line in lines]

    assert letters.lines > 1
    assert max(edges) - min(edges) < 0.5


@pytest.mark.parametrize("locale", ["en-US", "ar", "hi-IN", "th-TH", "ja-JP", "km-KH"])
def test_each_word_lies_in_its_box(locale: str) -> None:
    """A word that is painted in another colour changes pixels in its box only, and the others stay."""
    letters = set_text(TEXTS[locale], STYLE, locale, **ROOM)
    plain = _pixels(letters).astype(int)

    for word in {box.word for box in letters.words}:
        changed = np.abs(_pixels(letters, {word: "#FF0000"}).astype(int) - plain).max(axis=2) > 8
        assert changed.any()
        inside = np.zeros_like(changed)
        for box in (box for box in letters.words if box.word == word):
            inside[_reach(box, letters.size)] = True
        assert not (changed & ~inside).any(), word


def _reach(box: WordBox, size: float) -> tuple[slice, slice]:
    """Return the pixels of *box*, and a little of what letters reach beyond it."""
    aside, above = size * 0.12 + 1, size * 0.25
    rows = slice(max(0, int(80 + box.top - above)), int(81 + box.bottom + above))
    return rows, slice(max(0, int(80 + box.left - aside)), int(81 + box.right + aside))


def test_a_word_can_be_left_out() -> None:
    """Words that were not said yet are not there, and those that are do not move."""
    letters = set_words(["one", "two", "three"], STYLE, "en-US", **ROOM)
    whole, without = _alpha(letters), _alpha(letters, {1: ""})
    two = letters.words[1]
    part = slice(80 + int(two.left) + 3, 80 + int(two.right) - 3)

    assert whole[:, part].any()
    assert not without[:, part].any()
    assert np.array_equal(whole[:, : part.start - 6], without[:, : part.start - 6])


def test_given_words_are_joined_as_the_script_joins_them() -> None:
    """Chinese and Thai stand together, Latin and Korean apart."""
    words = {
        "zh-CN": ["唤醒", "清晨", "的", "Kaffi", "Blend", "，", "250", "克"],
        "th-TH": ["ตื่น", "มา", "พบ"],
        "ko-KR": ["더", "좋은"],
    }
    gaps = {
        locale: [after.left - before.right > 3 for before, after in pairwise(boxes)]
        for locale in words
        if (boxes := set_words(words[locale], STYLE, locale, **ROOM | {"lines_max": 1}).words)
    }

    assert gaps["zh-CN"] == [False, False, False, True, False, False, False]
    assert gaps["th-TH"] == [False, False]
    assert gaps["ko-KR"] == [True]


def test_emoji_stand_in_the_line(emoji: Faces) -> None:
    """A picture is a word like others: boxed, shrunk with the text, and left out on demand."""
    words = ["Good", "👩🏿‍🚀", "(👍🏽", "250", "€)"]
    letters = set_words(words, STYLE, "de-DE", **ROOM | {"faces": emoji})

    assert [box.text for box in letters.words] == words
    assert _alpha(letters).sum() > _alpha(letters, {1: ""}).sum() > 0


def test_the_same_text_is_laid_out_once() -> None:
    """Ads of one campaign repeat their texts on each cut."""
    assert set_text("Again", STYLE, "en-US", **ROOM) is set_text("Again", STYLE, "en-US", **ROOM)


def test_a_style_for_reading_is_lighter() -> None:
    """The weight asked for is the weight drawn."""
    light = STYLE.model_copy(update={"weight": REGULAR})
    heavy, regular = (set_text("Coffee", style, "en-US", **ROOM) for style in (STYLE, light))

    assert _alpha(heavy).sum() > 1.3 * _alpha(regular).sum()


def _lines(letters: Lettering) -> list[str]:
    lines = [[box for box in letters.words if box.line == line] for line in range(letters.lines)]
    return ["".join(box.text for box in sorted(line, key=lambda box: box.word)) for line in lines]
