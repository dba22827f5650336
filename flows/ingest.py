"""Reads a campaign brief from disk, and refuses a wrong one with everything that is wrong in it."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from actors.fonts import open_font
from flows.brief_files import Files, problem_of, read_brand, read_text
from flows.brief_rules import rule_problems
from flows.brief_shape import PART_KINDS, shape_problems
from flows.brief_templates import template_notes, template_problems
from flows.brief_texts import text_problems
from flows.feeds.expanding import expand, without_rows
from flows.feeds.report import FeedReport
from flows.places import Places
from flows.policy import policy_problems
from flows.reach import Reach
from schemas.brief import Brief
from schemas.document import Document, Problem, read_document, shown_name
from schemas.errors import BriefError, MediaError
from schemas.media import Source
from schemas.policy import Policy
from schemas.record import Record, content_key


class Ingested(Record):
    """A brief that can be planned, with the files that it names."""

    brief: Brief
    sha256: str
    """SHA-256 of the brief's canonical JSON: its name for ever, whatever the file is called."""
    source: Path
    """Where the brief was read; media paths start in its folder."""
    sources: dict[str, Source]
    """The files that the brief names, by their path as written."""
    paths: dict[str, Path] = {}
    """Where these lie on this machine; what is not listed lies in the brief's folder."""
    feed: FeedReport | None = None
    """What became of the rows of the feed; None where the brief lists its products."""
    rows: dict[str, int] = {}
    """Where the products stand in the feed, lines by id."""
    english: dict[str, str] = {}
    """What models are sent in place of a prompt, by the prompt as written; empty without a translator."""
    notes: tuple[str, ...]
    """What its author should know, though nothing is wrong."""

    @property
    def folder(self) -> Path:
        """Where the brief lies."""
        return self.source.parent

    def path_of(self, written: str) -> Path:
        """Return where the file lies that the brief calls *written*."""
        return self.paths.get(written) or self.folder / written


def ingest(path: Path, policy: Policy | None = None, reach: Reach | None = None) -> Ingested:
    """Read the brief in *path*, YAML or JSON, with its feed, and check all of it, also against *policy*.

    Files come from the brief's folder and from what *reach* allows; nothing is written but copies of what
    lies elsewhere. Raises BriefError with every problem, one a line, in the order of the file.
    """
    reach = reach or Reach()
    files = Files(Places(path.parent.resolve(), reach))
    document, problems = _with_brand(read_brief(path), files.places)
    expanded = expand(document, files, reach)
    document = expanded.document
    brief, shape = _brief_of(document)
    problems += [*expanded.problems, *files.check(document)]
    problems += [*rule_problems(document), *text_problems(document)]
    problems += policy_problems(document, policy) if policy else ()
    problems += template_problems(brief) if brief else ()
    problems += _not_said_better(shape, problems)
    expanded, problems = without_rows(expanded, problems)
    if brief is None or problems:
        raise BriefError("\n".join(_lines(expanded.document, problems)))
    if expanded.document is not document:
        brief = Brief.model_validate(expanded.document.data)
    return Ingested(
        brief=brief,
        sha256=content_key(brief.model_dump(mode="json")),
        source=path.parent.resolve() / path.name,
        sources=files.sources_of(expanded.document),
        paths=files.places.found,
        feed=expanded.report,
        rows=expanded.rows,
        notes=(
            *(expanded.report.notes if expanded.report else ()),
            *template_notes(brief),
            *_font_notes(brief, files.places),
        ),
    )


def read_brief(path: Path) -> Document:
    """Return what the file at *path* says, not yet checked. Raises BriefError."""
    name = shown_name(str(path))
    if not path.is_file():
        what = "is no regular file" if path.exists() else "is missing"
        raise BriefError(f"{name} {what}; give the path of a brief in YAML or JSON")
    return read_document(read_text(path), str(path))


def _with_brand(document: Document, places: Places) -> tuple[Document, list[Problem]]:
    """Put the brand in place of a path to its file."""
    written = document.data.get("brand")
    if not isinstance(written, str):
        return document, []
    try:
        return document.put("brand", read_brand(written, places)), []
    except (BriefError, MediaError) as error:
        return document, [problem_of("brand", error)]


def _brief_of(document: Document) -> tuple[Brief | None, list[tuple[str, Problem]]]:
    try:
        return Brief.model_validate(document.data), []
    except ValidationError as error:
        return None, list(shape_problems(error))


def _not_said_better(shape: list[tuple[str, Problem]], said: list[Problem]) -> Iterator[Problem]:
    """Leave out what concerns a part as a whole where another problem says more about that part."""
    places = tuple(problem.where for problem in said)
    for kind, problem in shape:
        around = (problem.where, f"{problem.where}.", f"{problem.where}[")
        if kind in PART_KINDS and any(place == around[0] or place.startswith(around[1:]) for place in places):
            continue
        yield problem


def _lines(document: Document, problems: list[Problem]) -> list[str]:
    """Write the problems, the brief's own first, each file's in the order of its lines."""
    found = set()
    for problem in problems:
        name, line = document.place(problem.where)
        found.add((name != document.name, name, line, f"{shown_name(name)}:{line}: {problem}"))
    return [text for *_, text in sorted(found)]


def _font_notes(brief: Brief, places: Places) -> Iterator[str]:
    for path in dict.fromkeys((brief.brand.fonts.heading, brief.brand.fonts.body)):
        if path in places.found:
            yield from (f"fonts: {path} {warning}" for warning in open_font(places.found[path]).warnings)
