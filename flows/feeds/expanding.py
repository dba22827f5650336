"""Puts the products of a feed into a brief in place of the feed, as if its author had listed them."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import ValidationError

from flows.brief_files import Files
from flows.brief_texts import fields_used
from flows.feeds.harvest import Harvest, Harvester
from flows.feeds.products import Needs, Reader
from flows.feeds.report import FeedReport
from flows.reach import Reach
from schemas.brief import Feed, FeedProducts
from schemas.document import Document, Problem
from schemas.errors import MediaError
from schemas.money import parse_locale
from schemas.wording import shown

_TOLD_MAX = 50
"""Bad rows that a refusal names."""
_PLACE = "products["


class Expanded(NamedTuple):
    """A brief whose products are listed."""

    document: Document
    problems: list[Problem]
    report: FeedReport | None = None
    """None where the brief has no feed, or one that cannot be read."""
    reader: Reader | None = None

    @property
    def rows(self) -> dict[str, int]:
        """Lines in the feed, by the ids of the products that are taken."""
        if self.report is None:
            return {}
        places = self.document.select("products[].id")
        return {str(name): self.document.place(where)[1] for where, name in places}


def feed_of(document: Document) -> Feed | None:
    """Return the feed of a brief; None where it has none, or one of the wrong shape, which others tell."""
    try:
        return FeedProducts.model_validate(document.data.get("products")).feed
    except ValidationError:
        return None


def harvester_of(feed: Feed, document: Document, reach: Reach) -> Harvester:
    """Return what reads *feed* for the brief in *document*. Raises MediaError for a bound that is none."""
    locales = document.data.get("locales")
    tags = [tag for tag in locales if parse_locale(tag)] if isinstance(locales, dict) else []
    return Harvester(feed, Needs(tuple(tags), fields_used(document)), reach.limits)


def expand(document: Document, files: Files, reach: Reach) -> Expanded:
    """Return *document* with the products of its feed, if it has one that can be read."""
    feed = feed_of(document)
    if feed is None:
        return Expanded(document, [])
    try:
        path = files.places.find(feed.path, reach.bytes)
    except MediaError as error:
        return Expanded(document, [_problem("products.feed.path", str(error))])
    files.places.open_bucket(feed.path)
    try:
        harvester = harvester_of(feed, document, reach)
        harvest = harvester.gather(path, files.look_at_picture)
    except (MediaError, OSError) as error:
        said = str(error) if isinstance(error, MediaError) else f"cannot be read, {error}; check the file"
        return Expanded(document, [_problem("products.feed", f"{shown(feed.path)} {said}")])
    files.save()
    stale = len(files.places.fetcher.stale) if files.places.fetcher else 0
    report = harvest.report.model_copy(update={"on_bad_row": feed.on_bad_row, "stale": stale})
    return _expanded(document, harvest._replace(report=report), harvester.reader)


def without_rows(expanded: Expanded, problems: Iterable[Problem]) -> tuple[Expanded, list[Problem]]:
    """Make bad rows of the *problems* that concern single products, and return the others."""
    rows: dict[int, list[Problem]] = {}
    others = []
    for problem in problems:
        if expanded.report is not None and problem.where.startswith(_PLACE):
            rows.setdefault(int(problem.where[len(_PLACE) :].partition("]")[0]), []).append(problem)
        else:
            others.append(problem)
    if not rows or expanded.report is None or expanded.reader is None:
        return expanded, others
    products, lines = _listed(expanded.document)
    bad = [
        expanded.reader.fault(lines[n], products[n], _field(problem), (problem.what, problem.cure))
        for n, found in rows.items()
        for problem in found
    ]
    kept = [n for n in range(len(products)) if n not in rows]
    harvest = Harvest([products[n] for n in kept], [lines[n] for n in kept], expanded.report.without(bad))
    again = _expanded(expanded.document, harvest, expanded.reader)
    return again, [*others, *again.problems]


def refusals(report: FeedReport) -> list[Problem]:
    """Return what the author is told where bad rows are not skipped, or nothing is left."""
    told = [
        Problem(where=f"products.feed[{row.line}]", what=str(row).rpartition("; ")[0], cure=row.cure)
        for row in report.bad_rows[:_TOLD_MAX]
    ]
    if not report.taken:
        cure = "mend the feed, or let select take other rows"
        told.append(Problem(where="products.feed", what=f"gives no product: {report.counts}", cure=cure))
    elif report.bad > len({row.line for row in report.bad_rows[:_TOLD_MAX]}):
        what = f"{report.bad:,} rows are bad; the first are told"
        told.append(Problem(where="products.feed", what=what, cure="mend them, or write on_bad_row: skip"))
    return told


def _expanded(document: Document, harvest: Harvest, reader: Reader) -> Expanded:
    report = harvest.report
    listed = document.put_rows("products", harvest.products, harvest.lines, report.path)
    if report.taken and (not report.bad or report.on_bad_row == "skip"):
        return Expanded(listed, [], report, reader)
    if not report.taken:  # an empty list would be told as a fault of its own
        listed.data["products"] = document.data["products"]
    listed.lines |= {f"products.feed[{row.line}]": row.line for row in report.bad_rows}
    return Expanded(listed, refusals(report), report, reader)


def _listed(document: Document) -> tuple[list[dict[str, object]], list[int]]:
    products = document.data["products"]
    return products, [document.place(f"products[{n}]")[1] for n in range(len(products))]


def _field(problem: Problem) -> str:
    return problem.where.partition("]")[2].removeprefix(".")


def _problem(where: str, said: str) -> Problem:
    what, _, cure = said.rpartition("; ")
    return Problem(where=where, what=what, cure=cure)
