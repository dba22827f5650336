"""Rows, files and checksums that agree; every way in which they may not; and how each is mended."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.weights import MANIFEST
from flows.examine import Examiner
from flows.verify import Report, print_report, verify
from schemas.errors import SettingsError, StorageError
from schemas.media import Asset, StoredFile
from schemas.settings import read_settings
from storage.catalog import Catalog
from tests.flows.house import House
from tests.storage import drawn

OTHER = "0123456789abcdef" * 4
"""A key of nothing."""
SPAN = f"weights/{MANIFEST['spanx2'].place}"
MUSIC = MANIFEST["music"]
TRACK = f"weights/{MUSIC.place}/{next(iter(MUSIC.files))}"
KILLED = """
import sys
from storage.catalog import Catalog
from tests.storage.drawn import draw_plan
Catalog(sys.argv[1]).start_run(draw_plan("one", campaign="kaffi/killed"), "{}")
"""


def _verify(house: House, *, repair: bool = False) -> Report:
    return verify(house.settings, repair=repair)


def lose(house: House) -> tuple[str, str]:
    """Remove a clip."""
    house.blobs.delete(house.clip.file.name)
    return "missing", house.clip.file.name


def lose_ad(house: House) -> tuple[str, str]:
    """Remove an ad, not its sidecar."""
    house.blobs.delete(house.ad.file.name)
    return "missing", house.ad.file.name


def change(house: House) -> tuple[str, str]:
    """Change a letter of a clip, not its length."""
    house.store(house.clip.file.name, f"THE clips of {house.clip.shot}")
    return "damaged", house.clip.file.name


def cut(house: House) -> tuple[str, str]:
    """Cut a still short."""
    house.store(house.still.file.name, "the")
    return "damaged", house.still.file.name


def replace_ad(house: House) -> tuple[str, str]:
    """Put another file in an ad's place, as a writer would that has lost its lease."""
    house.store(house.ad.file.name, "another print")
    return "damaged", house.ad.file.name


def lose_sidecar(house: House) -> tuple[str, str]:
    """Remove a sidecar."""
    house.blobs.delete(f"ads/{house.ad.ad}.json")
    return "sidecar", house.ad.file.name


def swap_sidecar(house: House) -> tuple[str, str]:
    """Give an ad the sidecar of another."""
    house.store(f"ads/{house.ad.ad}.json", house.sidecar(house.ads[1]))
    return "sidecar", house.ad.file.name


def outdate_sidecar(house: House) -> tuple[str, str]:
    """Let the sidecar tell of a file that the ad is not."""
    other = house.ad.model_copy(update={"file": house.ads[1].file})
    house.store(f"ads/{house.ad.ad}.json", house.sidecar(other))
    return "sidecar", house.ad.file.name


def break_sidecar(house: House) -> tuple[str, str]:
    """Cut a sidecar short."""
    house.store(f"ads/{house.ad.ad}.json", house.sidecar(house.ad)[:-30])
    return "sidecar", house.ad.file.name


def lose_voice(house: House) -> tuple[str, str]:
    """Remove a voice."""
    house.blobs.delete(house.voice.file.name)
    return "missing", house.voice.file.name


def change_voice(house: House) -> tuple[str, str]:
    """Change a letter of a voice."""
    house.store(house.voice.file.name, f"THE voices of {house.voice.narration}")
    return "damaged", house.voice.file.name


def leave_voice(house: House) -> tuple[str, str]:
    """Leave a voice that no row wants."""
    house.store(f"voices/{OTHER}.flac", "left")
    return "orphan", f"voices/{OTHER}.flac"


def lose_captions(house: House) -> tuple[str, str]:
    """Remove one of an ad's caption files."""
    house.blobs.delete(f"ads/{house.ad.ad}.srt")
    return "missing", f"ads/{house.ad.ad}.srt"


def change_captions(house: House) -> tuple[str, str]:
    """Cut captions short."""
    house.store(f"ads/{house.ad.ad}.vtt", "WEBVTT")
    return "damaged", f"ads/{house.ad.ad}.vtt"


def leave_captions(house: House) -> tuple[str, str]:
    """Die before the sidecar is written."""
    house.store(f"ads/{OTHER}.vtt", "WEBVTT")
    return "orphan", f"ads/{OTHER}.vtt"


def add_captions(house: House) -> tuple[str, str]:
    """Leave captions beside an ad that has none."""
    bare = house.ad.model_copy(update={"captions": ()})
    house.catalog.adopt("ad", bare)
    house.catalog.forget_files(file.name for file in house.ad.captions)
    house.store(f"ads/{house.ad.ad}.json", house.sidecar(bare))
    house.blobs.delete(house.ad.captions[1].name)
    return "orphan", house.ad.captions[0].name


def replace_rejected(house: House) -> tuple[str, str]:
    """Change an ad that is kept though it is rejected."""
    house.store(house.ads[1].file.name, "another print")
    return "damaged", house.ads[1].file.name


def forget_rejected(house: House) -> tuple[str, str]:
    """Die before the row of a rejected ad is written."""
    house.catalog.forget("ad", [house.ads[1].ad])
    house.catalog.forget_files(file.name for file in (house.ads[1].file, *house.ads[1].captions))
    return "unrecorded", house.ads[1].file.name


def leave_clip(house: House) -> tuple[str, str]:
    """Leave a clip that no row wants."""
    house.store(f"clips/{OTHER}.mp4", "left")
    return "orphan", f"clips/{OTHER}.mp4"


def leave_ad(house: House) -> tuple[str, str]:
    """Leave an ad that has no sidecar yet."""
    house.store(f"ads/{OTHER}.mp4", "left")
    return "orphan", f"ads/{OTHER}.mp4"


def leave_sidecar(house: House) -> tuple[str, str]:
    """Leave a sidecar whose ad is gone."""
    house.store(f"ads/{OTHER}.json", house.sidecar(house.ad))
    return "orphan", f"ads/{OTHER}.json"


def leave_unproved_ad(house: House) -> tuple[str, str]:
    """Leave an ad whose sidecar tells of other bytes."""
    house.catalog.forget("ad", [house.ad.ad])
    house.catalog.forget_files(file.name for file in (house.ad.file, *house.ad.captions))
    house.store(house.ad.file.name, "another print")
    return "orphan", house.ad.file.name


def forget_to_note(house: House) -> tuple[str, str]:
    """Publish an ad whole and die before its row is written."""
    house.catalog.forget("ad", [house.ad.ad])
    house.catalog.forget_files(file.name for file in (house.ad.file, *house.ad.captions))
    return "unrecorded", house.ad.file.name


def forget_to_list(house: House) -> tuple[str, str]:
    """Strike a file from the list that its row names."""
    house.catalog.forget_files([house.clip.file.name])
    return "unlisted", house.clip.file.name


def list_wrong(house: House) -> tuple[str, str]:
    """Leave a file on the list whose row is forgotten and whose bytes are gone."""
    house.catalog.forget("shot", [house.clip.shot])
    house.blobs.delete(house.clip.file.name)
    return "stale", house.clip.file.name


def damage_input(house: House) -> tuple[str, str]:
    """Change an input."""
    house.store(house.input, "a pictyre")
    return "damaged", house.input


def damage_weights(house: House) -> tuple[str, str]:
    """Store weights that are not those of the manifest."""
    house.store(SPAN, "no weights")
    return "damaged", SPAN


def damage_music(house: House) -> tuple[str, str]:
    """The same with a track, whose name says nothing of its hash."""
    house.store(TRACK, "no music")
    return "damaged", TRACK


HARMS = (
    *(lose, lose_ad, change, cut, replace_ad, lose_sidecar, swap_sidecar, outdate_sidecar, break_sidecar),
    *(leave_clip, leave_ad, leave_sidecar, leave_unproved_ad, forget_to_note, forget_to_list, list_wrong),
    *(damage_input, damage_weights, damage_music, lose_voice, change_voice, leave_voice),
    *(lose_captions, change_captions, leave_captions, add_captions, replace_rejected, forget_rejected),
)


@pytest.mark.parametrize("house", ["folder", "servers"], indirect=True)
def test_what_agrees_is_left_alone(house: House) -> None:
    """Nothing is found and nothing is changed, however often one looks."""
    before = house.names

    found = [_verify(house), _verify(house, repair=True), _verify(house)]

    assert found[0] == found[1] == found[2]
    assert found[0] == Report(rows=5, files=12, strangers=0, problems=(), live=())
    assert house.names == before


@pytest.mark.parametrize(
    ("house", "harm"),
    [
        *(pytest.param("folder", harm, id=harm.__name__) for harm in HARMS),
        *(
            pytest.param("servers", harm, id=f"servers-{harm.__name__}")
            for harm in (lose_ad, change, leave_clip)
        ),
    ],
    indirect=["house"],
)
def test_a_harm_is_named_and_mended(harm: Callable[[House], tuple[str, str]], house: House) -> None:
    """Each has one name and one cure; after it all agrees, and what was whole is still there."""
    whole = house.names
    expected = harm(house)
    harmed = house.names

    told, mended, after = _verify(house), _verify(house, repair=True), _verify(house)

    assert [(problem.problem, problem.name) for problem in told.problems] == [expected]
    assert (told.left, mended.left, len(mended.problems)) == (1, 0, 1)
    assert after.problems == ()
    assert house.names <= harmed
    lost = {name for name in whole - house.names if not name.startswith(expected[1].partition(".")[0])}
    assert lost == set()


def test_a_damaged_ad_is_made_again_by_the_next_run(house: House) -> None:
    """Its row is planned, its file and its sidecar are gone; the other ad stays."""
    replace_ad(house)

    _verify(house, repair=True)

    assert list(house.catalog.assets_made([asset.ad for asset in house.ads])) == [house.ads[1].ad]
    assert {name for name in house.names if name.startswith("ads/")} == {
        f"ads/{house.ads[1].ad}{suffix}" for suffix in (".mp4", ".json", ".srt", ".vtt")
    }


def test_a_sidecar_may_be_another_writer_s_of_the_same_bytes(house: House) -> None:
    """It came late and took longer; nothing is wrong with the ad."""
    late = house.ad.model_copy(update={"cpu_seconds": 99.0})
    house.store(f"ads/{house.ad.ad}.json", house.sidecar(late))

    assert _verify(house).problems == ()


def test_a_finished_ad_is_adopted(house: House) -> None:
    """A crash between file and row costs nothing."""
    forget_to_note(house)
    forget_rejected(house)

    _verify(house, repair=True)

    assert house.catalog.assets_made([asset.ad for asset in house.ads]) == {a.ad: a for a in house.ads}
    assert [row.state for row in house.catalog.rows()] == ["done", "rejected"]


def test_an_ad_of_an_older_version_agrees_with_its_sidecar(house: House) -> None:
    """Neither knew of captions and findings then."""
    sidecar = (Path(__file__).parent / "old" / "sidecar.json").read_text()
    asset = Asset.model_validate(json.loads(sidecar)["asset"])
    plan = drawn.draw_plan("old", campaign="kaffi/old")
    (old,) = plan.ads
    object.__setattr__(old, "key", asset.ad)
    run = house.catalog.start_run(plan, "{}")
    house.store(asset.file.name, "the ads of old")
    house.store(f"ads/{asset.ad}.json", sidecar)
    house.catalog.finish(house.catalog.claim("ad", asset.ad, run).attempt, asset)
    house.catalog.end_run(run, "done")

    report = _verify(house)

    assert [problem.kind for problem in report.problems] == []
    assert [row.state for row in house.catalog.rows("kaffi/old")] == ["done"]


def test_an_ad_that_the_database_never_planned_is_not_adopted(house: House) -> None:
    """Its sidecar proves the file, but no campaign here has asked for it."""
    plan = drawn.draw_plan("three")
    house.plan = house.plan.model_copy(update={"ads": (*house.plan.ads, *plan.ads)})
    asset = drawn.asset(plan.ads[0])
    asset = asset.model_copy(update={"file": house.store(asset.file.name, "a stranger's ad")})
    house.store(f"ads/{asset.ad}.json", house.sidecar(asset))

    report = _verify(house, repair=True)

    assert [problem.problem for problem in report.problems] == ["orphan"]
    assert asset.file.name not in house.names


def test_a_row_that_names_a_file_elsewhere_is_forgotten(house: House) -> None:
    """No name from the database leaves the store, nor removes what another row owns."""
    plan = drawn.draw_plan("three", campaign="kaffi/other")
    run = house.catalog.start_run(plan, "{}")
    (ad,) = plan.ads
    outside = drawn.asset(ad).model_copy(
        update={"file": StoredFile(name="../../secret", sha256=OTHER, bytes=1)}
    )
    house.catalog.finish(house.catalog.claim("ad", ad.key, run).attempt, outside)
    house.catalog.end_run(run, "done")
    before = house.names

    report = _verify(house, repair=True)

    assert [problem.problem for problem in report.problems] == ["missing", "stale"]
    assert (report.left, _verify(house).problems) == (0, ())
    assert house.names == before


def test_files_of_others_are_left_alone(house: House) -> None:
    """A bucket may be shared, and a folder is soon used for notes."""
    others = ["ads/notes.txt", "clips/a.mp4", f"stills/{OTHER}.jpeg", "inputs/logo.png", "invoices/1.pdf"]
    for name in others:
        house.store(name, "not ours")

    report = _verify(house, repair=True)

    assert (report.problems, report.strangers) == ((), 4)
    assert house.names >= set(others)


def test_nothing_is_repaired_beside_a_live_run(house: House) -> None:
    """What it has just published would look like an orphan."""
    leave_clip(house)
    run = house.catalog.start_run(drawn.draw_plan("one", campaign="kaffi/live"), "{}")

    report = _verify(house)
    with pytest.raises(SettingsError, match=f"kaffi/live .run {run}.*reelmill cancel"):
        _verify(house, repair=True)

    assert [problem.problem for problem in report.problems] == ["orphan"]
    assert [line.partition(",")[0] for line in report.live] == [f"kaffi/live (run {run}"]
    assert f"clips/{OTHER}.mp4" in house.names


def test_a_repair_stops_when_a_run_begins(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks again before each thing that it removes."""
    leave_clip(house)
    look = Examiner.look_again

    def begin(self: Examiner, problem: object) -> object:
        house.catalog.start_run(drawn.draw_plan("one", campaign="kaffi/live"), "{}")
        return look(self, problem)  # type: ignore[arg-type]

    monkeypatch.setattr(Examiner, "look_again", begin)

    with pytest.raises(SettingsError, match="kaffi/live"):
        _verify(house, repair=True)
    assert f"clips/{OTHER}.mp4" in house.names


def test_what_a_live_run_finishes_meanwhile_is_no_problem(house: House) -> None:
    """A second look tells."""
    forget_to_note(house)
    examiner = Examiner(house.catalog, house.blobs)
    (problem,) = examiner.problems()

    house.catalog.adopt("ad", house.ad)

    assert examiner.look_again(problem) is None


def test_a_dead_run_is_closed(house: House) -> None:
    """Its process was killed and could not say so."""
    subprocess.run(
        [sys.executable, "-c", KILLED, house.settings.database_url], check=True, cwd=Path(__file__).parents[2]
    )

    told, mended = _verify(house), _verify(house, repair=True)

    assert [(problem.problem, problem.name) for problem in told.problems] == [
        ("dead run", "kaffi/killed, run 2")
    ]
    assert (mended.left, _verify(house).problems, house.catalog.dead_runs()) == (0, (), set())


def test_a_repair_that_is_killed_is_gone_on_with(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is the last to go, so what is left to do is found again."""
    change(house)

    def die(*_: object) -> None:
        raise StorageError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "forget", die)
        with pytest.raises(StorageError, match="killed"):
            _verify(house, repair=True)

    assert [problem.problem for problem in _verify(house).problems] == ["missing", "unlisted"]
    assert _verify(house, repair=True).left == 0
    assert _verify(house).problems == ()


def test_the_wrong_database_removes_nothing(house: House, tmp_path: Path) -> None:
    """An empty one knows no file: its repair would remove them all."""
    before = house.names
    absent = house.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'absent.sqlite'}"})
    empty = house.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'empty.sqlite'}"})
    Catalog(empty.database_url).__exit__(None, None, None)

    with pytest.raises(SettingsError, match="REELMILL_DATABASE_URL"):
        verify(absent, repair=True)
    with pytest.raises(SettingsError, match="REELMILL_DATABASE_URL"):
        verify(empty, repair=True)
    assert house.names == before


def test_an_older_database_removes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that knows the smaller part of the files is not what they are compared with."""
    monkeypatch.setattr("flows.verify._MANY", 3)
    for number in range(6):
        house.store(f"clips/{hashlib.sha256(bytes(number)).hexdigest()}.mp4", "paid for")

    with pytest.raises(SettingsError, match=r"6 files .* only 5 have one"):
        _verify(house, repair=True)

    assert len(_verify(house).problems) == 6


def test_nothing_at_all_agrees(tmp_path: Path) -> None:
    """Before the first run there is neither database nor store, and none is made."""
    settings = read_settings({"REELMILL_HOME": str(tmp_path / "home")})

    assert verify(settings, repair=True) == Report(rows=0, files=0, strangers=0, problems=(), live=())
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_told_to_people(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Each problem with its cure, and a count at the end."""
    lose(house)
    house.store("ads/notes.txt", "not ours")

    print_report(_verify(house), as_json=False)

    told = capsys.readouterr().out
    assert "no such file" in told
    assert "1 files have names" in told
    assert told.endswith(
        "5 rows compared with 11 files: 1 problems; `reelmill verify --repair` mends them.\n"
    )


def test_a_report_is_told_to_machines(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """The same facts."""
    lose(house)

    print_report(_verify(house, repair=True), as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["files"], told["left"]) == (5, 11, 0)
    assert told["problems"][0]["problem"] == "missing"
    assert told["problems"][0]["mended"] is True
