"""Reads, writes and probes video files: frames in, frames out.

A frame is planar yuv420p (BT.709, limited range) in one flat uint8 array of width * height * 3 / 2 values;
`planes` gives its three parts as views. Nothing here holds more than one frame.
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
from typing import IO, Any, Self

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from schemas.errors import MediaError
from schemas.record import Record

Frame = NDArray[np.uint8]

_OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,matroska,webm,mp3,wav,ogg,flac",
}
_BT709 = "color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"


class Encoding(Record):
    """x264 settings; one thread and cpu-independent code, so that the same frames give the same bytes."""

    preset: str
    crf: int
    lossless_sound: bool = False
    """ALAC in place of AAC."""


DELIVERY = Encoding(preset="faster", crf=18)
MEZZANINE = Encoding(preset="ultrafast", crf=12, lossless_sound=True)
"""Clips between generator and composer: above 52 dB, and without CABAC three times quicker to decode."""
BASE = Encoding(preset="ultrafast", crf=4, lossless_sound=True)
"""Clips to enlarge, which enlarges the encoder's traces too: above 52 dB even where there is grain."""


AAC = {"c:a": "aac", "b:a": "192k", "ar": 48_000, "ac": 2, "flags:a": "+bitexact"}
"""How the sound of an ad is encoded, as ffmpeg's options by name."""
ALAC = {"c:a": "alac", "sample_fmt": "s16p", "ar": 48_000, "ac": 2, "flags:a": "+bitexact"}
"""How the sound of a clip is: it is mixed and encoded again."""


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
                yield np.asarray(frame.to_ndarray(format="yuv420p"), dtype=np.uint8).reshape(-1)
        except av.FFmpegError as error:
            raise MediaError(f"{path.name}: cannot be decoded: {error}") from error


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


class VideoWriter:
    """Encodes frames into an MP4 through a pipe to ffmpeg; the file appears whole, or not at all.

    It waits for ffmpeg as long as that takes: the deadline is the pool's. When the worker dies, the pipe
    ends, and ffmpeg with it.
    """

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
        self._half_written = path.with_suffix(".part.mp4")
        self._frame_bytes = width * height * 3 // 2
        command = encoder_command(
            self._half_written,
            width=width,
            height=height,
            fps=fps,
            encoding=encoding,
            sound=sound,
            ffmpeg_exe=ffmpeg_exe,
        )
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._process = start_ffmpeg(command, self._log, stdin=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        """Append one frame. Raises as `ffmpeg_failure` when ffmpeg has died."""
        if frame.nbytes != self._frame_bytes:
            raise MediaError(f"a frame of {frame.nbytes} bytes where {self._frame_bytes} belong")
        view = frame.data.cast("B")
        stdin: Any = self._process.stdin
        try:
            while view:
                view = view[os.write(stdin.fileno(), view) :]
        except OSError as error:
            self._process.wait()
            raise self._failure() from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stdin: Any = self._process.stdin
        try:
            if kind is None:
                stdin.close()
                if self._process.wait() != 0:
                    raise self._failure()
                self._half_written.replace(self._path)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            if not stdin.closed:
                stdin.close()
            self._log.close()
            self._half_written.unlink(missing_ok=True)

    def _failure(self) -> MediaError | ChildProcessError:
        return ffmpeg_failure(self._path.name, self._process.returncode, tail(self._log))


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


def encoder_command(
    path: Path,
    *,
    width: int,
    height: int,
    fps: int,
    encoding: Encoding,
    sound: Path | None,
    ffmpeg_exe: str,
    frames: str = "pipe:0",
) -> list[str]:
    """Return the ffmpeg command that encodes raw *frames*, and the WAV *sound*, into the MP4 at *path*."""
    source = ffmpeg.input(frames, format="rawvideo", pix_fmt="yuv420p", s=f"{width}x{height}", r=fps)
    picture = source.video.filter("setparams", **dict(part.split("=") for part in _BT709.split(":")))
    options = {
        "vcodec": "libx264",
        "preset": encoding.preset,
        "crf": encoding.crf,
        "profile:v": "high",
        "bf": 2,
        "g": fps,
        "flags": "+cgop",
        "threads": 1,
        "x264-params": "cpu-independent=1",
        "pix_fmt": "yuv420p",
        "movflags": "+faststart",
        "fflags": "+bitexact",
        "flags:v": "+bitexact+cgop",
        "map_metadata": -1,
        "format": "mp4",
        "loglevel": "error",
    }
    if sound is None:
        return list(ffmpeg.compile(ffmpeg.output(picture, str(path), **options), cmd=ffmpeg_exe))
    heard = ffmpeg.input(f"file:{sound}", format="wav", protocol_whitelist="file,pipe").audio
    codec = ALAC if encoding.lossless_sound else AAC
    return list(ffmpeg.compile(ffmpeg.output(picture, heard, str(path), **options, **codec), cmd=ffmpeg_exe))
