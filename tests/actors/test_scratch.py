"""Scratch folders: each worker has its own, and leftovers of the dead are removed."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.scratch import Scratch, scratch_folder, sweep_scratch
from schemas.errors import SettingsError

ROOT = Path(__file__).parents[2]
WORKER = """
import sys
from pathlib import Path
from actors.scratch import Scratch

scratch = Scratch(Path(sys.argv[1]))
(scratch.folder / "half a clip").write_text("frames")
print(scratch.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with a scratch folder, whose path it prints; it lives until its input ends."""
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        yield process
        process.kill()


def told(worker: "subprocess.Popen[str]") -> Path:
    """Return the folder of *worker*."""
    assert worker.stdout
    return Path(worker.stdout.readline().strip())


def folders(parent: Path) -> set[Path]:
    """Return the scratch folders under *parent*."""
    return {path for path in parent.iterdir() if path.is_dir()}


def test_what_a_killed_worker_left_is_removed_by_the_next(
    worker: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    """It could not tidy up itself."""
    left = told(worker)
    worker.kill()
    worker.wait()

    mine = Scratch(tmp_path)

    assert not left.exists()
    assert folders(tmp_path) == {mine.folder}


def test_what_a_live_worker_has_is_left_alone(worker: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """Neither another worker nor the end of a run takes it away."""
    theirs = told(worker)

    mine = Scratch(tmp_path)
    sweep_scratch(tmp_path)

    assert folders(tmp_path) == {theirs, mine.folder}
    assert (theirs / "half a clip").read_text() == "frames"


def test_sweeping_leaves_no_file_behind(worker: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """After a run only the empty folder is there, with the file that guards it."""
    left = told(worker)
    worker.kill()
    worker.wait()

    assert sweep_scratch(tmp_path, dry=True) == (str(left),)
    assert left.exists()
    assert sweep_scratch(tmp_path) == (str(left),)
    assert sweep_scratch(tmp_path) == sweep_scratch(tmp_path / "never made") == ()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_the_oldest_files_go_first(tmp_path: Path) -> None:
    """Until the rest fits; files of folders inside count, too."""
    scratch = Scratch(tmp_path)
    for age, name in enumerate(["new", "clips/middle", "inputs/old"]):
        path = scratch.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))

    scratch.trim(250)

    kept = {path.name for path in scratch.folder.rglob("*") if path.is_file()}
    assert kept == {"new", "middle"}


def test_without_a_folder_there_is_one_for_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a cluster nobody says where; nobody else may look into it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    scratch = Scratch(None)

    assert scratch.folder.parent == tmp_path / f"reelmill-{os.getuid()}"
    assert scratch.folder.parent.stat().st_mode & 0o077 == 0


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name can be foreseen, so another user may have made it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "reelmill-12345").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)

    with pytest.raises(SettingsError, match="belongs to another user"):
        Scratch(None)


def test_a_folder_for_a_block_is_held_and_leaves_nothing(tmp_path: Path) -> None:
    """Nobody sweeps it meanwhile, and no lock of it stays behind, also where the block fails."""

    def fail() -> None:
        with scratch_folder(tmp_path) as folder:
            (folder / "half a file").write_text("half")
            held.append(sweep_scratch(tmp_path) == () and folder.exists())
            raise OSError("the disk is full")

    held: list[bool] = []
    with pytest.raises(OSError, match="full"):
        fail()

    assert held == [True]
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
