"""Checks what Reelmill needs, and says the cure for what is missing."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from schemas.errors import ReelmillError
from schemas.record import Record
from schemas.settings import Settings

_FREE_BYTES = 2_000_000_000
_ENCODERS = ("libx264", "aac")


class Finding(Record):
    """What one look found."""

    what: str
    ok: bool
    found: str
    cure: str = ""
    needed: bool = True
    """Whether ads cannot be made without it."""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a look that fails is a finding, not an exception."""
    looks: tuple[tuple[str, Callable[[Settings], str], str], ...] = (
        (
            "drawing library",
            _drawing,
            "install libGL, libEGL and fontconfig: apt-get install libgl1 libegl1 libfontconfig1",
        ),
        ("ffmpeg", _ffmpeg, "unset REELMILL_FFMPEG, or point it at an ffmpeg with libx264 and aac"),
        ("fonts", _fonts, "reinstall reelmill with its dependencies"),
        ("database", _database, "check REELMILL_DATABASE_URL, and that the server runs"),
        ("blobs", _blobs, "check REELMILL_BLOBS, the AWS_* variables, and the rights to write"),
        ("disk", _disk, "free some space, or set REELMILL_HOME to a larger disk"),
        ("signature", _signature, "check REELMILL_C2PA_CERTIFICATE and REELMILL_C2PA_KEY"),
        ("Ray", _ray, "reinstall reelmill with its dependencies"),
        ("GPU", _gpu, ""),
    )
    extras: tuple[tuple[str, Callable[[Settings], str], str], ...] = (
        ("small weights", _weights, "reelmill weights fetch"),
        ("models", _models, "check REELMILL_MODELS and the AWS_* variables, or fetch the model again"),
    )
    return [
        *(_look(what, look, settings, cure) for what, look, cure in looks),
        *(_look(*extra[:2], settings, extra[2]).model_copy(update={"needed": False}) for extra in extras),
    ]


def _look(what: str, look: Callable[[Settings], str], settings: Settings, cure: str) -> Finding:
    try:
        return Finding(what=what, ok=True, found=look(settings))
    except (ReelmillError, ImportError, OSError, subprocess.SubprocessError) as error:
        return Finding(what=what, ok=False, found=str(error), cure=cure)


def _drawing(_: Settings) -> str:
    import skia  # noqa: PLC0415 (it may lack system libraries: that is what is looked for)

    return f"skia {skia.__version__}"


def _ffmpeg(settings: Settings) -> str:
    from actors.video import ffmpeg_path  # noqa: PLC0415 (needs the libraries that are looked for)

    exe = ffmpeg_path(settings.ffmpeg)
    told = subprocess.run(  # noqa: S603 (the settings' own program)
        [exe, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=20, check=True
    )
    if lacking := [name for name in _ENCODERS if f" {name} " not in told.stdout]:
        raise OSError(f"{exe} lacks {', '.join(lacking)}")
    return exe


def _fonts(_: Settings) -> str:
    from actors.fonts import FONTS, REGULAR, typeface_of  # noqa: PLC0415 (needs the libraries that are looked for)

    for family in FONTS:
        typeface_of(family, REGULAR)
    return ", ".join(FONTS)


def _database(settings: Settings) -> str:
    from storage.catalog import Catalog  # noqa: PLC0415 (imported where it is looked at)

    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        return "not there yet; the first run makes it"
    with catalog:
        return f"{len(catalog.campaigns())} campaigns"


def _signature(settings: Settings) -> str:
    from actors.marks.signature import check_signing  # noqa: PLC0415 (imported where it is looked at)

    check_signing(settings.signing)
    if settings.signing.signer == "test":
        return "a test certificate, which nobody trusts: set REELMILL_C2PA_CERTIFICATE and REELMILL_C2PA_KEY"
    return str(settings.signing.certificate)


def _blobs(settings: Settings) -> str:
    from storage.blobs import open_blobs  # noqa: PLC0415 (imported where it is looked at)

    blobs = open_blobs(settings.blobs)
    name, text = "doctor/probe.txt", "written, read back and deleted by reelmill doctor"
    blobs.put_text(name, text, replace=True)
    try:
        if blobs.read_text(name) != text:
            raise OSError("what was read back is not what was written")
    finally:
        blobs.delete(name)
    return settings.blobs


def _disk(settings: Settings) -> str:
    place = next(folder for folder in _upwards(settings.home) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _FREE_BYTES:
        raise OSError(f"{free / 1e9:.1f} GB free at {place}")
    with tempfile.NamedTemporaryFile(dir=place):
        return f"{free / 1e9:.0f} GB free at {place}"


def _upwards(path: Path) -> Iterator[Path]:
    yield path
    yield from path.parents


def _ray(settings: Settings) -> str:
    if find_spec("ray") is None:
        raise ImportError("ray is not installed")
    return settings.ray_address or f"this machine, {settings.workers} workers"


def _gpu(_: Settings) -> str:
    import torch  # noqa: PLC0415 (slow to import)

    if not torch.cuda.is_available():
        return "none; the built-in renderer needs none"
    return ", ".join(torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count()))


def _weights(settings: Settings) -> str:
    from flows.equipment import find_equipment  # noqa: PLC0415 (imported where it is looked at)

    if plainer := find_equipment(settings).plainer:
        raise OSError("not there: " + "; ".join(plainer))
    return "all there"


def _models(settings: Settings) -> str:
    from actors.checkpoints import ready  # noqa: PLC0415 (imported where it is looked at)

    if not (there := ready(settings.models)):
        return f"no checkpoints in {settings.models}; the built-in renderer needs none"
    if lacking := [
        library for library in ("diffusers", "transformers", "ftfy") if find_spec(library) is None
    ]:
        raise ImportError(f"{', '.join(there)}: without {', '.join(lacking)}: pip install 'reelmill[models]'")
    return ", ".join(there.values())
