"""Posters of ads: small pictures for the gallery, drawn when first asked for and kept in the cache."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore, Lock

from PIL import Image

from actors.thumbnails import draw_thumbnail
from schemas.errors import BlobMissingError
from storage.aside import aside
from storage.blobs import BlobStore
from storage.catalog import Catalog

SIDE_MAX = 640
"""Pixels of the longer side: sharp on a phone, some 30 kB."""
_QUALITY = 82
_DRAWN_AT_ONCE = 2
"""A page asks for dozens, and each takes a decoder."""


class Posters:
    """The posters of the ads in *catalog*, kept in *folder* once drawn; for many threads."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, folder: Path) -> None:
        self._catalog, self._blobs, self._folder = catalog, blobs, folder
        self._turns = BoundedSemaphore(_DRAWN_AT_ONCE)
        self._locks: dict[str, Lock] = {}

    def find(self, key: str) -> Path:
        """Return the JPEG of the ad *key*, a full key that was checked.

        Raises BlobMissingError where the ad is not made, MediaError where its video cannot be read.
        """
        path = self._folder / f"{key}.jpg"
        if not path.is_file():
            with self._alone(key):
                if not path.is_file():
                    self._draw(key, path)
        return path

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Have two who ask for one poster draw it once, and few be drawn at a time."""
        lock = self._locks.setdefault(key, Lock())
        try:
            with lock, self._turns:
                yield
        finally:
            self._locks.pop(key, None)

    def _draw(self, key: str, path: Path) -> None:
        ad = self._catalog.planned_ads([key]).get(key)
        if ad is None:
            raise BlobMissingError(f"no ad has the key {key}")
        with aside(self._folder, "drawing-") as folder:
            video = self._blobs.local(f"ads/{key}.mp4", folder)
            drawn = folder / f"{key}.jpg"
            drawn.write_bytes(_small(draw_thumbnail(video, ad.composition)))
            drawn.replace(path)


def _small(jpeg: bytes) -> bytes:
    """Return *jpeg* with SIDE_MAX pixels on the longer side, without what it says about itself."""
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
        picture.draft("RGB", (SIDE_MAX, SIDE_MAX))
        small = picture.convert("RGB")
    small.thumbnail((SIDE_MAX, SIDE_MAX))
    out = BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()
