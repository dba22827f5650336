"""Migrations on a filled database: up from every version, and down again, on SQLite and PostgreSQL."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from storage import database

VERSIONS = sorted(
    path.name.partition("_")[0] for path in (database.MIGRATIONS / "versions").glob("[0-9]*.py")
)
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
_LISTED = re.compile(r"(\w+)\W*(?:::text\W*)?(?:IN|= ANY)\W*\((.*)\)", re.DOTALL)

Rows = dict[str, set[tuple[Any, ...]]]
"""Primary keys of all rows, by table."""


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(database.MIGRATIONS))
    return config


class _Tables:
    """Our tables as the database has them at one version."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._metadata = sa.MetaData()
        self._metadata.reflect(connection)
        tables = [table for table in self._metadata.sorted_tables if table.name != "alembic_version"]
        self.tables = {table.name: table for table in tables}
        """Those first to which others point."""

    def rows(self) -> Rows:
        """Return the primary keys of all rows."""
        keys = {name: sa.select(*table.primary_key.columns) for name, table in self.tables.items()}
        return {name: {tuple(row) for row in self._connection.execute(query)} for name, query in keys.items()}

    def fill(self, mark: str) -> None:
        """Put rows into every table: one for each word that a column may have, two where none is limited."""
        for table in self.tables.values():
            words = _words(table)
            many = max([2, *map(len, words.values())])
            rows = [dict(self._values(table, words, mark, number)) for number in range(many)]
            self._connection.execute(table.insert(), rows)

    def _values(
        self, table: sa.Table, words: dict[str, list[str]], mark: str, number: int
    ) -> Iterator[tuple[str, Any]]:
        for column in table.columns:
            if column.foreign_keys:
                (key,) = column.foreign_keys
                # One campaign has one live run; of new rows those run that are the first of their table.
                found = self._connection.scalars(sa.select(key.column).order_by(key.column.desc())).all()
                yield column.name, found[number % len(found)]
            elif column.name in words:
                yield column.name, words[column.name][number % len(words[column.name])]
            elif list(table.primary_key.columns) != [column] or not isinstance(column.type, sa.Integer):
                yield column.name, _value(column, mark, number)


def _words(table: sa.Table) -> dict[str, list[str]]:
    """Return the words that a column may have, by column, as its CHECK constraint lists them."""
    checks = [one for one in table.constraints if isinstance(one, sa.CheckConstraint)]
    found = (_LISTED.search(str(check.sqltext)) for check in checks)
    return {match[1]: re.findall(r"'(\w+)'", match[2]) for match in found if match}


def _value(column: sa.Column[Any], mark: str, number: int) -> Any:
    match column.type:
        case sa.Boolean():
            return False
        case sa.Integer():
            return number
        case sa.Float():
            return number / 2
        case sa.DateTime():
            return AT
        case _:
            return f"{mark}-{number}"


def _lost(before: Rows, after: Rows) -> dict[str, set[tuple[Any, ...]]]:
    """Return the rows that are gone from tables that are still there."""
    gone = {name: rows - after[name] for name, rows in before.items() if name in after}
    return {name: rows for name, rows in gone.items() if rows}


def _engine(url: str) -> Engine:
    engine = database.connect(database.read_url(url))
    if file := database.sqlite_file(engine.url):
        file.parent.mkdir(parents=True, exist_ok=True)
    return engine


def test_rows_of_every_version_survive_the_way_up_and_the_way_down(database_url: str) -> None:
    """Each version is filled as it is reached; up, no row is lost; down, only what the older one cannot hold.

    That is the voices of version 3, with their attempts, whose kind the version before does not know.
    """
    engine = _engine(database_url)
    forgotten: dict[str, dict[str, int]] = {}

    before: Rows = {}
    for version in VERSIONS:
        with database.changing_tables(engine) as connection:
            command.upgrade(_config(connection), version)
            tables = _Tables(connection)
            assert _lost(before, tables.rows()) == {}, version
            tables.fill(version)
            before = tables.rows()
    for version in reversed(["base", *VERSIONS[:-1]]):
        with database.changing_tables(engine) as connection:
            command.downgrade(_config(connection), version)
            after = _Tables(connection).rows()
        if lost := _lost(before, after):
            forgotten[version] = {name: len(rows) for name, rows in lost.items()}
        before = after
    assert after == {}
    database.migrate(engine)

    assert list(forgotten) == ["0002"]
    assert set(forgotten["0002"]) == {"attempts"}
    assert database.revision(engine) == database.HEAD
