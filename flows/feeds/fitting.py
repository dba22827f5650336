"""Finds the rows of a feed whose ads cannot be drawn: no room for a text, letters that no font has."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from actors.fonts import Faces
from flows.brief_templates import template_problems
from flows.feeds.expanding import refusals
from flows.feeds.report import BadRow
from flows.ingest import Ingested
from flows.text_room import crowded
from flows.writing import character_problems
from schemas.brief import Brief
from schemas.document import Problem
from schemas.errors import BriefError
from schemas.plan import Ad, Plan


def without_unsold(ingested: Ingested, brief: Brief) -> Ingested:
    """Return *ingested* without the rows that lack what the template needs in *brief*, as it is now."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    bad = [
        (products[int(problem.where[9:].partition("]")[0])].id, problem)
        for problem in template_problems(brief)
        if ingested.feed and problem.where.startswith("products[")
    ]
    return _without(ingested, bad)


def without_undrawn(ingested: Ingested, plan: Plan, faces: Faces, logo: Path | None) -> Ingested:
    """Return *ingested* without the rows whose ads in *plan* cannot be drawn.

    What all rows share is the brief's fault, and stays. Raises BriefError where bad rows are not skipped.
    """
    if ingested.feed is None:
        return ingested
    return _without(ingested, [*_unwritten(plan, faces), *_crowded(plan, faces, logo)])


def _without(ingested: Ingested, bad: list[tuple[str, Problem]]) -> Ingested:
    names = {name for name, _ in bad}
    if ingested.feed is None or not 0 < len(names) < ingested.feed.taken:
        return ingested
    report = ingested.feed.without([_bad_row(ingested.rows[name], name, problem) for name, problem in bad])
    if report.on_bad_row == "fail":
        raise BriefError("\n".join(map(str, refusals(report))))
    products = ingested.brief.products if isinstance(ingested.brief.products, tuple) else ()
    kept = tuple(product for product in products if product.id not in names)
    known = ingested.feed.notes
    return ingested.model_copy(
        update={
            "brief": ingested.brief.model_copy(update={"products": kept}),
            "feed": report,
            "notes": (*report.notes, *(note for note in ingested.notes if note not in known)),
        }
    )


def _bad_row(line: int, name: str, problem: Problem) -> BadRow:
    reason = f"{problem.where.partition('].')[2] or problem.where}: {problem.what}"
    return BadRow(line=line, id=name, column="", value="", reason=reason, cure=problem.cure)


def _unwritten(plan: Plan, faces: Faces) -> Iterator[tuple[str, Problem]]:
    if not any(True for _ in character_problems(plan, faces)):  # nearly always
        return
    ads: dict[str, list[Ad]] = defaultdict(list)
    for ad in plan.ads:
        ads[ad.product].append(ad)
    for name, of in ads.items():
        for problem in character_problems(plan.model_copy(update={"ads": tuple(of)}), faces):
            yield name, problem


def _crowded(plan: Plan, faces: Faces, logo: Path | None) -> Iterator[tuple[str, Problem]]:
    told: set[tuple[str, str]] = set()
    for ad, problem in crowded(plan, faces, logo):
        if (ad.product, problem.where) not in told:
            told.add((ad.product, problem.where))
            yield ad.product, problem
