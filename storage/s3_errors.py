"""Turns what boto3 raises into our errors, each with its cure."""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    EndpointProviderError,
    FlexibleChecksumError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from schemas.errors import BlobDamagedError, BlobMissingError, BlobRefusedError, SettingsError, StorageError

ABSENT = {"404", "NoSuchKey", "NotFound"}
TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict", "NoSuchUpload"}
"""Answers to a write whose name exists, or whose first answer was lost."""

_KEYS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that the bucket's policy allows this user"
_FULL = "the store is full or its quota used up: free space there, then run again"
_MISSING = "there is no such object; run its campaign again to make it"
_CURES = {
    "403": _KEYS,
    "AccessDenied": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "ExpiredToken": "renew the credentials (AWS_SESSION_TOKEN has expired)",
    "NoSuchBucket": "create the bucket, or correct REELMILL_BLOBS",
    "PermanentRedirect": "set AWS_REGION to the bucket's region",
    "RequestTimeTooSkewed": "set this machine's clock",
    "QuotaExceeded": _FULL,
    "507": _FULL,
    "NoSuchKey": _MISSING,
    "404": _MISSING,
}
_PASSING_CODES = {"RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch"}
"""Refusals of one request that the line has spoiled, though S3 counts them among the caller's faults."""
_LASTING = {*range(400, 500), 501, 505, 507} - {408, 409, 412, 425, 429}
"""Answers of HTTP that the same request will get again; not so time-outs, races and throttling."""


def code_of(error: ClientError) -> str:
    """Return S3's code for *error*, for example ``NoSuchKey``; the HTTP status where it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(verb: str, name: str, where: str) -> Iterator[None]:
    """Raise boto3's errors from inside as ours; as SettingsError if nothing could be sent.

    StorageError, which is worth another try, is what a server says or does that may pass: it does not
    answer, asks for patience, fails. What it refuses as a rule is a BlobRefusedError.
    """
    place = f"cannot {verb} {name!r} in {where}"
    try:
        yield
    except ClientError as error:
        cure = _CURES.get(code_of(error), "run again; if it stays so, ask whoever runs the store")
        raise _kind(error)(f"{place}: {cure} ({error})") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise SettingsError(f"{place}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({error})") from error
    except (EndpointProviderError, ParamValidationError) as error:
        raise SettingsError(f"{place}: correct AWS_ENDPOINT_URL or REELMILL_BLOBS ({error})") from error
    except (ChecksumError, FlexibleChecksumError) as error:
        cure = "`reelmill verify --repair` removes it, then run its campaign again to make it anew"
        raise BlobDamagedError(f"{place}: it is damaged; {cure} ({error})") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StorageError(f"{place}: check the network and AWS_ENDPOINT_URL ({error})") from error


def _kind(error: ClientError) -> type[StorageError]:
    code = code_of(error)
    if code in ABSENT:
        return BlobMissingError
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return BlobRefusedError if status in _LASTING and code not in _PASSING_CODES else StorageError
