"""Tries an S3 store out."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from boto3.session import Session

from schemas.errors import SettingsError
from storage.blobs import BlobStore
from storage.s3 import S3Blobs
from storage.s3_errors import explained
from storage.trial import S3_SILENT_SECONDS, BlobTrial


def try_s3(where: str, name: str, is_conditional: Callable[[BlobStore, str], bool]) -> BlobTrial:
    """Return what *is_conditional* finds of the store *where* with the file *name*, and what else it says.

    Raises SettingsError where there are no credentials, StorageError where it does not answer or refuses.
    """
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    credentials = Session().get_credentials()
    if credentials is None:
        raise SettingsError(f"{where}: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    store = S3Blobs(bucket, prefix, silent_seconds=S3_SILENT_SECONDS)
    conditional = is_conditional(store, name)
    store.put_text(name, "looked at by reelmill doctor", replace=True)
    try:
        with explained("look at", name, where):
            head = store.client.head_object(Bucket=bucket, Key=store.prefix + name, ChecksumMode="ENABLED")
    finally:
        store.delete(name)
    date = head["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    return BlobTrial(
        where=where,
        conditional=conditional,
        checksums=bool(head.get("ChecksumSHA256")),
        ahead_seconds=_ahead(date),
        keys=str(credentials.method),
    )


def _ahead(date: str) -> float | None:
    """Return by how many seconds *date*, of an answer, is after now; it has whole seconds only."""
    try:
        return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
