"""The inbox, folder and bucket: each new brief is taken once, a bad one moved aside, nothing is lost."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import pytest

from flows.inbox import box, run
from flows.inbox.box import Inbox, Seen, open_place
from flows.inbox.folder import FolderPlace
from flows.inbox.place import Found
from schemas.errors import CampaignBusyError, StorageError
from schemas.settings import Settings, read_settings
from storage.catalog import Catalog
from storage.s3 import S3Blobs
from tests.chaos.campaign import NAME, write_brief

BAD = "campaign: storm\nplacements: [meta_reel]\nlocales: {}\n"


class Drop(Protocol):
    """Where a test puts what an author would."""

    where: str

    def put(self, source: Path, name: str) -> None:
        """Have the content of *source* lie there as *name*."""

    def names(self) -> set[str]:
        """Return what lies there."""

    def read(self, name: str) -> str:
        """Return the text of *name*."""


class FolderDrop:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.where, self.root = str(root), root
        root.mkdir()

    def put(self, source: Path, name: str) -> None:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)

    def names(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir()}

    def read(self, name: str) -> str:
        return (self.root / name).read_text()


class BucketDrop:
    """A prefix of a bucket."""

    def __init__(self, where: str) -> None:
        self.where = where
        bucket, _, prefix = where.removeprefix("s3://").partition("/")
        self._blobs = S3Blobs(bucket, prefix)

    def put(self, source: Path, name: str) -> None:
        self._blobs.put(name, source, replace=True)

    def names(self) -> set[str]:
        return set(self._blobs.names(""))

    def read(self, name: str) -> str:
        return self._blobs.read_text(name)


@pytest.fixture(name="drop", params=["folder", "s3"])
def _drop(request: pytest.FixtureRequest, tmp_path: Path) -> Drop:
    if request.param == "folder":
        return FolderDrop(tmp_path / "in")
    return BucketDrop(request.getfixturevalue("s3_place"))


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return read_settings({"REELMILL_HOME": str(tmp_path / "home")})


@pytest.fixture(name="known")
def _known(settings: Settings) -> Iterator[Catalog]:
    with Catalog(settings.database_url) as catalog:
        yield catalog


@pytest.fixture(name="made")
def _made(tmp_path: Path) -> Path:
    """A folder with a good brief, ``motion.yaml``, and its media."""
    brief = write_brief(tmp_path / "made", placements="[meta_reels]", variants="[{id: a}]")
    brief.write_text(re.sub(r"  (de|fr|es|it)-.*\n", "", brief.read_text()))
    return brief.parent


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FolderPlace, "settle_seconds", 0.0)
    monkeypatch.setattr(box, "_PATIENCE_SECONDS", 0.0)


def opened(where: str, catalog: Catalog, settings: Settings) -> Inbox:
    """Return the inbox *where*, as a process that has just started sees it."""
    return Inbox(open_place(where, settings), catalog, settings, print)


def drop_all(drop: Drop, made: Path, under: str = "") -> None:
    """Put a brief there with its media, the brief first, as some programs do."""
    for path in sorted(made.iterdir(), key=lambda path: path.suffix != ".yaml"):
        drop.put(path, f"{under}{path.name}")


def states(seen: list[Seen]) -> dict[str, str]:
    """Return what became of each file, by its name alone."""
    return {PurePosixPath(one.brief).name: one.state for one in seen}


def test_a_brief_is_taken_once_by_its_content(
    drop: Drop, known: Catalog, settings: Settings, made: Path, tmp_path: Path
) -> None:
    """Not under another name, not after a restart; but with another picture, which makes other ads."""
    drop_all(drop, made, "team/")
    inbox = opened(drop.where, known, settings)
    first, again = inbox.look(), inbox.look()
    drop.put(made / "motion.yaml", "team/copy.yml")
    copied = inbox.look()
    restarted = opened(drop.where, known, settings).look()
    shutil.copy(made / "near.png", tmp_path / "thing.png")
    drop.put(tmp_path / "thing.png", "team/thing.png")
    changed = inbox.look()

    assert (states(first), again) == ({"motion.yaml": "taken"}, [])
    assert states(copied) == {"copy.yml": "known"}
    assert states(restarted) == {"motion.yaml": "known", "copy.yml": "known"}
    assert sorted(states(changed).values()) == ["known", "taken"]
    assert [one.campaign for one in known.waiting()] == [NAME, NAME]
    assert {one.source for one in known.waiting()} <= {
        f"{drop.where}/team/{name}" for name in states(restarted)
    }


def test_a_bad_brief_is_moved_aside_with_a_report(
    drop: Drop, known: Catalog, settings: Settings, tmp_path: Path
) -> None:
    """All that is wrong, with lines and cures; a second one of its name lies beside it."""
    bad, other = tmp_path / "bad.yaml", tmp_path / "other.yaml"
    bad.write_text(BAD)
    other.write_text("- no mapping\n")
    drop.put(bad, "team/brief.yaml")
    drop.put(other, "broken.json")
    inbox = opened(drop.where, known, settings)
    first = inbox.look()
    drop.put(other, "team/brief.yaml")
    inbox.look()
    report = drop.read("rejected/team/brief.yaml.report.txt")

    assert states(first) == {"brief.yaml": "rejected", "broken.json": "rejected"}
    assert drop.read("rejected/team/brief.yaml") == BAD
    assert drop.names() == {
        f"rejected/{name}{suffix}"
        for name in ("team/brief.yaml", "team/brief-2.yaml", "broken.json")
        for suffix in ("", ".report.txt")
    }
    assert re.search(r"brief\.yaml:2: placements\[0\]: .*meta_reels", report)
    assert "brand: is missing" in report
    assert str(settings.home) not in report
    assert known.waiting() == []


def test_what_is_no_brief_is_left_alone(
    drop: Drop, known: Catalog, settings: Settings, tmp_path: Path
) -> None:
    """Hidden and temporary files, what programs write on the way, brands, media, and what was rejected."""
    file = tmp_path / "x"
    file.write_text("name: Kaffi\ncolors: {primary: red}\n")
    names = {"brand.yaml", "notes.txt", "~brief.yaml", "brief.yaml.part", "rejected/old.yaml"}
    for name in names:
        drop.put(file, name)

    assert opened(drop.where, known, settings).look() == []
    assert drop.names() == names


@pytest.mark.parametrize("step", ["reserve", "move"])
def test_a_crash_while_a_brief_is_moved_aside_is_made_good(
    drop: Drop,
    known: Catalog,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Whatever was written already, the next look leaves one brief and one report."""
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    drop.put(bad, "brief.yaml")
    inbox = opened(drop.where, known, settings)
    with monkeypatch.context() as patched:
        _break(inbox.place, step, patched)
        with pytest.raises(KeyboardInterrupt):
            inbox.look()
    seen = opened(drop.where, known, settings).look()

    assert states(seen) == {"brief.yaml": "rejected"}
    assert drop.names() == {"rejected/brief.yaml", "rejected/brief.yaml.report.txt"}


def test_two_watchers_at_once_neither_double_nor_lose(
    drop: Drop, known: Catalog, settings: Settings, made: Path, tmp_path: Path
) -> None:
    """Each good brief is taken by one of them, each bad one lies aside once."""
    drop_all(drop, made)
    for n in range(4):
        bad = tmp_path / f"bad{n}.yaml"
        bad.write_text(f"{BAD}# {n}\n")
        drop.put(bad, bad.name)
    seen: list[Seen] = []
    inboxes = [opened(drop.where, known, settings) for _ in range(2)]
    threads = [threading.Thread(target=lambda inbox=inbox: seen.extend(inbox.look())) for inbox in inboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [one.state for one in seen].count("taken") == 1
    assert len(known.waiting()) == 1
    names = {name for name in drop.names() if name.startswith("rejected/")}
    assert names == {f"rejected/bad{n}.yaml{suffix}" for n in range(4) for suffix in ("", ".report.txt")}


def test_a_file_that_grows_is_not_taken(
    tmp_path: Path, known: Catalog, settings: Settings, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a brief may be a whole document: what changes is left until it is still, with its media."""
    now = [0.0]
    monkeypatch.setattr(box.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(FolderPlace, "settle_seconds", 2.0)
    drop = FolderDrop(tmp_path / "in")
    whole = (made / "motion.yaml").read_text()
    for name in ("thing.png", "near.png", "logo.png", "voice.wav"):
        drop.put(made / name, name)
    inbox = opened(drop.where, known, settings)
    told = []
    for length in (len(whole) // 3, len(whole) // 2, len(whole)):
        (drop.root / "motion.yaml").write_text(whole[:length])
        told += [one.state for one in inbox.look()]
        now[0] += 1.5
    for _ in range(4):
        now[0] += 2.5
        told += [one.state for one in inbox.look()]

    assert told[:3] == ["waiting"] * 3
    assert told[-1] == "taken"
    assert set(told[3:-1]) <= {"waiting"}


def test_media_that_come_late_are_waited_for(
    drop: Drop, known: Catalog, settings: Settings, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A brief whose pictures are not there yet is not bad yet."""
    monkeypatch.setattr(box, "_PATIENCE_SECONDS", 60.0)
    drop.put(made / "motion.yaml", "motion.yaml")
    inbox = opened(drop.where, known, settings)
    before = inbox.look()
    drop_all(drop, made)
    after = inbox.look()

    assert states(before) == {"motion.yaml": "waiting"}
    assert states(after) == {"motion.yaml": "taken"}


def test_links_and_what_leads_out_are_refused(
    tmp_path: Path, known: Catalog, settings: Settings, made: Path
) -> None:
    """A linked brief is moved aside, a linked folder not entered, a path out of the folder no picture."""
    drop = FolderDrop(tmp_path / "in")
    (drop.root / "linked.yaml").symlink_to(made / "motion.yaml")
    (drop.root / "linked").symlink_to(made)
    drop_all(drop, made, "own/")
    brief = drop.root / "own" / "motion.yaml"
    brief.write_text(brief.read_text().replace("thing.png", "../../made/thing.png"))
    os.mkfifo(drop.root / "pipe.yaml")
    (drop.root / "long.yaml").write_text("x" * 300_000)
    seen = opened(drop.where, known, settings).look()
    reports = {name: drop.read(name) for name in drop.names() if name.endswith(".report.txt")}

    assert states(seen) == dict.fromkeys(("linked.yaml", "motion.yaml", "long.yaml", "pipe.yaml"), "rejected")
    assert "not a link" in reports["rejected/linked.yaml.report.txt"]
    assert "leaves the folder" in reports["rejected/own/motion.yaml.report.txt"]
    assert "longer than 256 kB" in reports["rejected/long.yaml.report.txt"]
    assert (made / "motion.yaml").exists()


def test_a_brief_saved_anew_while_it_is_looked_at_stays(
    tmp_path: Path, known: Catalog, settings: Settings, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its author was quicker: the corrected one is not moved aside for the old one's faults."""
    drop = FolderDrop(tmp_path / "in")
    drop_all(drop, made)
    good = (drop.root / "motion.yaml").read_text()
    (drop.root / "motion.yaml").write_text(BAD)
    inbox = opened(drop.where, known, settings)
    real = inbox.place.set_aside

    def saved(found: Found, report: str) -> str | None:
        (drop.root / "motion.yaml").write_text(good)
        return real(found, report)

    monkeypatch.setattr(inbox.place, "set_aside", saved)
    first, second = inbox.look(), inbox.look()

    assert (states(first), states(second)) == ({"motion.yaml": "waiting"}, {"motion.yaml": "taken"})
    assert not any(name.startswith("rejected/") for name in drop.names())


def test_an_inbox_that_is_not_there_is_told(tmp_path: Path, known: Catalog, settings: Settings) -> None:
    """An empty list would look like an inbox without briefs."""
    with pytest.raises(StorageError, match="is no folder"):
        opened(str(tmp_path / "nowhere"), known, settings).look()


def _break(place: Any, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the process die after the report is written (*move*), or as it begins to be (*reserve*)."""

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    if isinstance(place, FolderPlace):
        monkeypatch.setattr(place, "_move" if step == "move" else "_reserve", die)
    else:
        monkeypatch.setattr(place.drop, "move" if step == "move" else "put_text", die)


def test_what_was_taken_is_made_once_though_its_maker_is_killed(
    tmp_path: Path, known: Catalog, settings: Settings, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as made when its run has ended, and one that another process makes is left for later."""
    drop = FolderDrop(tmp_path / "in")
    drop_all(drop, made)
    ends: list[Exception | KeyboardInterrupt | int] = [
        KeyboardInterrupt(),
        CampaignBusyError("another run has it"),
        0,
    ]
    calls: list[str] = []

    def make(source: str, *_: Any, **__: Any) -> int:
        calls.append(source)
        end = ends.pop(0)
        if isinstance(end, int):
            return end
        raise end

    monkeypatch.setattr(run, "_make", make)
    with pytest.raises(KeyboardInterrupt):
        run.look_once(opened(drop.where, known, settings), known, settings, as_json=True)
    looks = [
        run.look_once(opened(drop.where, known, settings), known, settings, as_json=True) for _ in range(3)
    ]

    assert looks == [False, True, True]
    assert calls == [f"{drop.where}/motion.yaml"] * 3
    assert known.waiting() == []
