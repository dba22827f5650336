"""Posters of ads: small pictures for the gallery, drawn when first asked for and kept in the cache.

The cache holds a bounded number; what was drawn longest ago goes first, and is drawn again when asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Lock

from PIL import Image

from actors.thumbnails import draw_thumbnail
from schemas.errors import BlobMissingError
from storage.aside import aside, is_abandoned, remove
from storage.blobs import BlobStore
from storage.catalog import Catalog

SIDE_MAX = 640
"""Pixels of the longer side: sharp on a phone, some 30 kB."""
_QUALITY = 82
KEPT_MAX = 20_000
"""Some 600 MB."""
_LOOK_EVERY = 500
"""Posters drawn from one look at how many are kept to the next."""
_DRAWING = "drawing-"


class Posters:
    """The posters of the ads in *catalog*, kept in *folder* once drawn; for many threads."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, folder: Path) -> None:
        self._catalog, self._blobs, self._folder = catalog, blobs, folder
        self._locks: dict[str, Lock] = {}
        self._drawn = count()

    def kept(self, key: str) -> Path | None:
        """Return the JPEG of the ad *key*, a full key that was checked; None where it is not drawn."""
        path = self._path(key)
        return path if path.is_file() else None

    def draw(self, key: str) -> Path:
        """Return the JPEG of the ad *key*, a full key that was checked, drawn unless it is kept.

        Raises BlobMissingError where the ad is not made, MediaError where its video cannot be read.
        """
        with self._alone(key):
            if not self.kept(key):
                if next(self._drawn) % _LOOK_EVERY == 0:
                    self._sweep()
                self._draw(key, self._path(key))
        return self._path(key)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.jpg"

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Have two who ask for one poster draw it once."""
        lock = self._locks.setdefault(key, Lock())
        try:
            with lock:
                yield
        finally:
            self._locks.pop(key, None)

    def _draw(self, key: str, path: Path) -> None:
        ad = self._catalog.planned_ads([key]).get(key)
        if ad is None:
            raise BlobMissingError(f"no ad has the key {key}")
        with aside(self._folder, _DRAWING) as folder:
            video = self._blobs.local(f"ads/{key}.mp4", folder)
            drawn = folder / f"{key}.jpg"
            drawn.write_bytes(_small(draw_thumbnail(video, ad.composition)))
            drawn.replace(path)

    def _sweep(self) -> None:
        """Drop the oldest posters beyond KEPT_MAX, and what a process that was killed left half drawn."""
        for folder in self._folder.glob(f"{_DRAWING}*"):
            if is_abandoned(folder, _DRAWING):
                remove(folder)
        posters = [*self._folder.glob("*.jpg")]
        if len(posters) > KEPT_MAX:
            posters.sort(key=_written)
            for poster in posters[:-KEPT_MAX]:
                remove(poster)


def _written(path: Path) -> float:
    """Return when *path* was written; 0 where another page has dropped it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _small(jpeg: bytes) -> bytes:
    """Return *jpeg* with SIDE_MAX pixels on the longer side, without what it says about itself."""
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
        picture.draft("RGB", (SIDE_MAX, SIDE_MAX))
        small = picture.convert("RGB")
    small.thumbnail((SIDE_MAX, SIDE_MAX))
    out = BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()
