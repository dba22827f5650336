"""The command line with tiny models: `python -m tests.tiny.command run BRIEF` is `reelmill run BRIEF`.

REELMILL_MODELS is where `lay_out` has put their checkpoints.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from unittest.mock import patch

from actors.backends import VIDEO_MODELS
from tests.tiny import build
from tests.tiny.rows import shrink_placement, shrink_table, small_of


def lay_out(models: Path, names: Iterable[str]) -> None:
    """Write the tiny checkpoints of the rows *names* where Reelmill looks for them."""
    for name in names:
        build(small_of(VIDEO_MODELS[name]).family, models / name)


def main() -> None:
    """Run the command line."""
    shrink_table()
    shrink_placement()
    from flows import workers  # noqa: PLC0415 (the command line loads it when it needs it)
    from flows.cli import main as command  # noqa: PLC0415 (the same)

    tiny = partial(workers.workers, worker="tests.tiny.worker:TinyWorkshop")
    patch.object(workers, "workers", tiny).start()
    command()


if __name__ == "__main__":
    main()
