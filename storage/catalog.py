"""The catalog: which campaigns, runs, stills, shots, voices and ads there are, and what became of them.

The one door to the database. Each method is a transaction; the queries themselves lie in modules beside this
one: runs (who holds a campaign), register (plans), attempts, history (what they tell), listing (what people
look up), gallery, going and story (what the review page shows), exports, decisions, changes, audit.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Concatenate, Literal, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from schemas.change import Asked, Change, Slot, WaitingChanges
from schemas.errors import StorageError
from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.plan import Ad, Plan
from schemas.work import Kind, Verdict
from storage import (
    attempts,
    audit,
    changes,
    decisions,
    exports,
    figures,
    foretold,
    gallery,
    going,
    history,
    intake,
    leaving,
    listing,
    register,
    runs,
    story,
)
from storage.database import READING, connect, is_there, migrate, read_url, reason, shown
from storage.figures import Figures
from storage.gallery_rows import (
    Choices,
    Filters,
    GalleryAd,
    GalleryPage,
    Neighbours,
    RunProgress,
    ShotUses,
    Status,
    StoryLine,
)
from storage.leaving import Retention, Unneeded
from storage.outage import ride_out
from storage.owner import Owner
from storage.rows import (
    AdRow,
    BriefRow,
    CampaignRow,
    Candidate,
    Claim,
    Cost,
    DecisionRow,
    ExportedAd,
    ExportItemRow,
    ExportRow,
    Failure,
    FileRow,
    Foretold,
    Judgement,
    ListedAd,
    LiveRun,
    Made,
    Measure,
    Pace,
    PastForecast,
    RunEnd,
    Signal,
    Size,
    Taken,
)

P = ParamSpec("P")
T = TypeVar("T")


class Catalog:
    """Every query there is; a context manager, for many threads.

    Its methods ride out a database that is away for a short while, then raise StorageError.
    """

    def __init__(self, url: str) -> None:
        """Connect to *url* and bring the database to this version's tables.

        Raises SettingsError if it cannot be opened; the message hides the password.
        """
        self._engine = connect(read_url(url))
        migrate(self._engine)

    @classmethod
    def peek(cls, url: str) -> Self | None:
        """Return the catalog at *url*, or None where there is none; nothing is created or changed.

        Raises SettingsError if it cannot be opened, OldDatabaseError if an older Reelmill made it.
        """
        return cls(url) if is_there(read_url(url)) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    # Runs: who holds a campaign.

    def start_run(self, plan: Plan, brief: str, source: str = "", *, retry: bool = False) -> int:
        """Take the campaign's lease and register *plan*, made from *brief* (JSON); return the run's number.

        The brief was read at *source*. What is made already stays made; what an earlier run left unfinished
        is planned again, with *retry* also what was quarantined. A dead run is taken over from. Raises
        CampaignBusyError if a live one has the campaign.
        """
        return self._write(_start_run, plan, brief, source, Owner.here(), retry=retry)

    def beat(self, run: int) -> Signal:
        """Say that *run* lives; return what its owner should know. Waits for no database that is away."""
        with self._explained(), self._writing() as connection:
            return runs.beat(connection, run)

    def end_run(self, run: int, state: RunEnd) -> None:
        """Note that *run* is over and let its campaign go; what it leaves running is planned again."""
        self._write(_end_run, run, state)

    def ask_to_cancel(self, campaign: str) -> bool:
        """Ask the live run of *campaign* to stop; where there is none, cancel its unfinished ads: False."""
        return self._write(runs.ask_to_cancel, campaign)

    def close_dead_runs(self) -> int:
        """Close the runs whose owners are dead, and plan again what they were making; return how many."""
        return self._write(runs.close_dead) if self._read(runs.dead) else 0

    def live_runs(self) -> list[LiveRun]:
        """Return the runs whose owners are alive, by campaign."""
        return self._read(runs.live)

    # Attempts: what a run makes.

    def claim(
        self,
        kind: Kind,
        key: str,
        run: int,
        *,
        worker: str = "",
        model: str = "",
        work: float = 0.0,
        gpus: float = 0.0,
    ) -> Claim:
        """Begin to make the *kind* of *key*, unless it is made, or another live run is making it.

        Raises LeaseLostError if *run* no longer holds its campaign; so do the next three.
        """
        facts = {"work": work, "gpus": gpus}
        answer = self._write(attempts.claim, kind, key, run, worker=worker, model=model, **facts)
        if answer.attempt or answer.made or not self.close_dead_runs():
            return answer
        return self._write(attempts.claim, kind, key, run, worker=worker, model=model, **facts)

    def finish(self, attempt: int, made: Made) -> None:
        """Note that *attempt* made *made*: attempt, row and file in one transaction."""
        self._write(attempts.finish, attempt, made)

    def fail(self, attempt: int, verdict: Verdict, error: str, *, state: Failure) -> None:
        """Note that *attempt* ended with *error*; what another attempt has made stays made."""
        self._write(attempts.fail, attempt, verdict, error, state=state)

    def block_ad(
        self,
        key: str,
        run: int,
        error: str,
        *,
        state: Literal["blocked", "planned", "cancelled"] = "blocked",
    ) -> None:
        """Note why the ad *key* is not made: it lacks something, the budget is spent, someone cancelled."""
        self._write(attempts.block_ad, key, run, error, state=state)

    # Forecasts, and what came.

    def foretell(self, run: int, told: Mapping[Measure, Foretold], known: float) -> None:
        """Note what *run* was foretold; *known*: the share of it that came from earlier attempts."""
        self._write(foretold.foretell, run, told, known)

    def past_forecasts(self, most: int) -> list[PastForecast]:
        """Return the latest *most* forecasts that can be held against what came, the latest first."""
        return self._read(foretold.past, most)

    # What is known before anything is made.

    def stills_made(self, keys: Iterable[str]) -> dict[str, StillFile]:
        """Return those of the stills *keys* that are made, by key."""
        return self._read(listing.made, "still", list(keys), StillFile)

    def clips_made(self, keys: Iterable[str]) -> dict[str, Clip]:
        """Return those of the shots *keys* that are made, by key."""
        return self._read(listing.made, "shot", list(keys), Clip)

    def voices_made(self, keys: Iterable[str]) -> dict[str, VoiceFile]:
        """Return those of the narrations *keys* that are spoken, by key."""
        return self._read(listing.made, "voice", list(keys), VoiceFile)

    def assets_made(self, keys: Iterable[str]) -> dict[str, Asset]:
        """Return those of the ads *keys* that are made, by key; the rejected ones too."""
        return self._read(listing.made, "ad", list(keys), Asset)

    def quarantined(self, kind: Kind, keys: Iterable[str]) -> dict[str, str]:
        """Return those of *keys* that are quarantined, by key, each with its reason."""
        return self._read(listing.quarantined, kind, list(keys))

    def troubles(self, kind: Kind, keys: Iterable[str]) -> dict[str, Counter[Verdict]]:
        """Count how attempts at *keys* ended in runs that died or were interrupted, since another one."""
        return self._read(history.troubles, kind, list(keys))

    def paces(self) -> dict[tuple[Kind, str], Pace]:
        """Return how long recent attempts took, by kind and model."""
        return self._read(history.paces)

    def sizes(self) -> dict[tuple[Kind, str], Size]:
        """Return how large recent files came out, by kind and model."""
        return self._read(history.sizes)

    def costs(self, kind: Kind, keys: Iterable[str]) -> dict[str, Cost]:
        """Return what making those of *keys* took that an attempt has made, by key."""
        return self._read(history.costs, kind, list(keys))

    def gpu_seconds(self, campaign: str) -> float:
        """Return what all attempts of all runs of *campaign* took, the failed ones too."""
        return self._read(history.gpu_seconds, campaign)

    # What people look up.

    def rows(self, campaign: str | None = None) -> list[AdRow]:
        """Return the ads of the latest run of *campaign*, or of every campaign's, in a steady order."""
        return self._read(listing.ads, campaign)

    def campaigns(self) -> list[CampaignRow]:
        """Return every campaign with its latest run, by name."""
        return self._read(listing.campaigns)

    def figures(self) -> Figures:
        """Return everything that monitoring counts. Waits for no database that is away."""
        with self._explained(), self._reading() as connection:
            return figures.figures(connection)

    # The inbox, and what people are told.

    def take_in(self, content: str, campaign: str, source: str) -> bool:
        """Enter a brief of the inbox, known by its *content*; return whether it is new."""
        return self._write(intake.take, content, campaign, source)

    def hand_over(self, content: str) -> None:
        """Note that the brief with this *content* is made, or somebody else sees to that."""
        self._write(intake.hand_over, content)

    def waiting(self) -> list[Taken]:
        """Return the briefs of the inbox that nobody has begun to make, the oldest first."""
        return self._read(intake.waiting)

    def latest_taken(self) -> list[Taken]:
        """Return the brief of each campaign that the inbox took last, by campaign."""
        return self._read(intake.latest)

    def is_news(self, key: str) -> bool:
        """Note that people are told of *key* now; False where they were already."""
        return self._write(intake.is_news, key)

    def planned_ads(self, keys: Iterable[str]) -> dict[str, Ad]:
        """Return those of the ads *keys* that were ever planned, by key."""
        return self._read(listing.planned_ads, list(keys))

    # What nobody needs any more.

    def unneeded(self, rule: Retention) -> Unneeded:
        """Return what *rule* lets go, and what it may not take with it; changes nothing."""
        return self._read(leaving.unneeded, rule)

    def let_go(self, rule: Retention) -> Unneeded:
        """Forget what *rule* lets go, and note that its files are to be removed; return what it is."""
        return self._write(leaving.let_go, rule)

    def removals(self, kind: Kind) -> set[str]:
        """Return the keys of those that were let go, and whose files may still be there."""
        return self._read(leaving.removals, kind)

    def remove(
        self, kind: Kind, keys: Collection[str], erase: Callable[[Collection[str]], None]
    ) -> list[str]:
        """Have *erase* remove the files of those of *keys* that no run makes or has made again; return which.

        It may be called twice, and no run begins to make one of them meanwhile.
        """
        return self._write(leaving.remove, kind, keys, erase)

    def while_none_starts(self, newest_run: int, act: Callable[[], None]) -> bool:
        """Do *act*, maybe twice, while no run can start; False where one has started after *newest_run*."""
        return self._write(leaving.while_none_starts, newest_run, act)

    # Exports, and what people decide.

    def briefs(self, campaigns: Iterable[str]) -> dict[str, BriefRow]:
        """Return what the latest runs of *campaigns* were made from, by campaign; without unknown ones."""
        return self._read(exports.briefs, list(campaigns))

    def listed(self, campaigns: Iterable[str]) -> list[ListedAd]:
        """Return the ads of the latest runs of *campaigns*, in a steady order."""
        return self._read(exports.listed, list(campaigns))

    def candidates(self, keys: Iterable[str]) -> dict[str, Candidate]:
        """Return all that is known of the ads *keys*, by key; ask for a few hundred at a time."""
        return self._read(exports.candidates, list(keys))

    def exported(self, destination: str, platform: str, campaigns: Iterable[str]) -> dict[str, ExportedAd]:
        """Return the ads of *campaigns* that lie at *destination* for *platform* and are not withdrawn."""
        return self._read(exports.exported, destination, platform, list(campaigns))

    def kept_keys(self) -> set[str]:
        """Return the ads that must stay: exported somewhere and not withdrawn there, or approved."""
        return self._read(exports.kept_keys)

    def begin_export(self, destination: str, platform: str, asked: str, owner: Owner) -> ExportRow:
        """Begin an export of *owner*, or go on with one whose owner is dead; *asked* is JSON.

        Raises SettingsError if a live process exports to *destination* for *platform*.
        """
        return self._write(exports.begin, destination, platform, asked, owner)

    def beat_export(self, export: int, owner: Owner) -> None:
        """Note that the *owner* of *export* lives. Raises LeaseLostError if another has taken it over."""
        self._write(exports.beat, export, owner)

    def let_export_go(self, export: int, owner: Owner) -> None:
        """Leave *export* unfinished: whoever exports there next goes on with it."""
        self._write(exports.let_go, export, owner)

    def drop_export(self, export: int, owner: Owner) -> None:
        """Forget *export*, which had nothing to do."""
        self._write(exports.drop, export, owner)

    def finish_export(self, export: int, owner: Owner, items: Iterable[ExportItemRow]) -> None:
        """Note that *export* is whole, with what it did. Raises LeaseLostError as beat_export does."""
        self._write(exports.finish, export, owner, list(items))

    def decide(self, ads: Iterable[str], decision: Judgement, by: str, comment: str = "") -> None:
        """Note that *by* decided so about *ads*; ``withdrawn`` takes back what was decided before."""
        self._write(decisions.decide, list(ads), decision, by, comment)

    def undo(self, by: str) -> tuple[list[str], int]:
        """Have what *by* decided last count no more, and what counted before again.

        Return the ads that it was about, and how many of them stay: somebody has decided about them since.
        """
        return self._write(decisions.undo, by)

    def decisions(self, ad: str) -> list[DecisionRow]:
        """Return everything that was decided about *ad*, the oldest first."""
        return self._read(decisions.decisions, ad)

    def latest_decisions(self, ads: Iterable[str]) -> dict[str, DecisionRow]:
        """Return what counts for those of *ads* about which something was decided, by key."""
        return self._read(decisions.latest_decisions, list(ads))

    def keys_like(self, start: str) -> list[str]:
        """Return a few keys of ads that begin with *start*: none, the one that is meant, or several."""
        return self._read(decisions.keys_like, start)

    # The review page.

    def gallery(
        self, filters: Filters, *, offset: int = 0, most: int = 60, total: int | None = None
    ) -> GalleryPage:
        """Return *most* of the ads that pass *filters*, after *offset* of them, by place.

        They are counted too, unless the caller knows the *total*, as whoever asked for the choices does.
        """
        return self._read(gallery.page, filters, offset, most, total)

    def gallery_choices(self, filters: Filters) -> Choices:
        """Return the values of each filter, with how many ads each would show under the other filters."""
        return self._read(gallery.choices, filters)

    def statuses(self) -> dict[str, Counter[Status]]:
        """Count the ads of the latest run of each campaign by what they are to people."""
        return self._read(figures.statuses)

    def gallery_keys(self, filters: Filters, most: int) -> list[str]:
        """Return the first *most* keys of the ads that pass *filters*, in the gallery's order."""
        return self._read(gallery.keys, filters, most)

    def gallery_ads(self, keys: Iterable[str]) -> list[GalleryAd]:
        """Return those of the ads *keys* that have a row, in the order of *keys*."""
        return self._read(gallery.ads, list(keys))

    def neighbours(self, filters: Filters, key: str) -> Neighbours:
        """Return the keys before and after the ad *key* among those that pass; it need not pass itself."""
        return self._read(gallery.neighbours, filters, key)

    def siblings(self, key: str) -> list[GalleryAd]:
        """Return the variants of the ad *key*, itself among them: its run's, of its place."""
        return self._read(gallery.siblings, key)

    def shot_uses(self, shots: Iterable[str], *, besides: str = "", most: int = 20) -> dict[str, ShotUses]:
        """Return the ads of any campaign that show the clips of *shots*, by shot, without the ad *besides*.

        An enlarged shot counts wherever the clip is seen that it was made from.
        """
        return self._read(gallery.shot_uses, list(shots), besides, most)

    def ad_story(self, key: str) -> list[StoryLine]:
        """Return what happened to the ad *key*, the oldest first; empty where it has no row."""
        return self._read(story.of, key)

    def run_progress(self, campaign: str) -> RunProgress | None:
        """Return how the latest run of *campaign* goes; None where it has none."""
        return self._read(going.progress, campaign)

    # What people ask to be made otherwise.

    def ask_change(self, ads: Iterable[str], change: Change, by: str, comment: str = "") -> list[Asked]:
        """Note that *by* asked for *change* of the slots of *ads*, from the next run on.

        Return what counts now of each slot. What *change* does not say stays as asked before; one that says
        nothing takes all back. Keys of no ad are passed over.
        """
        return self._write(changes.ask, list(ads), change, by, comment)

    def changes(self, campaign: str) -> dict[Slot, Asked]:
        """Return what counts for *campaign*, by slot; without slots that are as the brief says."""
        return self._read(changes.changes, campaign)

    def waiting_changes(self, campaign: str, *, most: int = 0) -> WaitingChanges:
        """Count the changes that the next run of *campaign* applies; tell *most* that the latest left out."""
        return self._read(changes.waiting, campaign, most)

    def seeds_had(self, ads: Iterable[str]) -> set[int]:
        """Return the seeds that any ad of the slots of *ads* ever had, or was asked to have."""
        return self._read(changes.seeds_had, list(ads))

    # Rows against files.

    def files(self) -> Iterator[FileRow]:
        """Yield the files that the blob store should hold, by name."""
        page = self._read(audit.files_after, "")
        while page:
            yield from page
            page = self._read(audit.files_after, page[-1].name)

    def made(self, kind: Kind) -> Iterator[Made]:
        """Yield everything of *kind* that is noted as made, by key."""
        page = self._read(audit.made_after, kind, "")
        while page:
            yield from page.values()
            page = self._read(audit.made_after, kind, max(page))

    def known(self, kind: Kind, keys: Iterable[str]) -> set[str]:
        """Return those of *keys* that have a row, made or not."""
        return self._read(audit.known, kind, list(keys))

    def dead_runs(self) -> set[int]:
        """Return the runs that hold a campaign though their owners are dead; close_dead_runs closes them."""
        return self._read(runs.dead)

    def adopt(self, kind: Kind, made: Made) -> None:
        """Note a file that was found without its row: a crash came between the two."""
        self._write(attempts.adopt, kind, made)

    def forget(self, kind: Kind, keys: Iterable[str]) -> None:
        """Plan those of *keys* again that are noted as made: their files are gone or damaged."""
        self._write(audit.forget, kind, list(keys))

    def forget_files(self, names: Iterable[str]) -> None:
        """Strike the files *names* from the list."""
        self._write(audit.forget_files, list(names))

    # Transactions.

    def _read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *query* answers; it waits for no writer."""

        def once() -> T:
            with self._reading() as connection:
                return query(connection, *args, **kwargs)

        with self._explained():
            return ride_out(once)

    def _write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *change* answers, in a transaction of its own; it must bear to be repeated."""

        def once() -> T:
            with self._writing() as connection:
                return change(connection, *args, **kwargs)

        with self._explained():
            return ride_out(once)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(**READING) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise the database's errors as ours, with the driver's words and a cure."""
        try:
            yield
        except SQLAlchemyError as error:
            raise StorageError(
                f"the database {shown(self._engine.url)} refused: {reason(error)}; see that it "
                f"runs, has room and can be written, then run again"
            ) from error


def _end_run(connection: Connection, run: int, state: RunEnd) -> None:
    runs.end(connection, run, state)
    foretold.note_truth(connection, run)


def _start_run(
    connection: Connection, plan: Plan, brief: str, source: str, owner: Owner, *, retry: bool
) -> int:
    run = runs.take(connection, plan, brief, source, owner)
    register.register(connection, plan, brief, run, retry=retry)
    return run
