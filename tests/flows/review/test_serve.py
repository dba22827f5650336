"""`reelmill review`: what its port answers to, and how it ends."""

import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.review.serve import open_socket, serve_review
from schemas.errors import SettingsError
from schemas.settings import read_settings
from tests.flows.house import House


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a finished campaign."""
    home = tmp_path_factory.mktemp("home")
    with House(read_settings({"REELMILL_HOME": str(home)})).catalog:
        return home


def _said(port: int, request: str) -> str:
    """Send *request* as it is written; return the first answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request.replace("PORT", str(port)).encode("latin-1"))
        return line.recv(65_536).decode("latin-1")


HOST = "Host: 127.0.0.1:PORT\r\n"
STRANGE = {
    "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n": "200",
    f"GET / HTTP/1.1\r\n{HOST}\r\n": "200",
    "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n": "421",
    "GET / HTTP/1.0\r\n\r\n": "421",
    f"GET http://evil.example/ HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /media/ads/..%2f..%2fcatalog.sqlite.mp4 HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /media/ads/..%5c..%5ccatalog.mp4 HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /../../etc/passwd HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /static/%2e%2e/app.py HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /a%00b HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /?q=%00 HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET /a%0d%0aSet-Cookie:%20b HTTP/1.1\r\n{HOST}\r\n": "400",
    f"GET / HTTP/1.1\r\n{HOST}X: {'a' * 40_000}\r\n\r\n": "431",
    f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\na": "400",
    f"POST / HTTP/1.1\r\n{HOST}Content-Length: 99999999\r\n\r\n": "413",
    f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n": "405",
    f"TRACE / HTTP/1.1\r\n{HOST}\r\n": "405",
    "\x16\x03\x01 a handshake of TLS\r\n\r\n": "400",
}
"""Requests as they come on the line, and the status that answers."""


def test_what_comes_on_the_line_is_answered_or_refused(home: Path) -> None:
    """By the server itself, which no client mends; then a signal ends it within seconds, watchers or not."""
    told: Queue[str] = Queue()
    answers: dict[str, str] = {}
    asked: list[float] = []

    def visit() -> None:
        port = int(told.get(timeout=20).split(":")[2].partition("/")[0])
        answers.update({request: _said(port, request) for request in STRANGE})
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            asked.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGTERM)

    visitor = Thread(target=visit, daemon=True)
    visitor.start()
    serve_review("127.0.0.1", 0, read_settings({"REELMILL_HOME": str(home)}), told.put)
    visitor.join(10)

    assert {request: answer.split(" ")[1] for request, answer in answers.items()} == STRANGE
    assert not any("\r\nserver:" in answer.lower() or "Traceback" in answer for answer in answers.values())
    assert told.get_nowait() == "stopped"
    assert time.monotonic() - asked[0] < 10


def test_a_port_that_is_taken_is_told_in_a_line() -> None:
    """With another to choose."""
    with closing(open_socket("127.0.0.1", 0)) as taken:
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SettingsError, match=rf"^127\.0\.0\.1:{port} is taken: .*--port$"):
            open_socket("127.0.0.1", port)


def test_a_name_of_no_machine_is_told_in_a_line() -> None:
    """With what the resolver says."""
    with pytest.raises(SettingsError, match=r"--host 'no host' is no address"):
        open_socket("no host", 0)


def test_others_are_let_in_by_no_mistake(home: Path) -> None:
    """Nothing listens before somebody says who may come."""
    environ = {"REELMILL_HOME": str(home), "REELMILL_REVIEW_TOKEN": "", "REELMILL_LOG": "off"}
    result = CliRunner().invoke(cli, ["review", "--host", "0.0.0.0", "--port", "0"], env=environ)  # noqa: S104 (refused)

    assert isinstance(result.exception, SettingsError)
    assert "nobody says who may" in str(result.exception)
