"""The placement table: whole, traceable, and free of contradictions."""

import re
from fractions import Fraction

import pytest

from schemas.layout import Box
from schemas.placements import PLACEMENTS, Placement

_RATIOS = {"wide": "16:9", "vertical": "9:16", "square": "1:1", "portrait": "4:5"}
_SHOWN_RATIO = re.compile(r"\b(\d+:\d+)\b")

rows = pytest.mark.parametrize("row", PLACEMENTS.values(), ids=PLACEMENTS)


def test_there_are_two_dozen_placements_in_every_ratio() -> None:
    """Of every platform that the table names."""
    assert len(PLACEMENTS) >= 24
    assert {row.ratio for row in PLACEMENTS.values()} == {"9:16", "1:1", "4:5", "16:9", "2:3", "3:4"}


@rows
def test_a_row_names_its_source_and_its_date(row: Placement) -> None:
    """So that each number can be read again where it was read."""
    assert len(row.source) > 10
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.read)
    assert row.title


@rows
def test_the_limits_of_a_row_agree(row: Placement) -> None:
    """What is made at the rates and lengths of a row is taken by it."""
    most_bytes = row.seconds_max * (row.kbps + 256) * 1000 / 8

    assert 0 < row.seconds_min < row.seconds_max
    assert list(row.lengths) == sorted({*row.lengths})
    assert all(row.seconds_min <= length <= row.seconds_max for length in row.lengths)
    assert all(Fraction(length) * row.fps == int(length * row.fps) for length in row.lengths)
    assert row.fps in {25, 30}
    assert not row.kbps or row.kbps_min < row.kbps <= (row.kbps_max or row.kbps)
    assert not row.kbps or not row.bytes_max or most_bytes < row.bytes_max
    assert row.bytes_min < (row.bytes_max or row.bytes_min + 1)
    assert -24 <= row.lufs <= -14
    assert row.true_peak_max <= -1


@rows
def test_a_high_least_rate_is_kept_up(row: Placement) -> None:
    """Encoding by quality would stay below it where the picture is plain."""
    assert row.kbps or row.kbps_min < 1000


@rows
def test_the_house_can_make_what_a_row_takes(row: Placement) -> None:
    """H.264 of profile High in an MP4, sides of even pixels."""
    assert "mp4" in row.containers
    assert "h264" in row.codecs
    assert "High" in row.profiles
    assert row.width % 2 == row.height % 2 == 0


@rows
def test_the_safe_zone_is_a_useful_part_of_the_frame(row: Placement) -> None:
    """At least half of each side."""
    assert row.safe.within(Box(left=0, top=0, right=row.width, bottom=row.height)) == row.safe
    assert row.safe.width >= row.width / 2
    assert row.safe.height >= row.height / 2


@rows
def test_a_row_has_the_ratio_that_it_is_named_for(row: Placement) -> None:
    """In its name and in its title."""
    named = _RATIOS.get(row.name.rpartition("_")[2], row.ratio)

    assert row.name == "meta_feed_vertical" or named == row.ratio
    assert all(shown == row.ratio for shown in _SHOWN_RATIO.findall(row.title))


@rows
def test_a_doubt_is_about_a_field(row: Placement) -> None:
    """That the row has; a row of low certainty is doubtful as a whole."""
    assert set(row.doubtful) <= set(Placement.model_fields)
    assert row.certainty != "low" or not row.doubtful


def test_texts_have_room() -> None:
    """Limits are whole numbers of characters under readable names."""
    limits = {name: most for row in PLACEMENTS.values() for name, most in row.texts.items()}

    assert all(name.islower() and most >= 10 for name, most in limits.items())
