"""Brings workers the checkpoints of models: from a folder, or from S3, once a node; and proves them whole.

A checkpoint of sixty gigabytes takes minutes to hash. So who has hashed one leaves a stamp with the size and
the times of each file, and whoever comes later on this node has only to look whether they are the same.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.backends import VIDEO_MODELS
from actors.manifest import (
    SUMS,
    check,
    compare,
    fingerprint_of,
    parse,
    read_listing,
    refusal,
    survey,
    told,
)
from actors.scratch import folder_of_user
from schemas.errors import BlobDamagedError, BlobMissingError, SettingsError
from storage.aside import aside, remove
from storage.blobs import BlobStore, open_blobs
from storage.content import of_disk

_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
_MEND = "put it there again with `reelmill models fetch NAME --from FOLDER`"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def ready(models: str, names: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the models of the table (*names*, or all) whose sealed checkpoints lie in *models*.

    *models* is a folder or ``s3://bucket/prefix``. The values are what plans call them,
    ``name/version@fingerprint``. Quick: only the listings are read, nothing is hashed. Raises StorageError if
    S3 does not answer.
    """
    blobs = open_blobs(models)
    wanted = [name for name in names or VIDEO_MODELS if VIDEO_MODELS[name].weights]
    texts = {name: listing_of(blobs, f"{name}/{SUMS}") for name in wanted}
    return {
        name: f"{VIDEO_MODELS[name].revision}@{fingerprint_of(text)}" for name, text in texts.items() if text
    }


def open_checkpoint(models: str, name: str, fingerprint: str, cache: Path | None) -> Path:
    """Return the folder of the checkpoint *name* whose listing has *fingerprint*, proved whole.

    One in S3 is fetched into *cache* (None: a folder of this user on this machine) by the first worker of the
    node, while others wait; what a killed one has left is gone on with. Raises SettingsError where it is not
    there or is another one, BlobDamagedError where it is not whole, StorageError if S3 does not answer.
    """
    if not _NAME.fullmatch(name) or not _FINGERPRINT.fullmatch(fingerprint):
        raise SettingsError(
            f"the plan names no checkpoint for model {name!r} (@{fingerprint}): run "
            f"`reelmill models fetch {name}`, then plan again"
        )
    keep = (cache or folder_of_user()) / "models"
    if "://" in models:
        return _from_store(models, name, fingerprint, keep)
    folder = Path(models) / name
    if not folder.is_dir():
        raise SettingsError(
            f"checkpoint {name!r} is not in {models} on this machine: run `reelmill models fetch {name}` on "
            "it, or set REELMILL_MODELS to an s3:// place, from which every node takes it"
        )
    _expect(str(folder), name, fingerprint_of(read_listing(folder)), fingerprint)
    _prove(folder, name, fingerprint, keep)
    return folder


def examine(models: str, name: str) -> list[str]:
    """Return what is wrong with the checkpoint *name* in *models*, a sentence with its cure each.

    A folder's files are hashed; of S3 the SHA-256 is asked that it keeps of each. Raises SettingsError where
    nothing is sealed, StorageError if the disk or S3 does not answer.
    """
    if "://" not in models:
        return check(Path(models) / name)
    store, where = open_blobs(f"{models}/{name}"), f"{models}/{name}"
    text = _sealed(store, where)
    try:
        sums = parse(text, where)
    except BlobDamagedError as error:
        return [str(error)]
    found = {path: file for path in store.names("") if path != SUMS and (file := store.find(path))}
    refused = [why for path in found if path not in sums and (why := refusal(path))]
    return refused + compare(sums, {path: file.sha256 for path, file in found.items() if not refusal(path)})


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until nobody else on this node is in a block of the same *lock*, a file."""
    with _explained(f"cannot write {lock}"):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def listing_of(blobs: BlobStore, name: str) -> str:
    """Return the listing *name*; empty where there is none, or none that can be read."""
    try:
        return blobs.read_text(name)
    except (BlobMissingError, BlobDamagedError):
        return ""


def take(store: BlobStore, where: str, to: Path) -> None:
    """Bring the sealed checkpoint that is all of *store*, called *where*, into the folder *to*.

    What lies in *to* already and is the same is left. Raises SettingsError where nothing is sealed,
    BlobDamagedError if it does not come whole; then *to* is removed.
    """
    text = _sealed(store, where)
    for path in [*parse(text, where), SUMS]:
        try:
            store.local(path, to)
        except (BlobMissingError, BlobDamagedError) as error:
            how = "missing" if isinstance(error, BlobMissingError) else "damaged"
            raise BlobDamagedError(f"{path} is {how} in {where}: {_MEND}") from error
    for left in to.glob(".incoming-*"):
        remove(left)  # of one that was killed
    if problems := check(to):
        remove(to)
        raise BlobDamagedError(f"{where} is not whole, {_MEND}:{told(problems)}")


def _sealed(store: BlobStore, where: str) -> str:
    """Return the listing of the checkpoint that *store* is. Raises SettingsError where there is none."""
    if text := listing_of(store, SUMS):
        return text
    raise SettingsError(f"there is no {SUMS} in {where}: `reelmill models fetch` puts a checkpoint there")


def _from_store(models: str, name: str, wanted: str, keep: Path) -> Path:
    folder = keep / f"{name}-{wanted}"
    with alone(keep / f".lock-{folder.name}"):
        if folder.is_dir() and _is_good(folder, name, wanted, keep):
            return folder
        store, where = open_blobs(f"{models}/{name}"), f"{models}/{name}"
        _expect(where, name, fingerprint_of(_sealed(store, where)), wanted)
        part = keep / f".part-{folder.name}"
        take(store, where, part)
        _expect(where, name, fingerprint_of(read_listing(part)), wanted)
        with _explained(f"cannot keep checkpoint {name!r} in {keep}"):
            remove(folder)
            part.replace(folder)
            _stamp(folder, wanted, keep, _facts(folder))
    return folder


def _is_good(folder: Path, name: str, wanted: str, keep: Path) -> bool:
    try:
        _prove(folder, name, wanted, keep)
    except (BlobDamagedError, SettingsError):
        return False
    return True


def _prove(folder: Path, name: str, wanted: str, keep: Path) -> None:
    """Hash *folder*, unless somebody on this node has since its files were last written."""
    stamp = _stamp_of(folder, wanted, keep)
    with alone(stamp.with_suffix(".lock")), _explained(f"cannot prove checkpoint {name!r} in {folder}"):
        facts = _facts(folder)
        if _read(stamp) == facts:
            return
        if problems := check(folder):
            raise BlobDamagedError(
                f"checkpoint {name!r} in {folder} is not whole, `reelmill models fetch {name}` mends it:"
                f"{told(problems)}"
            )
        _stamp(folder, wanted, keep, facts)


def _stamp(folder: Path, wanted: str, keep: Path, facts: str) -> None:
    stamp = _stamp_of(folder, wanted, keep)
    with aside(stamp.parent, ".part-") as part:
        whole = part / stamp.name
        whole.write_text(facts, "utf-8")
        whole.replace(stamp)


def _stamp_of(folder: Path, wanted: str, keep: Path) -> Path:
    place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return keep / "proved" / f"{place}-{wanted}.json"


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _facts(folder: Path) -> str:
    """Return what changes when a file does: size, time of writing, and the time that nobody can set."""
    paths, problems = survey(folder)
    facts = {path: (folder / path).stat() for path in [*paths, SUMS]}
    return json.dumps(
        [problems, {path: [f.st_size, f.st_mtime_ns, f.st_ctime_ns] for path, f in facts.items()}]
    )


def _expect(where: str, name: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise SettingsError(
            f"checkpoint {name!r} in {where} is @{found}, the plan was made for @{wanted}: bring that one "
            f"back, or plan again with @{found}"
        )


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise of_disk(place, error) from error
