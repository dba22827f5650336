"""Webhooks: what people are told, signed and safe to show, and that a bad one spoils nothing."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from flows import notices
from flows.notices import Notice, check_webhook, ended, signature, tell
from schemas.errors import SettingsError
from storage.rows import AdRow

SECRET = "a secret that nobody sees"  # noqa: S105 (lives as long as the test)
NOTICE = Notice(kind="late", campaign="kaffi/spring", text="kaffi/spring: late <!channel> & so on")


class Receiver:
    """A webhook that notes what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.code, self.seconds, self.location = 200, 0.0, ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                time.sleep(receiver.seconds)
                self.send_response(receiver.code)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/T0/token"


@pytest.fixture(name="receiver")
def _receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver()
    monkeypatch.setenv("REELMILL_WEBHOOK", receiver.url)
    monkeypatch.setenv("REELMILL_WEBHOOK_SECRET", SECRET)
    monkeypatch.setattr(notices, "_TRIES", 1)
    thread = Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def test_what_is_told_is_signed_and_calls_no_channel(receiver: Receiver) -> None:
    """A receiver can prove who sent it, and Slack shows it as text."""
    arrived = tell(NOTICE, print)
    (headers, body), told = receiver.got[0], json.loads(receiver.got[0][1])

    assert arrived
    assert headers["X-Reelmill-Signature"] == signature(body, SECRET, headers["X-Reelmill-Timestamp"])
    assert signature(body + b" ", SECRET, headers["X-Reelmill-Timestamp"]) != headers["X-Reelmill-Signature"]
    assert told["text"] == "kaffi/spring: late &lt;!channel&gt; &amp; so on"
    assert (told["kind"], told["campaign"]) == ("late", "kaffi/spring")


@pytest.mark.parametrize(
    ("code", "seconds", "location", "reason"),
    [
        (500, 0, "", "HTTP 500"),
        (302, 0, "http://127.0.0.1:9/elsewhere", "HTTP 302"),
        (200, 0.6, "", "in time"),
    ],
)
def test_a_webhook_that_fails_spoils_nothing(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, code: int, seconds: float, location: str, reason: str
) -> None:
    """It is told once why, in bounded time, and neither the address nor the secret is said."""
    monkeypatch.setattr(notices, "_PATIENCE_SECONDS", 0.3)
    receiver.code, receiver.seconds, receiver.location = code, seconds, location
    said: list[str] = []
    begun = time.monotonic()
    arrived = tell(NOTICE, said.append)

    assert not arrived
    assert time.monotonic() - begun < 5
    assert len(receiver.got) == 1
    assert len(said) == 1
    assert reason in said[0]
    assert not any(word in said[0] for word in ("token", "T0", SECRET))


def test_nobody_is_told_where_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address nothing is sent, and without bad ads there is nothing to tell."""
    monkeypatch.delenv("REELMILL_WEBHOOK", raising=False)

    assert not tell(NOTICE, pytest.fail)
    assert ended("kaffi/spring", "done", [_row("done")]) is None


@pytest.mark.parametrize(
    "url", ["http://example.com/hook", "ftp://example.com", "hook", "https://", "http://[x"]
)
def test_an_address_that_is_no_https_is_refused_unshown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told names campaigns, and the address itself is a key."""
    monkeypatch.setenv("REELMILL_WEBHOOK", url)

    with pytest.raises(SettingsError, match="REELMILL_WEBHOOK: use an https") as refused:
        check_webhook()
    assert url not in str(refused.value).replace("https://", "")


def test_a_run_with_bad_ads_is_told_with_their_reasons() -> None:
    """Each bad state is counted, and a long list is cut."""
    rows = [_row("done"), *[_row("rejected", "too loud")] * 15, _row("quarantined", "killed twice")]
    notice = ended("kaffi/spring", "failed", rows)
    assert notice is not None
    told = notices._body(notice)

    assert notice.text == "kaffi/spring: the run ended with 15 ads rejected, 1 ad quarantined"
    assert told["details"][-1] == "and 6 more"  # type: ignore[index]
    assert "too loud" in str(told["text"])
    assert ended("kaffi/spring", "capped", []) is not None


def _row(state: str, error: str = "") -> AdRow:
    place = {"product": "P-1", "locale": "en-US", "placement": "meta_reels", "variant": "a"}
    return AdRow(key="k", campaign="kaffi/spring", **place, state=state, error=error)
