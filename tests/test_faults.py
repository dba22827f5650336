"""The proxy that breaks connections: each fault shows at the client as it is described."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.faults import Fault, FaultProxy


class Echo:
    """A server that answers each request with itself in capitals, and remembers them all."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        try:
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()
        except OSError:
            return

    def _answer(self, connection: socket.socket) -> None:
        try:
            while request := connection.recv(1000):
                self.requests.append(request)
                connection.sendall(request.upper())
        except OSError:
            return
        finally:
            connection.close()


@pytest.fixture(name="echo")
def _echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture(name="proxy")
def _proxy(echo: Echo) -> Iterator[FaultProxy]:
    with FaultProxy(echo.port) as opened:
        yield opened


def _open(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def _ask(line: socket.socket, request: bytes) -> bytes:
    line.sendall(request)
    return line.recv(1000)


def test_without_a_fault_all_goes_through(proxy: FaultProxy) -> None:
    """A request and its answer."""
    with _open(proxy) as line:
        assert _ask(line, b"hello") == b"HELLO"
        assert _ask(line, b"again") == b"AGAIN"


def test_a_reset_ends_what_is_open_and_what_comes(proxy: FaultProxy) -> None:
    """Until the line heals."""
    with _open(proxy) as line:
        _ask(line, b"hello")
        proxy.inject(Fault("reset"))
        with pytest.raises(ConnectionError):
            line.recv(1000)
    with pytest.raises(ConnectionError), _open(proxy) as line:
        _ask(line, b"hello")
    proxy.heal()
    with _open(proxy) as line:
        assert _ask(line, b"hello") == b"HELLO"


def test_a_refusal_leaves_open_connections_alone(proxy: FaultProxy) -> None:
    """Only new ones are turned away."""
    with _open(proxy) as line:
        _ask(line, b"hello")
        proxy.inject(Fault("refuse"))
        assert _ask(line, b"still here") == b"STILL HERE"
        with pytest.raises(ConnectionError), _open(proxy) as other:
            _ask(other, b"hello")


def test_a_black_hole_tells_nobody(proxy: FaultProxy, echo: Echo) -> None:
    """The client waits; when the line heals it is told."""
    with _open(proxy) as line:
        _ask(line, b"hello")
        proxy.inject(Fault("blackhole"))
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            _ask(line, b"lost")
        line.settimeout(5)
        proxy.heal()
        with pytest.raises(ConnectionError):
            line.recv(1000)
    assert echo.requests == [b"hello"]


def test_a_cut_comes_after_some_bytes(proxy: FaultProxy) -> None:
    """The first part of the answer is there."""
    proxy.inject(Fault("cut", after_bytes=3))
    with _open(proxy) as line:
        assert _ask(line, b"hello") == b"HEL"
        with pytest.raises(ConnectionError):
            line.recv(1000)


def test_a_delay_only_takes_time(proxy: FaultProxy) -> None:
    """The answer comes whole."""
    proxy.inject(Fault("delay", seconds=0.05))
    with _open(proxy) as line:
        assert _ask(line, b"hello") == b"HELLO"


def test_a_lost_answer_is_to_a_request_that_was_done(proxy: FaultProxy, echo: Echo) -> None:
    """The server has done it, the client cannot know; only the chosen request is struck, and only once."""
    proxy.inject(Fault("lose", request=b"commit", times=1))
    with _open(proxy) as line:
        assert _ask(line, b"begin") == b"BEGIN"
        with pytest.raises(ConnectionError):
            _ask(line, b"commit")
    with _open(proxy) as line:
        assert _ask(line, b"commit") == b"COMMIT"
    assert echo.requests == [b"begin", b"commit", b"commit"]
    assert proxy.struck == 1


def test_the_word_to_go_on_is_no_answer(proxy: FaultProxy, echo: Echo) -> None:
    """S3 clients wait for ``100 Continue`` before they send a body."""
    proxy.inject(Fault("lose", request=b"http", times=1))
    with _open(proxy) as line:
        assert _ask(line, b"http/1.1 100 continue") == b"HTTP/1.1 100 CONTINUE"
        with pytest.raises(ConnectionError):
            _ask(line, b"body")
    assert echo.requests[-1] == b"body"
