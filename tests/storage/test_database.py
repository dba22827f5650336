"""Opening the catalog: new, at once, not at all, and the tables that it then has."""

import json
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from schemas.errors import SettingsError
from storage import database
from storage.catalog import Catalog
from storage.runs import LEASE_SECONDS
from storage.tables import Base
from tests.servers import PostgresServer
from tests.storage.drawn import NARRATION, draw_plan, voice_file

UNUSABLE = (
    "mysql://u:hunter2@h/d",
    "postgresql://u:pass@h:hunter2/d",
    "sqlite://",
    "sqlite:///:memory:",
    "hunter2",
)

AT = "'2026-11-01 12:00:00.000000'"
RUN = "runs (campaign_id, brief_sha256, brief, stills, shots, ads, started_at, ended_at, state)"
ATTEMPT = "attempts (kind, key, run_id, worker, error, seconds, started_at, ended_at, outcome)"
FIRST_ROWS = (
    f"campaigns (name, created_at) VALUES ('kaffi/old', {AT})",
    f"{RUN} VALUES (1, 'b', '{{}}', 1, 1, 2, {AT}, {AT}, 'failed')",
    f"{RUN} VALUES (1, 'b', '{{}}', 1, 1, 2, {AT}, NULL, 'running')",
    f"shots VALUES ('s', '{{}}', 'running', '', NULL, {AT}, {AT})",
    f"ads VALUES ('a', '{{}}', 'done', '', NULL, {AT}, {AT}, 1, 2, 'p', 'en-US', 'tiktok', 'a', 'c')",
    f"ads VALUES ('b', '{{}}', 'running', '', NULL, {AT}, {AT}, 1, 2, 'q', 'en-US', 'tiktok', 'a', 'd')",
    f"{ATTEMPT} VALUES ('shot', 's', 1, '', 'x', 1, {AT}, {AT}, 'failed')",
    f"{ATTEMPT} VALUES ('shot', 's', 2, '', 'x', 1, {AT}, {AT}, 'quarantined')",
    f"{ATTEMPT} VALUES ('shot', 's', 2, '', 'x', 1, {AT}, {AT}, 'cancelled')",
    f"{ATTEMPT} VALUES ('ad', 'a', 2, '', '', 1, {AT}, {AT}, 'done')",
    f"{ATTEMPT} VALUES ('shot', 's', 2, '', '', 0, {AT}, NULL, 'running')",
)


def _constraints(engine: Engine) -> dict[str, list[tuple[str, str]]]:
    look = inspect(engine)
    return {
        table: sorted((str(c["name"]), c["sqltext"]) for c in look.get_check_constraints(table))
        for table in Base.metadata.tables
    }


def test_tables_and_migrations_agree(catalog: Catalog) -> None:
    """Whoever changes a table and forgets its migration is told here."""
    with catalog._engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def _conditions(engine: Engine) -> dict[str, str]:
    """Return the condition of every index that has one."""
    indexes = (index for table in Base.metadata.tables for index in inspect(engine).get_indexes(table))
    options = ((str(index["name"]), index.get("dialect_options", {})) for index in indexes)
    where = f"{engine.dialect.name}_where"
    return {name: str(about[where]) for name, about in options if where in about}


def test_the_lists_of_states_agree(catalog: Catalog) -> None:
    """Alembic compares neither CHECK constraints nor the conditions of indexes."""
    migrated, conditions = _constraints(catalog._engine), _conditions(catalog._engine)
    with catalog._writing() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)

    assert migrated == _constraints(catalog._engine)
    assert conditions == _conditions(catalog._engine)
    assert (set(migrated) >= {"ads", "voices"}, len(conditions)) == (True, 2)


def test_the_newest_migration_is_known_by_its_file_name() -> None:
    """Opening compares with it instead of asking Alembic."""
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == database.HEAD


def _first_version(engine: Engine) -> None:
    """Make the tables of the first release, with a killed run in them."""
    from alembic import command  # noqa: PLC0415 (as above)

    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(database.MIGRATIONS))
        command.upgrade(config, "0001")
        for row in FIRST_ROWS:
            connection.exec_driver_sql(f"INSERT INTO {row}")


def test_a_database_of_the_first_release_keeps_its_rows(database_url: str) -> None:
    """What ran was killed; verdicts are told from what was noted then; and it can be worked with."""
    engine = database.connect(database.read_url(database_url))
    if file := database.sqlite_file(engine.url):
        file.parent.mkdir()
    _first_version(engine)
    plan = draw_plan("one", campaign="kaffi/old")

    with Catalog(database_url) as catalog:
        old = [(row.name, row.state, row.counts) for row in catalog.campaigns()]
        with catalog._reading() as connection:
            attempts = "SELECT outcome, model, work, gpus FROM attempts ORDER BY id"
            outcomes = [tuple(row) for row in connection.execute(text(attempts))]
            shots = connection.execute(text("SELECT state, run_id FROM shots")).all()
        run = catalog.start_run(plan, "{}")
        ended = catalog.troubles("shot", ["s"])

    assert old == [("kaffi/old", "lost", {"done": 1, "planned": 1})]
    assert outcomes == [
        (outcome, "", 0, 0) for outcome in ("permanent", "crash", "cancelled", "done", "lost")
    ]
    assert shots == [("planned", None)]
    assert run == 3
    assert ended == {"s": {"crash": 1, "cancelled": 1, "lost": 1}}


def test_a_database_of_the_second_release_keeps_its_ads(database_url: str) -> None:
    """Their results knew nothing of captions and findings; voices can be made beside them."""
    from alembic import command  # noqa: PLC0415 (as above)

    sidecar = Path(__file__).parents[1] / "flows" / "old" / "sidecar.json"
    result = json.dumps(json.loads(sidecar.read_text())["asset"])
    engine = database.connect(database.read_url(database_url))
    if file := database.sqlite_file(engine.url):
        file.parent.mkdir()
    _first_version(engine)
    with database.changing_tables(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(database.MIGRATIONS))
        command.upgrade(config, "0002")
        connection.execute(text("UPDATE ads SET result = :it WHERE key = 'a'"), {"it": result})
    plan = draw_plan("new", voiced=True)

    with Catalog(database_url) as catalog:
        (old, *_) = catalog.rows("kaffi/old")
        run = catalog.start_run(plan, "{}")
        catalog.finish(catalog.claim("voice", NARRATION.key, run).attempt, voice_file(NARRATION))
        voices = catalog.voices_made([NARRATION.key])

    assert (old.state, old.captions, old.findings, old.bytes) == ("done", (), (), 14)
    assert voices == {NARRATION.key: voice_file(NARRATION)}


def test_rows_survive_the_way_back_to_the_first_release(database_url: str) -> None:
    """Whoever has to go back loses no ad."""
    from alembic import command  # noqa: PLC0415 (as above)

    with Catalog(database_url) as catalog:
        run = catalog.start_run(draw_plan("one"), "{}")
        catalog.fail(
            catalog.claim("ad", draw_plan("one").ads[0].key, run).attempt, "crash", "x", state="failed"
        )
        catalog.end_run(run, "interrupted")
    engine = database.connect(database.read_url(database_url))

    with database.changing_tables(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(database.MIGRATIONS))
        command.downgrade(config, "0001")

    with engine.connect() as connection:
        kept = "SELECT a.outcome, r.state, d.state FROM attempts a JOIN runs r ON r.id = a.run_id, ads d"
        assert connection.execute(text(kept)).all() == [("quarantined", "cancelled", "failed")]


def test_a_current_database_opens_without_alembic(database_url: str) -> None:
    """A rerun of a finished campaign has two seconds in all."""
    Catalog(database_url).__exit__(None, None, None)
    code = f"import sys; from storage.catalog import Catalog; Catalog({database_url!r}); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert "sqlalchemy" in loaded.split()
    assert "alembic" not in loaded.split()


def test_processes_that_open_a_new_database_at_once_all_succeed(database_url: str) -> None:
    """One migrates, the others wait for it."""
    code = f"from storage.catalog import Catalog; print(Catalog({database_url!r}).campaigns())"

    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    told = [process.communicate(timeout=60) for process in started]

    assert told == [("[]\n", "")] * 3


def test_peeking_creates_nothing(tmp_path: Path) -> None:
    """`reelmill plan` touches nothing."""
    assert Catalog.peek(f"sqlite:///{tmp_path / 'home' / 'catalog.sqlite'}") is None
    assert list(tmp_path.iterdir()) == []


def test_peeking_into_an_empty_database_finds_nothing(postgres_url: str) -> None:
    """A database without our tables stays so."""
    assert Catalog.peek(postgres_url) is None
    assert inspect(create_engine(database.read_url(postgres_url))).get_table_names() == []


def test_peeking_finds_what_is_there(database_url: str) -> None:
    """The plan says what is made already."""
    with Catalog(database_url) as catalog:
        catalog.start_run(draw_plan("one"), "{}")

    found = Catalog.peek(database_url)

    assert found is not None
    with found:
        assert [row.product for row in found.rows()] == ["one"]


def test_tables_of_a_newer_version_are_left_alone(catalog: Catalog, catalog_url: str) -> None:
    """An old program must not write into tables that it does not know."""
    with catalog._writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingsError, match="newer Reelmill"):
        Catalog(catalog_url)
    with pytest.raises(SettingsError, match="newer Reelmill"):
        Catalog.peek(catalog_url)


def test_tables_of_an_older_version_are_not_changed_by_a_look(catalog: Catalog, catalog_url: str) -> None:
    """Only a run brings them up to date."""
    with catalog._writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    with pytest.raises(SettingsError, match="older Reelmill"):
        Catalog.peek(catalog_url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_is_understood(scheme: str, postgres_url: str) -> None:
    """Hosting services hand out the short one."""
    with Catalog(postgres_url.replace("postgresql", scheme, 1)) as catalog:
        assert catalog.campaigns() == []


def test_a_wrong_password_is_not_shown(postgres_server: PostgresServer) -> None:
    """Neither the message nor what it came from has it; options of the URL may hold one too."""
    url = f"postgresql://postgres:hunter2@127.0.0.1:{postgres_server.port}/postgres?application_name=hunter3"

    with pytest.raises(SettingsError, match=r"postgres:\*\*\*@127\.0\.0\.1") as caught:
        Catalog(url)
    assert "hunter" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", UNUSABLE)
def test_a_url_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    """The message shows the two forms that work."""
    with pytest.raises(SettingsError, match=r"use sqlite:///folder/file or postgresql://") as caught:
        Catalog(url)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL is an extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(SettingsError, match=r"reelmill\[postgres\]"):
        Catalog("postgresql://u:p@h/d")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """It is not overwritten either."""
    file = tmp_path / "catalog.sqlite"
    file.write_text("These are the notes of the last meeting. " * 100)

    with pytest.raises(SettingsError, match=r"cannot open the database sqlite.*not a database"):
        Catalog(f"sqlite:///{file}")
    assert file.read_text().startswith("These are the notes")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "home").write_text("")

    with pytest.raises(SettingsError, match="cannot open the database"):
        Catalog(f"sqlite:///{tmp_path / 'home' / 'catalog.sqlite'}")


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    """`reelmill status` answers while a run registers ten thousand ads."""
    with Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}") as catalog:
        run = catalog.start_run(draw_plan("one"), "{}")
        with catalog._writing() as connection:
            connection.execute(text("UPDATE runs SET state = 'done'"))

            assert [row.run for row in catalog.campaigns()] == [run]


def test_a_stopped_process_holds_no_rows_for_long(postgres_url: str) -> None:
    """The server ends its transaction before its lease is over, so that another may take over."""
    with Catalog(postgres_url) as catalog, catalog._reading() as connection:
        longest = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()

    assert 0 < int(longest.removesuffix("s")) < LEASE_SECONDS
