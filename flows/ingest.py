"""Reads a campaign brief from disk, and refuses a wrong one with everything that is wrong in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from actors.fonts import open_font
from flows.brief_files import check_files, problem_of, read_brand, read_text
from flows.brief_rules import rule_problems
from flows.brief_shape import PART_KINDS, shape_problems
from flows.brief_templates import template_notes, template_problems
from flows.brief_texts import text_problems
from flows.policy import policy_problems
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
    english: dict[str, str] = {}
    """What models are sent in place of a prompt, by the prompt as written; empty without a translator."""
    notes: tuple[str, ...]
    """What its author should know, though nothing is wrong."""

    @property
    def folder(self) -> Path:
        """Where the brief lies."""
        return self.source.parent


def ingest(path: Path, policy: Policy | None = None) -> Ingested:
    """Read the brief in *path*, YAML or JSON, and check all of it, also against *policy*; nothing is written.

    Raises BriefError with every problem, one a line, in the order of the file.
    """
    folder = path.parent.resolve()
    document, problems = _with_brand(_read(path), folder)
    brief, shape = _brief_of(document)
    sources, files = check_files(document, folder)
    problems += [*rule_problems(document), *text_problems(document), *files]
    problems += policy_problems(document, policy) if policy else ()
    problems += template_problems(brief) if brief else ()
    problems += _not_said_better(shape, problems)
    if brief is None or problems:
        raise BriefError("\n".join(_lines(document, problems)))
    return Ingested(
        brief=brief,
        sha256=content_key(brief.model_dump(mode="json")),
        source=folder / path.name,
        sources=sources,
        notes=(*template_notes(brief), *_notes(brief), *_font_notes(brief, sources, folder)),
    )


def _read(path: Path) -> Document:
    name = shown_name(str(path))
    if not path.is_file():
        what = "is no regular file" if path.exists() else "is missing"
        raise BriefError(f"{name} {what}; give the path of a brief in YAML or JSON")
    return read_document(read_text(path), str(path))


def _with_brand(document: Document, folder: Path) -> tuple[Document, list[Problem]]:
    """Put the brand in place of a path to its file."""
    written = document.data.get("brand")
    if not isinstance(written, str):
        return document, []
    try:
        return document.put("brand", read_brand(written, folder)), []
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


def _font_notes(brief: Brief, sources: Mapping[str, Source], folder: Path) -> Iterator[str]:
    for path in dict.fromkeys((brief.brand.fonts.heading, brief.brand.fonts.body)):
        if path in sources:
            yield from (f"fonts: {path} {warning}" for warning in open_font(folder / path).warnings)


def _notes(brief: Brief) -> Iterator[str]:
    if brief.schedule is not None:
        yield "schedule: kept with the brief; this version does not start runs by itself"
