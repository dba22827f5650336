"""The gate against a corpus of drawn files: every defect is named, and nothing good is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.checks import RULES, check_ad
from actors.reading import TextReader
from actors.video import ffmpeg_path
from schemas.errors import CheckError
from schemas.placements import PLACEMENTS
from tests.actors.checks.defects import DEFECTS
from tests.actors.checks.good import GOOD
from tests.actors.checks.studio import Studio, chord, plan, shrunk, slide
from tests.published import Published

pytestmark = pytest.mark.long

FFMPEG = ffmpeg_path(None)


@pytest.fixture(scope="module", name="studio")
def _studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio whose placements are a quarter of their size, so that files are small."""
    with pytest.MonkeyPatch.context() as patch:
        for name, row in list(PLACEMENTS.items()):
            patch.setitem(PLACEMENTS, name, shrunk(row))
        for name in ("tiny", "huge", "thin"):
            patch.setitem(PLACEMENTS, name, PLACEMENTS["meta_reels"])
        yield Studio(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module", name="reader")
def _reader(published: Published) -> TextReader:
    """Whoever reads prices."""
    return TextReader(published("ppocr"))


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_by_its_rule(defect: str, studio: Studio, reader: TextReader) -> None:
    """And by no other: a finding tells what to mend."""
    rule, make = DEFECTS[defect]
    sent = make(studio)

    _, findings = check_ad(
        sent.path, sent.ad, FFMPEG, texts=sent.texts, still_cuts=sent.still_cuts, reader=reader
    )

    assert {finding.rule for finding in findings} == {rule}, "; ".join(map(str, findings))
    assert all(finding.measured and finding.limit and finding.source for finding in findings)


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_ad_breaks_no_rule(kind: str, studio: Studio, reader: TextReader) -> None:
    """Not even one that only warns."""
    sent = GOOD[kind](studio)

    _, findings = check_ad(
        sent.path, sent.ad, FFMPEG, texts=sent.texts, still_cuts=sent.still_cuts, reader=reader
    )

    assert not findings, "; ".join(map(str, findings))


def test_every_rule_has_its_defect() -> None:
    """A rule that no file breaks is not proved."""
    assert {rule for rule, _ in DEFECTS.values()} == {rule.name for rule in RULES}


def test_what_the_table_doubts_only_warns(studio: Studio) -> None:
    """A field or a row of low certainty keeps no ad from delivery; a house rule does."""
    path = studio.film(slide(60), chord(2))

    _, by_field = check_ad(path, plan(60, "tiktok_in_feed"), FFMPEG)
    _, by_row = check_ad(path, plan(60, "wechat_channels"), FFMPEG)
    _, by_house = check_ad(path, plan(61, "wechat_channels"), FFMPEG)

    assert [(found.rule, found.severity) for found in by_field] == [("seconds_least", "warn")]
    assert [(found.rule, found.severity) for found in by_row] == [("seconds_least", "warn")]
    assert [(found.rule, found.severity) for found in by_house] == [
        ("frame_count", "reject"),
        ("seconds_least", "warn"),
    ]


def test_a_finding_names_value_limit_and_source(studio: Studio) -> None:
    """In a sentence for people."""
    rule, make = DEFECTS["snap of 2 s"]
    sent = make(studio)

    _, (finding,) = check_ad(sent.path, sent.ad, FFMPEG)

    assert str(finding) == (
        f"{rule}: 2.000 s, must be at least 3 s (snapchat: {PLACEMENTS['snapchat'].source}, read 2026-11-22)"
    )


def test_what_cannot_be_measured_is_an_error(studio: Studio, tmp_path: Path) -> None:
    """There is nothing to say about rules: no media, no picture, an index that was cut off."""
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(bytes(range(256)) * 50)
    index_cut = studio.edited(
        lambda data: data.__delitem__(slice(-200, None)), studio.remuxed("-movflags", "0")
    )

    for path in (noise, studio.remuxed("-vn"), index_cut):
        with pytest.raises(CheckError, match=path.name):
            check_ad(path, plan(), FFMPEG)
