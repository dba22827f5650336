"""The doctor: each look has something real to find, in bounded time, and says the cure."""

import stat
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from flows import doctor
from flows.cli import cli
from flows.doctor import LOOKS, examine, machine, stores
from flows.doctor.findings import Answer, Finding, Look, ok, side_by_side
from schemas.errors import SettingsError
from schemas.settings import read_settings
from storage.database import HEAD, connect, read_url
from storage.trial import BlobTrial
from tests.actors.marks.authority import issue
from tests.catalogs import copy_catalog
from tests.servers import S3Server, free_ports

Environ = dict[str, str]


def _find(what: str, environ: Environ, folder: Path) -> Finding:
    """Return what the look at *what* finds with these settings."""
    settings = read_settings({"REELMILL_HOME": str(folder / "home"), **environ})
    (finding,) = examine(settings, [look for look in LOOKS if look.what == what])
    return finding


def _program(folder: Path, says: str, code: int = 0) -> Environ:
    """Return settings with an ffmpeg that knows *says* of encoders, and ends with *code* otherwise."""
    path = folder / "ffmpeg"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *-encoders*) echo "{says}";; *) echo broken >&2; exit {code};; esac\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"REELMILL_FFMPEG": str(path)}


def _no_folder(folder: Path) -> Path:
    """Return a place below a file: nobody can write there, root neither."""
    (folder / "file").write_text("in the way")
    return folder / "file" / "below"


def _port() -> int:
    return free_ports(1)[0]


CASES: dict[str, tuple[str, Callable[[Path], Environ], str]] = {
    "an ffmpeg without x264": (
        "ffmpeg",
        lambda folder: _program(folder, " V. mpeg4  A. aac "),
        "lacks libx264",
    ),
    "an ffmpeg that ends": ("ffmpeg", lambda folder: _program(folder, " libx264  aac ", 7), "with 7: broken"),
    "an ffmpeg that is not there": ("ffmpeg", lambda folder: {"REELMILL_FFMPEG": str(folder / "no")}, "no"),
    "a home on no disk": ("disk", lambda _: {"REELMILL_HOME": "/proc/home"}, "0.0 GB free at /proc"),
    "a database below a file": (
        "database",
        lambda folder: {"REELMILL_DATABASE_URL": f"sqlite:///{_no_folder(folder)}/c.sqlite"},
        "Not a directory",
    ),
    "a database that is none": (
        "database",
        lambda folder: {"REELMILL_DATABASE_URL": f"sqlite:///{_text(folder / 'c.sqlite')}"},
        "not a database",
    ),
    "a database where nobody listens": (
        "database",
        lambda _: {"REELMILL_DATABASE_URL": f"postgresql://u:secret-word@127.0.0.1:{_port()}/d"},
        "refused",
    ),
    "blobs below a file": ("blobs", lambda folder: {"REELMILL_BLOBS": str(_no_folder(folder))}, "directory"),
    "an inbox below a file": (
        "inbox",
        lambda folder: {"REELMILL_INBOX": str(_no_folder(folder))},
        "is no folder",
    ),
    "a certificate that is none": (
        "signature",
        lambda folder: {
            "REELMILL_C2PA_CERTIFICATE": str(_text(folder / "c.pem")),
            "REELMILL_C2PA_KEY": str(_text(folder / "k.pem")),
        },
        "no certificate",
    ),
    "a Prefect where nobody listens": (
        "Prefect",
        lambda _: {"PREFECT_API_URL": f"http://127.0.0.1:{_port()}/api"},
        "PREFECT_API_URL=",
    ),
}


def _text(path: Path) -> Path:
    path.write_text("neither rows nor keys " * 100)
    return path


@pytest.mark.parametrize("case", CASES)
def test_what_is_broken_is_found(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words that name it, with a cure, and without a password."""
    what, environ_of, words = CASES[case]
    environ = environ_of(tmp_path)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)  # Prefect reads it itself
    finding = _find(what, environ, tmp_path)

    assert finding.state == "failed"
    assert words in finding.found
    assert finding.cure
    assert "secret-word" not in finding.model_dump_json()


def test_a_cluster_that_is_not_there_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself would try for two minutes."""
    address = f"127.0.0.1:{_port()}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    finding = _find("Ray", {"RAY_ADDRESS": address}, tmp_path)

    assert finding.state == "failed"
    assert address in finding.found
    assert "nobody answers" in finding.found


@pytest.mark.parametrize("catalog_url", ["postgresql"], indirect=True)
def test_a_server_is_tried_out_and_left_as_it_was(
    s3_place: str, s3_server: S3Server, catalog_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the right keys all is well; with wrong ones each says so."""
    engine = connect(read_url(catalog_url))
    environ = {"REELMILL_DATABASE_URL": catalog_url, "REELMILL_BLOBS": s3_place, "REELMILL_INBOX": s3_place}
    looks = [look for look in LOOKS if look.what in {"database", "blobs", "inbox"}]
    good = examine(read_settings({"REELMILL_HOME": str(tmp_path), **environ}), looks)
    with engine.connect() as connection:
        notices = connection.execute(sa.text("SELECT count(*) FROM notices")).scalar()
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(sa.text("DROP TABLE notices"))
        connection.commit()
    engine.dispose()
    old = _find("database", environ, tmp_path)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-key")
    wrong = catalog_url.replace("secret-of-the-test", "another-word")
    bad = [_find("blobs", environ, tmp_path), _find("database", {"REELMILL_DATABASE_URL": wrong}, tmp_path)]

    assert [one.state for one in good] == ["ok"] * 3, good
    assert f"up to date ({HEAD})" in good[0].found
    assert "keys from env" in good[1].found
    assert "0 briefs" in good[2].found
    assert notices == 0
    assert (old.state, "brings it up to date" in old.cure) == ("warning", True)
    assert [one.state for one in bad] == ["failed"] * 2
    assert "AWS_SECRET_ACCESS_KEY" in bad[0].found
    assert "password authentication failed" in bad[1].found
    assert s3_server.secret_key not in str([one.model_dump() for one in (*good, *bad)])


@pytest.mark.parametrize(
    ("version", "state", "words"),
    [("9999", "failed", "newer Reelmill (9999"), ("0001", "warning", "older Reelmill (0001")],
)
def test_a_database_of_another_reelmill_is_told(version: str, state: str, words: str, tmp_path: Path) -> None:
    """A newer one is refused, an older one brought up to date, whichever tables it has."""
    url = copy_catalog(tmp_path / "c.sqlite")
    engine = connect(read_url(url))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE notices"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    tables = sa.inspect(engine).get_table_names()
    finding = _find("database", {"REELMILL_DATABASE_URL": url}, tmp_path)

    assert (finding.state, words in finding.found) == (state, True), finding
    assert sa.inspect(engine).get_table_names() == tables


def test_folders_are_left_as_they_were(tmp_path: Path) -> None:
    """One for blobs may come later; one that is mistyped for the inbox would hold nobody's briefs."""
    here, box = tmp_path / "home" / "blobs", tmp_path / "box"
    for folder in (here, box):
        folder.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    found = [
        _find(what, {f"REELMILL_{what.upper()}": str(place)}, tmp_path)
        for what, place in (("blobs", here), ("blobs", tmp_path / "a" / "b"), ("inbox", box))
    ]
    mistyped = _find("inbox", {"REELMILL_INBOX": str(tmp_path / "bocks")}, tmp_path)

    assert [one.state for one in found] == ["ok"] * 3, found
    assert "not there yet" in found[1].found
    assert (mistyped.state, "make it, or correct the path" in mistyped.found) == ("failed", True)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_works_but_not_as_it_should_is_a_warning(tmp_path: Path) -> None:
    """A certificate about to end, too little memory, a store with a wrong clock."""
    signing = issue(tmp_path, ends=12)
    environ = {
        "REELMILL_C2PA_CERTIFICATE": str(signing.certificate),
        "REELMILL_C2PA_KEY": str(signing.key),
        "REELMILL_WORKERS": "100000",
    }
    findings: list[Finding | Answer] = [_find(what, environ, tmp_path) for what in ("signature", "memory")]
    skewed = stores._of_store(BlobTrial(where="s3://b", conditional=True, ahead_seconds=-120.0))
    plain = stores._of_store(BlobTrial(where="s3://b", conditional=True, checksums=False))
    findings += [skewed, plain, _find("signature", {}, tmp_path)]

    assert [one.state for one in findings] == ["warning"] * 5
    assert all(one.cure for one in findings)
    assert f"{datetime.now(UTC).year}" in findings[0].found
    assert "120 s behind" in skewed.found
    with pytest.raises(SettingsError, match="If-None-Match"):
        stores._of_store(BlobTrial(where="s3://b", conditional=False))


def test_what_a_team_sets_wrong_is_told_without_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is called: a webhook is not tried."""
    skipped = [_find(what, {}, tmp_path) for what in ("webhook", "review page", "inbox", "GPUs")]
    monkeypatch.setenv("REELMILL_WEBHOOK", "http://hooks.example/a-key-of-the-hook")
    monkeypatch.setenv("REELMILL_REVIEW_TOKEN", "too-short")
    failed = [_find(what, {}, tmp_path) for what in ("webhook", "review page")]

    assert [one.state for one in skipped[:3]] == ["skipped"] * 3
    assert [one.state for one in failed] == ["failed"] * 2
    assert not any(one.needed for one in (*skipped, *failed))
    assert "a-key-of-the-hook" not in failed[0].model_dump_json()


def test_a_clock_before_the_release_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leases and certificates go by it."""
    monkeypatch.setattr(machine, "_RELEASED", datetime(2999, 1, 1, tzinfo=UTC))
    finding = _find("clock", {}, tmp_path)

    assert finding.state == "failed"
    assert "NTP" in finding.cure


def test_looks_are_taken_side_by_side_and_none_for_ever() -> None:
    """What hangs has failed by its time; what raises anything is a finding too."""

    def hang(_: Any) -> Answer:
        time.sleep(60)
        return ok("at last")

    def stumble(_: Any) -> Answer:
        raise ZeroDivisionError("of somebody else")

    looks = [Look(f"hangs {n}", hang, "wake it", seconds=0.3) for n in range(5)]
    began = time.monotonic()
    findings = side_by_side([*looks, Look("stumbles", stumble, "mend it")], read_settings({}))

    hanging = [thread for thread in threading.enumerate() if thread.name.startswith("doctor: hangs")]
    assert time.monotonic() - began < 1.2
    assert [thread.daemon for thread in hanging] == [True] * 5  # so that none keeps the process
    assert [one.state for one in findings] == ["failed"] * 6
    assert "0.3 s" in findings[0].found
    assert findings[5].found == "ZeroDivisionError: of somebody else"
    assert findings[5].cure == "mend it"


@pytest.mark.parametrize(
    ("state", "needed", "code"),
    [("ok", True, 0), ("warning", True, 0), ("failed", False, 0), ("skipped", True, 0), ("failed", True, 3)],
)
def test_only_what_is_needed_and_failed_ends_with_3(
    state: Any,
    needed: Any,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container that waits for its servers asks by the exit code."""
    finding = Finding(what="thing", state=state, found="as it is", needed=needed)
    monkeypatch.setattr(doctor, "examine", lambda _: [finding])
    ended = CliRunner().invoke(cli, ["doctor", "--json"], standalone_mode=False)

    assert ended.return_value == code
    assert '"found": "as it is"' in ended.output
