"""The models of a worker: each is loaded when it is first asked for, and kept."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from actors.backends import (
    Entry,
    ImageModel,
    Site,
    VideoModel,
    entry_of,
    load_image_model,
    load_video_model,
)
from actors.checkpoints import open_checkpoint
from actors.lines import say
from schemas.errors import BlobMissingError, GenerationError
from schemas.marks import Signing
from schemas.policy import Gate
from schemas.record import Record
from storage.blobs import BlobStore

T = TypeVar("T")


class Means(Record):
    """What workers have beside their blob store; the same for all of a run."""

    models: str = ""
    """Folder or ``s3://bucket/prefix`` with the checkpoints; empty for none."""
    cache: Path | None = None
    """Where a node keeps checkpoints that it fetched; None for a folder of this machine's own."""
    device: Literal["auto", "cpu"] = "auto"
    """``cpu`` lets models that ask for GPUs run without."""
    gate: Gate | None = None
    """How generated pictures are looked at; None where they are not."""
    reader: str = ""
    """Revision of the network that reads prices from finished ads; empty where nobody reads."""
    signing: Signing = Signing()
    """Where each machine finds the certificate and the key that sign ads."""


class Models:
    """Loads models of the table onto the device of this worker."""

    def __init__(self, means: Means, blobs: BlobStore) -> None:
        self._means = means
        self._notes = BlobNotes(blobs)
        self._video: dict[str, VideoModel] = {}
        self._image: dict[str, ImageModel] = {}

    def video(self, model: str) -> VideoModel:
        """Return the video model that plans call *model*.

        Raises GenerationError if this worker has no such model or no device for it, SettingsError or
        StorageError if its weights cannot be had.
        """
        return self._loaded(self._video, load_video_model, model)

    def image(self, model: str) -> ImageModel:
        """Return the model of stills that plans call *model*; raises as `video` does."""
        return self._loaded(self._image, load_image_model, model)

    def _loaded(self, kept: dict[str, T], load: Callable[[Entry, Site], T], model: str) -> T:
        if model not in kept:
            entry, began = entry_of(model), time.monotonic()
            site = self._site(entry, model)
            kept[model] = load(entry, site)
            say(f"{model} loaded on {site.device} in {time.monotonic() - began:.1f} s")
        return kept[model]

    def _site(self, entry: Entry, model: str) -> Site:
        folder = None
        if entry.weights is not None:
            fingerprint = model.partition("@")[2]
            folder = open_checkpoint(self._means.models, entry.name, fingerprint, self._means.cache)
        return Site(self._device(entry), folder, self._notes)

    def _device(self, entry: Entry) -> str:
        if not entry.gpus or self._means.device == "cpu":
            return "cpu"
        import torch  # noqa: PLC0415 (the driver imports this module, and must stay light)

        if not torch.cuda.is_available():
            raise GenerationError(
                f"model {entry.name!r} needs a GPU, and torch sees none here: install torch for CUDA on this "
                "node, or set REELMILL_DEVICE=cpu to run it very slowly"
            )
        return "cuda"


class BlobNotes:
    """Notes in the blob store, one small file each, under ``notes/``."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def recall(self, key: str) -> str | None:
        """Return what was kept under *key*; None for nothing."""
        with suppress(BlobMissingError):
            return self._blobs.read_text(f"notes/{key}.txt")
        return None

    def keep(self, key: str, text: str) -> None:
        """Keep *text* under *key* in place of what stood there."""
        self._blobs.put_text(f"notes/{key}.txt", text, replace=True)
