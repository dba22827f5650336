"""An export in S3: copied by the server where the ads are in S3 too, and measured there."""

from collections.abc import Set as AbstractSet
from pathlib import Path

from flows.export.destination import MANIFEST
from schemas.media import StoredFile
from storage.blobs import BlobStore
from storage.s3 import S3Blobs


class Bucket:
    """The folder of one export, a prefix in S3; a `flows.export.destination.Destination`."""

    def __init__(self, where: str) -> None:
        bucket, _, prefix = where.removeprefix("s3://").partition("/")
        self._store = S3Blobs(bucket, prefix)

    def begin(self) -> None:
        """Abort uploads that a killed writer has left, and take away the manifest."""
        self._store.sweep(idle=True)
        self._store.delete(MANIFEST)

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of the object *name*, or None."""
        return self._store.measure(name)

    def put(self, name: str, path: Path) -> StoredFile:
        """Send *path* as *name*; return what is stored then."""
        return self._measured(self._store.put(name, path, replace=True))

    def copy(self, name: str, file: StoredFile, source: BlobStore, path: Path) -> StoredFile:
        """Let the server copy *file* where *source* is in S3, else send *path*."""
        if isinstance(source, S3Blobs):
            return self._measured(self._store.copy(name, file, source))
        return self.put(name, path)

    def keep(self, names: AbstractSet[str]) -> None:
        """Remove every object but *names*."""
        for name in [name for name in self._store.names("") if name not in names]:
            self._store.delete(name)

    def _measured(self, put: StoredFile) -> StoredFile:
        return self._store.measure(put.name) or put.model_copy(update={"sha256": "", "bytes": 0})
