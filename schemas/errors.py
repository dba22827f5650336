"""Every error that Reelmill raises.

    ReelmillError               message only; retryable = False
    ├── BriefError              the brief is wrong; tell its author
    ├── SettingsError           the environment is wrong: a variable, the database, the blobs, Ray
    ├── GenerationError         a model could not make this still or clip
    │   └── GpuMemoryError      it does not fit on this GPU
    ├── MediaError              a file could not be read or written
    ├── CheckError              a finished ad breaks a rule of its placement
    └── StorageError            the blob store or the database did not answer; retryable
        └── BlobConflictError   the name holds other bytes already; not retryable

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


class GenerationError(ReelmillError):
    """A model could not make this still or clip."""


class GpuMemoryError(GenerationError):
    """The work does not fit in this GPU's memory."""


class MediaError(ReelmillError):
    """A media file could not be read or written."""


class CheckError(ReelmillError):
    """A finished ad breaks a rule; the message names rule, measured value and limit."""


class StorageError(ReelmillError):
    """The blob store or the database did not answer."""

    retryable = True


class BlobConflictError(StorageError):
    """A blob of this name exists already with other bytes."""

    retryable = False
