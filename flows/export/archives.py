"""Packs the files of ads into zip or tar archives: the same files give the same bytes, part after part."""

import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from flows.export.request import Archive

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that zip can say."""
_MODE = 0o644
_PIECE = 1 << 20
_ZIP_END, _TAR_END = 22 + 76, tarfile.RECORDSIZE
_ZIP_MEMBER = 30 + 46 + 2 * 32
"""Bytes of a member's two headers, with the fields of zip64 for either."""
_TAR_MEMBER = 4 * tarfile.BLOCKSIZE
"""Bytes of a member's header, that of a long name, and what fills the last block."""


class Member(NamedTuple):
    """A file to pack."""

    name: str
    path: Path
    bytes: int


class _Writer(Protocol):
    def add(self, member: Member) -> None: ...
    def close(self) -> None: ...


class Archives:
    """Writes ``<name>-1.zip``, ``<name>-2.zip`` and so on in *folder*, of *most* bytes each, 0 for any.

    What is added together stays together. A part that is full is closed; `closed` tells which are.
    """

    def __init__(self, folder: Path, name: str, kind: Archive, most: int) -> None:
        self._folder, self._name, self._kind, self._most = folder, name, kind, most
        self._writer: _Writer | None = None
        self._parts = 0
        self._bytes = 0

    @property
    def current(self) -> Path:
        """The part that is written, or was the last one."""
        return self._folder / f"{self._name}-{self._parts}.{self._kind}"

    def fits(self, members: Sequence[Member]) -> bool:
        """Tell whether *members* fit in one part at all."""
        return not self._most or self._end + self._size(members) <= self._most

    def add(self, members: Sequence[Member]) -> Path | None:
        """Pack *members*, which fit; return the part that this has closed, if it has."""
        size, closed = self._size(members), None
        if self._writer and self._most and self._bytes + size > self._most:
            closed = self.close()
        if self._writer is None:
            self._parts += 1
            self._bytes = self._end
            self._writer = _Zip(self.current) if self._kind == "zip" else _Tar(self.current)
        self._bytes += size
        for member in members:
            self._writer.add(member)
        return closed

    def close(self) -> Path | None:
        """End the part that is written and return it; None where there is none."""
        if self._writer is None:
            return None
        self._writer.close()
        self._writer = None
        return self.current

    @property
    def _end(self) -> int:
        return _ZIP_END if self._kind == "zip" else _TAR_END

    def _size(self, members: Sequence[Member]) -> int:
        """Return how many bytes *members* take at most."""
        if self._kind == "zip":
            return sum(_ZIP_MEMBER + 2 * len(member.name) + member.bytes for member in members)
        return sum(_TAR_MEMBER + member.bytes for member in members)


class _Zip:
    """Stored, not deflated: videos and pictures do not shrink."""

    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path, "w")

    def add(self, member: Member) -> None:
        info = zipfile.ZipInfo(member.name, _EPOCH)
        info.external_attr = _MODE << 16
        info.create_system = 3
        info.file_size = member.bytes
        with member.path.open("rb") as source, self._file.open(info, "w") as target:
            while piece := source.read(_PIECE):
                target.write(piece)

    def close(self) -> None:
        self._file.close()


class _Tar:
    def __init__(self, path: Path) -> None:
        self._file = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)  # noqa: SIM115 (closed by close)

    def add(self, member: Member) -> None:
        info = tarfile.TarInfo(member.name)
        info.size, info.mode = member.bytes, _MODE
        with member.path.open("rb") as source:
            self._file.addfile(info, source)

    def close(self) -> None:
        self._file.close()
