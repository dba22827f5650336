"""A TCP proxy on loopback that breaks connections on purpose, between a client and a real server."""

import asyncio
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

_PIECE = 65_536
_GO_ON = b"HTTP/1.1 100"
"""The server's word that a request may go on is no answer to it."""
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER that ends a connection with RST."""
_SECONDS_TO_READ = 0.05
"""So long a client has for the part that comes before a cut: a reset takes what it has not read."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with the line.

    ``refuse``: new connections are reset. ``reset``: so are those that are open. ``blackhole``: bytes vanish
    both ways and nobody is told. ``cut``: a connection is reset once *after_bytes* of answers have come
    through. ``delay``: each piece waits *seconds*. ``lose``: the server gets a request and does it, but the
    client sees a reset in place of the answer.
    """

    kind: Literal["refuse", "reset", "blackhole", "cut", "delay", "lose"]
    after_bytes: int = 0
    seconds: float = 0
    request: bytes = b""
    """``lose`` takes only requests that hold this, such as ``PUT `` or ``COMMIT``; empty for any."""
    times: int = 0
    """The line heals after so many broken connections; 0 for never."""


class FaultProxy:
    """Passes on what comes to its *port* of 127.0.0.1, and the answers, less the fault; a context manager.

    Its methods may be called from any thread; faults strike open connections too.
    """

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.fault: Fault | None = None
        """What is wrong now; None where all is well."""
        self.struck = 0
        """How many connections faults have broken."""
        self._left = 0
        self._links: set[_Link] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    def inject(self, fault: Fault) -> None:
        """Break the line in this way, in place of any other."""

        def breaking() -> None:
            self.fault, self._left = fault, fault.times
            if fault.kind == "reset":
                self._strike_all()

        self._do(breaking)

    def heal(self) -> None:
        """Mend the line. What fell into a black hole stays lost, so its connections are reset."""

        def mending() -> None:
            old, self.fault = self.fault, None
            if old is not None and old.kind == "blackhole":
                self._strike_all()

        self._do(mending)

    def strike(self, link: "_Link") -> None:
        """Reset *link* on behalf of the fault."""
        link.reset()
        self.struck += 1
        self._left -= 1
        if self._left == 0:
            self.fault = None

    def _strike_all(self) -> None:
        for link in list(self._links):
            self.strike(link)

    def _do(self, change: Callable[[], None]) -> None:
        """Have *change* made in the proxy's own thread, and wait for it."""
        made = threading.Event()

        def change_and_tell() -> None:
            change()
            made.set()

        self._loop.call_soon_threadsafe(change_and_tell)
        made.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._listener)
        await self._ended.wait()
        server.close()
        while self._links:
            for link in list(self._links):
                link.reset()
            await asyncio.sleep(0.01)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            _reset(writer)
            return
        link = _Link(self, (reader, writer), upstream)
        if self.fault is not None and self.fault.kind in {"refuse", "reset"}:
            self.strike(link)
            return
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)


class _Link:
    """A client's connection, and the one to the server that belongs to it."""

    def __init__(
        self,
        proxy: FaultProxy,
        client: tuple[StreamReader, StreamWriter],
        server: tuple[StreamReader, StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._losing = False
        self._answered = 0

    async def run(self) -> None:
        """Pass bytes both ways until one side has no more to say, or a fault strikes."""
        ways = [asyncio.ensure_future(way) for way in (self._requests(), self._answers())]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._to_client.close()
        self._to_server.close()

    def reset(self) -> None:
        """End both connections, the client's with RST."""
        _reset(self._to_client)
        self._to_server.transport.abort()

    async def _requests(self) -> None:
        while piece := await self._from_client.read(_PIECE):
            fault = self._proxy.fault
            if fault is not None and fault.kind == "lose" and fault.request in piece:
                self._losing = True
            await self._pass_on(piece, self._to_server)

    async def _answers(self) -> None:
        while piece := await self._from_server.read(_PIECE):
            if self._losing and not piece.startswith(_GO_ON):
                self._proxy.strike(self)
                return
            fault = self._proxy.fault
            whole = len(piece)
            if fault is not None and fault.kind == "cut":
                piece = piece[: max(0, fault.after_bytes - self._answered)]
            self._answered += len(piece)
            await self._pass_on(piece, self._to_client)
            if len(piece) < whole:
                await asyncio.sleep(_SECONDS_TO_READ)
                self._proxy.strike(self)
                return

    async def _pass_on(self, piece: bytes, to: StreamWriter) -> None:
        fault = self._proxy.fault
        if fault is not None and fault.kind == "blackhole":
            return
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        to.write(piece)
        await to.drain()


def _reset(writer: StreamWriter) -> None:
    with suppress(OSError):  # the client may have gone by itself
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()
