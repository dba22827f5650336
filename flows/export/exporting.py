"""Exports the ads of campaigns: chooses, writes, notes what lies where. A killed export is gone on with."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple

from actors.scratch import scratch_folder
from flows.export.bundle import Bundle, Writing, write_bundle
from flows.export.choosing import Choice, choose
from flows.export.destination import MANIFEST, open_destination
from flows.export.request import Request
from schemas.errors import BlobRefusedError, BriefError, StorageError
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from storage.owner import Owner
from storage.rows import ExportRow


class Outcome(NamedTuple):
    """What an export did, or would do."""

    request: Request
    choice: Choice
    bundle: Bundle | None
    """None where nothing was written: there is nothing to do, or it is only asked what there would be."""
    folder: str
    """Where it was written; empty where it was not."""


def export_ads(request: Request, settings: Settings, say: Callable[[str], None]) -> Outcome:
    """Export what *request* asks for. Nothing new and nothing to take down writes nothing.

    Raises BriefError for an unknown campaign, SettingsError where another process exports to the same place,
    StorageError where a store gives up: the next export there goes on.
    """
    if request.dry:
        catalog = Catalog.peek(settings.database_url)
        if catalog is None:
            raise BriefError("campaign: there are no campaigns yet; `reelmill run` makes them")
        with catalog:
            return Outcome(request, choose(request, catalog, settings), None, "")
    with Catalog(settings.database_url) as catalog:
        return _export(request, catalog, settings, say)


def _export(request: Request, catalog: Catalog, settings: Settings, say: Callable[[str], None]) -> Outcome:
    owner = Owner.here()
    with _held(request, catalog, owner) as row:
        choice = choose(request, catalog, settings)
        if not row.resumed and not choice.chosen and not choice.withdrawn:
            catalog.drop_export(row.export, owner)
            return Outcome(request, choice, None, "")
        folder = f"{row.started_at:%Y%m%d-%H%M%S}-{request.platform}-{row.export:04d}"
        destination = open_destination(request.to, folder)
        if not row.resumed and destination.find(MANIFEST):
            raise BlobRefusedError(
                f"{request.to}/{folder} holds an export that this catalog does not know: move it away"
            )
        destination.begin()
        with scratch_folder(settings.cache / "scratch") as scratch:
            blobs = open_blobs(settings.blobs)
            beat = partial(catalog.beat_export, row.export, owner)
            writing = Writing(request, row, folder, destination, blobs, catalog, scratch, beat, say)
            bundle = write_bundle(choice, writing)
        catalog.finish_export(row.export, owner, bundle.items)
    return Outcome(request, choice, bundle, f"{request.to}/{folder}")


@contextmanager
def _held(request: Request, catalog: Catalog, owner: Owner) -> Iterator[ExportRow]:
    """Hold the destination; what goes wrong leaves the export to whoever comes next."""
    asked = json.dumps(request.model_dump(mode="json"))
    row = catalog.begin_export(request.to, request.platform, asked, owner)
    try:
        yield row
    except BaseException:
        with suppress(StorageError):
            catalog.let_export_go(row.export, owner)
        raise
