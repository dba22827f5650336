"""Writes what happens for machines and for those who run them: a line each, without secrets.

The events of a run are its source. Lines of other libraries (Prefect, uvicorn, Alembic) go the same way. They
are written by a thread of their own, so that a reader who stands still never holds up the work.
"""

import atexit
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Final, TextIO

import click

from flows.events import Event, EventName, Progress
from flows.hiding import hide
from flows.spoken import plain
from schemas.errors import ReelmillError, SettingsError
from schemas.settings import LogForm, LogLevel, LogSettings, read_log_settings, set_defaults

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

BY_ITSELF: Final = ("serve", "inbox", "review", "metrics")
"""Commands that nobody watches: they write JSON unless REELMILL_LOG says otherwise."""
_OURS = "reelmill"
_LOUD = (_OURS, "uvicorn", "alembic.runtime.migration")
"""Loggers whose ordinary lines are worth a line; of others only warnings are."""
_TAMED = ("", *_LOUD, "prefect", "prefect.server", "uvicorn.access", "uvicorn.error", "fastapi")
"""Loggers that may have been given a way of their own to the terminal."""
_LEVELS: dict[EventName, int] = {
    "progress": logging.DEBUG,
    "retrying": logging.WARNING,
    "held": logging.WARNING,
    "failed": logging.ERROR,
}
_SAID = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_WAITING_MAX = 20_000
"""Lines that wait for their reader; more are dropped, and counted."""
_LAST_WORDS_SECONDS = 2.0
_LONGEST_PLAIN = 4000
_HEAD = ("time", "level", "event", "logger")
_OF_PREFECTS_SETTINGS = Path(__file__).with_name("prefect_logging.yaml")
_OF_PREFECT = ("flow_run_name", "task_run_name")


class _Book(logging.Handler):
    """Writes lines to standard error or a file, as it is when a line comes."""

    def __init__(self, settings: LogSettings, formatter: logging.Formatter) -> None:
        super().__init__()
        self.file = settings.file
        self.setFormatter(formatter)
        self.setLevel(settings.level.upper())
        self._dropped = 0
        self._lines: Queue[str | None] = Queue(_WAITING_MAX)
        self._thread = Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have *record* written; never waits, and raises nothing into whoever logs."""
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 (anything may be logged; the stdlib would print it, keys too)
            where = f"{record.pathname}:{record.lineno}"
            line = self._sentence(f"a line of {where} cannot be written: {type(error).__name__}")
        try:
            if self._dropped:
                self._lines.put_nowait(self._lost())
                self._dropped = 0
            self._lines.put_nowait(line)
        except Full:
            self._dropped += 1

    def end(self) -> None:
        """Write what is left, for a while. Not `close`: that is what Prefect calls when it sets itself up."""
        with suppress(Full):
            if self._dropped:
                self._lines.put(self._lost(), timeout=_LAST_WORDS_SECONDS)
            self._lines.put(None, timeout=_LAST_WORDS_SECONDS)
            self._thread.join(_LAST_WORDS_SECONDS)

    def _lost(self) -> str:
        return self._sentence(f"{self._dropped} lines had no room")

    def _sentence(self, text: str) -> str:
        """Return a line about the log itself."""
        facts = {"name": _OURS, "msg": text, "levelno": logging.WARNING, "levelname": "WARNING"}
        return self.format(logging.makeLogRecord(facts))

    def _write_all(self) -> None:
        for line in iter(self._lines.get, None):
            # The reader has gone, the disk is full, standard error is closed: the next line may be written.
            with suppress(Exception):
                self._write(hide(line))

    def _write(self, line: str) -> None:
        if self.file is None:
            _put(sys.stderr, line)
            return
        with self.file.open("a", encoding="utf-8") as out:  # opened anew: whoever rotates logs may move it
            _put(out, line)


class _State:
    """What this process writes."""

    book: _Book | None = None


_state = _State()


@contextmanager
def written(default: LogForm, *, lasting: bool = False) -> Iterator[None]:
    """Write what happens in the block as REELMILL_LOG says, else as *default*.

    Inside another such block that one goes on; a *lasting* one does until the process ends. Raises
    SettingsError where it cannot be written.
    """
    settings = read_log_settings()
    form = settings.form or default
    if form == "off" or _state.book is not None:
        yield
        return
    _state.book = _opened(settings, form)
    set_defaults({"PREFECT_LOGGING_SETTINGS_PATH": str(_OF_PREFECTS_SETTINGS)})  # it may be imported later
    undo = _tame(_state.book, settings.level)

    def close() -> None:
        book, _state.book = _state.book, None
        logging.captureWarnings(False)
        for logger, handlers, level, propagate in undo:
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)
        if book is not None:
            book.end()

    try:
        yield
    finally:
        atexit.register(close) if lasting else close()


def takes_stderr() -> bool:
    """Tell whether the log stands on standard error, so that nothing for people may stand there too."""
    return _state.book is not None and _state.book.file is None


def with_log(tell: Progress) -> Progress:
    """Return who tells *tell* each event, and the log where there is one."""

    def both(event: Event) -> None:
        note(event)
        tell(event)

    return both


def note(event: Event) -> None:
    """Write *event* into the log, if there is one."""
    if _state.book is None:
        return
    facts = event.model_dump(mode="json", exclude_defaults=True, exclude={"event", "at", "key", "level"})
    if event.kind:
        facts[event.kind] = event.key
    time = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
    level = _SAID[event.level] if event.event == "said" else _LEVELS.get(event.event, logging.INFO)
    _write(level, event.event, time=time, **facts)


def say(sentence: str) -> None:
    """Tell whoever reads the log, and people, on standard error, where the log does not stand there."""
    if _state.book is not None:
        _write(logging.INFO, "note", reason=sentence)
    if not takes_stderr():
        click.echo(sentence, err=True)


@contextmanager
def about(**facts: str | int) -> Iterator[None]:
    """Put *facts* on every line of the block that does not say otherwise, whoever writes it."""
    if _state.book is None:
        yield
        return
    from structlog.contextvars import bound_contextvars  # noqa: PLC0415 (only where there is a log)

    with bound_contextvars(**facts):
        yield


def _put(out: TextIO, line: str) -> None:
    out.write(f"{line}\n")
    out.flush()


def _write(level: int, event: str, **facts: object) -> None:
    import structlog  # noqa: PLC0415 (only where there is a log)

    structlog.get_logger(_OURS).log(level, event, **facts)


def _opened(settings: LogSettings, form: LogForm) -> _Book:
    """Return the book that all lines go into. Raises SettingsError where it cannot be written."""
    try:
        if settings.file is not None:
            settings.file.parent.mkdir(parents=True, exist_ok=True)
            settings.file.open("a").close()
    except OSError as error:
        raise SettingsError(
            f"REELMILL_LOG_FILE={str(settings.file)!r}: {error}; name a file to write"
        ) from error
    return _Book(settings, _formatter(form, debug=settings.level == "debug"))


def _formatter(form: LogForm, *, debug: bool) -> logging.Formatter:
    """Have structlog make lines of *form*, of our own events and of what other libraries log."""
    import structlog  # noqa: PLC0415 (only where there is a log)
    from structlog.stdlib import ExtraAdder, ProcessorFormatter  # noqa: PLC0415

    first: list[Processor] = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *first, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    last: Processor = structlog.processors.JSONRenderer(default=str) if form == "json" else _as_plain
    return ProcessorFormatter(
        foreign_pre_chain=[*first, structlog.stdlib.add_logger_name, ExtraAdder(_OF_PREFECT)],
        processors=[
            *((_reason_of_expected,) if not debug else ()),
            structlog.processors.format_exc_info,
            _timed,
            ProcessorFormatter.remove_processors_meta,
            _in_order,
            last,
        ],
    )


def _tame(book: _Book, level: LogLevel) -> list[tuple[logging.Logger, list[logging.Handler], int, bool]]:
    """Have all loggers write into *book* alone; return how they were. What tells Prefect's server stays."""
    undo = []
    for name in _TAMED:
        logger = logging.getLogger(name)
        undo.append((logger, [*logger.handlers], logger.level, logger.propagate))
        logger.handlers[:] = [one for one in logger.handlers if not isinstance(one, logging.StreamHandler)]
        logger.propagate = True
        if name in _LOUD:
            logger.setLevel(level.upper())
    logging.getLogger().addHandler(book)
    logging.captureWarnings(True)
    return undo


def _reason_of_expected(_: "WrappedLogger", __: str, line: "EventDict") -> "EventDict":
    """Leave out the traceback of an error that Reelmill tells in a sentence."""
    error = line.get("exc_info")
    error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, ReelmillError):
        del line["exc_info"]
        line.setdefault("reason", str(error))
    return line


def _timed(_: "WrappedLogger", __: str, line: "EventDict") -> "EventDict":
    at = datetime.fromtimestamp(line["_record"].created, UTC)
    line.setdefault("time", at.isoformat(timespec="milliseconds"))
    return line


def _in_order(_: "WrappedLogger", __: str, line: "EventDict") -> "EventDict":
    return {**{name: line[name] for name in _HEAD if name in line}, **line}


def _as_plain(_: "WrappedLogger", __: str, line: "EventDict") -> str:
    head = f"{line.pop('time')} {line.pop('level').upper():<7} {line.pop('event')}"
    facts = (f"{name}={json.dumps(value, default=str, ensure_ascii=False)}" for name, value in line.items())
    return plain(" ".join((head, *facts)), _LONGEST_PLAIN)
