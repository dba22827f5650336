"""The inbox: every new brief that is dropped there becomes a campaign once; a bad one is moved aside.

New is what has other content, whatever it is called. What was taken stands in the catalog, so that neither a
crash nor a second watcher doubles or loses a brief.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from flows import notices
from flows.brief_files import read_text
from flows.inbox.bucket import BucketPlace, names_in
from flows.inbox.folder import FolderPlace
from flows.inbox.place import Found, Place, write_report
from flows.notices import Notice, Say
from flows.preflight import Preflight, preflight
from schemas.brief import Brand, Brief
from schemas.document import read_document
from schemas.errors import BriefError, SettingsError, StorageError
from schemas.record import Record, content_key
from schemas.settings import Settings
from storage.catalog import Catalog

LOOK_SECONDS = 5.0
"""Between two looks."""
_PATIENCE_SECONDS = 30.0
"""A brief that cannot be used may lack what is still being copied; after so long without change it is bad."""
_BRIEF_ONLY = frozenset(Brief.model_fields) - frozenset(Brand.model_fields)


class Seen(Record):
    """A file of the inbox, and what became of it."""

    brief: str
    """Path or address."""
    state: Literal["taken", "known", "rejected", "waiting"]
    """``taken``: new, becomes a campaign. ``known``: its content was taken before. ``waiting``: it is still
    being written, or cannot be looked at now."""
    campaign: str = ""
    why: str = ""


class _Judged(NamedTuple):
    """A look at one version of a brief."""

    mark: object
    media: tuple[str, ...]
    """Files that the brief names, by their paths as written."""
    content: str
    """What it is known by; empty where it is bad."""
    campaign: str
    problems: str


def open_place(where: str, settings: Settings) -> Place:
    """Return the inbox *where*, a folder or ``s3://bucket/prefix``."""
    if where.startswith("s3://"):
        return BucketPlace(where, settings.cache / "inbox")
    return FolderPlace(where)


class Inbox:
    """Looks at a place again and again; what it knows besides the catalog only saves it work."""

    def __init__(self, place: Place, catalog: Catalog, settings: Settings, say: Say) -> None:
        self.place, self._catalog, self._settings, self._say = place, catalog, settings, say
        self._since: dict[str, tuple[object, float]] = {}
        """Since when each file has been as it is, by its name."""
        self._judged: dict[str, _Judged] = {}
        self._settled: dict[str, object] = {}
        """What is decided about each file, by its mark then."""

    def look(self) -> list[Seen]:
        """Decide about every file that is new or changed, and return those, with what is not decided yet.

        Raises StorageError where the inbox or the catalog does not answer.
        """
        seen = [self._look_at(found) for found in self.place.briefs()]
        return [one for one in seen if one is not None]

    def _look_at(self, found: Found) -> Seen | None:
        judged = self._judged.get(found.name)
        media = judged.media if judged else ()
        mark = self.place.mark(found, media)
        if self._settled.get(found.name) == mark:
            return None
        address = self.place.address(found)
        if self._steady(found.name, mark) < self.place.settle_seconds:
            return Seen(brief=address, state="waiting", why="it is still being written")
        try:
            if judged is None or judged.mark != mark:
                judged = self._judge(found)
        except (SettingsError, StorageError) as error:
            return Seen(brief=address, state="waiting", why=str(error))
        if judged is None:
            self._settled[found.name] = mark
            return None
        self._judged[found.name] = judged
        if judged.mark != mark and self._steady(found.name, judged.mark) < self.place.settle_seconds:
            return Seen(brief=address, state="waiting", why="its media are looked at")
        return self._decide(found, judged)

    def _steady(self, name: str, mark: object) -> float:
        """Return for how many seconds *name* has been seen with this *mark*."""
        now = time.monotonic()
        if self._since.get(name, (None, 0.0))[0] != mark:
            self._since[name] = (mark, now)
        return now - self._since[name][1]

    def _judge(self, found: Found) -> _Judged | None:
        """Read and plan the brief; None for a document that is none, such as a brand's."""
        path = Path(found.name)
        try:
            path = self.place.bring(found)
            if not _is_brief(path):
                return None
            ready = preflight(path, self._settings)
        except BriefError as error:
            mark = self.place.mark(found, ())
            return _Judged(mark, (), "", "", _with_lines(str(error), found.name, path))
        media = tuple(sorted(ready.ingested.sources))
        facts = {"content": content_of(path, ready), "campaign": ready.plan.campaign, "problems": ""}
        return _Judged(self.place.mark(found, media), media, **facts)

    def _decide(self, found: Found, judged: _Judged) -> Seen:
        address = self.place.address(found)
        if judged.problems:
            quiet = max(found.quiet_seconds, self._steady(found.name, judged.mark))
            if quiet < _PATIENCE_SECONDS:
                del self._judged[found.name]  # what it lacks may come
                return Seen(brief=address, state="waiting", why=judged.problems)
            return self._reject(found, judged)
        new = self._catalog.take_in(judged.content, judged.campaign, address)
        self._settled[found.name] = judged.mark
        return Seen(brief=address, state="taken" if new else "known", campaign=judged.campaign)

    def _reject(self, found: Found, judged: _Judged) -> Seen:
        address = self.place.address(found)
        content = content_key([found.name, found.mark])
        at = datetime.now(UTC).isoformat(timespec="seconds")
        where = self.place.set_aside(found, write_report(found.name, content, judged.problems, at))
        del self._judged[found.name]
        if where is None:
            return Seen(brief=address, state="waiting", why="it was moved or saved meanwhile")
        lines = tuple(judged.problems.splitlines())
        text = f"the brief {found.name} was not taken; it lies in {where} with a report"
        if self._catalog.is_news(f"rejected {where} {content}"):
            notices.tell(Notice(kind="rejected", campaign=found.name, text=text, lines=lines), self._say)
        return Seen(brief=address, state="rejected", why=f"{where}: {judged.problems}")


def content_of(path: Path, ready: Preflight) -> str:
    """Return what a brief is known by: what it says, and the content of the files that it names.

    What a feed or an address holds is no part of it: that changes, and the campaign's next run sees it.
    """
    document = read_document(read_text(path)).data
    brand = ready.ingested.brief.brand.model_dump(mode="json")
    named = {*names_in(document), *names_in(brand)}
    files = {
        name: one.sha256
        for name, one in ready.ingested.sources.items()
        if name in named and "://" not in name
    }
    return content_key({"brief": document, "brand": brand, "files": files})


def _with_lines(problems: str, name: str, path: Path) -> str:
    """Return *problems* with the brief at *path* called *name*, each with the line that it is about."""
    try:
        document = read_document(read_text(path), name)
    except (BriefError, OSError):
        return problems.replace(str(path), name)
    lines = []
    for text in problems.splitlines():
        line = text.replace(str(path), name)
        where = line.partition(": ")[0]
        lines.append(f"{name}:{document.lines[where]}: {line}" if where in document.lines else line)
    return "\n".join(lines)


def _is_brief(path: Path) -> bool:
    """Tell whether the document at *path* is meant as a brief, and not as a brand or something else.

    Raises BriefError for one that cannot be read.
    """
    return bool(_BRIEF_ONLY & set(read_document(read_text(path), path.name).data))
