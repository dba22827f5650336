"""Fetches what a service made: from a public https address only, whole or not at all.

The address stands in an answer, so it is input from outside: it must not lead to what only this machine can
reach.
"""

from pathlib import Path

import httpx

from actors.backends.runway.patience import Patience, Trouble
from actors.public_web import AddressRefusedError, PublicWeb, is_public
from schemas.errors import GenerationError, ServiceError

BYTES_MAX = 500_000_000
_SECONDS_MAX = 600.0
_PIECE = 1 << 18
_TOO_MANY_REQUESTS = 429
_BROKEN = 500
"""Answers from here on tell of the server's trouble."""


class _BusyError(Exception):
    """The server has trouble that may pass."""


def fetch(url: str, to: Path, *, trusted: str, patience: Patience) -> bool:
    """Write what lies at *url* to the file *to*; return False where it is not there (any more).

    *trusted* is a host that may be private and without TLS, as one is that stands in for the service; empty
    for none. Raises GenerationError for an address that is not public, for too many redirects and for more
    than BYTES_MAX, and ServiceError if the file does not come whole.
    """
    try:
        return patience.insist(lambda: _fetch(url, to, trusted), _passing)
    except (httpx.HTTPError, _BusyError, OSError) as error:
        host = httpx.URL(url).host
        raise ServiceError(f"the finished video cannot be fetched from {host}: {_told(error)}") from error


def is_local(host: str) -> bool:
    """Return whether *host* is written as an address that is not public, or ``localhost``."""
    try:
        return not is_public(host)
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _passing(error: Exception) -> Trouble | None:
    return Trouble() if isinstance(error, httpx.HTTPError | _BusyError | OSError) else None


def _fetch(url: str, to: Path, trusted: str) -> bool:
    try:
        with PublicWeb((trusted,) if trusted else ()).ask(url, {}, seconds=_SECONDS_MAX) as response:
            return _save(response, to)
    except AddressRefusedError as error:
        raise GenerationError(
            f"no public https address has the finished video: it {error}; check RUNWAYML_BASE_URL"
        ) from error


def _save(response: httpx.Response, to: Path) -> bool:
    if response.status_code == _TOO_MANY_REQUESTS or response.status_code >= _BROKEN:
        raise _BusyError(f"it answers {response.status_code}")
    if not response.is_success:
        return False
    length = response.headers.get("content-length", "")
    written = 0
    with to.open("wb") as file:
        for piece in response.iter_raw(_PIECE):
            written += len(piece)
            if written > BYTES_MAX:
                raise GenerationError(
                    f"the finished video has more than {BYTES_MAX} bytes; nothing is kept of it"
                )
            file.write(piece)
    if length.isdigit() and written != int(length):
        raise _BusyError(f"{written} of {length} bytes came")
    return True


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
