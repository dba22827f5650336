"""Tells a team by webhook what it should look at: a run that failed, did not start, is late, a refused brief.

A webhook is told in bounded time, and one that does not answer spoils nothing. Its address, and the secret
that signs what is told, come from the environment and stand in no log.
"""

import hashlib
import hmac
import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.message import Message
from functools import partial
from http.client import HTTPException
from threading import Thread
from typing import IO, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from flows.spoken import counted, plain
from schemas.errors import SettingsError
from schemas.record import Record
from schemas.settings import secret
from storage.rows import AdRow

Say = Callable[[str], None]
_BAD_STATES = ("failed", "rejected", "quarantined", "blocked")
"""States of an ad that somebody should look at."""
_LINES_MAX = 10
_TEXT_MAX = 300
_TRY_SECONDS = 4.0
_PATIENCE_SECONDS = 10.0
"""How long telling may hold up who tells."""
_TRIES = 2
_HERE = ("127.0.0.1", "::1", "localhost")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""As Slack asks, so that no text from a brief calls a whole channel."""


class Notice(Record):
    """Something that people should look at."""

    kind: Literal["ended", "not_started", "late", "given_up", "rejected"]
    """``ended``: a run left ads unmade. ``not_started``: one could not begin. ``late``: one did not begin in
    time. ``given_up``: its process died too often. ``rejected``: a brief of the inbox cannot be used."""
    campaign: str
    """Name of the campaign; of a rejected brief, its file's name."""
    text: str
    """One sentence."""
    lines: tuple[str, ...] = ()
    """What stands under it: ads with their reasons, problems of a brief."""


def ended(campaign: str, end: str, rows: Iterable[AdRow]) -> Notice | None:
    """Return what to tell of a run that ended as *end* with its ads *rows*; None where all is well."""
    bad = [row for row in rows if row.state in _BAD_STATES]
    if not bad and end != "capped":
        return None
    counts = Counter(row.state for row in bad)
    told = ", ".join(f"{counted(many, 'ad')} {state}" for state, many in counts.items())
    why = "; its GPU-seconds are spent" if end == "capped" else ""
    lines = tuple(f"{r.product} {r.locale} {r.placement} {r.variant}: {r.state}: {r.error}" for r in bad)
    text = f"{campaign}: the run ended with {told or 'ads that are not made'}{why}"
    return Notice(kind="ended", campaign=campaign, text=text, lines=lines)


def check_webhook() -> None:
    """Raise SettingsError if REELMILL_WEBHOOK cannot be used; without one nobody is told."""
    if url := secret("REELMILL_WEBHOOK"):
        try:
            parts = urlsplit(url)
            good = bool(parts.hostname) and (
                parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
            )
        except ValueError:
            good = False
        if not good:
            raise SettingsError("REELMILL_WEBHOOK: use an https:// address (it is not shown here)")


def tell(notice: Notice | None, say: Say) -> bool:
    """Send *notice* to the webhook of the settings, if there are both; return whether it arrived.

    Waits ten seconds at most, and raises nothing: what goes wrong is told to *say*, without the address.
    """
    url = secret("REELMILL_WEBHOOK")
    if notice is None or not url:
        return False
    arrived: list[bool] = []
    body = json.dumps(_body(notice)).encode()
    send = partial(_send, url, body, secret("REELMILL_WEBHOOK_SECRET"), arrived, say)
    thread = Thread(target=send, name="webhook", daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    if thread.is_alive():
        say("the webhook did not answer in time")
    return bool(arrived)


def signature(body: bytes, key: str, at: str) -> str:
    """Return what a receiver compares: ``sha256=`` and the HMAC-SHA256 (hex) of ``<at>.<body>``."""
    return f"sha256={hmac.new(key.encode(), at.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nobody: what is told is for one address."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Return no other request."""


def _body(notice: Notice) -> dict[str, object]:
    lines = [plain(line, _TEXT_MAX) for line in notice.lines[:_LINES_MAX]]
    if more := len(notice.lines) - len(lines):
        lines.append(f"and {more} more")
    text = "\n".join((plain(notice.text, _TEXT_MAX), *(f"- {line}" for line in lines)))
    return {
        "text": text.translate(_ESCAPES),
        "kind": notice.kind,
        "campaign": notice.campaign,
        "details": lines,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _send(url: str, body: bytes, key: str, arrived: list[bool], say: Say) -> None:
    """Send *body*, again where the answer was no; the reason it did not arrive goes to *say*."""
    reason = ""
    for n in range(_TRIES):
        time.sleep(n)
        at = str(int(time.time()))
        headers = {"Content-Type": "application/json", "X-Reelmill-Timestamp": at}
        if key:
            headers["X-Reelmill-Signature"] = signature(body, key, at)
        # check_webhook lets https through, and http to this machine.
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 (check_webhook lets https through)
        try:
            with urllib.request.build_opener(_NoRedirect()).open(request, timeout=_TRY_SECONDS):
                arrived.append(True)
                return
        except HTTPError as error:
            reason = f"HTTP {error.code}"
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason = type(getattr(error, "reason", error)).__name__  # its words may hold the address
    say(f"the webhook could not be told: {reason}")
