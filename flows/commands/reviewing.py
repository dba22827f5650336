"""`reelmill review`: the page on which people look at ads and decide."""

import click

from schemas.settings import read_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8321, show_default=True, help="0 for any.")
@click.option("--presigned", is_flag=True, help="Have browsers get videos from S3 itself.")
def review(host: str, port: int, *, presigned: bool) -> None:
    """Serve the review page until a signal: look at ads, approve, reject, export.

    For this machine's own browsers, unless REELMILL_REVIEW_TOKEN is set, or REELMILL_REVIEW_USER_HEADER and
    REELMILL_REVIEW_PROXIES for a reverse proxy that names people; docs/security.md says how.
    """
    from flows.review.serve import serve_review

    serve_review(host, port, read_settings(), lambda words: click.echo(words, err=True), presigned=presigned)
