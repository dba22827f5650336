"""Checks that the files that a brief names can be used."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePosixPath

from actors.fonts import FONTS, open_font
from actors.footage import probe_footage
from actors.marks.origins import origin_of
from actors.pictures import draw_svg, drawing_size, is_drawing, open_picture, picture_suffix
from actors.sound import RATE, read_sound
from flows.fetching import is_address, refusal
from flows.places import BYTES_MAX, Places
from flows.seen_pictures import SeenPictures
from schemas.brief import MOODS, VOICES
from schemas.document import BYTES_MAX as TEXT_BYTES_MAX
from schemas.document import Document, Problem, read_document, shown_name
from schemas.errors import BriefError, MediaError
from schemas.media import Source
from schemas.wording import shown, suggestion

VIDEO_BYTES_MAX = 500_000_000
SIDE_MIN = 64
"""Pixels of a picture's short side, and of a logo's long side."""
RECORDING_SECONDS_MAX = 180
SOUNDS = (".mp3", ".wav", ".ogg", ".opus", ".m4a", ".flac")
TYPES = (".ttf", ".otf")
BRANDS = (".yaml", ".yml", ".json")
_Check = Callable[[Path], Source]


class Files:
    """The files that one brief names: each is read whole and decoded once, however often it is named."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._seen = SeenPictures(places.cache)
        self._known: dict[tuple[str, _Check], Source | MediaError] = {}

    def sources_of(self, document: Document) -> dict[str, Source]:
        """Return what is known of each good file that *document* names, by its name as written."""
        named = dict.fromkeys((written, check) for _, written, check in _named_files(document))
        found = ((written, self._known.get((written, check))) for written, check in named)
        return {written: one for written, one in found if isinstance(one, Source)}

    def check(self, document: Document) -> list[Problem]:
        """Look at each file that *document* names, and return what is wrong."""
        problems = []
        for where, written, check in _named_files(document):
            if (written, check) not in self._known:
                self._known[written, check] = _checked(written, self.places, check)
            found = self._known[written, check]
            if isinstance(found, MediaError):
                problems.append(problem_of(where, found))
        return problems

    def look_at_picture(self, written: str) -> MediaError | None:
        """Look at a picture that a row of a feed names, and return what is wrong with it."""
        key = (written, _picture)
        if key not in self._known:
            self._known[key] = _checked(written, self.places, self._picture_once, strange=True)
        found = self._known[key]
        return found if isinstance(found, MediaError) else None

    def save(self) -> None:
        """Remember the good pictures of rows for the next time."""
        self._seen.save()

    def _picture_once(self, path: Path) -> Source:
        if (known := self._seen.find(path)) is not None:
            return known
        source = _picture(path)
        self._seen.note(source)
        return source


def read_brand(written: str, places: Places) -> Document:
    """Read the brand in a file of its own. Raises BriefError or MediaError."""
    path = places.find(written)
    if path.suffix.lower() not in BRANDS:
        raise refusal(written, "is no YAML file", "give the brand inline, or the path to a .yaml file")
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


def _checked(written: str, places: Places, check: _Check, *, strange: bool = False) -> Source | MediaError:
    try:
        if check in _WORDS and not Path(written).suffix:
            kind, words = _WORDS[check]
            raise refusal(written, f"is neither a {kind} nor a file", suggestion(written, words))
        bytes_max = VIDEO_BYTES_MAX if check is _video else BYTES_MAX
        return check(places.find(written, bytes_max, strange=strange))
    except MediaError as error:
        return _named_as_written(error, written, places)
    except OSError as error:
        return refusal(written, f"cannot be read, {error.strerror}", "check who may read the file")


def _named_as_written(error: MediaError, written: str, places: Places) -> MediaError:
    """Return *error* with the address of what was fetched in place of the name of its copy."""
    copy = shown(places.found[written].name) if is_address(written) and written in places.found else ""
    text = str(error)
    if copy and text.startswith(copy):
        return MediaError(shown(written) + text.removeprefix(copy))
    return error


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
        raise refusal(path.name, f"has {size} pixels", f"use one of {SIDE_MIN} or more on each side")
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
        raise refusal(path.name, f"has {size} pixels", f"use one of {SIDE_MIN} or more, or an SVG")
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
        raise refusal(path.name, what, "no ad is so long: cut it")
    return _source(path, path.suffix.lower(), (0, 0)).model_copy(update={"seconds": seconds})


def _hear(path: Path, *, seconds_max: float, words: Collection[str] = ()) -> float:
    """Decode up to *seconds_max* of the sound at *path*, and return how long that lasts."""
    ways = f"use {', '.join(SOUNDS)}" + (f", or one of {', '.join(words)}" if words else "")
    if path.suffix.lower() not in SOUNDS:
        raise refusal(path.name, "is no sound file", ways)
    try:
        return len(read_sound(path, seconds_max=seconds_max)) / RATE
    except MediaError as error:
        raise refusal(path.name, "is broken or no sound", ways) from error


def _font(path: Path) -> Source:
    if path.suffix.lower() not in TYPES:
        families = f"or one of {', '.join(FONTS)}"
        raise refusal(path.name, "is no font file", f"use {' or '.join(TYPES)}, {families}")
    try:
        open_font(path)
    except MediaError as error:
        what, _, cure = str(error).removeprefix(f"font {path}: ").partition("; ")
        raise refusal(path.name, f"cannot be used: {what}", cure or "give another TTF or OTF") from error
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
