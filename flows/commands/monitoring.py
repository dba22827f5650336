"""`reelmill metrics`: how it goes."""

import click

from schemas.settings import read_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9464, show_default=True, help="0 takes a free one."
)
def metrics(host: str, port: int) -> None:
    """Answer Prometheus at /metrics until a signal; /health says that it lives.

    The figures come from the catalog, so one such process serves a whole team. Whoever can reach the address
    reads numbers and names of campaigns, without a password: give another --host than this machine's own
    only in a network that you trust.
    """
    from flows.metrics_server import serve_metrics

    serve_metrics(read_settings(), host, port)
