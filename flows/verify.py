"""Proves that rows, files and checksums agree, both ways; mends what does not."""

import click

from flows.examine import Examiner, Problem, file_names
from flows.leftovers import sweep
from flows.tables import print_json, print_rows
from schemas.errors import SettingsError
from schemas.record import Record
from schemas.settings import Settings
from schemas.work import Kind
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from storage.content import FOLDERS

_MANY = 100
"""So many orphans are more than killed workers leave; a database that knows fewer files is the wrong one."""


class Report(Record):
    """What was compared, and what did not agree."""

    rows: int
    """Things compared that rows say are made."""
    files: int
    strangers: int
    """Files with names that Reelmill never gives; they were left alone."""
    problems: tuple[Problem, ...]
    live: tuple[str, ...]
    """Runs that were going on: their newest files may look like orphans."""

    @property
    def left(self) -> int:
        """How many problems are not mended."""
        return sum(not problem.mended for problem in self.problems)


def verify(settings: Settings, *, repair: bool) -> Report:
    """Compare all rows with all files, both ways; with *repair* mend what does not agree.

    The files of a folder are read and hashed. Of those in S3 the SHA-256 is taken that S3 keeps beside each:
    it has checked the bytes against it itself, and none are fetched. Raises SettingsError where a repair
    could harm: beside a live run, or with a database that is not that of these files.
    """
    blobs = open_blobs(settings.blobs)
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        _refuse_files_without_rows(settings, blobs)
        return Report(rows=0, files=0, strangers=0, problems=(), live=())
    with catalog:
        if repair:
            _refuse_live(catalog)
        examiner = Examiner(catalog, blobs)
        problems = list(examiner.problems())
        live = _live(catalog)
        # What a live run has finished meanwhile is no problem any more.
        problems = [now for problem in problems if (now := examiner.look_again(problem))]
        problems += _dead_runs(catalog)
        if repair:
            _refuse_wrong_database(problems, examiner.rows, catalog, settings)
            mender = _Mender(catalog, blobs, examiner)
            problems = [mender.mend(problem) for problem in problems]
        problems += _leftovers(settings, blobs, idle=not live, dry=not repair)
    return Report(
        rows=examiner.rows,
        files=examiner.files,
        strangers=examiner.strangers,
        problems=tuple(problems),
        live=live,
    )


def print_report(report: Report, *, as_json: bool) -> None:
    """Print *report*, for people or as JSON."""
    if as_json:
        print_json({**report.model_dump(mode="json"), "left": report.left})
        return
    if report.problems:
        print_rows([problem.model_dump(exclude={"key"}) for problem in report.problems])
    for run in report.live:
        click.echo(f"{run} is going on: its newest files may look like orphans")
    if report.strangers:
        click.echo(f"{report.strangers} files have names that Reelmill never gives; they are left alone")
    click.echo(f"{report.rows} rows compared with {report.files} files: {_verdict(report)}")


def _verdict(report: Report) -> str:
    if not report.problems:
        return "all agree."
    if report.left:
        return f"{len(report.problems)} problems; `reelmill verify --repair` mends them."
    return f"{len(report.problems)} problems, all mended; `reelmill run` makes what is missing now."


class _Mender:
    """Mends problems one by one; a repair that is killed is gone on with by the next."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, examiner: Examiner) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._examiner = examiner

    def mend(self, problem: Problem) -> Problem:
        """Mend *problem*, unless it is none any more. Raises SettingsError if a run has begun meanwhile."""
        _refuse_live(self._catalog)
        match self._examiner.look_again(problem):
            case Problem(kind="run"):
                self._catalog.close_dead_runs()
            case Problem(kind="input" | "weights"):
                self._blobs.delete(problem.name)
            case Problem(kind="still" | "shot" | "voice" | "ad" as kind) as now:
                self._mend_made(kind, now)
        return problem.model_copy(update={"mended": True})

    def _mend_made(self, kind: Kind, problem: Problem) -> None:
        match problem.problem:
            case "missing" | "damaged" | "sidecar" | "orphan":
                self._remove(kind, problem.key)
            case "unrecorded" | "unlisted":
                examiner, key = self._examiner, problem.key
                if made := examiner.made(kind, key) or examiner.unrecorded(kind, key):
                    self._catalog.adopt(kind, made)
            case "stale":
                self._catalog.forget_files([problem.name])

    def _remove(self, kind: Kind, key: str) -> None:
        names = file_names(kind, key)
        # Last comes the row: as long as it says that the file is made, the next verify finds what is left.
        # The sidecar goes before its ad, which it would otherwise seem to prove.
        for name in reversed(names):
            self._blobs.delete(name)
        self._catalog.forget_files(names)
        self._catalog.forget(kind, [key])


def _leftovers(settings: Settings, blobs: BlobStore, *, idle: bool, dry: bool) -> list[Problem]:
    what, cure = "left half-written by a process that was killed", "remove it"
    left = sweep(settings, blobs, idle=idle, dry=dry)
    return [
        Problem(problem="leftover", kind="leftover", name=name, what=what, cure=cure, mended=not dry)
        for name in left
    ]


def _dead_runs(catalog: Catalog) -> list[Problem]:
    names = {row.run: row.name for row in catalog.campaigns()}
    what, cure = "its process is dead, but it still holds its campaign", "close it"
    return [
        Problem(problem="dead run", kind="run", name=f"{names[run]}, run {run}", what=what, cure=cure)
        for run in sorted(catalog.dead_runs())
    ]


def _live(catalog: Catalog) -> tuple[str, ...]:
    return tuple(
        f"{run.campaign} (run {run.run}, host {run.host}, process {run.pid})" for run in catalog.live_runs()
    )


def _refuse_live(catalog: Catalog) -> None:
    if live := _live(catalog):
        raise SettingsError(
            f"nothing is repaired while a run is going on: {', '.join(live)}; wait until it ends, or stop it "
            f"with `reelmill cancel`, then verify again"
        )


def _refuse_files_without_rows(settings: Settings, blobs: BlobStore) -> None:
    if any(True for folder in FOLDERS for _ in blobs.names(folder)):
        raise SettingsError(
            f"{settings.blobs} holds files, but no run has ever been noted in the database: set "
            f"REELMILL_DATABASE_URL to the database of these files"
        )


def _refuse_wrong_database(problems: list[Problem], rows: int, catalog: Catalog, settings: Settings) -> None:
    """Refuse to remove files because a database does not know them that is not theirs."""
    orphans = sum(problem.problem == "orphan" for problem in problems)
    if orphans > max(_MANY, rows) or (orphans and not catalog.campaigns()):
        raise SettingsError(
            f"{orphans} files in {settings.blobs} have no row in the database, and only {rows} have one: set "
            f"REELMILL_DATABASE_URL to the database of these files, or restore it; nothing was removed"
        )
