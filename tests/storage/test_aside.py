"""Half-made files: beside the whole ones, gone with their process, and known when it was killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.aside import DAY, aside, is_abandoned, remove

FILL = """
import sys
from pathlib import Path
from storage.aside import aside
with aside(Path(sys.argv[1]), sys.argv[2]) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    input()
"""


def fill_and_die(parent: Path, prefix: str = "") -> Path:
    """Return the folder that a killed process leaves; it is there and not abandoned until then."""
    process = subprocess.Popen(
        [sys.executable, "-c", FILL, parent, prefix],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert not is_abandoned(folder, prefix, idle=True)
    process.kill()
    process.communicate()
    return folder


def age(path: Path, seconds: float) -> None:
    """Let *path* seem to be written so long ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_folder_lasts_as_long_as_its_block(tmp_path: Path) -> None:
    """Two of them are two, and their parent is made."""
    with aside(tmp_path / "new") as first, aside(tmp_path / "new") as second:
        both = {first.is_dir(), second.is_dir()}

    assert both == {True}
    assert first != second
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("prefix", ["", ".part-"])
def test_what_a_killed_process_leaves_is_known(prefix: str, tmp_path: Path) -> None:
    """As soon as it is dead, and not before."""
    folder = fill_and_die(tmp_path, prefix)

    assert is_abandoned(folder, prefix)
    remove(folder)
    assert not folder.exists()


def test_what_a_live_process_fills_is_left_alone(tmp_path: Path) -> None:
    """However old it is, and though the caller thinks that nobody writes."""
    with aside(tmp_path) as folder:
        age(folder, 2 * DAY)

        assert not is_abandoned(folder, idle=True)


def test_the_age_decides_where_the_process_is_unknown(tmp_path: Path) -> None:
    """It ran on another host, or the folder is an older version's."""
    young, old = tmp_path / "host.0123.1.2.3-abc", tmp_path / "tmpabc"
    for folder in (young, old):
        folder.mkdir()
    age(old, 2 * DAY)

    assert [is_abandoned(folder) for folder in (young, old)] == [False, True]
    assert [is_abandoned(folder, idle=True) for folder in (young, old)] == [True, True]


def test_removing_follows_no_link(tmp_path: Path) -> None:
    """What lies behind it is not ours; what is gone is no matter."""
    (tmp_path / "precious").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "precious")

    remove(link)
    remove(link)

    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
