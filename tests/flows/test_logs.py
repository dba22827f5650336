"""The log: a line an event, whose it is on each, no secret on any, and the work never waits for it."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.host import Host
from actors.lines import Line, heard, say
from actors.pool import Outcome
from flows import logs, notices
from flows.events import Count, Event, EventName
from flows.progress import show_progress
from flows.unattended import told_of
from schemas.errors import SettingsError, StorageError
from schemas.work import Kind
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.flows.test_dispatch import SHOTS, Desk, _ad, _plan
from tests.scripted import ScriptedPool

SECRETS = {
    "REELMILL_WEBHOOK": "https://hooks.example/T0/B0/word-of-the-hook",
    "REELMILL_WEBHOOK_SECRET": 'signs"with\\quotes',
    "REELMILL_REVIEW_TOKEN": "token-of-the-review-page-0123456789",
    "RUNWAYML_API_SECRET": "key_of_a_hosted_model",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
    "AWS_SESSION_TOKEN": "session-token-of-the-store",
    "RAY_AUTH_TOKEN": "token-of-the-cluster",
    "PREFECT_API_AUTH_STRING": "admin:prefects-word",
    "REELMILL_DATABASE_URL": "postgresql://ada:p%40ssword-of-ada@db.example/reelmill",
}
IN_FILES = {
    "REELMILL_WEBHOOK_FILE": "https://hooks.example/T1/B1/word-of-a-hook-in-a-file",
    "RAY_AUTH_TOKEN_PATH": "token-of-the-cluster-in-a-file",
}
PLAIN = {"REELMILL_DATABASE_URL": "p@ssword-of-ada"}
"""What of a setting is secret, where that is not all of it."""
SIGNED = "https://s3.example/b/k?X-Amz-Credential=AKIA0/x&X-Amz-Signature=0123abcd&X-Amz-Expires=9"


@contextmanager
def _written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, form: str = "json", level: str = "info"
) -> Iterator[Callable[[], list[str]]]:
    """Have a log in a file; what is handed out reads its lines, once the block is over."""
    file = folder / "logs" / "reelmill.log"
    environ = {"REELMILL_LOG": form, "REELMILL_LOG_FILE": str(file), "REELMILL_LOG_LEVEL": level}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with logs.written("off"):
        yield lambda: file.read_text(encoding="utf-8").splitlines()


@settings(max_examples=30)
@given(
    event=st.sampled_from(get_args(EventName)),
    kind=st.sampled_from(get_args(Kind)),
    label=st.text(max_size=40),
    reason=st.text(max_size=200),
)
def test_each_line_says_when_what_and_whose(event: EventName, kind: Kind, label: str, reason: str) -> None:
    """Whatever a brief has put into it, it is one line of ASCII that machines read."""
    told = Event(event=event, campaign="kaffi/x", run=7, kind=kind, key="k", label=label, reason=reason)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        with _written(Path(folder), monkeypatch, level="debug") as lines:
            logs.note(told)
        (line,) = lines()

    facts = json.loads(line)
    assert line.isascii()
    assert (facts["event"], facts["campaign"], facts["run"], facts[kind]) == (event, "kaffi/x", 7, "k")
    assert (facts.get("label", ""), facts.get("reason", "")) == (label, reason)
    assert datetime.fromisoformat(facts["time"]).tzinfo == UTC


@pytest.mark.parametrize("form", ["json", "plain"])
def test_no_line_holds_a_secret(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says it: an event, another library, an error with its traceback, a run that cannot begin."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name, value in IN_FILES.items():
        (tmp_path / name).write_text(f"{value}\n")
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(notices, "tell", lambda *_: None)
    everything = " ".join((*SECRETS.values(), *IN_FILES.values(), *PLAIN.values(), SIGNED))
    with _written(tmp_path, monkeypatch, form, "debug") as lines:
        logs.note(Event(event="failed", campaign="a/b", label=everything, reason=everything))
        logs.say(everything)
        logging.getLogger("a.library").warning("GET /?token=%s", SECRETS["REELMILL_REVIEW_TOKEN"])
        for error in (StorageError(everything), ValueError(everything)):
            with suppress(type(error)), told_of(everything):
                try:
                    raise error
                except type(error):
                    logging.getLogger("prefect.engine").exception("broke off: %s", everything)
                    raise
    text = "\n".join(lines())

    assert len(lines()) == 5
    assert "db.example" in text
    for value in (SECRETS | IN_FILES | PLAIN).values():
        assert value not in text
        assert json.dumps(value)[1:-1] not in text
    assert "0123abcd" not in text
    assert "AKIA0" not in text


def test_a_traceback_is_for_what_nobody_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an error that is told in a sentence, only that; at level debug, all."""

    def facts(level: str, error: Exception) -> dict[str, Any]:
        with _written(tmp_path / level, monkeypatch, level=level) as lines:
            try:
                raise error
            except type(error):
                logging.getLogger("prefect").exception("it broke off")
        told: dict[str, Any] = json.loads(lines()[-1])
        return told

    expected = facts("info", SettingsError("the bucket is gone"))
    assert "exception" not in expected
    assert expected["reason"] == "the bucket is gone"
    assert "ValueError: what" in facts("info", ValueError("what"))["exception"]
    assert "Traceback" in facts("debug", SettingsError("the bucket is gone"))["exception"]


def test_what_a_worker_says_comes_back_with_its_answer() -> None:
    """Its own lines and the warnings of libraries; also where it then fails."""
    host = Host("tests.workers:Muttering", ())
    host.load()
    good, bad = (host.call("mutter", (then,)) for then in ("answer", "fail"))

    assert good.value == "answer"
    assert bad.value.verdict == "memory"  # type: ignore[attr-defined]
    for said in (good, bad):
        assert [(line.level, line.text) for line in said.lines] == [
            ("info", "wan loaded on cuda in 12.0 s"),
            ("warning", "the tokenizer cut 3 words"),
        ]


def test_a_line_that_cannot_be_formatted_is_no_failure_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's mistake would else be told as the item's, and the item given up."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own raise, on purpose
    with heard() as lines:
        logging.getLogger("a.library").warning("%d words", "three")
        say("done")

    assert [line.text for line in lines] == ["done"]


def test_a_workers_line_says_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shot that two campaigns share is told to each; an ad's first line names the shots it shows."""
    pool = ScriptedPool(slots=1)
    answers = pool.wait
    line = Line(datetime(2026, 11, 23, tzinfo=UTC), "warning", "made smaller")

    def wait(seconds: float) -> list[Outcome]:
        return [one._replace(lines=(line,)) for one in answers(seconds)]

    monkeypatch.setattr(pool, "wait", wait)
    with Catalog(copy_catalog(tmp_path / "c.sqlite")) as book, _written(tmp_path, monkeypatch) as lines:
        desk = Desk(book, pool)
        for campaign in ("kaffi/one", "kaffi/two"):
            plan = _plan(_ad("a", [SHOTS[0]]), campaign=campaign)
            batch = desk.add(plan)
        desk.work()
        for event in desk.events:
            logs.note(event)
    facts = [json.loads(one) for one in lines()]
    shared = [one for one in facts if one["event"] == "said" and one.get("shot") == SHOTS[0].key]
    ads = [one for one in facts if one["event"] == "started" and "ad" in one]

    assert {one["campaign"]: one["reason"] for one in shared} == {
        "kaffi/one": "made smaller",
        "kaffi/two": "made smaller",
    }
    assert {one["level"] for one in shared} == {"warning"}
    assert {one["worker"] for one in shared} == {"here/1"}
    assert [one["shots"] for one in ads] == [[SHOTS[0].key]] * 2
    assert {one["run"] for one in facts if "run" in one} == {batch.run - 1, batch.run}
    assert all(one["model"] for one in facts if one["event"] in {"started", "made"})


def test_people_see_progress_and_machines_the_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a setting nothing changes; with a log on standard error nothing else is written there."""
    ended = Event(event="ended", campaign="kaffi/x", state="done", counts={"ad": Count(made=1)})
    for name in ("REELMILL_LOG", "REELMILL_LOG_FILE"):
        monkeypatch.delenv(name, raising=False)
    with logs.written("off"), show_progress(as_json=False) as tell:
        logs.with_log(tell)(ended)
        logs.say("a sentence")
    for_people = capfd.readouterr().err
    with logs.written("json"), show_progress(as_json=False) as tell:
        logs.with_log(tell)(ended)
        logs.say("a sentence")
    for_machines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    assert "kaffi/x: done" in for_people
    assert "a sentence" in for_people
    assert [one["event"] for one in for_machines] == ["ended", "note"]
    assert for_machines[0]["counts"]["ad"]["made"] == 1


def test_a_reader_that_stands_still_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines wait, then are dropped; neither the work nor the end of the process waits for them."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(logs, "_WAITING_MAX", 10)
    monkeypatch.setattr(logs, "_LAST_WORDS_SECONDS", 0.1)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.setenv("REELMILL_LOG", "json")
    monkeypatch.setenv("REELMILL_LOG_FILE", str(pipe))
    began = time.monotonic()
    with logs.written("off"):
        for _ in range(1000):
            logs.say("x" * 1000)

    assert time.monotonic() - began < 5
    os.close(reader)


def test_lines_that_had_no_room_are_counted_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads a log of a process that lasts for weeks sees the gap."""
    reads, put = threading.Event(), logs._put
    monkeypatch.setattr(logs, "_WAITING_MAX", 2)
    monkeypatch.setattr(logs, "_put", lambda out, line: reads.wait(10) and put(out, line))
    with _written(tmp_path, monkeypatch) as lines:
        for _ in range(10):
            logs.say("before")
        reads.set()
        book, until = logs._state.book, time.monotonic() + 10
        while book is not None and not book._lines.empty() and time.monotonic() < until:
            time.sleep(0.01)
        logs.say("after")
    facts = [json.loads(line) for line in lines()]
    kept = sum(one.get("reason") == "before" for one in facts)

    assert [one.get("reason", one["event"]) for one in facts[kept:]] == [
        f"{10 - kept} lines had no room",
        "after",
    ]


def test_a_line_that_cannot_be_written_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither whoever logs it nor the thread that writes."""
    put = logs._put

    def fail_once(*_: object) -> None:
        monkeypatch.setattr(logs, "_put", put)
        raise ValueError("I/O operation on closed file")

    monkeypatch.setattr(logs, "_put", fail_once)
    with _written(tmp_path, monkeypatch) as lines:
        logs.say("lost")
        logging.getLogger("a.library").warning("%d words", "three")
        logs.say("done")
    odd, done = (json.loads(line) for line in lines())

    assert odd["event"].startswith(f"a line of {__file__}:")
    assert odd["event"].endswith(" cannot be written: TypeError")
    assert done["reason"] == "done"


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_the_level_is_the_least_that_is_written(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every library, also of one that has given its loggers a level."""
    names, library = ["info", "warning", "error"], logging.getLogger("prefect.of_the_test")
    library.setLevel(logging.INFO)
    with _written(tmp_path, monkeypatch, level=level) as lines:
        for name in names:
            library.log(logging.getLevelNamesMapping()[name.upper()], "told")
    levels = [json.loads(line)["level"] for line in lines()]

    assert levels == names[names.index(level) :]


def test_other_libraries_get_their_own_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that goes on after a log, as tests do, is as it was."""
    names = ("", "prefect", "uvicorn", "alembic")
    own = logging.StreamHandler()
    logging.getLogger("uvicorn").addHandler(own)

    def state() -> list[Any]:
        loggers = [logging.getLogger(name) for name in names]
        return [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]

    before = state()
    with _written(tmp_path, monkeypatch):
        inside = state()
        with logs.written("json"):  # another block goes on in the same
            assert state() == inside
    after = state()
    logging.getLogger("uvicorn").removeHandler(own)

    assert own not in inside[2][0]
    assert after == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("REELMILL_LOG", "yaml"), ("REELMILL_LOG_LEVEL", "loud"), ("REELMILL_LOG_FILE", "/proc/none/log")],
)
def test_a_log_that_cannot_be_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable and its value are named."""
    monkeypatch.setenv("REELMILL_LOG", "json")
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=f"{name}='{value}'"), logs.written("json"):
        pass


def test_prefect_goes_the_same_way_whenever_it_is_imported(tmp_path: Path) -> None:
    """It sets logging up for the whole process, and would send every line of ours to the terminal."""
    script = (
        "import logging\n"
        "from flows.logs import say, written\n"
        "with written('json'):\n"
        "    say('before')\n"
        "    from prefect.logging.configuration import setup_logging\n"
        "    setup_logging()\n"
        "    say('after')\n"
        "    logging.getLogger('prefect.engine').error('of Prefect')\n"
        "    logging.getLogger('uvicorn.error').info('of uvicorn')\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PREFECT_HOME": str(tmp_path)}
    environ = {name: value for name, value in environ.items() if not name.startswith("REELMILL_LOG")}
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=True)
    facts = [json.loads(line) for line in ended.stderr.splitlines()]

    assert [one.get("reason", one["event"]) for one in facts] == [
        "before",
        "after",
        "of Prefect",
        "of uvicorn",
    ]
    assert [one.get("logger") for one in facts[2:]] == ["prefect.engine", "uvicorn.error"]
