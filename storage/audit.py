"""What `reelmill verify` asks and mends: rows against files."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select, update

from schemas.work import Kind
from storage import tables
from storage.attempts import RESULTS
from storage.dialect import BATCH, batches, clock, queue_up
from storage.rows import FileRow, Made
from storage.tables import MADE, WORKS


def files_after(connection: Connection, name: str) -> list[FileRow]:
    """Return the next files by name, those after *name*."""
    file = tables.Asset
    query = (
        select(file.name, file.kind, file.sha256, file.bytes)
        .where(file.name > name)
        .order_by(file.name)
        .limit(BATCH)
    )
    return [FileRow(**row) for row in connection.execute(query).mappings()]


def made_after(connection: Connection, kind: Kind, key: str) -> dict[str, Made]:
    """Return the next that are made, by key, those after *key*."""
    table = WORKS[kind]
    query = (
        select(table.key, table.result)
        .where(table.key > key, table.state.in_(MADE), table.result.is_not(None))
        .order_by(table.key)
        .limit(BATCH)
    )
    found = connection.execute(query).tuples()
    return {key: RESULTS[kind].model_validate_json(result or "") for key, result in found}


def known(connection: Connection, kind: Kind, keys: Iterable[str]) -> set[str]:
    """Return those of *keys* that have a row."""
    table, found = WORKS[kind], set[str]()
    for batch in batches(keys):
        found.update(connection.scalars(select(table.key).where(table.key.in_(batch))))
    return found


def forget(connection: Connection, kind: Kind, keys: Iterable[str]) -> None:
    """Plan those of *keys* again that are noted as made."""
    queue_up(connection)
    table = WORKS[kind]
    again = {"state": "planned", "result": None, "error": "", "updated_at": clock()}
    for batch in batches(keys):
        connection.execute(update(table).where(table.key.in_(batch), table.state.in_(MADE)).values(**again))


def forget_files(connection: Connection, names: Iterable[str]) -> None:
    """Strike the files *names* from the list."""
    queue_up(connection)
    for batch in batches(names):
        connection.execute(delete(tables.Asset).where(tables.Asset.name.in_(batch)))
