"""Weights and music in the blob store: who plans puts them there, who works takes them.

They lie under ``weights/``, by the names that they have in the folder of `reelmill weights fetch`, and are
checked against the manifest on the way in and on the way out. So a worker needs nothing of the machine that
planned.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from actors import weights
from schemas.errors import BlobDamagedError, SettingsError
from schemas.plan import Plan
from schemas.policy import Gate
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


def store_weights(plan: Plan, folder: Path, blobs: BlobStore, gate: Gate | None = None) -> None:
    """Put the weights and the music that *plan* names from *folder* into *blobs*, unless they are there.

    So is the classifier of the *gate* for what models generate.

    Raises SettingsError for what neither of them has whole.
    """
    named = (*_named(plan), *((gate.classifier,) if gate else ()))
    for file in (_find(revision) for revision in named):
        stored = blobs.find(file.blob)
        if stored is None or stored.sha256 != file.sha256:
            blobs.put(file.blob, _whole(folder, file), replace=True)


def take_weights(revision: str, blobs: BlobStore, cache: Path) -> Path:
    """Return the file of *revision*, weights or a track, as plans name them; *cache* keeps what is fetched.

    Raises SettingsError for a revision that this version does not know, StorageError if the store does not
    have it whole.
    """
    file = _find(revision)
    path = blobs.local(file.blob, cache)
    if _sha256(path) != file.sha256:
        raise BlobDamagedError(f"{file.blob!r} is damaged in the blob store: run again, which mends it")
    return path


def _named(plan: Plan) -> tuple[str, ...]:
    """Return every revision that *plan* names, once."""
    stills = (name for still in plan.stills for name in (still.upscaler, still.matte))
    shots = (name.partition("/")[0] for shot in plan.shots for name in (shot.upscaler, shot.interpolator))
    sounds = (ad.composition.sound.music for ad in plan.ads)
    names = dict.fromkeys([*stills, *shots, *sounds])
    return tuple(name for name in names if "@" in name and not name.startswith("inputs/"))


def _find(revision: str) -> _File:
    name, _, digits = revision.partition("@")
    track = f"{name.removeprefix('pack:')}.opus"
    for item in weights.MANIFEST.values():
        if item.revision == revision and not item.tracks:
            return _File(item.name, item.place, item.sha256)
        if track in item.tracks and item.revision == f"{item.name}@{digits}" and name.startswith("pack:"):
            return _File(item.name, f"{item.place}/{track}", item.tracks[track])
    raise SettingsError(f"unknown weights {revision!r}: use one version of Reelmill on all machines")


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
