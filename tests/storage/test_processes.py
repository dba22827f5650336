"""Processes told apart: alive, dead, dead but not noticed, and those of elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.processes import is_gone, this_process

NAME_ITSELF = "from storage.processes import this_process; print(this_process(), flush=True); input()"


def start() -> tuple["subprocess.Popen[str]", str]:
    """Start a process that tells its name and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", NAME_ITSELF],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def changed(name: str, place: int, value: str) -> str:
    """Return *name* with another field at *place*, counted from the end."""
    fields = name.rsplit(".", 4)
    fields[place] = value
    return ".".join(fields)


def test_this_process_is_not_gone() -> None:
    """Asked twice, it has one name, and that can be a file's."""
    name = this_process()

    assert this_process() == name
    assert not is_gone(name)
    assert "/" not in name


def test_a_killed_process_is_gone_even_before_its_parent_has_noticed() -> None:
    """A zombie writes nothing any more; in a container nobody may ever collect it."""
    process, name = start()
    alive = is_gone(name)

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    zombie = is_gone(name)
    process.communicate()

    assert (alive, zombie, is_gone(name)) == (False, True, True)


def test_a_process_id_that_is_used_again_does_not_bring_the_first_back() -> None:
    """The start tells the two apart."""
    assert is_gone(changed(this_process(), -1, "1"))


def test_a_forked_child_has_a_name_of_its_own() -> None:
    """Else a dead child would seem to live as long as its parent."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, this_process().encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as told:  # noqa: PTH123 (a descriptor, not a path)
        name = told.read()
    os.waitpid(child, 0)

    assert name != this_process()
    assert is_gone(name)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_ran_elsewhere_cannot_be_told(place: int) -> None:
    """Another host, an earlier boot, another container: its process id says nothing here."""
    name = changed(changed(this_process(), -2, "999999999"), place, "other")

    assert not is_gone(name)


@pytest.mark.parametrize("name", ["", "x", "a.b.c.d.e", "1.2.3.4"])
def test_a_name_that_is_none_of_ours_is_not_gone(name: str) -> None:
    """Somebody else's folder is left alone."""
    assert not is_gone(name)


def test_a_process_id_that_is_no_number_is_not_gone() -> None:
    """Nor one that no system can have."""
    assert not is_gone(changed(this_process(), -2, "../1"))
    assert not is_gone(changed(this_process(), -2, "9" * 30))
