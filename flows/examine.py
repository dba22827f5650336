"""Finds where rows, files and checksums disagree; changes nothing."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal, TypeVar

from actors.weights import MANIFEST
from flows.proof import CAPTION_SUFFIXES, caption_names, read_proof
from schemas.media import Asset, StoredFile
from schemas.record import Record
from schemas.work import Kind
from storage.blobs import BlobStore
from storage.catalog import Catalog
from storage.content import FOLDER_OF, SUFFIX_OF
from storage.rows import Made, files_of, key_of

_THREADS = 16
"""Files looked at side by side: a look at S3 is a wait of milliseconds."""
_AHEAD = 4 * _THREADS
_BESIDE: dict[Kind, tuple[str, ...]] = {"ad": (".json", *CAPTION_SUFFIXES)}
"""Suffixes of what lies beside the file itself."""
_HASH = re.compile(r"[0-9a-f]{64}")
_INPUT = re.compile(r"inputs/([0-9a-f]{64})(?:\.[a-z0-9]+)?")
_WEIGHTS = re.compile(r"weights/[^/]+-([0-9a-f]{12})\.[a-z]+")
"""Names that say the SHA-256 of their content, or its first digits."""

T = TypeVar("T")
_Of = Literal["missing", "damaged", "sidecar", "orphan"]
"""What may be wrong with something that is made."""


class Problem(Record):
    """One thing that does not agree."""

    problem: Literal[
        "missing", "damaged", "sidecar", "unrecorded", "orphan", "unlisted", "stale", "dead run", "leftover"
    ]
    """``missing``: made, says the row, but there is no file. ``damaged``: it has other bytes. ``sidecar``: it
    is missing or tells of another file. ``unrecorded``: a finished ad that its row does not know. ``orphan``:
    a file that no row wants. ``unlisted``, ``stale``: the list of files lacks one, or has one too many."""
    kind: Literal["still", "shot", "voice", "ad", "input", "weights", "run", "leftover"]
    name: str
    """Of the file, or of the run."""
    what: str
    cure: str
    """What a repair does, or did."""
    key: str = ""
    """Of the still, shot, narration or ad."""
    mended: bool = False


class Examiner:
    """Looks through *catalog* and *blobs*; holds no more than the names of files in memory."""

    def __init__(self, catalog: Catalog, blobs: BlobStore) -> None:
        self.rows = 0
        """How many things have been compared that rows say are made."""
        self.files = 0
        """How many files have been compared."""
        self.strangers = 0
        """How many files have names that Reelmill never gives; they are nobody's business here."""
        self._catalog = catalog
        self._blobs = blobs
        self._claimed: dict[str, str] = {}
        """SHA-256 of what is made, by the name of its file."""

    def problems(self) -> Iterator[Problem]:
        """Yield all that does not agree."""
        for kind in FOLDER_OF:
            yield from self._problems_of(kind)
        yield from self._problems_of_list()
        for folder in ("inputs/", "weights/"):
            yield from _side_by_side(self._look_at_hashed, self._hashed(folder))

    def look_again(self, problem: Problem) -> Problem | None:
        """Return what is wrong now with what *problem* was about; None where all is well."""
        match problem.kind:
            case "input" | "weights":
                return self._look_at_hashed(problem.name)
            case "still" | "shot" | "voice" | "ad" as kind:
                return self._look_at_made_again(kind, problem)
            case _:
                return problem

    def _look_at_made_again(self, kind: Kind, problem: Problem) -> Problem | None:
        made = self.made(kind, problem.key)
        if problem.problem in {"unlisted", "stale"}:
            wanted = made is not None and any(file.name == problem.name for file in files_of(made))
            return problem if wanted == (problem.problem == "unlisted") else None
        return self._look_at_row(kind, made) if made else self._look_at_stray(kind, problem.key)

    def made(self, kind: Kind, key: str) -> Made | None:
        """Return what the row of *key* says is made."""
        match kind:
            case "still":
                return self._catalog.stills_made([key]).get(key)
            case "shot":
                return self._catalog.clips_made([key]).get(key)
            case "voice":
                return self._catalog.voices_made([key]).get(key)
            case "ad":
                return self._catalog.assets_made([key]).get(key)

    def _problems_of(self, kind: Kind) -> Iterator[Problem]:
        strays = self._keys(kind)
        leaving = self._catalog.removals(kind)

        def rows() -> Iterator[Made]:
            for made in self._catalog.made(kind):
                self.rows += 1
                strays.discard(key_of(made))
                names = file_names(kind, key_of(made))
                self._claimed |= {file.name: file.sha256 for file in files_of(made) if file.name in names}
                yield made

        yield from _side_by_side(lambda made: self._look_at_row(kind, made), rows())
        yield from _side_by_side(lambda key: self._look_at_stray(kind, key), sorted(strays - leaving))

    def _keys(self, kind: Kind) -> set[str]:
        """Return the keys of the files that are there."""
        keys = set()
        for name in self._blobs.names(FOLDER_OF[kind]):
            key = name.removeprefix(FOLDER_OF[kind]).partition(".")[0]
            if _HASH.fullmatch(key) and name in file_names(kind, key):
                self.files += 1
                keys.add(key)
            else:
                self.strangers += 1
        return keys

    def _look_at_row(self, kind: Kind, made: Made) -> Problem | None:
        key, files = key_of(made), files_of(made)
        names = file_names(kind, key)
        again = "forget it, so that the next run makes it"

        def problem(problem: _Of, name: str, what: str, cure: str = f"remove it and {again}") -> Problem:
            return Problem(problem=problem, kind=kind, name=name, key=key, what=what, cure=cure)

        if files[0].name != names[0] or not {file.name for file in files} <= {*names}:
            others = ", ".join(file.name for file in files if file.name not in names)
            return problem("missing", names[0], f"its row names another file, {others!r}", again)
        for file in files:
            if (found := self._blobs.find(file.name)) is None:
                what = "its row says that it is made, but there is no such file"
                return problem("missing", file.name, what, again)
            if found != file:
                return problem("damaged", file.name, _difference(found, file))
        if isinstance(made, Asset):
            if lack := _lack(read_proof(self._blobs, key), made):
                return problem("sidecar", names[0], lack)
            for name in {*caption_names(key)} - {file.name for file in files}:
                if self._blobs.find(name):
                    return problem("orphan", name, "its ad's row knows of no such captions")
        return None

    def _look_at_stray(self, kind: Kind, key: str) -> Problem | None:
        """Return what is wrong with the file or the files of *key*, which no row says is made."""
        there = [name for name in file_names(kind, key) if self._blobs.find(name)]
        if not there:
            return None
        problem: Literal["unrecorded", "orphan"] = "orphan"
        what, cure = "no row says that it is made: left by a killed worker", "remove it"
        if self.unrecorded(kind, key) is not None:
            problem = "unrecorded"
            what, cure = "finished, as its sidecar proves, but its row does not say so", "note it in its row"
        return Problem(problem=problem, kind=kind, name=there[0], key=key, what=what, cure=cure)

    def unrecorded(self, kind: Kind, key: str) -> Asset | None:
        """Return the finished ad of *key* that only lacks its row's word; None where there is none."""
        proof = read_proof(self._blobs, key) if kind == "ad" else None
        proved = proof is not None and all(self._blobs.find(file.name) == file for file in files_of(proof))
        return proof if proved and self._catalog.known(kind, [key]) else None

    def _problems_of_list(self) -> Iterator[Problem]:
        for row in self._catalog.files():
            wanted = self._claimed.pop(row.name, None)
            if wanted is None:
                yield _list_problem(row.name, row.kind, "stale", "listed, but no row names it")
            elif wanted != row.sha256:
                yield _list_problem(
                    row.name, row.kind, "unlisted", "listed with another SHA-256 than its row's"
                )
        for name in self._claimed:
            kind = next(kind for kind, folder in FOLDER_OF.items() if name.startswith(folder))
            yield _list_problem(name, kind, "unlisted", "made, says its row, but not on the list of files")

    def _hashed(self, folder: str) -> Iterator[str]:
        for name in self._blobs.names(folder):
            if _digits(name):
                self.files += 1
                yield name
            else:
                self.strangers += 1

    def _look_at_hashed(self, name: str) -> Problem | None:
        found = self._blobs.find(name)
        if found is None or found.sha256.startswith(_digits(name)):
            return None
        return Problem(
            problem="damaged",
            kind="input" if name.startswith("inputs/") else "weights",
            name=name,
            what=f"its SHA-256 begins with {found.sha256[:12]}, not with {_digits(name)[:12]}",
            cure="remove it; the next run that needs it brings it again",
        )


def file_names(kind: Kind, key: str) -> tuple[str, ...]:
    """Return the names of the files of *key*, the one that its row names first."""
    return tuple(f"{FOLDER_OF[kind]}{key}{suffix}" for suffix in (SUFFIX_OF[kind], *_BESIDE.get(kind, ())))


def _list_problem(name: str, kind: Kind, problem: Literal["unlisted", "stale"], what: str) -> Problem:
    key = name.rpartition("/")[2].partition(".")[0]
    cure = "strike it from the list" if problem == "stale" else "list it as its row says"
    return Problem(problem=problem, kind=kind, name=name, key=key, what=what, cure=cure)


def _lack(proof: Asset | None, made: Asset) -> str:
    """Return what is wrong with the sidecar that tells *proof* of the ad *made*; empty for nothing."""
    if proof is None:
        return "has no sidecar that can be read"
    # Two writers of the same bytes took their own times, and the later one's sidecar may have stayed.
    same = proof.model_copy(update={"cpu_seconds": made.cpu_seconds}) == made
    return "" if same else "its sidecar tells something else than its row"


def _difference(found: StoredFile, wanted: StoredFile) -> str:
    if found.bytes != wanted.bytes:
        return f"has {found.bytes} bytes, not {wanted.bytes} as its row says"
    return f"its SHA-256 begins with {found.sha256[:12]}, not with {wanted.sha256[:12]} as its row says"


def _digits(name: str) -> str:
    """Return the first digits, or all, of the SHA-256 that the name promises; empty for a stranger's."""
    for item in MANIFEST.values():
        place = f"weights/{item.place}"
        if name.startswith(f"{place}/"):
            return item.files.get(name.removeprefix(f"{place}/"), "")
    match = _INPUT.fullmatch(name) or _WEIGHTS.fullmatch(name)
    return match[1] if match else ""


def _side_by_side(look: Callable[[T], Problem | None], things: Iterable[T]) -> Iterator[Problem]:
    """Yield what *look* finds wrong with *things*, in their order; few of them are on the way at once."""
    threads = ThreadPoolExecutor(_THREADS)
    looks: deque[Future[Problem | None]] = deque()
    try:
        for thing in things:
            looks.append(threads.submit(look, thing))
            if len(looks) > _AHEAD and (problem := looks.popleft().result()):
                yield problem
        while looks:
            if problem := looks.popleft().result():
                yield problem
    finally:
        threads.shutdown(cancel_futures=True)
