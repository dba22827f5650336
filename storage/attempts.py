"""Attempts at making one thing: begun, made, failed.

All of this runs for each thing that is made, so the statements are built once: building one takes SQLAlchemy
longer than the database needs to answer it.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Text, Update, bindparam, insert, select, text, update

from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.work import Kind, Verdict
from storage import runs
from storage.dialect import clock, now
from storage.rows import Claim, Failure, Made, files_of, key_of
from storage.tables import MADE, WORKS, Attempt, Moment, Run, WorkTable

RESULTS: dict[Kind, type[StillFile] | type[Clip] | type[VoiceFile] | type[Asset]] = {
    "still": StillFile,
    "shot": Clip,
    "voice": VoiceFile,
    "ad": Asset,
}


class _Begun(NamedTuple):
    """An attempt as it was noted, with the state of its run."""

    kind: Kind
    key: str
    run: int
    outcome: str
    started_at: datetime
    run_state: str
    now: datetime


def claim(
    connection: Connection,
    kind: Kind,
    key: str,
    run: int,
    *,
    worker: str,
    model: str,
    work: float,
    gpus: float,
) -> Claim:
    """Begin to make the *kind* of *key* in *run*, unless it is made, or another run with a lease makes it.

    Raises LeaseLostError if *run* has no lease.
    """
    at = runs.fence(connection, run)
    state, result, last_run, last_state = connection.execute(_LOOK[kind], {"this_key": key}).one()
    if state in MADE and result:
        return Claim(0, RESULTS[kind].model_validate_json(result))
    if state == "running" and last_run != run and last_state == "running":
        return Claim(0, None)
    connection.execute(_BEGIN[kind], {"this_key": key, "by": run, "now": at})
    facts = {"kind": kind, "key": key, "run_id": run, "worker": worker, "started_at": at}
    size = {"model": model, "work": work, "gpus": gpus}
    return Claim(connection.execute(_ATTEMPT, facts | size).scalar_one(), None)


def finish(connection: Connection, attempt: int, made: Made) -> None:
    """Note that *attempt* made *made*; a second time is no different from the first.

    Raises LeaseLostError if its run has no lease.
    """
    begun = _Begun(*connection.execute(_BEGUN, {"this": attempt}).one())
    if begun.outcome == "done":
        return
    runs.check(begun.run, begun.run_state)
    _end(connection, attempt, begun, "done", "")
    _note_made(connection, begun.kind, made, begun.now)


def fail(connection: Connection, attempt: int, verdict: Verdict, error: str, *, state: Failure) -> None:
    """Note how *attempt* failed, once; what another attempt made, or another run makes, stays as it is.

    Raises LeaseLostError if its run has no lease.
    """
    begun = _Begun(*connection.execute(_BEGUN, {"this": attempt}).one())
    runs.check(begun.run, begun.run_state)
    if begun.outcome == "running":
        _end(connection, attempt, begun, verdict, error)
        facts = {"this_key": begun.key, "by": begun.run, "to": state, "why": error, "now": begun.now}
        connection.execute(_SETTLE[begun.kind], facts)


def block_ad(connection: Connection, key: str, run: int, error: str, *, state: str) -> None:
    """Note why *run* does not make the ad *key*. Raises LeaseLostError if *run* has no lease."""
    at = runs.fence(connection, run)
    connection.execute(_SETTLE["ad"], {"this_key": key, "by": run, "to": state, "why": error, "now": at})


def adopt(connection: Connection, kind: Kind, made: Made) -> None:
    """Note that *made* is there, whoever made it."""
    _note_made(connection, kind, made, now(connection))


def _note_made(connection: Connection, kind: Kind, made: Made, at: datetime) -> None:
    done = {"this_key": key_of(made), "value": made.model_dump_json(), "now": at, **_end_state(made)}
    connection.execute(_PUBLISH[kind], done)
    connection.execute(_FILE, [{**file.model_dump(), "kind": kind, "now": at} for file in files_of(made)])


def _end_state(made: Made) -> dict[str, str]:
    if isinstance(made, Asset) and made.rejected:
        return {"to": "rejected", "why": made.objections}
    return {"to": "done", "why": ""}


def _end(connection: Connection, attempt: int, begun: _Begun, verdict: Verdict, error: str) -> None:
    took = (begun.now - begun.started_at).total_seconds()
    end = {"this": attempt, "verdict": verdict, "why": error, "now": begun.now, "took": took}
    connection.execute(_END, end)


# The statements. Their parameters have names of their own: those of columns are SQLAlchemy's.

_this_key, _by = bindparam("this_key", type_=Text()), bindparam("by", type_=Integer())
_at = bindparam("now", type_=Moment())


def _begin(table: WorkTable) -> Update:
    begun = {"state": "running", "run_id": _by, "error": "", "updated_at": _at}
    return update(table).where(table.key == _this_key).values(begun)


def _settle(table: WorkTable) -> Update:
    """What is made stays, and so does what another run has begun since."""
    mine = (table.key == _this_key, table.run_id == _by, table.state.not_in(MADE))
    over = {"state": bindparam("to"), "error": bindparam("why"), "updated_at": _at}
    return update(table).where(*mine).values(over)


def _publish(table: WorkTable) -> Update:
    done = {
        "state": bindparam("to"),
        "result": bindparam("value"),
        "error": bindparam("why"),
        "updated_at": _at,
    }
    return update(table).where(table.key == _this_key, table.state != "published").values(done)


_LOOK = {
    kind: select(table.state, table.result, table.run_id, Run.state)
    .outerjoin(Run, Run.id == table.run_id)
    .where(table.key == _this_key)
    .with_for_update(of=table)
    for kind, table in WORKS.items()
}
_BEGIN = {kind: _begin(table) for kind, table in WORKS.items()}
_SETTLE = {kind: _settle(table) for kind, table in WORKS.items()}
_PUBLISH = {kind: _publish(table) for kind, table in WORKS.items()}
_ATTEMPT = insert(Attempt).values(outcome="running", error="", seconds=0.0).returning(Attempt.id)
_BEGUN = (
    select(
        *(Attempt.kind, Attempt.key, Attempt.run_id, Attempt.outcome, Attempt.started_at),
        *(Run.state, clock()),
    )
    .join(Run, Run.id == Attempt.run_id)
    .where(Attempt.id == bindparam("this"))
    .with_for_update(read=True, key_share=True, of=Run)
)
"""Holds the run's row as `runs.fence` does."""
_END = (
    update(Attempt)
    .where(Attempt.id == bindparam("this"))
    .values(outcome=bindparam("verdict"), error=bindparam("why"), ended_at=_at, seconds=bindparam("took"))
)
_FILE = text(  # as text, for SQLAlchemy builds an ON CONFLICT anew each time
    "INSERT INTO assets (name, kind, sha256, bytes, made_at) VALUES (:name, :kind, :sha256, :bytes, :now) "
    "ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, sha256 = excluded.sha256, "
    "bytes = excluded.bytes, made_at = excluded.made_at"
).bindparams(_at)
