"""Opens a feed: unpacked, decoded, in lines of bounded length; never whole in memory."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Self, cast

from schemas.errors import MediaError

LINE_MAX = 1_000_000
"""Characters of a line."""
LINES_MAX = 2_000_000
_PIECE = 1 << 16
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class FeedFile:
    """A feed's file, open, with what its first bytes tell; *bytes_max* counts what is unpacked."""

    def __init__(self, path: Path, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        raw: BinaryIO = path.open("rb")
        start = raw.read(4)
        raw.seek(0)
        if start.startswith(_ZIP):
            raw.close()
            raise MediaError("is a zip archive or a workbook; save it as TSV, CSV or XML")
        unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if start.startswith(_GZIP) else raw
        self._raw, self._file = raw, io.BufferedReader(cast("io.RawIOBase", unpacked), _PIECE)
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._raw.close()

    def start(self) -> bytes:
        """Return the first bytes; they are read again later. Raises MediaError."""
        try:
            return self._file.peek(256)[:256]
        except (OSError, EOFError, zlib.error) as error:
            raise _broken() from error

    def is_xml(self) -> bool:
        """Tell whether the file is XML."""
        start = self.start()
        text = (
            start.decode("utf-16", "ignore") if start.startswith(_UTF16) else start.decode("utf-8", "ignore")
        )
        return text.lstrip("\ufeff \t\r\n").startswith("<")

    def pieces(self) -> Iterator[bytes]:
        """Yield the content. Raises MediaError if it is broken or too long."""
        while piece := self._next(lambda: self._file.read1(_PIECE)):
            yield piece

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends. Raises MediaError for other than UTF-8, or UTF-16 with a mark."""
        if self.start().startswith(_UTF16):
            yield from self._lines_of_utf16()
            return
        number = 0
        while line := self._next(lambda: self._file.readline(LINE_MAX)):
            number += 1
            if number > LINES_MAX:
                raise MediaError(f"has more than {LINES_MAX:,} lines; split it")
            if len(line) >= LINE_MAX and not line.endswith(b"\n"):
                raise _long(number)
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                raise MediaError(
                    f"is not UTF-8 (line {number}, byte 0x{byte:02X}), perhaps Windows-1252; save it as UTF-8"
                ) from error

    def _lines_of_utf16(self) -> Iterator[str]:
        number = 0
        text = io.TextIOWrapper(self._file, "utf-16", newline="\n")
        try:
            while line := text.readline(LINE_MAX):
                number += 1
                self._count(2 * len(line))
                if len(line) >= LINE_MAX:
                    raise _long(number)
                yield line
        except UnicodeDecodeError as error:
            raise MediaError(f"is not UTF-16 after line {number}; save it as UTF-8") from error
        except (OSError, EOFError, zlib.error) as error:
            raise _broken() from error

    def _next(self, read: Callable[[], bytes]) -> bytes:
        try:
            piece = read()
        except (OSError, EOFError, zlib.error) as error:
            raise _broken() from error
        self._count(len(piece))
        return piece

    def _count(self, many: int) -> None:
        self._read += many
        if self._read > self._bytes_max:
            limit = self._bytes_max // 1_000_000
            raise MediaError(f"has more than {limit} MB; split it, or raise REELMILL_FEED_MB")


def _broken() -> MediaError:
    return MediaError("is broken or cut short; write it again")


def _long(number: int) -> MediaError:
    return MediaError(
        f"has a line of more than {LINE_MAX} characters, line {number}; end rows with a line break"
    )
