"""Lays checkpoints down where the workers take them: from the hub, a folder or S3, into a folder or S3."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.backends import VIDEO_MODELS, Checkpoint
from actors.checkpoints import alone, examine, listing_of, take
from actors.hub import download, expect_room
from actors.manifest import (
    SUMS,
    check,
    compare,
    fingerprint_of,
    hash_files,
    lacks,
    listing,
    parse,
    survey,
    told,
)
from schemas.errors import BlobConflictError, BlobDamagedError, SettingsError
from storage.aside import remove
from storage.blobs import BlobStore, open_blobs
from storage.content import of_disk

HUB = "hub"
_COMMIT = re.compile(r"[0-9a-f]{40}")

Say = Callable[[str], None]


def fetch(name: str, source: str, models: str, *, revision: str, cache: Path, say: Say) -> str:
    """Bring the checkpoint of the model *name* from *source* into *models*, seal it, return its fingerprint.

    *source* is ``hub``, or a folder or an ``s3://bucket/prefix`` with the checkpoint's files; *models* a
    folder or ``s3://bucket/prefix``, and then *cache* is where files wait on their way. *revision* is a
    commit of the hub, 40 hex digits; empty for the table's. What is sealed in *models* is never replaced by
    other bytes, but mended by the same. *say* hears of licence, size and end.

    Raises SettingsError for what a person has to mend, BlobDamagedError for files that came damaged,
    BlobConflictError for others than those that are sealed, StorageError if the source does not answer.
    """
    weights = _weights(name)
    _tell_licence(name, say)
    where = f"{models}/{name}"
    shelf = cache / "models" if "://" in models else Path(models)
    with alone(shelf / f".lock-fetch-{name}"):
        before = _sealed(where)
        if before and source == HUB and not revision and not examine(models, name):
            say(f"{name}: is in {models} already, and whole")
            return fingerprint_of(before)
        commit = _pinned(name, weights, revision) if source == HUB else ""
        part = shelf / f".part-{name}-{hashlib.sha256(f'{source}@{commit}'.encode()).hexdigest()[:12]}"
        if source == HUB:
            download(weights.repo, commit, part, say)
        after = _settle(name, _bring(source, part, models, say), before, models, say)
        remove(part)
    return after


def _weights(name: str) -> Checkpoint:
    entry = VIDEO_MODELS.get(name)
    if entry is None or entry.weights is None:
        known = ", ".join(key for key, row in VIDEO_MODELS.items() if row.weights)
        raise SettingsError(f"model {name!r} has no checkpoint to fetch; these have: {known or 'none'}")
    return entry.weights


def _tell_licence(name: str, say: Say) -> None:
    entry = VIDEO_MODELS[name]
    say(f"{name}: licence {entry.licence}")
    if entry.excludes:
        say(f"{name}: the licence excludes {', '.join(entry.excludes)}: make nothing with it for them")


def _sealed(where: str) -> str:
    """Return the listing of the checkpoint *where*; empty where nothing is there."""
    text = listing_of(open_blobs(where), SUMS)
    if not text and "://" not in where and Path(where).is_dir():
        raise BlobConflictError(
            f"{where} has no {SUMS}: run `reelmill models seal {where}` if it is good, else delete it"
        )
    return text


def _pinned(name: str, weights: Checkpoint, revision: str) -> str:
    commit = revision or weights.commit
    if _COMMIT.fullmatch(commit):
        return commit
    given = f"{revision!r} is none" if revision else f"the table has none for {name!r}"
    raise SettingsError(
        f"--revision: a commit of {weights.repo} is needed, 40 hex digits, and {given}: what a branch or a "
        f"tag names can change under you. Choose one at huggingface.co/{weights.repo}/commits/main"
    )


def _bring(source: str, part: Path, models: str, say: Say) -> Path:
    """Return a folder with the files of *source*, *part* or one to be left as it is."""
    if source == HUB:
        return part
    if "://" in source:
        take(open_blobs(source), source, part)
        return part
    folder = Path(source).expanduser().absolute()
    if (folder / SUMS).exists() and (problems := check(folder)):
        raise BlobDamagedError(f"{folder} is not whole:{told(problems)}")
    paths, refused = survey(folder)
    for sentence in refused:
        say(f"left out: {sentence.rpartition(':')[0]}")
    if "://" in models:
        return folder
    remove(part)
    _copy(folder, paths, part)
    return part


def _copy(folder: Path, paths: list[str], to: Path) -> None:
    with _writing(to):
        expect_room(to, sum((folder / path).stat().st_size for path in paths))
        for path in paths:
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, to / path)


def _settle(name: str, folder: Path, before: str, models: str, say: Say) -> str:
    """Seal what lies in *folder*, and lay it down in *models* unless the same is there, whole."""
    paths, _ = survey(folder)
    if not paths or (lacking := lacks(folder, paths)):
        raise BlobDamagedError(
            f"{folder} is no whole checkpoint:{told(lacking if paths else ['it is empty'])}"
        )
    text = listing(hash_files(folder, paths))
    where = f"{models}/{name}"
    _agree(before, text, where)
    if before and not examine(models, name):
        say(f"{name}: the same is in {models} already, and whole")
    elif "://" in models:
        _upload(open_blobs(where), folder, text)
    else:
        _move(folder, text, Path(where))
    say(f"{name}: ready in {where}, @{fingerprint_of(text)}")
    return fingerprint_of(text)


def _agree(before: str, after: str, where: str) -> None:
    if before in {"", after}:
        return
    differing = compare(parse(before, where), parse(after, "what came"))
    raise BlobConflictError(
        f"what came (@{fingerprint_of(after)}) is not what is sealed in {where} (@{fingerprint_of(before)}), "
        f"and nothing was changed. If the new files are wanted, delete {where} first; shots are made anew "
        f"with them:{told(line.rpartition(':')[0] for line in differing)}"
    )


def _move(part: Path, text: str, folder: Path) -> None:
    with _writing(folder):
        (part / SUMS).write_text(text, "utf-8")
        old = part.with_name(f"{part.name}-old")
        remove(old)
        if folder.exists():
            folder.replace(old)
        part.replace(folder)
        remove(old)


def _upload(store: BlobStore, folder: Path, text: str) -> None:
    """Store the files first and their listing last, so that whoever sees the listing finds them."""
    for path, digest in parse(text, str(folder)).items():
        there = store.find(path)
        if there is None or there.sha256 != digest:
            store.put(path, folder / path, replace=True)
    store.put_text(SUMS, text, replace=True)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise of_disk(f"cannot write {folder}", error) from error
