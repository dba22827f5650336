"""Shows what became of the rows of feeds."""

from collections.abc import Iterable
from typing import Any

import click

from flows.feeds.report import FeedReport
from flows.spoken import counted
from flows.tables import print_line, print_rows

_SHOWN_MAX = 50
"""Bad rows that a person is shown; JSON has more."""


def feed_object(campaign: str, report: FeedReport) -> dict[str, Any]:
    """Return *report* for machines."""
    return {"campaign": campaign, **report.model_dump(mode="json")}


def print_bad_rows(report: FeedReport) -> None:
    """Print the rows of a feed that cannot be used, if there are any."""
    if not report.bad_rows:
        return
    rows = [row.model_dump() for row in report.bad_rows[:_SHOWN_MAX]]
    print_rows(rows, title=f"bad rows of {report.path}")
    if (more := len(report.bad_rows) - len(rows)) > 0:
        click.echo(f"{counted(more, 'fault')} more; --json tells the first thousand.")


def tell_feeds(feeds: Iterable[tuple[str, FeedReport | None]], *, as_json: bool) -> None:
    """Tell of the feeds of campaigns as a run begins; for machines one line, an event, a feed."""
    for campaign, report in feeds:
        if report is not None and as_json:
            print_line({"event": "feed", **feed_object(campaign, report)})
        elif report is not None:
            print_bad_rows(report)
