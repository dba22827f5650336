"""Captions as files: broken as people read, and read back by another's parser."""

from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from actors.captions import Cue, said, shown, srt, vtt
from schemas.errors import MediaError
from schemas.media import Word

TEXT = (
    "Fresh beans, roasted this morning in Lisbon, at your door tomorrow. Now only 1 299,00 zł instead of "
    "1 599 zł! Order today and pay nothing for delivery until the end of the month."
)
JAPANESE = (
    "今朝焙煎したばかりの新鮮なコーヒー豆を、あなたの玄関先までお届けします。今だけ¥1,299です。お早めに。"
)


def speak(text: str, *, seconds: float = 0.06) -> list[Word]:
    """Return the words of *text*, each as long as its letters, with a breath after a sentence."""
    words, now = [], 0.3
    for word in text.split(" "):
        words.append(Word(text=word, start=now, end=now + len(word) * seconds))
        now = words[-1].end + (0.35 if word[-1] in ".!?" else 0.05)
    return words


def read_back(path: Path) -> list[tuple[float, float, str]]:
    """Return begin, end and text of each cue, as FFmpeg reads them."""
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        base = float(stream.time_base or 0)
        return [
            (
                float(packet.pts or 0) * base,
                float((packet.pts or 0) + (packet.duration or 0)) * base,
                bytes(packet).decode(),
            )
            for packet in container.demux(stream)
            if packet.size
        ]


@pytest.mark.parametrize(
    "cues", [said(speak(TEXT), seconds=30), shown([(JAPANESE, 0, 6), ("a & b < c", 6, 9)])]
)
@pytest.mark.parametrize(("suffix", "write"), [(".srt", srt), (".vtt", vtt)])
def test_another_reader_finds_the_same_times_and_words(
    tmp_path: Path, cues: tuple[Cue, ...], suffix: str, write: object
) -> None:
    """FFmpeg's demuxers read both formats as they were meant."""
    path = tmp_path / f"ad{suffix}"
    path.write_text(write(cues), encoding="utf-8")  # type: ignore[operator]
    found = read_back(path)

    assert [cue[:2] for cue in found] == [
        (pytest.approx(cue.start, abs=0.001), pytest.approx(cue.end, abs=0.001)) for cue in cues
    ]
    assert [text.replace("&amp;", "&").replace("&lt;", "<") for *_, text in found] == [
        "\n".join(cue.lines) for cue in cues
    ]


def test_sentences_are_kept_whole_and_prices_with_their_currency() -> None:
    """A line ends after a comma or stop where it can, and never between 1 299,00 and zł."""
    cues = said(speak(TEXT), seconds=30)

    assert [cue.lines for cue in cues] == [
        ("Fresh beans, roasted this morning", "in Lisbon, at your door tomorrow."),
        ("Now only 1 299,00 zł instead of 1 599 zł!",),
        ("Order today and pay nothing for", "delivery until the end of the month."),
    ]


@pytest.mark.parametrize("price", ["1 299,00 zł", "EUR 5", "€ 19.99", "500 g", "30 %", "1 299 kr"])
def test_a_price_stands_on_one_line(price: str) -> None:
    """Wherever in the text it falls."""
    for words in range(1, 14):
        cues = shown([(" ".join(["lorem"] * words + [price, "dolor sit amet consectetur"]), 0, 6)])

        assert any(price in line for cue in cues for line in cue.lines)


def test_japanese_breaks_without_spaces_and_begins_no_line_with_a_stop() -> None:
    """At most 16 wide characters a line; digits of a price stay together."""
    lines = [line for cue in shown([(JAPANESE, 0, 8)]) for line in cue.lines]

    assert "".join(lines) == JAPANESE
    assert max(map(wcswidth, lines)) <= 32
    assert not any(line[0] in "、。ー" for line in lines)
    assert any("¥1,299" in line for line in lines)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=70), st.floats(0.01, 3), st.floats(0, 2)), max_size=12)
)
def test_whatever_is_said_the_rules_hold(spoken: list[tuple[str, float, float]]) -> None:
    """Two lines, their width, two frames between cues, seven seconds at most; nothing breaks the file."""
    words, now = [], 0.0
    for text, length, pause in spoken:
        words.append(Word(text=text, start=now, end=now + length))
        now += length + pause
    cues = said(words, seconds=now + 1)

    for cue in cues:
        assert 1 <= len(cue.lines) <= 2
        assert all(line.strip() and wcswidth(line) <= 42 and "-->" not in line for line in cue.lines)
        assert all(
            char.isprintable() or char in "\u200d\u200f\u00a0" or ord(char) > 127
            for line in cue.lines
            for char in line
        )
        assert 0 < cue.end - cue.start <= 7.001
    assert all(after.start - before.end >= 0.066 for before, after in pairwise(cues))
    if cues:
        assert vtt(cues).count("-->") == srt(cues).count("-->") == len(cues)


def test_words_are_joined_as_they_are_written() -> None:
    """Chinese has no spaces between words, not even behind a comma; what is not in the text has one."""
    words = [Word(text=text, start=n, end=n + 1) for n, text in enumerate(["招牌", "拼配,", "每天", "KAFFI"])]
    (cue,) = said(words, "招牌拼配,每天 Kaffi", seconds=4)

    assert cue.lines == ("招牌拼配,每天 KAFFI",)


def test_short_cues_stay_until_they_are_read() -> None:
    """At least 0.8 s, and a second for 20 characters, where nothing follows."""
    brief, long = said(
        [Word(text="Go!", start=1, end=1.2), Word(text="extraordinarily-long", start=4, end=4.3)], seconds=9
    )

    assert brief.end - brief.start == pytest.approx(0.8)
    assert long.end - long.start == pytest.approx(1.0)


def test_right_to_left_lines_that_begin_with_latin_are_marked() -> None:
    """A player would order them from the left."""
    written = srt(shown([("Kaffi قهوة طازجة كل صباح", 0, 2), ("قهوة Kaffi", 2, 4), ("Kaffi", 4, 6)]))

    assert "\u200fKaffi قهوة" in written
    assert written.count("\u200f") == 1


def test_text_of_strangers_makes_no_cue_and_no_tag() -> None:
    """Arrows, line breaks and control characters are neutral; WebVTT shows markup as it was written."""
    cues = shown([("buy\n\n2\n00:00:01,000 --> 00:00:02,000\nnow\x00\x1b <b>&amp;", 0, 6)])

    assert srt(cues).count("-->") == 1
    assert "\n\n" not in srt(cues).strip()
    assert "&lt;b&gt;&amp;amp;" in vtt(cues).replace("\n", "")


def test_no_words_make_no_file() -> None:
    """Platforms refuse an empty one."""
    assert said([Word(text=" \n", start=0, end=1)], seconds=5) == shown([("", 0, 2)]) == ()
    with pytest.raises(MediaError, match="write no file"):
        srt(())
