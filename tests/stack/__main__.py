"""Starts a team's whole topology on this machine, and puts a campaign through it: `make stack`.

    python -m tests.stack                    the example campaign; ends with Ctrl-C or SIGTERM
    python -m tests.stack --once             ends when the campaign has
    python -m tests.stack --small            two ads of it
    python -m tests.stack --brief PATH       another brief
    python -m tests.stack --bare             no campaign

Data, logs and passwords stay in --folder; the next start goes on. Exit code: 0 if the campaign is made, 1 if
not, 3 if a part does not start, 130 after a signal before the end.
"""

import argparse
import fcntl
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.stack.keys import keys_of
from tests.stack.order import Order
from tests.stack.parts import ROOT
from tests.stack.report import shown
from tests.stack.topology import Stack, left_of, open_stack

_GLANCE_SECONDS = 1.0


def main() -> int:
    """Do what the command line says; returns the exit code."""
    chosen = _chosen()
    folder: Path = chosen.folder.absolute()
    with _alone_in(folder), _heard():
        code = _run(folder, chosen, _timed())
    if left := left_of(folder):
        click.echo("left behind: " + "; ".join(f"{one.pid} {one.command[:80]}" for one in left))
        return 1
    click.echo(f"all ended; what is in {folder} stays, and the next start goes on with it")
    return code


def _run(folder: Path, chosen: argparse.Namespace, say: Callable[[str], None]) -> int:
    keys, code = keys_of(folder), 130
    try:
        with open_stack(folder, keys, say, nodes=chosen.nodes) as stack:
            click.echo(shown(stack, folder, keys))
            code = 0 if chosen.bare else _make(stack, chosen, say)
            if not chosen.once:
                say("all runs on until Ctrl-C or SIGTERM")
                _stay(stack, say)
    except KeyboardInterrupt:
        return code
    except RuntimeError as error:
        click.echo(str(error), err=True)
        return 3
    return code


def _make(stack: Stack, chosen: argparse.Namespace, say: Callable[[str], None]) -> int:
    order = Order(stack, say)
    run = order.fill(chosen.brief.absolute(), small=chosen.small)
    return 0 if order.tell(run) else 1


def _stay(stack: Stack, say: Callable[[str], None]) -> None:
    while True:
        stack.mend(say)
        time.sleep(_GLANCE_SECONDS)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Have *folder*, where no other stack runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"a stack runs in {folder} already: end it, or give --folder")
        yield


@contextmanager
def _heard() -> Iterator[None]:
    """Have the first signal end what goes on, and further ones ignored: ending goes on to its end."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(*_: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        click.echo("ending; a run in progress has 30 s for what it makes, and goes on at the next start")
        raise KeyboardInterrupt

    before = [signal.signal(number, end) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _timed() -> Callable[[str], None]:
    began = time.monotonic()

    def say(sentence: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {sentence}")

    return say


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make stack", description=__doc__.partition("\n")[0])
    parser.add_argument("--brief", type=Path, default=ROOT / "examples" / "kaffi" / "brief.yaml")
    parser.add_argument("--small", action="store_true", help="one locale, one variant, two placements of it")
    parser.add_argument("--bare", action="store_true", help="no campaign")
    parser.add_argument("--once", action="store_true", help="end when the campaign has")
    parser.add_argument("--nodes", type=int, default=2, help="of Ray, beside its head, with a CPU each")
    parser.add_argument("--folder", type=Path, default=ROOT / "reelmill-stack", help="keeps data and logs")
    chosen = parser.parse_args()
    if not chosen.brief.is_file():
        parser.error(f"{chosen.brief} is no file")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
