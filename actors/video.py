"""Reads, writes and probes video files: frames in, frames out.

A frame is planar yuv420p (BT.709, limited range) in one flat uint8 array of width * height * 3 / 2 values;
`planes` gives its three parts as views. What is read or written passes frame by frame.
"""

import os
import signal
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
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


class VideoFacts(Record):
    """What the video stream of a file says of itself."""

    width: int
    height: int
    fps: float
    constant_rate: bool
    frames: int
    codec: str
    pixel_format: str
    keyframe_seconds_max: float
    kbps: int


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


def grab_picture(path: Path, seconds: float) -> NDArray[np.uint8]:
    """Return the frame that is shown at *seconds*, RGB uint8 [H, W, 3], without reading all before it."""
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
        return np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)


class PictureWriter:
    """Encodes frames with x264 into an MP4 without sound, inside this process and on one thread.

    A pipe to ffmpeg makes the same stream, bit for bit, for a tenth more CPU time.
    """

    def __init__(self, path: Path, *, width: int, height: int, fps: int, encoding: Encoding) -> None:
        self._size = (width, height)
        self._name = path.name
        self._written = 0
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
        """Append one frame."""
        width, height = self._size
        if frame.nbytes != width * height * 3 // 2:
            raise MediaError(f"a frame of {frame.nbytes} bytes where {width * height * 3 // 2} belong")
        # Not from_numpy_buffer of PyAV 18: it counts chroma in whole rows of luma, of which 1350 / 4 is none.
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane, part in zip(picture.planes, planes(frame, width, height), strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            rows[: part.shape[0], : part.shape[1]] = part
        picture.pts = self._written
        self._written += 1
        self._encode(picture)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._encode(None)
        finally:
            self._file.close()

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
        """Append one frame."""
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


def probe_video(path: Path) -> VideoFacts:
    """Measure the first video stream of *path* from its packets; nothing is decoded."""
    with open_media(path) as container:
        if not container.streams.video:
            raise MediaError(f"{path.name}: has no video stream")
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        context = stream.codec_context
        base = float(stream.time_base or 0)
        shown = sorted(packet.pts for packet in packets if packet.pts is not None)
        steps = {after - before for before, after in pairwise(shown)}
        fps = 1 / (base * min(steps)) if steps else float(stream.average_rate or 0)
        keys = [packet.pts * base for packet in packets if packet.is_keyframe and packet.pts is not None]
        end = (shown[-1] * base + 1 / fps) if shown else 0.0
        size = sum(packet.size for packet in packets)
        return VideoFacts(
            width=context.width,
            height=context.height,
            fps=round(fps, 3),
            constant_rate=len(steps) <= 1,
            frames=len(packets),
            codec=context.codec.name,
            pixel_format=context.pix_fmt or "",
            keyframe_seconds_max=round(
                max(b - a for a, b in zip(keys, [*keys[1:], end], strict=True)) if keys else 0, 3
            ),
            kbps=round(size * 8 / 1000 * fps / max(1, len(packets))),
        )


def moov_first(path: Path) -> bool:
    """Tell whether an MP4 keeps its index before its media, so that it plays while it loads."""
    with path.open("rb") as file:
        while header := file.read(8):
            size, kind = struct.unpack(">I4s", header)
            if kind in {b"moov", b"mdat"}:
                return bool(kind == b"moov")
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0] - 8
            file.seek(size - 8, os.SEEK_CUR)
    return False
