"""What makes a checkpoint whole: a folder of harmless kinds of files, and a list with the SHA-256 of each."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from actors.headers import read_header
from schemas.errors import BlobDamagedError, MediaError, SettingsError
from storage.content import is_good_name, of_disk

SUMS = "SHA256SUMS"
"""Name of the listing; in the format of sha256sum, sorted by path."""
INDEX = "model_index.json"
"""Where a checkpoint of diffusers names its parts, a folder each."""
_DIGITS = 12
_SUFFIXES = {".safetensors", ".json", ".txt", ".model", ".md", ".jinja"}
"""Weights, settings, vocabularies (``.model`` is sentencepiece's), words for people, chat templates."""
_BARE = re.compile(r"(LICENSE|LICENCE|NOTICE|COPYING|USE_POLICY)[\w.-]*", re.IGNORECASE)
_CODE = {".py", ".so", ".pyc", ".sh", ".dll", ".dylib"}
_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".ckpt", ".pickle", ".npy", ".npz", ".msgpack", ".h5"}
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_HASHERS = 4
"""Files that are hashed at a time."""
_NAMED_MAX = 20
"""Problems that an error tells; a folder of the wrong kind may have thousands."""


def seal(folder: Path) -> str:
    """Write the listing of the checkpoint *folder*, and return its fingerprint.

    Links to files count as what they lead to. Raises SettingsError, with every problem and its cure, for a
    folder that is not sound; then nothing is written.
    """
    paths, problems = survey(folder)
    problems += lacks(folder, paths)
    if not paths:
        problems.append("there are no files")
    if problems:
        raise SettingsError(f"{folder} cannot be sealed: {told(problems)}")
    text = listing(hash_files(folder, paths))
    part = folder / f".{SUMS}.part"
    try:
        part.write_text(text, "utf-8")
        part.replace(folder / SUMS)
    except OSError as error:
        raise of_disk(f"cannot write {SUMS} in {folder}", error) from error
    return fingerprint_of(text)


def fingerprint(folder: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 of the listing of *folder*.

    Raises SettingsError where there is none.
    """
    return fingerprint_of(read_listing(folder))


def fingerprint_of(text: str) -> str:
    """Return the fingerprint of the listing *text*."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def check(folder: Path) -> list[str]:
    """Hash every file of the checkpoint *folder* and return what is wrong, a sentence with its cure each.

    Raises SettingsError where there is no listing, StorageError if the disk refuses.
    """
    try:
        sums = parse(read_listing(folder), str(folder))
    except BlobDamagedError as error:
        return [str(error)]
    paths, problems = survey(folder)
    problems += compare(sums, hash_files(folder, [path for path in paths if path in sums]), paths)
    return problems + lacks(folder, paths)


def compare(sums: Mapping[str, str], found: Mapping[str, str], paths: Iterable[str] = ()) -> list[str]:
    """Return how *found*, SHA-256 by path, and the other *paths* differ from the listing *sums*."""
    missing = [f"{path} is missing: fetch the checkpoint again" for path in sums if path not in found]
    changed = [
        f"{path} was changed, its SHA-256 is {found[path][:_DIGITS]}, not {digest[:_DIGITS]}: fetch the "
        f"checkpoint again"
        for path, digest in sums.items()
        if found.get(path, digest) != digest
    ]
    extra = [
        f"{path} is not in {SUMS}: delete it, or seal the folder anew if it belongs there"
        for path in dict.fromkeys([*found, *paths])
        if path not in sums
    ]
    return [*missing, *changed, *extra]


def survey(folder: Path) -> tuple[list[str], list[str]]:
    """Return the paths of the files of the checkpoint *folder*, sorted, and a sentence for each refused one.

    Raises SettingsError if it is no folder, StorageError if the disk refuses.
    """
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder: name the one with the checkpoint's model_index.json")
    paths, problems = [], []
    try:
        for path, problem in sorted(_walk(folder, "")):
            problems.append(problem) if problem else paths.append(path)
    except OSError as error:
        raise of_disk(f"cannot read {folder}", error) from error
    return paths, problems


def lacks(folder: Path, paths: Iterable[str]) -> list[str]:
    """Return what a checkpoint of *paths* in *folder* lacks or has cut short, by what it says of itself."""
    there = set(paths)
    problems = [
        *(_unreadable(folder / path) for path in sorted(there) if path.endswith(".safetensors")),
        *(
            line
            for path in sorted(there)
            if path.endswith(".index.json")
            for line in _shards(folder, path, there)
        ),
        *(_parts(folder, there) if INDEX in there else ()),
    ]
    return [problem for problem in problems if problem]


def hash_files(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each of *paths* in *folder*. Raises StorageError if the disk refuses."""
    listed = list(paths)
    try:
        with ThreadPoolExecutor(_HASHERS) as pool:
            return dict(zip(listed, pool.map(lambda path: _sha256(folder / path), listed), strict=True))
    except OSError as error:
        raise of_disk(f"cannot read {folder}", error) from error


def listing(sums: Mapping[str, str]) -> str:
    """Return *sums*, SHA-256 by path, as sha256sum prints them, sorted by path."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))


def parse(text: str, where: str) -> dict[str, str]:
    """Return SHA-256 by path of the listing *text* of the checkpoint *where*.

    Raises BlobDamagedError for a line that is none, or that names a file which no checkpoint may have.
    """
    sums: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.fullmatch(line)
        path = match[2] if match else ""
        if not match or path in sums or path == SUMS or refusal(path):
            raise BlobDamagedError(
                f"{where}: line {number} of {SUMS} cannot be used ({line[:100]!r}): fetch the checkpoint anew"
            )
        sums[path] = match[1]
    if not sums:
        raise BlobDamagedError(f"{where}: {SUMS} is empty: fetch the checkpoint again")
    return sums


def read_listing(folder: Path) -> str:
    """Return the listing of *folder*. Raises SettingsError where there is none."""
    try:
        return (folder / SUMS).read_text("utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{folder} has no {SUMS}: `reelmill models seal {folder}` writes it") from None
    except UnicodeDecodeError:
        raise BlobDamagedError(f"{folder}: {SUMS} is no text: fetch the checkpoint again") from None
    except OSError as error:
        raise of_disk(f"cannot read {SUMS} in {folder}", error) from error


def refusal(path: str) -> str:
    """Return why no checkpoint may have a file *path*; empty if it may."""
    if not is_good_name(path):
        return f"{path!r} is hidden, or its name cannot travel: delete it"
    name = PurePosixPath(path)
    suffix = name.suffix.lower()
    if suffix in _PICKLES:
        return f"{path} may be a pickle, which runs what it likes when loaded: delete it, safetensors only"
    if suffix in _CODE:
        return f"{path} is code, and code of a checkpoint is never run: delete it"
    if name.suffix in _SUFFIXES or _BARE.fullmatch(name.name):
        return ""
    return f"{path} is of no kind that a checkpoint needs ({', '.join(sorted(_SUFFIXES))}): delete it"


def told(problems: Iterable[str]) -> str:
    """Return *problems* as lines of an error's message."""
    lines = list(problems)
    more = [f"and {len(lines) - _NAMED_MAX} more"] if len(lines) > _NAMED_MAX else []
    return "".join(f"\n  {line}" for line in [*lines[:_NAMED_MAX], *more])


def mapping(path: Path) -> dict[str, object]:
    """Return the JSON mapping in the file *path*; empty where there is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def parts_of(index: Mapping[str, object]) -> list[str]:
    """Return the folders that *index*, the mapping of a model_index.json, names."""
    return [name for name, what in index.items() if isinstance(what, list) and what and what[0] is not None]


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the path of everything in *folder* but the listing, each with why it is refused."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            if path == SUMS:
                continue
            if entry.is_dir():
                yield from _enter(entry, path)
            elif entry.is_file():
                yield path, refusal(path)
            else:
                yield path, f"{path!r} is no file, or a link that leads nowhere: delete it"


def _enter(entry: "os.DirEntry[str]", path: str) -> Iterator[tuple[str, str]]:
    if entry.is_symlink():
        yield path, f"{path!r} is a link to a folder: copy what it leads to"
    elif not is_good_name(path):
        yield path, f"the folder {path!r} is hidden, or its name cannot travel: delete it"
    else:
        yield from _walk(Path(entry.path), f"{path}/")


def _unreadable(path: Path) -> str:
    try:
        read_header(path)
    except MediaError as error:
        return f"{path.parent.name}/{error}"
    except OSError as error:
        return f"{path.parent.name}/{path.name} cannot be read: {error}"
    return ""


def _shards(folder: Path, index: str, there: set[str]) -> Iterator[str]:
    """Yield a sentence for each file that the shards' *index* names and that is not *there*."""
    told_of = mapping(folder / index).get("weight_map")
    names = sorted({str(name) for name in told_of.values()}) if isinstance(told_of, dict) else []
    parent = PurePosixPath(index).parent
    for name in names:
        if str(parent / name) not in there:
            yield f"{parent / name} is missing, {index} names it: fetch the checkpoint again"


def _parts(folder: Path, there: set[str]) -> Iterator[str]:
    """Yield a sentence for each part that model_index.json names and that has no files."""
    for name in parts_of(mapping(folder / INDEX)):
        if not any(path.startswith(f"{name}/") for path in there):
            yield f"the folder {name}/ is missing, {INDEX} names it: fetch the checkpoint again"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
