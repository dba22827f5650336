"""Looks at this machine: ffmpeg, libraries, weights, disk, memory, limits, clock, GPUs."""

import resource
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from flows.doctor.aside import facts_of
from flows.doctor.findings import Answer, Look, ok, skipped, warning
from schemas.settings import Settings
from storage.trial import nearest

_HOME_BYTES = 2_000_000_000
_SCRATCH_BYTES = 1_000_000_000
"""What a run keeps half-made at a time."""
_WORKER_BYTES = 700_000_000
"""What a worker takes that composes; `docs/performance.md`."""
_FILES_MIN = 1024
_ENCODERS = ("libx264", "aac")
_SIDE, _RATE, _SOUND_RATE = 64, 30, 48_000
_RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows less."""


def _drawing(_: Settings) -> Answer:
    import skia  # noqa: PLC0415 (it may lack system libraries: that is what is looked for)

    return ok(f"skia {skia.__version__}")


def _ffmpeg(settings: Settings) -> Answer:
    from actors.probing import probe_video  # noqa: PLC0415 (needs the libraries that are looked for)
    from actors.video import ffmpeg_path  # noqa: PLC0415

    exe = ffmpeg_path(settings.ffmpeg)
    told = _run([exe, "-hide_banner", "-encoders"])
    if lacking := [name for name in _ENCODERS if f" {name} " not in told]:
        raise OSError(f"{exe} lacks {', '.join(lacking)}")
    with tempfile.TemporaryDirectory(prefix="reelmill-") as folder:
        made = _encode(exe, Path(folder))
        facts = probe_video(made)
    if facts.codec != "h264" or facts.frames != _RATE:
        raise OSError(f"{exe}: a second of {_RATE} frames came out as {facts.frames} of {facts.codec}")
    version = _run([exe, "-version"]).split(maxsplit=3)[2]
    return ok(f"{version}, {', '.join(_ENCODERS)}; {exe}")


def _encode(exe: str, folder: Path) -> Path:
    """Encode a grey second with silence, and return the file."""
    picture, sound, made = folder / "picture.yuv", folder / "sound.raw", folder / "made.mp4"
    picture.write_bytes(b"\x80" * (_SIDE * _SIDE * 3 // 2 * _RATE))
    sound.write_bytes(bytes(2 * _SOUND_RATE))
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{_SIDE}x{_SIDE}", "-r", str(_RATE)]
    heard = ["-f", "s16le", "-ar", str(_SOUND_RATE), "-ac", "1", "-i", str(sound)]
    encoders = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", str(made)]
    _run([exe, "-nostdin", "-hide_banner", "-v", "error", *raw, "-i", str(picture), *heard, *encoders])
    return made


def _run(command: list[str]) -> str:
    """Return what *command* prints. Raises OSError with its last words where it fails."""
    told = subprocess.run(  # noqa: S603 (the settings' own program)
        command, capture_output=True, text=True, errors="replace", timeout=12, check=False
    )
    if told.returncode:
        raise OSError(f"{command[0]} ended with {told.returncode}: {told.stderr.strip()[-300:]}")
    return told.stdout


def _fonts(_: Settings) -> Answer:
    from actors.fonts import FONTS, REGULAR, typeface_of  # noqa: PLC0415 (needs what is looked for)

    for family in FONTS:
        typeface_of(family, REGULAR)
    return ok(", ".join(FONTS))


def _weights(settings: Settings) -> Answer:
    from flows.equipment import find_equipment  # noqa: PLC0415 (imported where it is looked at)

    if plainer := find_equipment(settings).plainer:
        return warning("not all there: " + "; ".join(plainer), "reelmill weights fetch")
    return ok("all there")


def _models(settings: Settings) -> Answer:
    from actors.checkpoints import ready  # noqa: PLC0415 (imported where it is looked at)

    if not (there := ready(settings.models)):
        return ok(f"no checkpoints in {settings.models}; the built-in renderer needs none")
    needs = ("diffusers", "transformers", "ftfy")
    if lacking := [library for library in needs if find_spec(library) is None]:
        names = ", ".join(there)
        raise ImportError(f"{names}: without {', '.join(lacking)}: pip install 'reelmill[models]'")
    return ok(", ".join(there.values()))


def _disk(settings: Settings) -> Answer:
    home, scratch = nearest(settings.home), Path(tempfile.gettempdir())
    free = shutil.disk_usage(home).free
    if free < _HOME_BYTES:
        raise OSError(f"{free / 1e9:.1f} GB free at {home}, where a run needs {_HOME_BYTES / 1e9:.0f}")
    with tempfile.NamedTemporaryFile(dir=home):
        found = f"{free / 1e9:.0f} GB free at {home}"
    beside = shutil.disk_usage(scratch).free
    if beside < _SCRATCH_BYTES:
        return warning(f"{found}; {beside / 1e9:.1f} GB at {scratch}", "set TMPDIR to a larger disk")
    return ok(f"{found}, {beside / 1e9:.0f} GB at {scratch}")


def _memory(settings: Settings) -> Answer:
    free, wanted = _free_bytes(), settings.workers * _WORKER_BYTES
    found = f"{free / 1e9:.1f} GB free for {settings.workers} workers"
    if settings.ray_address is None and free < wanted:
        few = max(1, free // _WORKER_BYTES)
        return warning(
            f"{found}, which take up to {wanted / 1e9:.1f} GB", f"set REELMILL_WORKERS={few}, or add memory"
        )
    return ok(found)


def _free_bytes() -> int:
    """Return what processes may still take: of the machine, and of the container where there is one."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    group = Path("/sys/fs/cgroup")
    try:
        most, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:  # no container, or none of the second kind
        return free
    return free if most == "max" else min(free, max(0, int(most) - int(used)))


def _files(_: Settings) -> Answer:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft} open files (at most {hard})"
    if soft < _FILES_MIN:
        return warning(found, f"ulimit -n {max(_FILES_MIN, min(hard, 65_536))}, or raise it where it is set")
    return ok(found)


def _clock(_: Settings) -> Answer:
    at = datetime.now(UTC)
    if at < _RELEASED:
        raise OSError(f"it shows {at:%Y-%m-%d %H:%M} UTC")
    return ok(f"{at:%Y-%m-%d %H:%M:%S} UTC")


def _gpus(_: Settings) -> Answer:
    from flows.equipment import local_gpus  # noqa: PLC0415 (imported where it is looked at)

    if not (many := local_gpus()):
        return skipped("no GPU here; the built-in renderer needs none")
    facts = facts_of("gpus", seconds=80)
    names, free = facts["names"], facts["free"]
    told = ", ".join(f"{name} ({size / 1e9:.0f} GB free)" for name, size in zip(names, free, strict=True))
    found = f"{told}; driver {_driver()}, CUDA {facts['cuda']}, torch {facts['torch']}"
    if len(names) < many:
        return warning(f"{found}; {many} in /dev", "see that CUDA_VISIBLE_DEVICES names all that are meant")
    return ok(found)


def _driver() -> str:
    """Return the version of NVIDIA's driver; empty where the kernel does not say."""
    file = Path("/proc/driver/nvidia/version")
    words = file.read_text().split() if file.exists() else []
    return next((word for word in words if word[:1].isdigit() and "." in word), "")


LOOKS = (
    Look(
        "ffmpeg", _ffmpeg, "unset REELMILL_FFMPEG, or point it at an ffmpeg with libx264 and aac", seconds=40
    ),
    Look(
        "drawing library",
        _drawing,
        "install libGL, libEGL and fontconfig: apt-get install libgl1 libegl1 libfontconfig1",
        seconds=40,
    ),
    Look("fonts", _fonts, "reinstall reelmill with its dependencies", seconds=40),
    Look("disk", _disk, "free some space, or set REELMILL_HOME to a larger disk that can be written"),
    Look("memory", _memory, "set REELMILL_WORKERS lower"),
    Look("open files", _files, "raise the limit"),
    Look("clock", _clock, "set this machine's clock, and keep it by NTP"),
    Look(
        "GPUs",
        _gpus,
        "install the driver and torch for its CUDA, or set REELMILL_DEVICE=cpu",
        needed=False,
        seconds=90,
    ),
    Look("small weights", _weights, "reelmill weights fetch", needed=False, seconds=40),
    Look(
        "models",
        _models,
        "check REELMILL_MODELS and the AWS_* variables, or fetch the model again",
        needed=False,
        seconds=40,
    ),
)
