"""`reelmill inbox` and `reelmill serve`: campaigns that nobody starts by hand."""

from pathlib import Path

import click

from schemas.settings import read_settings


@click.command()
@click.argument("place", required=False, metavar="FOLDER|s3://...")
@click.option("--once", is_flag=True, help="End when what lies there now is made.")
@click.option("--json", "as_json", is_flag=True, help="Print events for machines, one JSON object a line.")
def inbox(place: str | None, *, once: bool, as_json: bool) -> int:
    """Make each new brief that is dropped into a folder or bucket, REELMILL_INBOX by default.

    A bad brief is moved to rejected/ there, with a report beside it.
    """
    from flows.inbox.run import run_inbox
    from flows.interrupts import as_interrupt

    with as_interrupt():
        settings = read_settings()
        where = inbox_of(place) or settings.inbox
        if where is None:
            raise click.UsageError("name a folder or s3://bucket/prefix, or set REELMILL_INBOX")
        return 0 if run_inbox(where, settings, once=once, as_json=as_json) else 1


@click.command()
@click.argument("briefs", nargs=-1, type=click.Path(path_type=Path), metavar="[BRIEF]...")
@click.option(
    "--at-once", type=click.IntRange(1, 16), default=1, show_default=True, help="Campaigns made at a time."
)
def serve(briefs: tuple[Path, ...], *, at_once: int) -> None:
    """Run each BRIEF by its schedule, and what arrives in REELMILL_INBOX, until a signal.

    With a Prefect server of its own, unless PREFECT_API_URL names one; the next start goes on.
    """
    from flows.logs import say
    from flows.serving.serve import serve as serve_all

    serve_all(briefs, read_settings(), say, at_once=at_once)


def inbox_of(place: str | None) -> str | None:
    """Return *place* as settings write it, a whole path or an ``s3://`` address. Raises SettingsError."""
    return read_settings({"REELMILL_INBOX": place}).inbox if place else None
