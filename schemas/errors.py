"""Every error that Reelmill raises.

    ReelmillError               message only; retryable = False
    ├── BriefError              the brief is wrong; tell its author
    ├── SettingsError           the environment is wrong: a variable, the database, the blobs, Ray
    │   ├── CampaignBusyError   a live run is making this campaign already
    │   └── OldDatabaseError    an older Reelmill made the tables, and only a run changes them
    ├── GenerationError         a model could not make this still or clip
    │   └── GpuMemoryError      it does not fit on this GPU
    ├── ServiceError            a hosted model did not answer; retryable
    ├── StoppedError            the item was stopped on purpose, within a step
    ├── MediaError              a file could not be read or written
    ├── CheckError              a finished ad cannot be measured
    └── StorageError            the blob store or the database did not answer; retryable
        ├── BlobNameError       no blob can have this name; not retryable, nor are those below
        ├── BlobMissingError    there is no such file
        ├── BlobDamagedError    the file's bytes are not those that were stored
        ├── BlobConflictError   the name holds other bytes already
        ├── BlobRefusedError    a full or read-only disk, credentials, an absent bucket: for a person to mend
        └── LeaseLostError      the run no longer holds its campaign

Constructors take a message and nothing else: an error with arguments of its own does not survive the trip
back from a Ray worker.
"""

from typing import ClassVar


class ReelmillError(Exception):
    """Base of all; *retryable* says whether the same call may succeed later."""

    retryable: ClassVar[bool] = False


class BriefError(ReelmillError):
    """The brief is wrong; its message lists every problem, one a line."""


class SettingsError(ReelmillError):
    """The environment is wrong; the message names the variable or service and the cure."""


class CampaignBusyError(SettingsError):
    """A live run is making this campaign; the message names it and the cure."""


class OldDatabaseError(SettingsError):
    """An older Reelmill made the tables; a run brings them up to date."""


class GenerationError(ReelmillError):
    """A model could not make this still or clip."""


class GpuMemoryError(GenerationError):
    """The work does not fit in this GPU's memory."""


class ServiceError(ReelmillError):
    """A hosted model did not answer, or is busy."""

    retryable = True


class StoppedError(ReelmillError):
    """The item was stopped on purpose; the worker goes on with others."""


class MediaError(ReelmillError):
    """A media file could not be read or written."""


class CheckError(ReelmillError):
    """A finished ad cannot be measured; one that breaks a rule is no error, but rejected."""


class StorageError(ReelmillError):
    """The blob store or the database did not answer."""

    retryable = True


class BlobNameError(StorageError):
    """No blob can have this name."""

    retryable = False


class BlobMissingError(StorageError):
    """There is no file of this name; the campaign that needs it makes it again."""

    retryable = False


class BlobDamagedError(StorageError):
    """The file's bytes are not those that were stored.

    Not retryable: a store reads a second time before it says so, so the damage is no matter of the line.
    `reelmill verify --repair` removes the file, and the next run makes it again.
    """

    retryable = False


class BlobConflictError(StorageError):
    """A blob of this name exists already with other bytes."""

    retryable = False


class BlobRefusedError(StorageError):
    """The store takes or gives nothing until a person mends it; the message says what."""

    retryable = False


class LeaseLostError(StorageError):
    """The run has ended, or another took its campaign over; nothing that it writes counts any more."""

    retryable = False
