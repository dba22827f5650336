"""Writes one export: the files of ads, the sheets, what is held back and withdrawn, and last the manifest."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from flows.export.archives import Archives
from flows.export.cells import SheetWriter
from flows.export.choosing import Choice, Chosen, Held, hold_back
from flows.export.destination import MANIFEST, Destination
from flows.export.holding import Hold
from flows.export.manifest import ManifestWriter, held_rows, withdrawn_rows
from flows.export.packing import ADS, Packed, Packer
from flows.export.platforms import platform_of
from flows.export.request import Request
from flows.export.sheets.sheet import SheetAd
from flows.spoken import counted
from schemas.brief import in_locale
from schemas.errors import StorageError
from schemas.media import StoredFile
from storage.blobs import BlobStore
from storage.catalog import Catalog
from storage.content import describe
from storage.dialect import batches
from storage.rows import ExportItemRow, ExportRow

_AT_ONCE = 64
"""Ads that are looked up together; what is fetched of so many may lie on this machine."""
_THREADS = 8
_BEAT_SECONDS = 5.0


class Bundle(NamedTuple):
    """An export that was written."""

    items: list[ExportItemRow]
    """What it did, ad by ad."""
    exported: list[Chosen]
    files: list[StoredFile]
    """Sheets, archives and manifest."""
    test_signed: list[str]
    """Names of the ads that a test certificate signs."""


class Writing(NamedTuple):
    """Where and with what an export is written."""

    request: Request
    row: ExportRow
    folder: str
    destination: Destination
    blobs: BlobStore
    catalog: Catalog
    scratch: Path
    beat: Callable[[], None]
    """Says that the export goes on; called every few seconds."""
    say: Callable[[str], None]
    """Tells people how far it is."""


def write_bundle(choice: Choice, writing: Writing) -> Bundle:
    """Write what *choice* holds; ads that do not hold join those held back.

    Raises StorageError where a store gives up: the next export there goes on with this one.
    """
    bundle = Bundle([], [], [], [])
    with ManifestWriter(writing.scratch / MANIFEST, _head(writing)) as manifest:
        kept = _write_ads(choice, writing, bundle, manifest)
        choice.notes.extend(_notes(bundle, writing.request))
        bundle.files.extend(_put(path, writing) for path in _lists(choice, writing.scratch))
        manifest.end(_tail(choice, bundle))
    bundle.items.extend(
        ExportItemRow(one.ad.key, "withdrawn", one.ad.name, one.ad.sha256, 0, one.reason)
        for one in choice.withdrawn
    )
    writing.destination.keep(kept | {file.name for file in bundle.files})
    bundle.files.append(_put(manifest.path, writing))
    return bundle


def _write_ads(choice: Choice, writing: Writing, bundle: Bundle, manifest: ManifestWriter) -> set[str]:
    """Write the ads and their sheet; return the names of the files that lie loose."""
    request, platform, kept = writing.request, platform_of(writing.request.platform), set[str]()
    packer = Packer(
        writing.blobs,
        writing.scratch,
        None if request.archive else writing.destination,
        sidecars=request.sidecars,
        resumed=writing.row.resumed,
    )
    with SheetWriter(
        writing.scratch,
        platform.sheet,
        [column.head for column in platform.columns],
        rows_max=platform.rows_max,
        marked=platform.marked,
        always=bool(choice.chosen),
    ) as sheet:
        for packed, archive in _delivered(choice, writing, packer, bundle):
            sheet_ad = _sheet_ad(packed, choice, archive)
            sheet.write([column.cell(sheet_ad) for column in platform.columns])
            manifest.add(packed, "" if archive else ADS, archive)
            bundle.exported.append(packed.chosen)
            bundle.items.append(_item(packed))
            marks = packed.ad.composition.marks
            if marks and marks.signer == "test":
                bundle.test_signed.append(packed.chosen.name)
            kept.update(() if archive else (ADS + piece.file.name for piece in packed.pieces))
    bundle.files.extend(_put(path, writing) for path in sheet.paths)
    return kept


def _notes(bundle: Bundle, request: Request) -> Iterator[str]:
    """Tell what is left to do with what was written."""
    note = platform_of(request.platform).note
    if note and bundle.exported:
        yield f"{request.platform}: {note}"
    if bundle.test_signed:
        many = counted(len(bundle.test_signed), "ad")
        yield f"{many} signed with a test certificate, which nobody trusts: use your own before you publish"


def _tail(choice: Choice, bundle: Bundle) -> dict[str, Any]:
    return {
        "files": [file.model_dump() for file in bundle.files],
        "withdrawn": withdrawn_rows(choice.withdrawn),
        "held_back": held_rows(choice.held),
        "unchanged": choice.unchanged,
        "notes": choice.notes,
    }


def _head(writing: Writing) -> dict[str, Any]:
    request = writing.request
    return {
        "export": writing.folder,
        "made_at": f"{writing.row.started_at:%Y-%m-%dT%H:%M:%SZ}",
        "platform": request.platform,
        "destination": request.to,
        "campaigns": request.campaigns,
        "since": str(request.since),
        "naming": request.pattern,
    }


def _delivered(
    choice: Choice, writing: Writing, packer: Packer, bundle: Bundle
) -> Iterator[tuple[Packed, str]]:
    """Yield the ads that are written or packed, each with the archive that it is in; hold the others back."""
    request = writing.request
    archives = Archives(writing.scratch, writing.folder, request.archive, request.split)
    for chosen, packed in _packed(choice.chosen, writing, packer):
        if isinstance(packed, Hold):
            hold_back(choice, Held(chosen.listed, chosen.name, packed))
            continue
        if not request.archive:
            packer.drop(packed.pieces)
            yield packed, ""
            continue
        if not archives.fits(packed.members):
            hold = Hold("size", f"its files have more than --split, {request.split:,} bytes; raise it")
            hold_back(choice, Held(chosen.listed, chosen.name, hold))
        else:
            if closed := archives.add(packed.members):
                bundle.files.append(_put(closed, writing))
            yield packed, archives.current.name
        packer.drop(packed.pieces)
    if closed := archives.close():
        bundle.files.append(_put(closed, writing))


def _packed(
    chosen: Iterable[Chosen], writing: Writing, packer: Packer
) -> Iterator[tuple[Chosen, Packed | Hold]]:
    """Yield every ad in order, a few made ready at once."""
    done, beaten = 0, time.monotonic()
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="export")
    try:
        for batch in batches(chosen, _AT_ONCE):
            found = writing.catalog.candidates(one.listed.key for one in batch)
            work = ((one, found[one.listed.key]) for one in batch)
            for one, packed in zip(batch, pool.map(lambda pair: packer.pack(*pair), work), strict=True):
                yield one, packed
                done += 1
                if time.monotonic() - beaten > _BEAT_SECONDS:
                    beaten = time.monotonic()
                    writing.beat()
                    writing.say(f"{done:,} ads are ready")
    finally:
        pool.shutdown(cancel_futures=True)


def _sheet_ad(packed: Packed, choice: Choice, archive: str) -> SheetAd:
    ad, shelf = packed.ad, choice.shelves[packed.ad.campaign]
    product = (shelf.now or shelf.then).get(ad.product)
    names = {piece.role: piece.file.name for piece in reversed(packed.pieces)}
    link = product.link if product and product.link.startswith(("https://", "http://")) else ""
    return SheetAd(
        ad=ad,
        name=packed.chosen.name,
        video=names["video"],
        thumbnail=names["thumbnail"],
        captions=names.get("captions", ""),
        archive=archive,
        brand=ad.composition.kit.name,
        title=in_locale(product.title, ad.locale) if product else "",
        link=link,
        objective=shelf.brief.objective,
    )


def _item(packed: Packed) -> ExportItemRow:
    file = packed.asset.file
    return ExportItemRow(packed.ad.key, "added", packed.chosen.name, file.sha256, file.bytes, "")


def _lists(choice: Choice, scratch: Path) -> Iterator[Path]:
    """Write the sheets of what is to be taken down and of what is held back, where there is any."""
    for name, rows in (
        ("withdrawn", withdrawn_rows(choice.withdrawn)),
        ("held-back", held_rows(choice.held)),
    ):
        with SheetWriter(scratch, name, [*rows[0]] if rows else []) as sheet:
            for row in rows:
                sheet.write([*row.values()])
        yield from sheet.paths


def _put(path: Path, writing: Writing) -> StoredFile:
    """Write a file of the export's own to its folder, and remove it here."""
    with path.open("rb") as stream:
        wanted = describe(path.name, stream)
    there = writing.destination.find(path.name) if writing.row.resumed else None
    if there != wanted:
        there = writing.destination.put(path.name, path)
    if there.sha256 != wanted.sha256:
        raise StorageError(f"{path.name} has other bytes at {writing.request.to} than were sent; run again")
    path.unlink()
    return wanted
