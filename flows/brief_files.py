"""Finds the files that a brief names, inside its folder only, and checks that they can be used."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from actors.fonts import FONTS, open_font
from actors.footage import probe_footage
from actors.marks.origins import origin_of
from actors.pictures import draw_svg, drawing_size, is_drawing, open_picture, picture_suffix
from actors.sound import RATE, read_sound
from schemas.brief import MOODS, VOICES
from schemas.document import BYTES_MAX as TEXT_BYTES_MAX
from schemas.document import Document, Problem, read_document, shown_name
from schemas.errors import BriefError, MediaError
from schemas.media import Source
from schemas.wording import nearest, shown, suggestion

BYTES_MAX = 40_000_000
VIDEO_BYTES_MAX = 500_000_000
SIDE_MIN = 64
"""Pixels of a picture's short side, and of a logo's long side."""
RECORDING_SECONDS_MAX = 180
SOUNDS = (".mp3", ".wav", ".ogg", ".opus", ".m4a", ".flac")
TYPES = (".ttf", ".otf")
BRANDS = (".yaml", ".yml", ".json")
_NEIGHBOURS_MAX = 1000
_Check = Callable[[Path], Source]


def locate(written: str, folder: Path, bytes_max: int = BYTES_MAX) -> Path:
    """Return the regular file inside *folder* that a brief calls *written*.

    Raises MediaError for an address, an absolute path, one that leads out of *folder* (also by a symbolic
    link), and for what is missing, no regular file, empty, or larger than *bytes_max*.
    """
    if "://" in written or written.startswith("data:"):
        raise _refusal(written, "is not fetched in this version", "put the file beside the brief")
    if PurePosixPath(written).is_absolute() or PureWindowsPath(written).drive:
        raise _refusal(written, "is an absolute path", "write it relative to the brief")
    try:
        path = (folder / written).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise _refusal(written, "leaves the folder of the brief", "put the file beside the brief")
        _refuse_unusable(written, path, folder, bytes_max)
    except (OSError, RuntimeError, ValueError) as error:  # too long a name, links in a circle, a NUL
        raise _refusal(written, "is no usable path", "write it relative to the brief") from error
    return path


def check_files(document: Document, folder: Path) -> tuple[dict[str, Source], list[Problem]]:
    """Return what is known of each file that *document* names, by its path as written, and what is wrong.

    Every file is read whole and decoded once, however often it is named.
    """
    known: dict[tuple[str, _Check], Source | MediaError] = {}
    problems: list[Problem] = []
    for where, written, check in _named_files(document):
        if (written, check) not in known:
            known[written, check] = _checked(written, folder, check)
        found = known[written, check]
        if isinstance(found, MediaError):
            problems.append(problem_of(where, found))
    return {written: one for (written, _), one in known.items() if isinstance(one, Source)}, problems


def read_brand(written: str, folder: Path) -> Document:
    """Read the brand in a file of its own. Raises BriefError or MediaError."""
    path = locate(written, folder)
    if path.suffix.lower() not in BRANDS:
        raise _refusal(written, "is no YAML file", "give the brand inline, or the path to a .yaml file")
    return read_document(read_text(path), str(PurePosixPath(written)))


def read_text(path: Path) -> str:
    """Return the text of a brief or a brand. Raises BriefError for a long one, or one that is no UTF-8."""
    name = shown_name(path.name)
    try:
        with path.open("rb") as file:
            data = file.read(TEXT_BYTES_MAX + 1)
        if len(data) > TEXT_BYTES_MAX:
            raise BriefError(f"{name} is longer than {TEXT_BYTES_MAX // 1024} kB; split it")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise BriefError(f"{name} cannot be read, {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise BriefError(f"{name} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from error


def problem_of(where: str, error: MediaError | BriefError) -> Problem:
    """Return *error* as a problem of the part at *where*."""
    what, _, cure = str(error).rpartition("; ")
    return Problem(where=where, what=what, cure=cure)


def _checked(written: str, folder: Path, check: _Check) -> Source | MediaError:
    try:
        if check in _WORDS and not Path(written).suffix:
            kind, words = _WORDS[check]
            raise _refusal(written, f"is neither a {kind} nor a file", suggestion(written, words))
        return check(locate(written, folder, VIDEO_BYTES_MAX if check is _video else BYTES_MAX))
    except MediaError as error:
        return error
    except OSError as error:
        return _refusal(written, f"cannot be read, {error.strerror}", "check who may read the file")


def _named_files(document: Document) -> Iterator[tuple[str, str, _Check]]:
    checks: tuple[tuple[str, _Check], ...] = (
        ("brand.logo", _logo),
        ("products[].images[]", _picture),
        ("storyboard[].image", _picture),
        ("storyboard[].until", _picture),
        ("storyboard[].portrait", _picture),
        ("storyboard[].subjects[]", _picture),
        ("storyboard[].video", _video),
        ("brand.fonts.heading", _font),
        ("brand.fonts.body", _font),
        ("brand.music", _brand_music),
        ("audio.music", _music),
        ("audio.voice", _recording),
        ("audio.voice.*", _recording),
    )
    for pattern, check in checks:
        for where, written in document.select(pattern):
            if isinstance(written, str) and written and written not in _words(check):
                yield where, written, check


def _words(check: _Check) -> Collection[str]:
    """Return what may stand in place of a path for *check*."""
    return _WORDS[check][1] if check in _WORDS else ()


def _picture(path: Path) -> Source:
    picture = open_picture(path)
    if min(picture.size) < SIDE_MIN:
        size = f"{picture.width} x {picture.height}"
        raise _refusal(path.name, f"has {size} pixels", f"use one of {SIDE_MIN} or more on each side")
    return _source(path, picture_suffix(path), picture.size)


def _video(path: Path) -> Source:
    footage = probe_footage(path)
    source = _source(path, f".{footage.container}", (footage.width, footage.height))
    return source.model_copy(update={"seconds": footage.seconds})


def _logo(path: Path) -> Source:
    if is_drawing(path):
        width, height = drawing_size(path)
        draw_svg(path, SIDE_MIN, SIDE_MIN)
        return _source(path, ".svg", (max(1, round(width)), max(1, round(height))))
    picture = open_picture(path)
    if max(picture.size) < SIDE_MIN:
        size = f"{picture.width} x {picture.height}"
        raise _refusal(path.name, f"has {size} pixels", f"use one of {SIDE_MIN} or more, or an SVG")
    return _source(path, picture_suffix(path), picture.size)


def _music(path: Path) -> Source:
    _hear(path, seconds_max=1, words=MOODS)
    return _source(path, path.suffix.lower(), (0, 0))


def _brand_music(path: Path) -> Source:
    _hear(path, seconds_max=1)
    return _source(path, path.suffix.lower(), (0, 0))


def _recording(path: Path) -> Source:
    seconds = _hear(path, seconds_max=RECORDING_SECONDS_MAX + 1, words=VOICES)
    if seconds > RECORDING_SECONDS_MAX:
        what = f"lasts more than {RECORDING_SECONDS_MAX} s"
        raise _refusal(path.name, what, "no ad is so long: cut it")
    return _source(path, path.suffix.lower(), (0, 0)).model_copy(update={"seconds": seconds})


def _hear(path: Path, *, seconds_max: float, words: Collection[str] = ()) -> float:
    """Decode up to *seconds_max* of the sound at *path*, and return how long that lasts."""
    ways = f"use {', '.join(SOUNDS)}" + (f", or one of {', '.join(words)}" if words else "")
    if path.suffix.lower() not in SOUNDS:
        raise _refusal(path.name, "is no sound file", ways)
    try:
        return len(read_sound(path, seconds_max=seconds_max)) / RATE
    except MediaError as error:
        raise _refusal(path.name, "is broken or no sound", ways) from error


def _font(path: Path) -> Source:
    if path.suffix.lower() not in TYPES:
        families = f"or one of {', '.join(FONTS)}"
        raise _refusal(path.name, "is no font file", f"use {' or '.join(TYPES)}, {families}")
    try:
        open_font(path)
    except MediaError as error:
        what, _, cure = str(error).removeprefix(f"font {path}: ").partition("; ")
        raise _refusal(path.name, f"cannot be used: {what}", cure or "give another TTF or OTF") from error
    return _source(path, path.suffix.lower(), (0, 0))


_WORDS: dict[_Check, tuple[str, Collection[str]]] = {
    _music: ("mood", MOODS),
    _recording: ("voice", VOICES),
    _font: ("family", FONTS),
}
"""What may stand in place of a path: what it is called, and the words there are."""


def _source(path: Path, suffix: str, size: tuple[int, int]) -> Source:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Source(
        name=f"inputs/{digest}{suffix}",
        sha256=digest,
        width=size[0],
        height=size[1],
        origin=origin_of(path),
    )


def _refuse_unusable(written: str, path: Path, folder: Path, bytes_max: int) -> None:
    if not path.exists():
        raise _refusal(written, "is missing", _other_name(written, folder))
    if not path.is_file():
        raise _refusal(written, "is no regular file", "give the path of a file")
    size = path.stat().st_size
    if size > bytes_max:
        limit = f"make it {bytes_max // 1_000_000} MB at most"
        raise _refusal(written, f"has {size / 1_000_000:.1f} MB", limit)
    if size == 0:
        raise _refusal(written, "is empty", "put the file there again")


def _other_name(written: str, folder: Path) -> str:
    """Return a cure for a missing file, with the name of one that is nearly called so."""
    beside = (folder / written).parent.resolve()
    if beside.is_dir() and beside.is_relative_to(folder.resolve()):
        close = nearest(Path(written).name, (one.name for one in islice(beside.iterdir(), _NEIGHBOURS_MAX)))
        if close:
            return f"did you mean {str(PurePosixPath(written).with_name(close))!r}?"
    return "put it beside the brief, or correct the path"


def _refusal(written: str, what: str, cure: str) -> MediaError:
    return MediaError(f"{shown(written)} {what}; {cure}")
