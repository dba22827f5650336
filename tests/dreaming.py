"""`reelmill` with stand-ins beside the models of the table, and without Prefect, whose server starts slowly.

    python -m tests.dreaming compare BRIEF --models motion,dream

All else is the product's own. `dream` does what motion does, `blind` cannot show a picture, `broken` fails.
"""

from functools import partial
from pathlib import Path
from unittest.mock import patch

from actors.backends import VIDEO_MODELS, Entry, Site
from actors.models import Means
from actors.workshop import Workshop
from schemas.errors import GenerationError
from storage.blobs import BlobStore
from tests.chaos.driver import _leave_prefect_out
from tests.models import DREAM

OUT_OF_ORDER = "it is out of order"
BLIND = DREAM.model_copy(update={"revision": "blind/1", "tasks": ("text",)})
BROKEN = DREAM.model_copy(update={"revision": "broken/1", "path": "tests.dreaming:Broken"})


class Broken:
    """A model that makes nothing."""

    def __init__(self, entry: Entry, site: Site) -> None:
        raise GenerationError(f"{entry.name} on {site.device}: {OUT_OF_ORDER}")


class Dreaming(Workshop):
    """The worker, which knows the stand-ins."""

    def __init__(
        self, blobs: BlobStore, ffmpeg: str | None, scratch: Path | None, means: Means | None = None
    ) -> None:
        add_models()
        super().__init__(blobs, ffmpeg, scratch, means)


def add_models() -> None:
    """Put the stand-ins into this process's table."""
    VIDEO_MODELS.update(dream=DREAM, blind=BLIND, broken=BROKEN)


def main() -> None:
    """Run the command line."""
    _leave_prefect_out()
    add_models()
    from flows import workers  # noqa: PLC0415 (the command line loads it when it needs it)
    from flows.cli import main as command  # noqa: PLC0415

    patch.object(workers, "workers", partial(workers.workers, worker="tests.dreaming:Dreaming")).start()
    command()


if __name__ == "__main__":
    main()
