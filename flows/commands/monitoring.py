"""`reelmill metrics` and `reelmill doctor`: how it goes, and what is wrong."""

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


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def doctor(*, as_json: bool) -> int:
    """Check what Reelmill needs.

    Looks at this machine and at every server of the settings, side by side and for a bounded time, and says
    the cure for what is missing. Exit code 3 where ads cannot be made.
    """
    from flows.doctor import examine, print_findings

    findings = examine(read_settings())
    print_findings(findings, as_json=as_json)
    return 3 if any(one.state == "failed" and one.needed for one in findings) else 0
