"""What people and machines are told when a run has ended, and by `reelmill status`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.backends import VIDEO_MODELS
from flows.preview import finished
from flows.report import contact_sheet_path
from flows.results import print_results, print_status
from schemas.errors import BriefError
from schemas.media import StoredFile
from schemas.plan import Plan
from schemas.settings import Settings, read_settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.storage.drawn import TOO_LOUD, asset, draw_plan

PLAN = draw_plan("one", "two", "three")
CAMPAIGN = PLAN.campaign


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return read_settings({"REELMILL_HOME": str(tmp_path)})


@pytest.fixture(name="book")
def _book(settings: Settings) -> Iterator[Catalog]:
    with Catalog(copy_catalog(settings.home / "catalog.sqlite")) as opened:
        yield opened


@pytest.fixture(name="capped")
def _capped(book: Catalog) -> Catalog:
    """A run that made one ad, could not make the next, and had nothing left for the last."""
    run = book.start_run(PLAN, "{}")
    first, second, third = (ad.key for ad in PLAN.ads)
    book.finish(book.claim("ad", first, run).attempt, asset(PLAN.ads[0]))
    book.fail(book.claim("ad", second, run).attempt, "permanent", "no\x1b[2J [red]font", state="failed")
    book.block_ad(third, run, "held back by budget.gpu_seconds", state="planned")
    book.end_run(run, "capped")
    return book


@pytest.fixture(autouse=True)
def _no_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ads here have no pictures."""
    monkeypatch.setattr("flows.report.draw_sheet", lambda *_: None)


def test_the_result_is_the_last_line_of_events(
    capped: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, with every ad in the plan's order; planned ads count as not done."""
    lacking = print_results([PLAN], settings, as_json=True)
    out = capsys.readouterr().out
    told = json.loads(out)

    assert capped
    assert lacking == 2
    assert out.count("\n") == 1
    assert told["event"] == "result"
    assert told["campaigns"][0]["state"] == "capped"
    assert [ad["state"] for ad in told["campaigns"][0]["ads"]] == ["done", "failed", "planned"]


def test_people_read_why_an_ad_is_not_there(
    capped: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also a planned one; what an error quotes steers no terminal."""
    print_results([PLAN], settings, as_json=False)
    out = capsys.readouterr().out

    assert capped
    assert "1 of 3 ads are done." in out
    assert "failed: two en-US meta_reels a: no\\u001b[2J [red]font" in out
    assert "planned: three en-US meta_reels a: held back by budget.gpu_seconds" in out
    assert "\x1b" not in out


@pytest.fixture(name="judged")
def _judged(book: Catalog) -> Catalog:
    """A run that made two ads with a warning, and one that was rejected; all have captions."""
    run = book.start_run(PLAN, "{}")
    warned = TOO_LOUD.model_copy(update={"rule": "safe_zone", "severity": "warn"})
    for ad, findings in zip(PLAN.ads, ((warned,), (TOO_LOUD, warned), (warned,)), strict=True):
        captions = tuple(
            StoredFile(name=f"ads/{ad.key}.{end}", sha256="c", bytes=3) for end in ("srt", "vtt")
        )
        made = asset(ad).model_copy(update={"findings": findings, "captions": captions})
        book.finish(book.claim("ad", ad.key, run).attempt, made)
    book.end_run(run, "failed")
    return book


def test_a_rejected_ad_is_named_with_what_it_breaks(
    judged: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a run and by `status`; a warning is told once, however many ads it is about."""
    lacking = print_results([PLAN], settings, as_json=False)
    run = capsys.readouterr().out
    print_status(CAMPAIGN, settings, as_json=False)
    status = capsys.readouterr().out
    name = f"ads/{PLAN.ads[1].key}.mp4"

    assert judged
    assert lacking == 1
    assert "2 of 3 ads are done." in run
    for out in (run, status):
        assert f"rejected: two en-US meta_reels a: {TOO_LOUD} (kept as {name})" in out
        assert out.count("note: ") == 1
        assert "and 2 ads more: safe_zone: -9 LUFS" in out


def test_machines_read_every_finding(
    judged: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """By ad: rule, value, limit, source, severity."""
    print_results([PLAN], settings, as_json=True)
    ads = json.loads(capsys.readouterr().out)["campaigns"][0]["ads"]

    assert judged
    assert [ad["state"] for ad in ads] == ["done", "rejected", "done"]
    assert ads[1]["findings"][0] == TOO_LOUD.model_dump()
    assert [len(ad["findings"]) for ad in ads] == [1, 2, 1]


def test_captions_are_linked_beside_their_ad_and_rejected_ads_are_not(
    judged: Catalog, settings: Settings
) -> None:
    """Under one stem; links of files that are not wanted any more go."""
    out = settings.out / "spring-roast"
    out.mkdir(parents=True)
    (out / "kaffi_spring-roast_gone.vtt").symlink_to("nowhere")
    print_results([PLAN], settings, as_json=True)
    links = [path for path in out.iterdir() if path.is_symlink()]

    assert judged
    assert sorted(path.suffix for path in links) == [".mp4", ".mp4", ".srt", ".srt", ".vtt", ".vtt"]
    assert len({path.stem for path in links}) == 2
    assert all(path.readlink().stem in {PLAN.ads[0].key, PLAN.ads[2].key} for path in links)


def test_a_campaign_without_ads_has_no_contact_sheet(book: Catalog, settings: Settings) -> None:
    """One that shows ads of an earlier version would be taken for theirs."""
    sheet = contact_sheet_path(PLAN, settings)
    sheet.parent.mkdir(parents=True)
    sheet.write_bytes(b"old")
    book.end_run(book.start_run(PLAN, "{}"), "failed")
    print_results([PLAN], settings, as_json=True)

    assert not sheet.exists()


def test_a_campaign_with_rejected_ads_has_nothing_to_do(judged: Catalog, settings: Settings) -> None:
    """They would come out the same; once a file is gone there is something to make."""
    blobs = open_blobs(settings.blobs)
    for row in judged.rows(CAMPAIGN):
        for name in (row.name, *row.captions):
            blobs.put_text(name, "made")
    whole = finished(PLAN, settings)
    blobs.delete(f"ads/{PLAN.ads[1].key}.vtt")

    assert whole
    assert not finished(PLAN, settings)


def test_tables_of_an_older_version_leave_something_to_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the run brings them up to date, so it must not be told to run first."""
    Catalog(settings.database_url).__exit__(None, None, None)
    monkeypatch.setattr("storage.database.HEAD", "9999")

    assert not finished(PLAN, settings)


def test_a_capped_campaign_says_what_more_would_cost(
    book: Catalog,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """GPU-seconds that are spent, those that are lacking, and the sum to write into the brief."""
    units = 1.080 * 1.920 * 60
    grand = VIDEO_MODELS["motion"].model_copy(update={"gpus": 1.0, "seconds": 100 / units})
    monkeypatch.setitem(VIDEO_MODELS, "grand", grand)
    shot = PLAN.shots[0].model_copy(update={"model": "grand/1"})
    book.end_run(book.start_run(_showing(shot.key), "{}"), "capped")

    print_results([_showing(shot.key).model_copy(update={"shots": (shot,)})], settings, as_json=False)

    assert (
        "about 100 more would make the other 3 ads: set budget.gpu_seconds to 100" in capsys.readouterr().out
    )


def _showing(shot: str) -> Plan:
    """Return the plan with its ads showing another shot."""
    cut = PLAN.ads[0].composition.cuts[0].model_copy(update={"shot": shot})
    looks = [ad.composition.model_copy(update={"cuts": (cut,)}) for ad in PLAN.ads]
    ads = [ad.model_copy(update={"composition": look}) for ad, look in zip(PLAN.ads, looks, strict=True)]
    return PLAN.model_copy(update={"ads": tuple(ads)})


def test_a_run_that_never_began_has_planned_ads(
    book: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was interrupted before its campaign was registered."""
    lacking = print_results([PLAN], settings, as_json=True)
    told = json.loads(capsys.readouterr().out)["campaigns"][0]

    assert book
    assert lacking == 3
    assert {(ad["state"], ad["error"]) for ad in told["ads"]} == {("planned", "the run did not come to it")}


def test_status_says_what_a_state_means(
    capped: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what to do about it; machines get the word alone."""
    print_status(None, settings, as_json=False)
    people = capsys.readouterr().out
    print_status(None, settings, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)

    assert capped
    assert "capped: its GPU-seconds are spent" in people
    assert "1 done, 1 failed, 1 planned" in people
    assert (row["name"], row["state"]) == (CAMPAIGN, "capped")


def test_status_of_a_campaign_lists_its_ads(
    capped: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its reason, then the run; a campaign that is not there is named with those that are."""
    print_status(CAMPAIGN, settings, as_json=False)
    out = capsys.readouterr().out

    assert capped
    assert "held back by budget.gpu_seconds" in out
    assert "latest run: capped" in out
    with pytest.raises(BriefError, match=f"unknown 'x/y'; known: {CAMPAIGN}"):
        print_status("x/y", settings, as_json=False)
