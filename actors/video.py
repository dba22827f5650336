"""Reads and writes video files: frames in, frames out.

A frame is planar yuv420p (BT.709, limited range) in one flat uint8 array of width * height * 3 / 2 values;
`planes` gives its three parts as views. What is read or written passes frame by frame.
"""

import os
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from numpy.typing import NDArray

from schemas.errors import MediaError
from schemas.record import Record

Frame = NDArray[np.uint8]

_OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,matroska,webm,mp3,wav,ogg,flac",
}


class Encoding(Record):
    """x264 settings; one thread and cpu-independent code, so that the same frames give the same bytes."""

    preset: str
    crf: int
    kbps: int = 0
    """Bit rate that is kept, padded where pictures need less, kbit/s; 0 encodes by quality, as *crf* says."""
    lossless_sound: bool = False
    """ALAC in place of AAC."""
    sound_kbps: int = 192
    """Bit rate of AAC, kbit/s."""


DELIVERY = Encoding(preset="faster", crf=18)
MEZZANINE = Encoding(preset="ultrafast", crf=12, lossless_sound=True)
"""Clips between generator and composer: above 52 dB, and without CABAC three times quicker to decode."""
BASE = Encoding(preset="ultrafast", crf=4, lossless_sound=True)
"""Clips to enlarge, which enlarges the encoder's traces too: above 52 dB even where there is grain."""


_WAITING_MAX = 3
"""Frames between who draws and who encodes; each has some MB."""

ALAC: dict[str, str | int] = {
    "c:a": "alac",
    "sample_fmt": "s16p",
    "ar": 48_000,
    "ac": 2,
    "flags:a": "+bitexact",
}
"""How the sound of a clip is: it is mixed and encoded again."""


def x264_options(encoding: Encoding) -> dict[str, str]:
    """Return the options of libx264 by name, but for size, rate and groups of pictures."""
    exact = {"preset": encoding.preset, "profile": "high", "x264-params": "cpu-independent=1"}
    if not encoding.kbps:
        return exact | {"crf": str(encoding.crf)}
    rate = f"{encoding.kbps}k"
    kept = {"b": rate, "maxrate": rate, "bufsize": rate, "nal-hrd": "cbr"}
    return exact | kept


def aac(kbps: int) -> dict[str, str | int]:
    """Return how the sound of an ad is encoded, as ffmpeg's options by name."""
    return {"c:a": "aac", "b:a": f"{kbps}k", "ar": 48_000, "ac": 2, "flags:a": "+bitexact"}


def ffmpeg_path(setting: str | None) -> str:
    """Return the ffmpeg to run: the one of the settings, else the one that the wheel carries."""
    return setting or str(imageio_ffmpeg.get_ffmpeg_exe())


def planes(frame: Frame, width: int, height: int) -> tuple[Frame, Frame, Frame]:
    """Return views of the Y, U and V planes: [height, width] and twice [height / 2, width / 2]."""
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        frame[:luma].reshape(height, width),
        frame[luma : luma + chroma].reshape(half),
        frame[luma + chroma :].reshape(half),
    )


def open_media(path: Path) -> "av.container.InputContainer":
    """Open a local file for reading; playlists and network addresses inside it are refused."""
    try:
        return av.open(f"file:{path}", options=_OPEN_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path.name}: cannot be opened as media: {error}") from error


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of a yuv420p file, in order."""
    with open_media(path) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        try:
            for frame in container.decode(stream):
                yield _flat(frame)
        except av.FFmpegError as error:
            raise MediaError(f"{path.name}: cannot be decoded: {error}") from error


def _flat(picture: av.VideoFrame) -> Frame:
    frame = np.empty(picture.width * picture.height * 3 // 2, np.uint8)
    for plane, part in zip(picture.planes, planes(frame, picture.width, picture.height), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        part[...] = rows[: part.shape[0], : part.shape[1]]
    return frame


def grab_picture(path: Path, seconds: float, *, every: int = 1) -> NDArray[np.uint8]:
    """Return the frame that is shown at *seconds*, RGB uint8 [H, W, 3], without reading all before it.

    *every* takes one pixel of so many, across and down.
    """
    with open_media(path) as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or 1)
        container.seek(int(seconds / base), stream=stream)
        picture = None
        for frame in container.decode(stream):
            if picture is not None and float(frame.pts or 0) * base > seconds:
                break
            picture = frame
        if picture is None:
            raise MediaError(f"{path.name}: has no frame at {seconds:.2f} s")
        reduced = picture.reformat(
            width=max(1, picture.width // every),
            height=max(1, picture.height // every),
            format="rgb24",
            interpolation=Interpolation.POINT if every > 1 else None,
        )
        return np.asarray(reduced.to_ndarray(), dtype=np.uint8)


class PictureWriter:
    """Encodes frames with x264 into an MP4 without sound, on a thread of its own, one frame after the other.

    So the next frame can be drawn meanwhile. A pipe to ffmpeg makes the same stream, bit for bit, for a tenth
    more CPU time.
    """

    def __init__(self, path: Path, *, width: int, height: int, fps: int, encoding: Encoding) -> None:
        self._size = (width, height)
        self._name = path.name
        self._written = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="x264")
        self._waiting: deque[Future[None]] = deque()
        self._file = av.open(f"file:{path}", "w", format="mp4")
        self._stream = self._file.add_stream("libx264", rate=fps, options=x264_options(encoding))
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.gop_size, context.max_b_frames, context.thread_count = fps, 2, 1
        context.flags |= CodecFlags.closed_gop | CodecFlags.bitexact
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        """Append one frame; raises too what went wrong with those before it."""
        width, height = self._size
        if frame.nbytes != width * height * 3 // 2:
            raise MediaError(f"a frame of {frame.nbytes} bytes where {width * height * 3 // 2} belong")
        # Not from_numpy_buffer of PyAV 18: it counts chroma in whole rows of luma, of which 1350 / 4 is none.
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane, part in zip(picture.planes, planes(frame, width, height), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: part.shape[0], : part.shape[1]] = part
        picture.pts = self._written
        self._written += 1
        self._hand_over(picture)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._hand_over(None)
                while self._waiting:
                    self._waiting.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)
            self._file.close()

    def _hand_over(self, picture: av.VideoFrame | None) -> None:
        """Let the thread encode *picture*, None for the end, once few enough are waiting."""
        while len(self._waiting) >= _WAITING_MAX:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._encode, picture))

    def _encode(self, picture: av.VideoFrame | None) -> None:
        try:
            self._file.mux(self._stream.encode(picture))
        except (av.FFmpegError, OSError) as error:
            raise MediaError(f"{self._name}: cannot be encoded: {error}") from error


class VideoWriter:
    """Encodes frames, and sound with them, into an MP4; the file appears whole, or not at all."""

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        fps: int,
        encoding: Encoding,
        sound: Path | None = None,
        ffmpeg_exe: str,
    ) -> None:
        self._path = path
        self._silent = path.with_suffix(".silent.mp4")
        self._encoding = encoding
        self._sound = sound
        self._ffmpeg = ffmpeg_exe
        self._pictures = PictureWriter(self._silent, width=width, height=height, fps=fps, encoding=encoding)

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        """Append one frame, as `PictureWriter.write`."""
        self._pictures.write(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._pictures.__exit__(kind, error, trace)
            if kind is None:
                _add_sound(self._silent, self._sound, self._path, self._encoding, self._ffmpeg)
        finally:
            self._silent.unlink(missing_ok=True)


def _add_sound(pictures: Path, sound: Path | None, to: Path, encoding: Encoding, exe: str) -> None:
    """Write *pictures* and the WAV *sound* into the MP4 *to*; it appears whole, or not at all.

    Raises as `ffmpeg_failure`. It waits for ffmpeg as long as that takes: the deadline is the pool's.
    """
    half_written = to.with_suffix(".part.mp4")
    try:
        with tempfile.TemporaryFile() as log:
            process = start_ffmpeg(_sound_command(pictures, sound, half_written, encoding, exe), log)
            try:
                if process.wait() != 0:
                    raise ffmpeg_failure(to.name, process.returncode, tail(log))
            finally:
                process.kill()
                process.wait()
        half_written.replace(to)
    finally:
        half_written.unlink(missing_ok=True)


def _sound_command(pictures: Path, sound: Path | None, to: Path, encoding: Encoding, exe: str) -> list[str]:
    options: dict[str, str | int] = {
        "c:v": "copy",
        "movflags": "+faststart",
        "fflags": "+bitexact",
        "map_metadata": -1,
        "format": "mp4",
        "loglevel": "error",
    }
    streams = [ffmpeg.input(f"file:{pictures}", format="mov", protocol_whitelist="file").video]
    if sound is not None:
        streams.append(ffmpeg.input(f"file:{sound}", format="wav", protocol_whitelist="file").audio)
        options |= ALAC if encoding.lossless_sound else aac(encoding.sound_kbps)
    return list(ffmpeg.compile(ffmpeg.output(*streams, f"file:{to}", **options), cmd=exe))


def start_ffmpeg(
    command: list[str], log: IO[bytes], *, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start ffmpeg with its words going to *log*: an unread pipe would stop it for good."""
    safe = [command[0], "-nostdin", "-hide_banner", "-y", *command[1:]]
    return subprocess.Popen(safe, stdin=stdin, stdout=subprocess.DEVNULL, stderr=log, bufsize=0)  # noqa: S603


def ffmpeg_failure(what: str, code: int, words: str) -> MediaError | ChildProcessError:
    """Return the error for an ffmpeg that ended with *code*: MediaError, unless a signal killed it.

    Then *what* it worked on may be good, and the next attempt succeed: it is what the kernel does to the
    largest process when memory runs out.
    """
    if code < 0:
        return ChildProcessError(f"{what}: ffmpeg was killed by {signal.Signals(-code).name}")
    return MediaError(f"{what}: ffmpeg ended with {code}: {words}")


def tail(log: IO[bytes], size: int = 600) -> str:
    """Return the last words in *log*, on one line."""
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - size))
    return " | ".join(log.read().decode(errors="replace").split("\n")).strip(" |")
