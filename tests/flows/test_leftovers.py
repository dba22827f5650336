"""What killed processes leave in store and cache, and what live ones have there."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.leftovers import sweep
from flows.verify import verify
from schemas.settings import Settings, read_settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from tests.storage.drawn import draw_plan

LEAVE = """
import os, signal, sys
from pathlib import Path
from actors.scratch import Scratch
from storage.aside import aside
home = Path(sys.argv[1])
scratch = Scratch(home / "cache" / "scratch")
(scratch.folder / "half.mp4").write_text("half")
with (
    aside(home / "blobs" / ".incoming") as incoming,
    aside(home / "cache" / "sheets", ".incoming-") as fetched,
    aside(home / "cache" / "weights", ".part-") as part,
):
    for folder in (incoming, fetched, part):
        (folder / "file").write_text("half")
    print("ready", flush=True)
    input()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home on this machine in which a campaign has been planned."""
    read = read_settings({"REELMILL_HOME": str(tmp_path)})
    with Catalog(read.database_url) as catalog:
        catalog.end_run(catalog.start_run(draw_plan("one"), "{}"), "interrupted")
    return read


def leave(settings: Settings) -> "subprocess.Popen[str]":
    """Start a process that has half-made files everywhere."""
    process = subprocess.Popen(
        [sys.executable, "-c", LEAVE, settings.home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def half_made(settings: Settings) -> list[Path]:
    """Return the half-made files in store and cache."""
    folders = (Path(settings.blobs), settings.cache)
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path for path in found if path.read_text() == "half"]


def test_leftovers_are_swept_once_their_process_is_dead(settings: Settings) -> None:
    """Not a moment sooner; a dry sweep tells the same and removes nothing."""
    process = leave(settings)
    blobs = open_blobs(settings.blobs)

    alive = sweep(settings, blobs, idle=True)
    process.kill()
    process.communicate()
    told = sweep(settings, blobs, dry=True)
    before = len(half_made(settings))
    swept = sweep(settings, blobs)

    assert (alive, before) == ((), 4)
    assert len(swept) == 4
    assert told == swept
    assert half_made(settings) == []
    assert sweep(settings, blobs) == ()


def test_verify_names_leftovers_and_a_repair_removes_them(settings: Settings) -> None:
    """Each with its path."""
    process = leave(settings)
    process.kill()
    process.communicate()

    told, mended, after = (verify(settings, repair=repair) for repair in (False, True, False))

    assert [problem.problem for problem in told.problems] == ["leftover"] * 4
    assert (told.left, mended.left, after.problems) == (4, 0, ())
    assert half_made(settings) == []


def test_what_others_keep_in_the_cache_stays(settings: Settings) -> None:
    """Only folders that Reelmill itself names so are swept."""
    kept = settings.cache / "sheets" / "ads" / "a.mp4"
    kept.parent.mkdir(parents=True)
    kept.write_text("half")

    assert sweep(settings, open_blobs(settings.blobs), idle=True) == ()
    assert kept.exists()
