"""`reelmill metrics`: answers Prometheus at /metrics, and whoever asks whether it lives at /health."""

import socket

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows.interrupts import handled_by
from flows.logs import say
from flows.metrics import CatalogCollector
from schemas.errors import SettingsError
from schemas.settings import Settings

_AT_ONCE = 64
"""Who asks beyond that is told to come back."""
_SECONDS_TO_END = 3


def metrics_app(database_url: str) -> Starlette:
    """Return the endpoint for the catalog at *database_url*; it needs not be there."""
    registry = CollectorRegistry()
    registry.register(CatalogCollector(database_url))

    # Not async, so that a database that hangs holds up nobody who asks for something else.
    def metrics(request: Request) -> Response:
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": kind, "Cache-Control": "no-store"})

    def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    routes = [Route("/metrics", metrics), Route("/health", health)]
    return Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])


def serve_metrics(settings: Settings, host: str, port: int) -> None:
    """Answer on *host* and *port* until a signal. Raises SettingsError where that address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_AT_ONCE)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}, port {port}: {error}; choose another --host or --port"
        ) from error
    config = uvicorn.Config(
        metrics_app(settings.database_url),
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )
    with listener:
        say(f"metrics at http://{host}:{listener.getsockname()[1]}/metrics")
        with handled_by(lambda *_: None):  # uvicorn heeds signals, and raises them again when it has ended
            uvicorn.Server(config).run(sockets=[listener])
