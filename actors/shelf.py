"""Weights and music in the blob store: who plans puts them there, who works takes them.

They lie under ``weights/``, by the names that they have in the folder of `reelmill weights fetch`, and are
checked against the manifest on the way in and on the way out. So a worker needs nothing of the machine that
planned.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePath
from typing import NamedTuple

from actors import weights
from schemas.errors import BlobDamagedError, SettingsError
from schemas.plan import Narration, Plan
from storage.blobs import BlobStore


class _File(NamedTuple):
    """One file of the manifest."""

    item: str
    """What `reelmill weights fetch` calls it, or the pack that it belongs to."""
    path: str
    """Inside the weights folder."""
    sha256: str

    @property
    def blob(self) -> str:
        return f"weights/{self.path}"


def store_weights(plan: Plan, folder: Path, blobs: BlobStore, besides: Iterable[str] = ()) -> None:
    """Put the weights and the music that *plan* names from *folder* into *blobs*, unless they are there.

    So are those *besides*, of whoever looks at what is made; empty names are passed over.

    Raises SettingsError for what neither of them has whole.
    """
    named = (*_named(plan), *filter(None, besides))
    for file in (file for revision in named for file in _find(revision)):
        stored = blobs.find(file.blob)
        if stored is None or stored.sha256 != file.sha256:
            blobs.put(file.blob, _whole(folder, file), replace=True)


def take_weights(revision: str, blobs: BlobStore, cache: Path) -> Path:
    """Return the file of *revision*, weights or a track, as plans name them; *cache* keeps what is fetched.

    Raises SettingsError for a revision that this version does not know, StorageError if the store does not
    have it whole.
    """
    (file,) = _find(revision)
    return _take(file, blobs, cache)


def take_folder(revision: str, blobs: BlobStore, cache: Path) -> Path:
    """Return a folder of weights, as `reelmill weights fetch` makes one, that has all files of *revision*.

    Raises as `take_weights` does.
    """
    files = _find(revision)
    (*_, path) = (_take(file, blobs, cache) for file in files)
    return path.parents[len(PurePath(files[-1].path).parts) - 1]


def _named(plan: Plan) -> tuple[str, ...]:
    """Return every revision that *plan* names, once."""
    stills = (name for still in plan.stills for name in (still.upscaler, still.matte, still.faces))
    worked = (name for shot in plan.shots for name in (shot.upscaler, shot.interpolator, shot.framing))
    shots = (name.partition("/")[0] for name in worked)
    texts = (name for ad in plan.ads for name in (ad.composition.sound.music, ad.composition.emoji))
    voices = (narration.engine for narration in plan.narrations if needs_weights(narration))
    names = dict.fromkeys([*stills, *shots, *texts, *voices])
    return tuple(name for name in names if "@" in name and not name.startswith("inputs/"))


def needs_weights(narration: Narration) -> bool:
    """Tell whether what speaks *narration* has weights to fetch; other voices lie in their package."""
    return narration.engine.partition("@")[0] in weights.MANIFEST


def _find(revision: str) -> tuple[_File, ...]:
    """Return the files of *revision*: one, or all of an item that is a folder."""
    name, _, digits = revision.partition("@")
    track = f"{name.removeprefix('pack:')}.opus"
    for item in weights.MANIFEST.values():
        if item.revision == revision:
            return tuple(_files(item))
        if track in item.files and item.revision == f"{item.name}@{digits}" and name.startswith("pack:"):
            return (_File(item.name, f"{item.place}/{track}", item.files[track]),)
    raise SettingsError(f"unknown weights {revision!r}: use one version of Reelmill on all machines")


def _files(item: weights.Weights) -> Iterator[_File]:
    if not item.files:
        yield _File(item.name, item.place, item.sha256)
    for path, sha256 in item.files.items():
        yield _File(item.name, f"{item.place}/{path}", sha256)


def _take(file: _File, blobs: BlobStore, cache: Path) -> Path:
    path = blobs.local(file.blob, cache)
    stat = path.stat()
    if _sha256_of(path, stat.st_mtime_ns, stat.st_size) != file.sha256:
        raise BlobDamagedError(f"{file.blob!r} is damaged in the blob store: run again, which mends it")
    return path


@cache
def _sha256_of(path: Path, mtime_ns: int, size: int) -> str:  # noqa: ARG001 (they tell of a change)
    """Return the hash of *path*, read once until it is touched: a network may have a hundred megabytes."""
    return _sha256(path)


def _whole(folder: Path, file: _File) -> Path:
    path = folder / file.path
    cure = f"run `reelmill weights fetch {file.item}`"
    if not path.is_file():
        raise SettingsError(f"{file.path!r} is neither in {folder} nor in the blob store: {cure}")
    if _sha256(path) != file.sha256:
        raise SettingsError(f"{path} is damaged: delete it, then {cure}")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
