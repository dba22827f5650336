"""The catalog: which campaigns, runs, stills, shots and ads there are, and what became of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from sqlalchemy import Connection, case, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from schemas.errors import StorageError
from schemas.media import Asset, Clip, StillFile
from schemas.plan import Ad, Plan, Shot, Still
from storage import tables
from storage.database import READING, connect, is_there, migrate, read_url, reason, shown
from storage.rows import AdRow, CampaignRow
from storage.tables import MADE, UNFINISHED, WORKS, Kind, WorkTable

Made = StillFile | Clip | Asset
RunEnd = Literal["done", "failed", "cancelled"]
Failure = Literal["failed", "quarantined", "cancelled", "rejected"]

_BATCH = 500
"""Rows or keys in one statement; both databases have a limit on its parameters."""

T = TypeVar("T")
M = TypeVar("M", StillFile, Clip, Asset)
K = TypeVar("K", Still, Shot, Ad)


class Catalog:
    """Every query there is; a context manager.

    Its methods raise StorageError if the database does not answer.
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

        Raises SettingsError if it cannot be opened, or an older Reelmill made it.
        """
        return cls(url) if is_there(read_url(url)) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def start_run(self, plan: Plan, brief: str) -> int:
        """Register *plan*, made from *brief* (JSON), in one transaction; return the run's number.

        What is made already stays made; what an earlier run left unfinished is planned again.
        """
        now = _now()
        with self._writing() as connection:
            campaign = _campaign(connection, plan.campaign, now)
            run = _run(connection, campaign, plan, brief, now)
            _register(connection, tables.Still, (_work(still, now) for still in _ordered(plan.stills)))
            _register(connection, tables.Shot, (_work(shot, now) for shot in _ordered(plan.shots)))
            _register(connection, tables.Ad, (_ad(ad, campaign, run, now) for ad in _ordered(plan.ads)))
        return run

    def end_run(self, run: int, state: RunEnd) -> None:
        """Note that *run* is over."""
        ended = update(tables.Run).where(tables.Run.id == run).values(state=state, ended_at=_now())
        with self._writing() as connection:
            connection.execute(ended)

    def stills_made(self, keys: Iterable[str]) -> dict[str, StillFile]:
        """Return those of the stills *keys* that are made, by key."""
        return self._made(tables.Still, keys, StillFile)

    def clips_made(self, keys: Iterable[str]) -> dict[str, Clip]:
        """Return those of the shots *keys* that are made, by key."""
        return self._made(tables.Shot, keys, Clip)

    def assets_made(self, keys: Iterable[str]) -> dict[str, Asset]:
        """Return those of the ads *keys* that are made, by key."""
        return self._made(tables.Ad, keys, Asset)

    def start_attempt(self, kind: Kind, key: str, run: int, *, worker: str = "") -> int:
        """Note that *worker* begins to make the *kind* of *key*; return the attempt's number."""
        facts = {"kind": kind, "key": key, "run_id": run, "worker": worker, "started_at": _now()}
        begun = {"outcome": "running", "error": "", "seconds": 0.0}
        entry = insert(tables.Attempt).returning(tables.Attempt.id)
        with self._writing() as connection:
            _unless_made(connection, kind, key, state="running", error="")
            return connection.execute(entry, facts | begun).scalar_one()

    def finish(self, attempt: int, made: Made) -> None:
        """Note that *attempt* made *made*: attempt, row and file in one transaction."""
        with self._writing() as connection:
            kind, _ = _end_attempt(connection, attempt, "done", "")
            _publish(connection, kind, made)

    def fail(self, attempt: int, error: str, *, state: Failure = "failed") -> None:
        """Note that *attempt* ended with *error*; what another attempt has made stays made."""
        with self._writing() as connection:
            kind, key = _end_attempt(connection, attempt, state, error)
            _unless_made(connection, kind, key, state=state, error=error)

    def adopt(self, kind: Kind, made: Made) -> None:
        """Note a file that was found without its row: a crash came between the two."""
        with self._writing() as connection:
            _publish(connection, kind, made)

    def block_ad(self, key: str, error: str) -> None:
        """Note that the ad *key* cannot be made, since something that it shows could not."""
        with self._writing() as connection:
            _unless_made(connection, "ad", key, state="blocked", error=error)

    def rows(self, campaign: str | None = None) -> list[AdRow]:
        """Return the ads of the latest run of *campaign*, or of every campaign's, in a steady order."""
        ad, place = tables.Ad, (tables.Ad.product, tables.Ad.locale, tables.Ad.placement, tables.Ad.variant)
        query = (
            select(ad.key, tables.Campaign.name.label("campaign"), *place, ad.state, ad.error, ad.result)
            .join(tables.Campaign, tables.Campaign.id == ad.campaign_id)
            .where(ad.run_id.in_(_latest_runs()))
            .order_by(tables.Campaign.name, *place)
        )
        if campaign is not None:
            query = query.where(tables.Campaign.name == campaign)
        with self._reading() as connection:
            return [_ad_row(**row) for row in connection.execute(query).mappings()]

    def campaigns(self) -> list[CampaignRow]:
        """Return every campaign with its latest run, by name."""
        run = tables.Run
        query = (
            select(tables.Campaign.name, run.id.label("run"), run.state, run.started_at, run.ended_at)
            .join(run, run.campaign_id == tables.Campaign.id)
            .where(run.id.in_(_latest_runs()))
            .order_by(tables.Campaign.name)
        )
        with self._reading() as connection:
            counts = _counts(connection)
            found = connection.execute(query).mappings()
            return [CampaignRow(**row, counts=counts.get(row["run"], {})) for row in found]

    def _made(self, table: WorkTable, keys: Iterable[str], kind: type[M]) -> dict[str, M]:
        found: dict[str, M] = {}
        with self._reading() as connection:
            for batch in _batches(keys):
                query = select(table.key, table.result).where(table.key.in_(batch), table.state.in_(MADE))
                results = connection.execute(query).tuples()
                found |= {key: kind.model_validate_json(result) for key, result in results if result}
        return found

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained(), self._engine.connect().execution_options(**READING) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StorageError(
                f"the database {shown(self._engine.url)} refused: {reason(error)}; see that it "
                f"runs, has room and can be written, then run again"
            ) from error


def _campaign(connection: Connection, name: str, now: datetime) -> int:
    entry = _insert(connection, tables.Campaign).values(name=name, created_at=now)
    # The update changes nothing but holds the row: runs of a campaign begin one after another, so that the
    # latest number is also the latest to have planned its ads.
    held = entry.on_conflict_do_update(index_elements=["name"], set_={"name": entry.excluded.name})
    return connection.execute(held.returning(tables.Campaign.id)).scalar_one()


def _run(connection: Connection, campaign: int, plan: Plan, brief: str, now: datetime) -> int:
    counts = {"stills": len(plan.stills), "shots": len(plan.shots), "ads": len(plan.ads)}
    entry = insert(tables.Run).values(
        campaign_id=campaign,
        brief_sha256=plan.brief_sha256,
        brief=brief,
        state="running",
        started_at=now,
        **counts,
    )
    return connection.execute(entry.returning(tables.Run.id)).scalar_one()


def _register(connection: Connection, table: WorkTable, rows: Iterable[dict[str, Any]]) -> None:
    """Insert *rows*; of those that exist, plan the unfinished again and take the new run's number."""
    entry = _insert(connection, table)
    again = or_(*(table.state == state for state in UNFINISHED))  # IN cannot be sent for many rows at once
    changes: dict[str, Any] = {
        "state": case((again, "planned"), else_=table.state),
        "error": case((again, ""), else_=table.error),
        "updated_at": case((again, entry.excluded.updated_at), else_=table.updated_at),
    }
    if table is tables.Ad:
        changes["run_id"] = entry.excluded.run_id
    for batch in _batches(rows):
        connection.execute(entry.on_conflict_do_update(index_elements=["key"], set_=changes), batch)


def _work(item: Still | Shot | Ad, now: datetime) -> dict[str, Any]:
    facts = {"key": item.key, "spec": item.model_dump_json(), "created_at": now, "updated_at": now}
    return facts | {"state": "planned", "error": ""}


def _ad(ad: Ad, campaign: int, run: int, now: datetime) -> dict[str, Any]:
    place = ad.model_dump(include={"product", "locale", "placement", "variant"})
    links = {"campaign_id": campaign, "run_id": run, "composition": ad.composition.key}
    return _work(ad, now) | place | links


def _unless_made(connection: Connection, kind: Kind, key: str, *, state: str, error: str) -> None:
    table = WORKS[kind]
    row = update(table).where(table.key == key, table.state.not_in(MADE))
    connection.execute(row, {"state": state, "error": error, "updated_at": _now()})


def _end_attempt(connection: Connection, attempt: int, outcome: str, error: str) -> tuple[Kind, str]:
    this = tables.Attempt.id == attempt
    query = select(tables.Attempt.kind, tables.Attempt.key, tables.Attempt.started_at).where(this)
    kind, key, started = connection.execute(query).tuples().one()
    now = _now()
    end = {"outcome": outcome, "error": error, "ended_at": now, "seconds": (now - started).total_seconds()}
    connection.execute(update(tables.Attempt).where(this), end)
    return kind, key


def _publish(connection: Connection, kind: Kind, made: Made) -> None:
    table = WORKS[kind]
    done = {"state": "done", "result": made.model_dump_json(), "error": "", "updated_at": _now()}
    connection.execute(update(table).where(table.key == _key(made)), done)
    facts = {"kind": kind, "sha256": made.file.sha256, "bytes": made.file.bytes, "made_at": _now()}
    file = _insert(connection, tables.Asset)
    again = {name: file.excluded[name] for name in facts}
    entry = file.on_conflict_do_update(index_elements=["name"], set_=again)
    connection.execute(entry, facts | {"name": made.file.name})


def _key(made: Made) -> str:
    match made:
        case StillFile():
            return made.still
        case Clip():
            return made.shot
        case Asset():
            return made.ad


def _latest_runs() -> Any:  # noqa: ANN401 (SQLAlchemy's own type says less than the name)
    return select(func.max(tables.Run.id)).group_by(tables.Run.campaign_id)


def _counts(connection: Connection) -> dict[int, dict[str, int]]:
    """Count the ads of each run by state."""
    query = select(tables.Ad.run_id, tables.Ad.state, func.count()).group_by(
        tables.Ad.run_id, tables.Ad.state
    )
    counts: dict[int, dict[str, int]] = {}
    for run, state, number in connection.execute(query.order_by(tables.Ad.state)).tuples():
        counts.setdefault(run, {})[state] = number
    return counts


def _ad_row(*, result: str | None, **row: Any) -> AdRow:  # noqa: ANN401 (columns)
    if not result:
        return AdRow(**row)
    asset = Asset.model_validate_json(result)
    return AdRow(**row, **asset.file.model_dump(), seconds=asset.facts.seconds)


def _insert(connection: Connection, table: type[tables.Base]) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _ordered(items: Iterable[K]) -> list[K]:
    """Sort by key: two runs that lock shared rows in one order cannot wait for each other."""
    return sorted(items, key=lambda item: item.key)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _now() -> datetime:
    return datetime.now(UTC)
