"""Fetches what briefs and feeds name by https:// or s3:// into the cache; unchanged things come only once.

A copy lies under the hash of its content, a card beside it says which address it came from and how to ask
whether it is still the same (ETag, Last-Modified: RFC 9110, sections 8.8 and 13).
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import ValidationError

from actors.public_web import AddressRefusedError, PublicWeb
from schemas.errors import BlobMissingError, BlobRefusedError, MediaError, SettingsError, StorageError
from schemas.record import Record, content_key
from schemas.wording import shown
from storage.aside import aside

if TYPE_CHECKING:
    from storage.s3_objects import Objects

FRESH_SECONDS = 300.0
"""So long a copy is not asked for again: what a command plans, its run a moment later finds the same."""
_FRESH_MOST = 86_400.0
"""Longest time that a server may say its answer holds."""
SECONDS_MAX = 300.0
"""Longest time that one file may take."""
_TRIES = 3
_PAUSE_SECONDS = 0.5
_PIECE = 1 << 18
_UNCHANGED, _TOO_MANY, _BROKEN = 304, 429, 500
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=([0-9]{1,9})")
INCOMING = ".incoming-"


class _Card(Record):
    """What is known of one address."""

    sha256: str
    bytes: int
    suffix: str
    etag: str = ""
    modified: str = ""
    fresh_until: float = 0.0
    """Unix time."""


class _BusyError(Exception):
    """The server has trouble that may pass."""


class Fetcher:
    """Keeps copies in *cache*; *private* hosts may lie in the local network. Threads may share it."""

    def __init__(self, cache: Path, private: tuple[str, ...] = ()) -> None:
        self.cache = cache / "fetched"
        self.stale: set[str] = set()
        """Addresses that do not answer now: their kept copies were taken."""
        self._web = PublicWeb(private)

    def fetch(self, address: str, bytes_max: int, *, now: bool = False) -> Path:
        """Return a file with what lies at *address*, ``https://...`` or ``s3://bucket/key``.

        *now* asks again however fresh the copy is, and takes no copy where the host does not answer. Raises
        MediaError where it cannot be had, with the value and the cure.
        """
        card_path = self.cache / "cards" / f"{content_key(address)}.json"
        card = self._kept(card_path, bytes_max)
        if card and not now and time.time() < card.fresh_until:
            return self._place(card)
        try:
            fresh = self._bring(address, card, bytes_max)
        except (_BusyError, httpx.HTTPError, OSError, StorageError) as error:
            if card is None or now:
                raise _unanswered(address, error) from error
            self.stale.add(address)
            return self._place(card)
        self._write(card_path, fresh)
        return self._place(fresh)

    def _bring(self, address: str, card: _Card | None, bytes_max: int) -> _Card:
        if address.startswith("s3://"):
            return self._bring_object(address, card, bytes_max)
        return _insist(lambda: self._bring_page(address, card, bytes_max))

    def _bring_page(self, address: str, card: _Card | None, bytes_max: int) -> _Card:
        try:
            with self._web.ask(address, _conditions(card), seconds=SECONDS_MAX) as answer:
                fresh_until = time.time() + _fresh_seconds(answer.headers)
                if answer.status_code == _UNCHANGED and card:
                    return card.model_copy(update={"fresh_until": fresh_until})
                _refuse_answer(address, answer, bytes_max)
                kept = self._keep(_suffix(address), lambda file: _save(address, answer, file, bytes_max))
                return kept.model_copy(
                    update={
                        "etag": answer.headers.get("etag", "")[:200],
                        "modified": answer.headers.get("last-modified", "")[:100],
                        "fresh_until": fresh_until,
                    }
                )
        except AddressRefusedError as error:
            raise MediaError(f"{shown(address)} {error}") from error

    def _bring_object(self, address: str, card: _Card | None, bytes_max: int) -> _Card:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise refusal(address, "names no object", "write s3://bucket/key")
        etag: list[str] = []

        def read(file: Path) -> None:
            found = self._objects.read(bucket, key, file, etag=card.etag if card else "", bytes_max=bytes_max)
            etag.extend([found] if found else [])

        try:
            kept = self._keep(_suffix(address), read)
        except FileNotFoundError:
            assert card is not None  # noqa: S101 (only a conditional read writes nothing)
            return card.model_copy(update={"fresh_until": time.time() + FRESH_SECONDS})
        except BlobMissingError as error:
            raise refusal(address, "is missing", "correct the address, or store the object") from error
        except (SettingsError, BlobRefusedError) as error:
            raise refusal(
                address, f"cannot be read: {str(error)[:300]}", "correct that, or the address"
            ) from error
        facts = {"etag": "".join(etag), "fresh_until": time.time() + FRESH_SECONDS}
        return kept.model_copy(update=facts)

    @cached_property
    def _objects(self) -> "Objects":
        from storage.s3_objects import Objects  # noqa: PLC0415 (boto3 takes a third of a second)

        return Objects()

    def _keep(self, suffix: str, write: Callable[[Path], None]) -> _Card:
        """Have *write* fill a file, and keep it under its hash. Raises FileNotFoundError if it wrote none."""
        with aside(self.cache, INCOMING) as folder:
            whole = folder / "file"
            write(whole)
            with whole.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            card = _Card(sha256=digest, bytes=whole.stat().st_size, suffix=suffix)
            if not card.bytes:
                raise MediaError("what comes is empty; check the address")
            place = self._place(card)
            place.parent.mkdir(parents=True, exist_ok=True)
            whole.replace(place)
        return card

    def _kept(self, path: Path, bytes_max: int) -> _Card | None:
        """Return the card at *path*, if its copy is there and whole."""
        try:
            card = _Card.model_validate_json(path.read_bytes())
            whole = self._place(card).stat().st_size == card.bytes <= bytes_max
        except (OSError, ValidationError):
            return None
        return card if whole else None

    def _place(self, card: _Card) -> Path:
        return self.cache / card.sha256[:2] / f"{card.sha256}{card.suffix}"

    def _write(self, path: Path, card: _Card) -> None:
        with aside(self.cache, INCOMING) as folder:
            (folder / "card").write_text(card.model_dump_json(), "utf-8")
            path.parent.mkdir(parents=True, exist_ok=True)
            (folder / "card").replace(path)


def is_address(written: str) -> bool:
    """Tell whether *written* names a place elsewhere, and no path."""
    return "://" in written or written.startswith("data:")


def _insist(bring: Callable[[], _Card]) -> _Card:
    for n in range(_TRIES - 1):
        try:
            return bring()
        except (_BusyError, httpx.HTTPError):
            time.sleep(_PAUSE_SECONDS * 3**n)
    return bring()


def _conditions(card: _Card | None) -> dict[str, str]:
    wanted = {"If-None-Match": card.etag, "If-Modified-Since": card.modified} if card else {}
    return {
        name: value for name, value in wanted.items() if value and value.isprintable() and value.isascii()
    }


def _fresh_seconds(headers: Mapping[str, str]) -> float:
    said = _MAX_AGE.search(headers.get("cache-control", "").lower())
    return min(max(FRESH_SECONDS, float(said[1]) if said else 0.0), _FRESH_MOST)


def _refuse_answer(address: str, answer: httpx.Response, bytes_max: int) -> None:
    status = answer.status_code
    if status == _TOO_MANY or status >= _BROKEN:
        raise _BusyError(f"it answers {status}")
    if not answer.is_success:
        raise refusal(address, f"cannot be had: the host answers {status}", "correct the address")
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length) > bytes_max:
        raise _too_large(address, bytes_max)


def _save(address: str, answer: httpx.Response, to: Path, bytes_max: int) -> None:
    written = 0
    with to.open("wb") as file:
        for piece in answer.iter_raw(_PIECE):
            written += len(piece)
            if written > bytes_max:
                raise _too_large(address, bytes_max)
            file.write(piece)
    length = answer.headers.get("content-length", "")
    if length.isdigit() and written != int(length):
        raise _BusyError(f"{written} of {length} bytes came")


def _suffix(address: str) -> str:
    """Return the suffix of the file at *address*; sounds and fonts are known by it."""
    named = PurePosixPath(unquote(urlsplit(address).path)).suffix.lower()
    return named if _SUFFIX.fullmatch(named) else ""


def _unanswered(address: str, error: Exception) -> MediaError:
    said = " ".join(str(error).split())[:160] or type(error).__name__
    return refusal(address, f"cannot be had now: {said}", "check the address, or run again later")


def _too_large(address: str, bytes_max: int) -> MediaError:
    limit = bytes_max // 1_000_000
    return refusal(address, f"has more than {limit} MB", f"make it {limit} MB at most")


def refusal(written: str, what: str, cure: str) -> MediaError:
    """Return the error for the file that a brief calls *written*, a path or an address."""
    return MediaError(f"{shown(written)} {what}; {cure}")
