"""Tries the database and the blob store out, without leaving anything there."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, insert, select, text

from schemas.errors import BlobConflictError, BlobDamagedError, StorageError
from schemas.record import Record
from storage.blobs import BlobStore
from storage.database import HEAD, connect, explained, read_url, revision, shown, sqlite_file
from storage.dialect import now
from storage.folder import LocalBlobs
from storage.tables import Notice

S3_SILENT_SECONDS = 3.0
"""Whoever tries a store out waits less than whoever makes ads."""


class DatabaseTrial(Record):
    """What was found of a database."""

    where: str
    """Without its password."""
    version: str
    """Of SQLite or PostgreSQL; empty where there is no file yet."""
    revision: str
    """Of its tables; empty where there are none yet."""
    head: str = HEAD
    """What this Reelmill brings it to."""
    ahead_seconds: float = 0.0
    """How far its clock is ahead of this machine's."""


class BlobTrial(Record):
    """What was found of a blob store."""

    where: str
    there: bool = True
    """Whether the folder is there; of S3 always."""
    conditional: bool
    """Whether it refuses to write over a name that is taken."""
    checksums: bool = True
    """Whether it keeps the SHA-256 of what it computed itself."""
    ahead_seconds: float | None = None
    """How far its clock is ahead of this machine's; None where it does not say."""
    keys: str = ""
    """Where the credentials come from; empty for a folder."""


def try_database(text_url: str) -> DatabaseTrial:
    """Connect, write a row, read it back and take it back; nothing is created.

    Raises SettingsError where it cannot be opened or written.
    """
    url = read_url(text_url)
    file = sqlite_file(url)
    if file is not None and not file.exists():
        with explained(url), tempfile.TemporaryFile(dir=nearest(file.absolute().parent)):
            return DatabaseTrial(where=shown(url), version="", revision="")
    engine = connect(url)
    try:
        with explained(url):
            found = revision(engine)
            with engine.connect() as connection, connection.begin() as transaction:
                _write(connection, current=found == HEAD)
                at, here = now(connection), datetime.now(UTC)
                transaction.rollback()
            version = ".".join(map(str, engine.dialect.server_version_info or ()))
    finally:
        engine.dispose()
    name = f"{'SQLite' if file else 'PostgreSQL'} {version}"
    ahead = (at - here).total_seconds()
    return DatabaseTrial(where=shown(url), version=name, revision=found, ahead_seconds=ahead)


def try_blobs(where: str, folder: str) -> BlobTrial:
    """Write a file below *folder* of the store *where*, read it back, try to write over it, and delete it.

    On a disk it lies in a folder of its own, which goes too. Raises StorageError or SettingsError where that
    cannot be.
    """
    name = f"{folder}/doctor-{uuid4().hex}.txt"
    if "://" not in where:
        return _try_folder(Path(where), folder, name)
    from storage.s3_trial import try_s3  # noqa: PLC0415 (boto3 takes a third of a second)

    return try_s3(where, name, _is_conditional)


def nearest(folder: Path) -> Path:
    """Return *folder*, or the one nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _try_folder(root: Path, below: str, name: str) -> BlobTrial:
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=nearest(root / below)) as place:
            conditional = _is_conditional(LocalBlobs(Path(place)), name)
    except OSError as error:
        raise StorageError(f"cannot write in {root}: {error.strerror}") from error
    return BlobTrial(where=str(root), conditional=conditional, there=root.exists())


def _is_conditional(blobs: BlobStore, name: str) -> bool:
    """Tell whether *blobs* refuses to write over *name*, which is gone after."""
    blobs.put_text(name, "written by reelmill doctor")
    try:
        if blobs.read_text(name) != "written by reelmill doctor":
            raise BlobDamagedError(f"{name!r} read back is not what was written")
        try:
            blobs.put_text(name, "written over")
        except BlobConflictError:
            return True
        return False
    finally:
        blobs.delete(name)


def _write(connection: Connection, *, current: bool) -> None:
    """Write a row and read it; the caller takes it back. Where the tables are not *current*, make one."""
    key = f"doctor {uuid4().hex}"
    if not current:
        connection.execute(text("CREATE TABLE reelmill_doctor (key TEXT)"))
        return
    connection.execute(insert(Notice).values(key=key, told_at=datetime.now(UTC)))
    if connection.scalar(select(Notice.key).where(Notice.key == key)) != key:
        raise StorageError("a row read back is not what was written")
