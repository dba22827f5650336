"""A prefix of a bucket where people drop briefs; what a brief names is copied into the cache beside it."""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from flows.brief_files import VIDEO_BYTES_MAX, read_text
from flows.inbox.place import (
    REJECTED,
    REPORT,
    Found,
    is_brief_name,
    is_hidden,
    proof,
    report_name,
)
from schemas.document import BYTES_MAX, read_document
from schemas.errors import BriefError
from schemas.record import content_key
from schemas.settings import Settings
from storage.aside import aside
from storage.s3_drop import Dropped, S3Drop

_FILES_MAX = 1000
_NAME_MAX = 1000
_TOTAL_MAX = 8 * VIDEO_BYTES_MAX
_KEPT_SECONDS = 86_400.0
"""So long an older copy of a brief stays: a run may read it."""
_INCOMING = ".incoming-"


class BucketPlace:
    """``s3://bucket/prefix``: objects appear whole, so a brief is taken as soon as its media are there."""

    settle_seconds = 0.0

    def __init__(self, where: str, folder: Path) -> None:
        self.drop = S3Drop(where)
        self.where = self.drop.where
        self._folder = folder
        self._listed: dict[str, Dropped] = {}

    def briefs(self) -> Iterator[Found]:
        """Yield what is called like a brief."""
        self._listed = {file.name: file for file in self.drop.files() if _is_open(file.name)}
        for file in self._listed.values():
            if is_brief_name(file.name):
                yield Found(file.name, (file.etag, file.bytes), file.age_seconds)

    def mark(self, found: Found, media: Iterable[str]) -> object:
        """Return what changes whenever the brief or its *media* do, as they were listed."""
        near = PurePosixPath(found.name).parent
        files = (self._listed.get(str(near / path)) for path in media)
        return (found.mark, *(file.etag if file else "" for file in files))

    def address(self, found: Found) -> str:
        """Return the brief's ``s3://`` address."""
        return self.drop.address(found.name)

    def bring(self, found: Found) -> Path:
        """Copy the brief and what it names into the cache, and return the brief's path there."""
        return _bring(self.drop, self._listed[found.name], self._listed, self._folder)

    def set_aside(self, found: Found, report: str) -> str | None:
        """Move the brief below ``rejected``, with *report* beside it; return where it lies now."""
        file = self._listed[found.name]
        there = self.drop.find(found.name)
        if there is None or there.etag != file.etag:
            return None
        for n in count(1):
            name = report_name(found.name, n)
            target = name.removesuffix(REPORT)
            if self.drop.put_text(name, report) or self._is_mine(name, report):
                break
        if self.drop.move(file, target):
            return self.drop.address(target)
        if self.drop.find(target) is None:
            self.drop.remove(name)
        return None

    def _is_mine(self, name: str, report: str) -> bool:
        """Tell whether the report *name* is of the same brief, from a crash or another watcher."""
        return proof(self.drop.read_text(name, BYTES_MAX)) == proof(report)


def brief_at_hand(brief: str, settings: Settings) -> Path:
    """Return a path on this machine for *brief*, a path or an ``s3://`` address, its media beside it.

    Raises BriefError where there is none, StorageError where S3 does not answer.
    """
    if not brief.startswith("s3://"):
        return Path(brief)
    where, _, name = brief.rpartition("/")
    drop = S3Drop(where)
    file = drop.find(name)
    if file is None:
        raise BriefError(f"{brief} is missing; give the address of a brief in YAML or JSON")
    listed = {one.name: one for one in drop.files()}
    return _bring(drop, file, listed, settings.cache / "inbox")


def names_in(data: Any) -> Iterator[str]:  # noqa: ANN401 (plain data)
    """Yield every text in *data*: some are names of files."""
    match data:
        case str():
            yield data
        case dict():
            for value in data.values():
                yield from names_in(value)
        case list():
            for value in data:
                yield from names_in(value)


def _bring(drop: S3Drop, brief: Dropped, listed: dict[str, Dropped], folder: Path) -> Path:
    """Return the brief in a folder of its own, named by the version of every file in it."""
    if brief.bytes > BYTES_MAX:
        raise BriefError(f"{brief.name} is longer than {BYTES_MAX // 1024} kB; split it")
    own = folder / content_key(drop.address(brief.name))[:16]
    near = PurePosixPath(brief.name).parent
    name = PurePosixPath(brief.name).name
    with aside(own, _INCOMING) as half:
        whole = half / "whole"
        drop.fetch(brief, whole / name)
        media = _media(drop, whole, name, near, listed)
        version = own / content_key([(path, file.etag, file.bytes) for path, file in media.items()])[:16]
        if not (version / name).exists():
            for path, file in media.items():
                if not (whole / path).exists():
                    drop.fetch(file, whole / path)
            with suppress(OSError):  # another process has put the same there
                whole.rename(version)
    _forget_old(own, version)
    return version / name


def _media(
    drop: S3Drop, whole: Path, name: str, near: PurePosixPath, listed: dict[str, Dropped]
) -> dict[str, Dropped]:
    """Return what the brief in *whole* names, and what its brand's file names, by path in its folder."""
    found = {name: listed.get(str(near / name)) or Dropped(name, 0, "", 0)}
    for path in (name, *(path for path in _named(whole / name, near, listed) if is_brief_name(path))):
        if not (whole / path).exists() and listed[str(near / path)].bytes <= BYTES_MAX:
            drop.fetch(listed[str(near / path)], whole / path)
        found |= _named(whole / path, near, listed)
    if len(found) > _FILES_MAX or sum(file.bytes for file in found.values()) > _TOTAL_MAX:
        raise BriefError(f"{name} names over {_FILES_MAX} files or {_TOTAL_MAX // 10**9} GB; split the brief")
    if large := [path for path, file in found.items() if file.bytes > VIDEO_BYTES_MAX]:
        raise BriefError(f"{large[0]} has over {VIDEO_BYTES_MAX // 10**6} MB; make it smaller")
    return found


def _named(path: Path, near: PurePosixPath, listed: dict[str, Dropped]) -> dict[str, Dropped]:
    """Return the listed files below the brief's folder *near* that the document at *path* names."""
    if not path.exists():
        return {}
    try:
        data = read_document(read_text(path), path.name).data
    except BriefError:
        return {}
    plain = {str(PurePosixPath(text)) for text in names_in(data) if text and len(text) < _NAME_MAX}
    good = {text for text in plain if not text.startswith(("/", "..")) and "/.." not in text}
    return {text: listed[str(near / text)] for text in sorted(good) if str(near / text) in listed}


def _forget_old(own: Path, version: Path) -> None:
    for other in own.iterdir():
        with suppress(OSError):
            kept = other == version or other.name.startswith(_INCOMING)
            if not kept and time.time() - other.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(other)


def _is_open(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0] != REJECTED and not any(is_hidden(part) for part in parts)
