"""The environment, read once: every setting has a default that works alone."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import unquote

from schemas.errors import SettingsError
from schemas.marks import Signing
from schemas.record import Record

_SECRET = re.compile(
    r"(SECRET|TOKEN|PASSWORD|WEBHOOK|ACCESS_KEY|API_KEY|AUTH_STRING)$|_SECRET_|_PASSWORD_|PGPASS"
)
"""Names of environment variables that hold keys."""
_IN_FILE = re.compile(r"_(FILE|PATH)$")
"""How the names end of those that say in which file a key lies."""
_read: dict[tuple[str, int], str] = {}
"""What such files held when they were read: by path and time of the last change, in nanoseconds."""
_PASSWORD = re.compile(r"://[^/\s:@]*:([^@/\s]+)@")
_SECRET_MIN = 6
"""Shorter values would blot out words."""
LogForm = Literal["off", "json", "plain"]
LogLevel = Literal["debug", "info", "warning", "error"]


class LogSettings(Record):
    """What is written of what happens, for machines and for those who run them."""

    form: LogForm | None = None
    """``REELMILL_LOG``; None leaves it to the command."""
    file: Path | None = None
    """Where it is written (``REELMILL_LOG_FILE``); None is standard error."""
    level: LogLevel = "info"
    """The least that is written (``REELMILL_LOG_LEVEL``)."""


class Settings(Record):
    """Where Reelmill keeps things and what it talks to."""

    home: Path
    """Folder for database, blobs, cache and links to finished ads (``REELMILL_HOME``)."""
    database_url: str
    """SQLAlchemy URL of the catalog (``REELMILL_DATABASE_URL``)."""
    blobs: str
    """Folder, or ``s3://bucket/prefix``, that holds all files (``REELMILL_BLOBS``)."""
    ray_address: str | None
    """Address of a Ray cluster (``RAY_ADDRESS``); None starts Ray on this machine."""
    prefect_api_url: str | None
    """API of a Prefect server (``PREFECT_API_URL``); None uses an embedded one."""
    ffmpeg: str | None
    """An ffmpeg to use in place of the packaged one (``REELMILL_FFMPEG``)."""
    workers: int
    """How many CPU workers run side by side on one machine (``REELMILL_WORKERS``)."""
    models: str
    """Folder, or ``s3://bucket/prefix``, with one folder a checkpoint (``REELMILL_MODELS``)."""
    device: Literal["auto", "cpu"] = "auto"
    """``cpu`` lets models that ask for GPUs run without, for tests and tiny ones (``REELMILL_DEVICE``)."""
    drain_seconds: float = 30.0
    """How long what is being made may last after an interrupt (``REELMILL_DRAIN_SECONDS``)."""
    policy: Path | None = None
    """File with what is refused (``REELMILL_POLICY``); None is the policy that comes with Reelmill."""
    translator: str | None = None
    """Command that reads a prompt and writes it in English (``REELMILL_TRANSLATOR``); None for none."""
    media: tuple[str, ...] = ()
    """Folders besides the brief's that its paths may reach, and ``s3://`` places that rows of a feed may
    (``REELMILL_MEDIA``, parts as in ``PATH``)."""
    private_hosts: tuple[str, ...] = ()
    """Hosts of https:// or http:// addresses that may lie in the local network (``REELMILL_PRIVATE_HOSTS``,
    with commas)."""
    feed_rows: int = 100_000
    """Rows that a feed has at most (``REELMILL_FEED_ROWS``)."""
    feed_mb: int = 200
    """Size of a feed, unpacked, at most (``REELMILL_FEED_MB``)."""

    exports: str
    """Folder, or ``s3://bucket/prefix``, where the review page exports to (``REELMILL_EXPORTS``, a folder in
    home by default)."""

    inbox: str | None = None
    """Folder, or ``s3://bucket/prefix``, where briefs arrive (``REELMILL_INBOX``); None for none."""
    late_minutes: int = 15
    """A scheduled run that has not begun so long after its time is late (``REELMILL_LATE_MINUTES``)."""

    signing: Signing = Signing()
    """Who signs the ads (``REELMILL_C2PA_CERTIFICATE``, ``_KEY`` and ``_TIMESTAMP``)."""

    review_hosts: tuple[str, ...] = ()
    """Hosts, each perhaps with its port, under which browsers find the review page besides those of this
    machine (``REELMILL_REVIEW_HOSTS``, with commas)."""
    review_proxies: tuple[str, ...] = ()
    """Addresses and networks of reverse proxies that are believed (``REELMILL_REVIEW_PROXIES``, with
    commas)."""
    review_user_header: str = ""
    """Header in which such a proxy names the person (``REELMILL_REVIEW_USER_HEADER``)."""

    gpus: int = 0
    """GPUs that a cluster can grow to where Ray's autoscaler brings them (``REELMILL_GPUS``); 0 for none
    besides those that are there."""
    gpu_hour_price: str = ""
    """What a GPU costs an hour, ``2.50 EUR`` (``REELMILL_GPU_HOUR_PRICE``); empty where nobody says."""

    @property
    def cache(self) -> Path:
        """Folder for files that can be fetched or made again."""
        return self.home / "cache"

    @property
    def translations(self) -> Path:
        """File with what the translator said, so that a plan is the same again."""
        return self.cache / "translations.json"

    @property
    def weights(self) -> Path:
        """Folder that `reelmill weights fetch` fills."""
        return self.cache / "weights"

    @property
    def out(self) -> Path:
        """Folder with readable links to finished ads, one folder a campaign."""
        return self.home / "out"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from *environ* (default: the process's own).

    Raises SettingsError for a value that cannot be used.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("REELMILL_HOME") or "reelmill-data").expanduser().absolute()
    return Settings(
        home=home,
        database_url=env.get("REELMILL_DATABASE_URL") or f"sqlite:///{home / 'catalog.sqlite'}",
        blobs=_place("REELMILL_BLOBS", env, home / "blobs"),
        ray_address=env.get("RAY_ADDRESS") or None,
        prefect_api_url=env.get("PREFECT_API_URL") or None,
        ffmpeg=env.get("REELMILL_FFMPEG") or None,
        workers=_workers(env.get("REELMILL_WORKERS")),
        models=_place("REELMILL_MODELS", env, home / "cache" / "models"),
        device=_device(env.get("REELMILL_DEVICE")),
        drain_seconds=_drain_seconds(env.get("REELMILL_DRAIN_SECONDS")),
        policy=Path(policy).expanduser().absolute() if (policy := env.get("REELMILL_POLICY")) else None,
        translator=env.get("REELMILL_TRANSLATOR") or None,
        gpus=_count("REELMILL_GPUS", env, 0),
        gpu_hour_price=_price(env.get("REELMILL_GPU_HOUR_PRICE")),
        signing=_signing(env),
        media=_media(env.get("REELMILL_MEDIA")),
        private_hosts=_listed("REELMILL_PRIVATE_HOSTS", env),
        review_hosts=_listed("REELMILL_REVIEW_HOSTS", env),
        review_proxies=_listed("REELMILL_REVIEW_PROXIES", env),
        review_user_header=env.get("REELMILL_REVIEW_USER_HEADER", "").strip(),
        feed_rows=_count("REELMILL_FEED_ROWS", env, 100_000),
        feed_mb=_count("REELMILL_FEED_MB", env, 200),
        exports=_place("REELMILL_EXPORTS", env, home / "exports"),
        inbox=_place("REELMILL_INBOX", env, home) if env.get("REELMILL_INBOX") else None,
        late_minutes=_late_minutes(env.get("REELMILL_LATE_MINUTES")),
    )


def _signing(env: Mapping[str, str]) -> Signing:
    """Return where certificate and key lie; both are given, or neither."""
    names = "REELMILL_C2PA_CERTIFICATE", "REELMILL_C2PA_KEY"
    paths = [Path(env[name]).expanduser().absolute() for name in names if env.get(name)]
    if len(paths) == 1:
        given, lacking = names if env.get(names[0]) else names[::-1]
        raise SettingsError(f"{given} is set, and {lacking} is not: set both, or neither")
    timestamp = env.get("REELMILL_C2PA_TIMESTAMP", "")
    if timestamp and not timestamp.startswith(("https://", "http://")):
        raise SettingsError(f"REELMILL_C2PA_TIMESTAMP={timestamp!r}: use the https:// address of a service")
    certificate, key = paths or (None, None)
    return Signing(certificate=certificate, key=key, timestamp=timestamp)


def read_log_settings() -> LogSettings:
    """Read REELMILL_LOG and what goes with it. Raises SettingsError for a value that cannot be used."""
    form, file = os.environ.get("REELMILL_LOG") or None, os.environ.get("REELMILL_LOG_FILE")
    level = os.environ.get("REELMILL_LOG_LEVEL") or "info"
    if form not in {None, *get_args(LogForm)}:
        raise SettingsError(f"REELMILL_LOG={form!r}: use off, json or plain")
    if level not in get_args(LogLevel):
        raise SettingsError(f"REELMILL_LOG_LEVEL={level!r}: use debug, info, warning or error")
    path = Path(file).expanduser().absolute() if file else None
    return LogSettings(form=cast("LogForm | None", form), file=path, level=cast("LogLevel", level))


def secrets() -> tuple[str, ...]:
    """Return what stands in no log: keys, tokens, passwords and webhooks, also those that files hold."""
    values = {
        name: value.strip() for name, value in os.environ.items() if _SECRET.search(_IN_FILE.sub("", name))
    }
    for path in (value for name, value in values.items() if value and _IN_FILE.search(name)):
        _read_if_new(path)
    named = [value for name, value in values.items() if not _IN_FILE.search(name)]
    passwords = [found[1] for value in os.environ.values() for found in _PASSWORD.finditer(value)]
    plain = [unquote(word) for word in passwords]
    return tuple(
        {value for value in (*named, *_read.values(), *passwords, *plain) if len(value) >= _SECRET_MIN}
    )


def secret(name: str) -> str:
    """Return the environment variable *name*, which holds the key of an account; empty if unset.

    The variable *name* with ``_FILE`` behind it names a file that holds the key in its place. Raises
    SettingsError if that cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if os.environ.get(name) or not path:
        return os.environ.get(name, "").strip()
    try:
        return _read_key(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE={path!r} cannot be read: {error}; correct the path") from error


def _read_key(path: str) -> str:
    """Return what the file *path* holds, which is a secret from now on."""
    file = Path(path).expanduser()
    changed = file.stat().st_mtime_ns
    _read[path, changed] = text = file.read_text(encoding="utf-8").strip()
    return text


def _read_if_new(path: str) -> None:
    """Learn what the file *path* holds; a pipe is left to whoever wants the key, for it is read once."""
    with suppress(OSError, RuntimeError, UnicodeDecodeError):  # RuntimeError: ~ of nobody
        file = Path(path).expanduser()
        if file.is_file() and (path, file.stat().st_mtime_ns) not in _read:
            _read_key(path)


def _place(name: str, env: Mapping[str, str], default: Path) -> str:
    """Return the folder or the ``s3://`` place that the variable *name* holds."""
    text = env.get(name)
    if not text:
        return str(default)
    if "://" not in text:
        return str(Path(text).expanduser().absolute())
    if not text.startswith("s3://") or not text.removeprefix("s3://").split("/")[0]:
        raise SettingsError(f"{name}={text!r}: use a folder or s3://bucket/prefix")
    return text.rstrip("/")


def _media(text: str | None) -> tuple[str, ...]:
    """Return the places in *text*; the colon of ``s3://`` parts none."""
    parts = [part.strip() for part in re.split(rf"{re.escape(os.pathsep)}(?!//)", text or "")]
    return tuple(_place("REELMILL_MEDIA", {"REELMILL_MEDIA": part}, Path()) for part in parts if part)


def _listed(name: str, env: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())


def _count(name: str, env: Mapping[str, str], default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isdigit() or not 0 < int(text) <= 10**7:
        raise SettingsError(f"{name}={text!r}: use a whole number from 1 up to 10000000")
    return int(text)


def _price(text: str | None) -> str:
    if not text:
        return ""
    from schemas.money import parse_money  # noqa: PLC0415 (Babel takes a moment, and few set a price)

    try:
        return str(parse_money(text))
    except ValueError as error:
        raise SettingsError(f"REELMILL_GPU_HOUR_PRICE: {error}") from error


def _device(text: str | None) -> Literal["auto", "cpu"]:
    if text not in {None, "", "auto", "cpu"}:
        raise SettingsError(f"REELMILL_DEVICE={text!r}: use auto or cpu")
    return cast("Literal['auto', 'cpu']", text or "auto")


def _workers(text: str | None) -> int:
    if not text:
        return max(
            1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
    if not text.isdigit() or int(text) < 1:
        raise SettingsError(f"REELMILL_WORKERS={text!r}: use a whole number from 1 up")
    return int(text)


def _drain_seconds(text: str | None) -> float:
    if not text:
        return 30.0
    if not text.isdigit():
        raise SettingsError(f"REELMILL_DRAIN_SECONDS={text!r}: use a whole number of seconds, 0 for none")
    return float(text)


def _late_minutes(text: str | None) -> int:
    if not text:
        return 15
    if not text.isdigit() or int(text) < 1:
        raise SettingsError(f"REELMILL_LATE_MINUTES={text!r}: use a whole number of minutes from 1 up")
    return int(text)


def set_defaults(values: Mapping[str, str]) -> None:
    """Set environment variables that are not set yet: libraries read some before they take arguments."""
    for name, value in values.items():
        os.environ.setdefault(name, value)


@contextmanager
def kept(name: str) -> Iterator[str | None]:
    """Have the environment variable as it is now; what libraries make of it in the block is undone."""
    before = os.environ.get(name)
    try:
        yield before
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before
