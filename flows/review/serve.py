"""`reelmill review`: serves the review page from this process until a signal."""

import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address
from types import FrameType

import uvicorn

from flows.interrupts import handled_by
from flows.review.access import Access, decide_access, is_loopback
from flows.review.app import review_app
from flows.review.entrance import HEADER_BYTES_MAX
from schemas.errors import SettingsError
from schemas.settings import Settings

_SECONDS_TO_END = 3
_CONNECTIONS_MAX = 256
_KEEP_ALIVE_SECONDS = 15
_BACKLOG = 128


def serve_review(
    host: str, port: int, settings: Settings, say: Callable[[str], None], *, presigned: bool = False
) -> None:
    """Serve the review page on *host* and *port* (0: any that is free) until SIGINT or SIGTERM.

    Raises SettingsError where nobody says who may come, or the port is taken.
    """
    with open_socket(host, port) as listening:
        address, number = listening.getsockname()[:2]
        access = decide_access(host, number, settings, presigned=presigned)
        if access.way == "alone" and not ip_address(address).is_loopback:
            raise SettingsError(f"--host {host} stands for {address}, which others reach: use 127.0.0.1")
        server = uvicorn.Server(_config(settings, access))
        listening.listen(_BACKLOG)
        _announce(host, number, access, say)
        with handled_by(_unheeded):
            server.run(sockets=[listening])
    say("stopped")


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to *host* and *port*. Raises SettingsError, in one line, if that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]") or "0.0.0.0",  # noqa: S104 (refused later, unless a login is set)
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"--host {host!r} is no address of this machine ({error})") from error
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(place)
    except OSError as error:
        opened.close()
        raise _unbound(host, port, error) from error
    return opened


def _unbound(host: str, port: int, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        return SettingsError(f"{host}:{port} is taken: stop what listens there, or choose another --port")
    return SettingsError(f"cannot listen on {host}:{port}: choose another --host or --port ({error})")


def _config(settings: Settings, access: Access) -> uvicorn.Config:
    # Proxies are believed by the guard, and only those that are named.
    return uvicorn.Config(
        review_app(settings, access),
        http="h11",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS_MAX,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SECONDS_TO_END,
        h11_max_incomplete_event_size=HEADER_BYTES_MAX,
    )


def _announce(host: str, port: int, access: Access, say: Callable[[str], None]) -> None:
    name = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)
    shown = f"[{name}]" if ":" in name.strip("[]") and not name.startswith("[") else name
    who = {
        "alone": f"as {access.person}, for this machine only",
        "token": "with the token of REELMILL_REVIEW_TOKEN",
        "proxy": f"for whom the proxy names in {access.user_header}",
    }
    say(f"reviewing at http://{shown}:{port}/ {who[access.way]}; Ctrl-C ends it")
    if access.way != "alone" and not is_loopback(host) and not access.proxies:
        say("note: this is plain http, so others on the way can read along; put a proxy with TLS before it")


def _unheeded(number: int, frame: FrameType | None) -> None:
    """Take the signal that uvicorn hands back once it has ended by it."""
