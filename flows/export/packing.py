"""Makes the files of one ad ready: checked, with captions and thumbnail, written or to be packed."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from actors.marks import mark_problems
from actors.thumbnails import draw_thumbnail
from flows.export.archives import Member
from flows.export.choosing import Chosen
from flows.export.destination import Destination
from flows.export.holding import Hold
from schemas.errors import BlobDamagedError, BlobMissingError, MediaError
from schemas.media import Asset, StoredFile
from schemas.plan import Ad
from storage.blobs import BlobStore
from storage.content import describe, holds
from storage.rows import Candidate

ADS = "ads/"
"""Folder of an export in which the files of the ads lie."""


class Piece(NamedTuple):
    """One file of an exported ad."""

    role: str
    """``video``, ``captions``, ``thumbnail`` or ``sidecar``."""
    file: StoredFile
    """As it is called in the export, below its folder ADS or in an archive."""
    source: str
    """Its name in the blob store; empty for one that was made now."""
    path: Path
    """Where it lies on this machine."""


class Packed(NamedTuple):
    """An ad whose files are ready."""

    chosen: Chosen
    ad: Ad
    asset: Asset
    pieces: tuple[Piece, ...]

    @property
    def members(self) -> tuple[Member, ...]:
        """Its files, as an archive takes them."""
        return tuple(Member(piece.file.name, piece.path, piece.file.bytes) for piece in self.pieces)


class _HeldError(Exception):
    """The ad is held back; its one argument is the Hold."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold)
        self.hold = hold


class Packer:
    """Makes ads ready, many at once; files that it fetches or draws lie in *scratch* until they are dropped.

    With a *destination* they are written there, too, and read back. *resumed*: some may lie there already.
    """

    def __init__(
        self,
        blobs: BlobStore,
        scratch: Path,
        destination: Destination | None,
        *,
        sidecars: bool,
        resumed: bool,
    ) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._destination = destination
        self._sidecars = sidecars
        self._resumed = resumed

    def pack(self, chosen: Chosen, candidate: Candidate) -> Packed | Hold:
        """Make *candidate* ready, or say why it is held back. Raises StorageError where a store gives up."""
        if candidate.asset is None:
            return Hold("state", f"it is {candidate.state}")
        pieces: list[Piece] = []
        try:
            for piece in self._pieces(chosen.name, candidate.ad, candidate.asset):
                pieces.append(piece)
                self._write(piece)
        except _HeldError as error:
            hold = error.hold
        except BlobMissingError as error:
            hold = Hold("missing", str(error))
        except (BlobDamagedError, MediaError) as error:
            hold = Hold("damaged", str(error))
        else:
            return Packed(chosen, candidate.ad, candidate.asset, tuple(pieces))
        self.drop(pieces)
        return hold

    def drop(self, pieces: list[Piece] | tuple[Piece, ...]) -> None:
        """Remove the copies of *pieces* that were made for the export."""
        for piece in pieces:
            if piece.path.is_relative_to(self._scratch):
                piece.path.unlink(missing_ok=True)

    def _pieces(self, name: str, ad: Ad, asset: Asset) -> Iterator[Piece]:
        video = self._fetched(asset.file)
        if problems := mark_problems(video, ad):
            raise _HeldError(Hold("marks", "; ".join(problems)))
        yield _piece("video", f"{name}.mp4", asset.file, video)
        for caption in asset.captions:
            yield _piece(
                "captions", f"{name}{PurePath(caption.name).suffix}", caption, self._fetched(caption)
            )
        yield self._drawn(f"{name}.jpg", video, ad)
        if self._sidecars:
            source = f"ads/{ad.key}.json"
            path = self._blobs.local(source, self._scratch)
            yield _piece("sidecar", f"{name}.json", _described(source, path), path)

    def _fetched(self, file: StoredFile) -> Path:
        path = self._blobs.local(file.name, self._scratch)
        if not holds(path, file):
            raise _HeldError(
                Hold("damaged", f"{file.name} is not what was made; `reelmill verify --repair` mends it")
            )
        return path

    def _drawn(self, name: str, video: Path, ad: Ad) -> Piece:
        path = self._scratch / name
        if self._resumed and self._destination and (there := self._destination.find(ADS + name)):
            return Piece("thumbnail", there.model_copy(update={"name": name}), "", path)
        path.write_bytes(draw_thumbnail(video, ad.composition))
        return Piece("thumbnail", _described(name, path), "", path)

    def _write(self, piece: Piece) -> None:
        """Write *piece* to the destination, unless it is there, and see that it holds."""
        if self._destination is None:
            return
        name, wanted = ADS + piece.file.name, (piece.file.sha256, piece.file.bytes)
        if self._resumed and (there := self._destination.find(name)) and _facts(there) == wanted:
            return
        if piece.source:
            file = piece.file.model_copy(update={"name": piece.source})
            written = self._destination.copy(name, file, self._blobs, piece.path)
        else:
            written = self._destination.put(name, piece.path)
        if _facts(written) != wanted:
            raise _HeldError(
                Hold("unwritten", f"{name} has other bytes at the destination than were sent; run again")
            )


def _piece(role: str, name: str, file: StoredFile, path: Path) -> Piece:
    return Piece(role, file.model_copy(update={"name": name}), file.name, path)


def _described(name: str, path: Path) -> StoredFile:
    with path.open("rb") as stream:
        return describe(name, stream)


def _facts(file: StoredFile) -> tuple[str, int]:
    return file.sha256, file.bytes
