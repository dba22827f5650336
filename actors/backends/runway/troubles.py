"""Says in our words what went wrong at Runway, and whether asking again is safe and may help.

Sources: docs.dev.runwayml.com, errors/errors, errors/task-failures and errors/troubleshooting, read on
2026-11-22.
"""

from email.utils import parsedate_to_datetime

import httpx
from runwayml import APIConnectionError, APIStatusError

from actors.backends.runway.patience import Trouble
from schemas.errors import GenerationError, ReelmillError, ServiceError, SettingsError

_PORTAL = "https://dev.runwayml.com"
_NO_KEY = 401
_FORBIDDEN = 403
_SERVER_TROUBLE = 500
"""Answers from here on tell of the server's trouble."""
_TURNED_AWAY = {429, 502, 503}
"""The request was refused before anything was begun: a limit is reached, or load is being shed."""
_PASSING = {408, 409, 429}
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""With these no byte of the request has left."""
_WORDS_MAX = 300


class RefusedError(Exception):
    """The service surely began nothing; the cause is the SDK's error."""


class LostAnswerError(Exception):
    """Nobody knows whether the task was created."""


def bad_key(variable: str, what: str) -> SettingsError:
    """Return the error for the key in *variable*, of which *what* is wrong."""
    cure = f"make a key at {_PORTAL} (API Keys) and set the variable for every worker"
    return SettingsError(f"{variable} {what}: {cure}")


def of_creation(error: APIStatusError | APIConnectionError) -> RefusedError | LostAnswerError:
    """Return what *error* means for a request that costs money."""
    if isinstance(error, APIConnectionError):
        sure = isinstance(error.__cause__, _UNSENT)
    else:
        sure = error.status_code < _SERVER_TROUBLE or error.status_code in _TURNED_AWAY
    return RefusedError(words(error)) if sure else LostAnswerError(words(error))


def ours(error: Exception, doing: str, variable: str) -> ReelmillError:
    """Return an error of the SDK, or a RefusedError by one, as an error of ours; *variable* holds the key."""
    if isinstance(error, RefusedError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, APIStatusError):
        return _of_status(error, doing, variable)
    return ServiceError(f"{doing}: the service did not answer: {words(error)}")


def _of_status(error: APIStatusError, doing: str, variable: str) -> ReelmillError:
    said = f"{error.status_code}: {words(error)}"
    if error.status_code in {_NO_KEY, _FORBIDDEN}:
        return bad_key(variable, f"is refused ({said})")
    if "enough credits" in said.lower():
        return SettingsError(f"{doing}: the account lacks credits ({said}): buy some at {_PORTAL} (Billing)")
    if passing(error) is None:
        return GenerationError(f"{doing}: the service refuses it ({said})")
    asked = _retry_after(error)
    later = f"; it wants {asked:.0f} s of rest" if asked else ""
    return ServiceError(f"{doing}: the service is in trouble ({said}){later}")


def failure(code: str, told: str, charged: float) -> ReelmillError:
    """Return the error for a task that failed: ServiceError where the same request may fare better.

    What moderation or a bad input stopped would be stopped again; what was *charged*, in credits, is not
    begun again by itself.
    """
    said = f"the service gave up ({code or 'no code'}): {short(told)}"
    if "SAFETY" in code:
        return GenerationError(f"{said}; its content moderation: change the prompt or the pictures")
    if code.startswith("ASSET"):
        return GenerationError(f"{said}; it cannot use a picture or the video: give another")
    if charged:
        return GenerationError(f"{said}; it charged {charged:g} credits: run again to pay once more")
    return ServiceError(said)


def refused(error: Exception) -> Trouble | None:
    """Judge an error of `Tasks.create`: only what was surely turned away may be sent again."""
    cause = error.__cause__ if isinstance(error, RefusedError) else None
    if isinstance(cause, APIStatusError):
        return Trouble(_retry_after(cause)) if cause.status_code in _TURNED_AWAY else None
    return Trouble() if cause else None


def passing(error: Exception) -> Trouble | None:
    """Judge an error of a call that may be made any number of times."""
    if isinstance(error, APIStatusError):
        busy = error.status_code in _PASSING or error.status_code >= _SERVER_TROUBLE
        return Trouble(_retry_after(error)) if busy else None
    return Trouble() if isinstance(error, APIConnectionError | httpx.HTTPError) else None


def _retry_after(error: APIStatusError) -> float | None:
    """Return the seconds of ``Retry-After``, which may be a number or a date (RFC 9110, 10.2.3)."""
    headers = error.response.headers
    text = headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        rest = parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])
    except (ValueError, TypeError, KeyError):
        return None
    return max(0.0, rest.total_seconds())


def words(error: Exception) -> str:
    """Say what an error is about: the service's own words, or why the line broke."""
    body = getattr(error, "body", None)
    if isinstance(body, dict) and body.get("error"):
        return short(str(body["error"]))
    inner = error.__cause__ or error
    return short(str(inner) or type(inner).__name__)


def short(text: str) -> str:
    """Return *text* on one line of bounded length."""
    return " ".join(text.split())[:_WORDS_MAX]
