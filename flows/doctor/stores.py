"""Looks at what Reelmill keeps things in: database, blobs, inbox."""

from flows.doctor.findings import Answer, Look, ok, skipped, warning
from schemas.errors import SettingsError
from schemas.settings import Settings
from storage.trial import BlobTrial, DatabaseTrial, try_blobs, try_database

_SKEW_SECONDS = 5.0
"""Leases go by the database's clock, so hosts may differ a little."""
_S3_SKEW_SECONDS = 60.0
"""S3 refuses requests after 15 minutes; a tenth of that is a clock that nobody keeps."""
_NTP = "set this machine's clock, or the server's, and keep both by NTP"


def _database(settings: Settings) -> Answer:
    trial = try_database(settings.database_url)
    if not trial.version:
        return ok(f"{trial.where} is not there yet; the first run makes it")
    found = f"{trial.version}, written and read; {_tables(trial)}"
    if abs(trial.ahead_seconds) > _SKEW_SECONDS:
        return warning(f"{found}; its clock is {_apart(trial.ahead_seconds)}", _NTP)
    if trial.revision and trial.revision < trial.head:
        return warning(
            found, "`reelmill run` brings it up to date; stop older versions first, and keep a copy"
        )
    return ok(found)


def _tables(trial: DatabaseTrial) -> str:
    if trial.revision > trial.head:
        raise SettingsError(
            f"{trial.where} is of a newer Reelmill ({trial.revision}, here {trial.head}): install that one"
        )
    if not trial.revision:
        return "no tables yet; the first run makes them"
    if trial.revision == trial.head:
        return f"tables up to date ({trial.head})"
    return f"tables of an older Reelmill ({trial.revision}, here {trial.head})"


def _blobs(settings: Settings) -> Answer:
    return _of_store(try_blobs(settings.blobs, "doctor"))


def _inbox(settings: Settings) -> Answer:
    if settings.inbox is None:
        return skipped("REELMILL_INBOX is not set")
    from flows.inbox.box import open_place  # noqa: PLC0415 (imported where it is looked at)
    from flows.inbox.place import REJECTED  # noqa: PLC0415

    many = sum(1 for _ in open_place(settings.inbox, settings).briefs())
    answer = _of_store(try_blobs(settings.inbox, REJECTED))
    return answer._replace(found=f"{many} briefs in {answer.found}")


def _of_store(trial: BlobTrial) -> Answer:
    """Judge a store that could be written, read and deleted."""
    keys = f", keys from {trial.keys}" if trial.keys else ""
    later = "" if trial.there else ", which is not there yet and can be made"
    found = f"{trial.where}{later}, written, read and deleted{keys}"
    if not trial.conditional:
        raise SettingsError(
            f"{trial.where} writes over names that are taken: two runs could undo each other's files; use a "
            "store that heeds If-None-Match, in its current version"
        )
    if trial.ahead_seconds is not None and abs(trial.ahead_seconds) > _S3_SKEW_SECONDS:
        return warning(f"{found}; its clock is {_apart(trial.ahead_seconds)}", _NTP)
    if not trial.checksums:
        slow = "the store keeps no SHA-256 of its own, so proofs read whole files"
        return warning(f"{found}; {slow}", "use a version of the store that supports x-amz-checksum-sha256")
    return ok(found)


def _apart(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"


LOOKS = (
    Look(
        "database",
        _database,
        "check REELMILL_DATABASE_URL, that the server runs, and that this user may write",
        seconds=20,
    ),
    Look("blobs", _blobs, "check REELMILL_BLOBS, the AWS_* variables, and the rights to write", seconds=40),
    Look(
        "inbox",
        _inbox,
        "check REELMILL_INBOX, the AWS_* variables, and the rights to write and to delete",
        needed=False,
        seconds=40,
    ),
)
