"""Writes video files: frames in, H.264 out, sound beside it."""

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import av
import ffmpeg
import numpy as np
from av.codec.context import Flags
from av.stream import Stream
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from actors.video import (
    ALAC,
    Encoding,
    Frame,
    aac,
    ffmpeg_failure,
    planes,
    start_ffmpeg,
    tail,
    x264_options,
)
from schemas.errors import MediaError

_WAITING_MAX = 3
"""Frames between who draws and who encodes; each has some MB."""


class Coded(NamedTuple):
    """A frame as x264 wrote it; times in frames."""

    data: bytes
    shown: int
    """When it is shown."""
    decoded: int
    """When it is decoded."""
    idr: bool
    """Whether decoding can begin here."""


class PictureWriter:
    """Encodes frames with x264 into an MP4 without sound, on a thread of its own, one frame after the other.

    So the next frame can be drawn meanwhile. A pipe to ffmpeg makes the same stream, bit for bit, for a tenth
    more CPU time. At a joint x264 begins anew: what comes before it, the head, is coded in ignorance of the
    tail, so that films that begin alike may share it, and have the same bytes as if they did not.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        fps: int,
        encoding: Encoding,
        joint: int = 0,
        head: Sequence[Coded] = (),
    ) -> None:
        """Begin the tail with frame *joint*, 3 or more, or 0 for all of one piece; with a *head* only frames
        of the tail come.

        In shorter heads x264 would count the times of decoding in another way than in the tail.
        """
        self.head = list(head)
        """The frames before the joint, once all of them are coded."""
        self._size, self._fps, self._joint = (width, height), fps, joint
        self._name = path.name
        self._written = joint if head else 0
        self._shift: int | None = None
        """By how much the tail's frames are later than its x264 counts them; None before the joint."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="x264")
        self._waiting: deque[Future[None]] = deque()
        self._file = av.open(f"file:{path}", "w", format="mp4")
        self._stream = self._file.add_stream("libx264", rate=fps, options=x264_options(encoding))
        self._before = av.CodecContext.create("libx264", "w")
        self._before.options, self._before.time_base = x264_options(encoding), Fraction(1, fps)
        self._before.framerate = Fraction(fps)
        for coder in (self._stream.codec_context, self._before):
            _set_up(coder, width, height, fps)

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
        self._hand_over(picture, self._written)
        self._written += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._hand_over(None, self._written)
                while self._waiting:
                    self._waiting.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)
            self._file.close()

    def _hand_over(self, picture: av.VideoFrame | None, number: int) -> None:
        """Let the thread encode *picture*, None for the end, once few enough are waiting."""
        while len(self._waiting) >= _WAITING_MAX:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._encode, picture, number))

    def _encode(self, picture: av.VideoFrame | None, number: int) -> None:
        try:
            if picture is not None and number < self._joint:
                picture.pts = number
                self.head += _coded(self._before.encode(picture))
                return
            if self._shift is None:
                self._shift = self._join(picture)
            self._code(picture, number, self._shift)
        except (av.FFmpegError, OSError) as error:
            raise MediaError(f"{self._name}: cannot be encoded: {error}") from error

    def _join(self, picture: av.VideoFrame | None) -> int:
        """Write the head, and return by how much the tail's frames are later than x264 counts them.

        Two IDR pictures in a row must differ in their idr_pic_id (H.264, 7.4.3), which x264 begins with 0 and
        then alternates. Where the head ends in a 0, *picture* goes in twice, and the first one is dropped.
        """
        if self._before.is_open:
            self.head += _coded(self._before.encode(None))
        for frame in self.head:
            self._file.mux(self._packet(frame))
        alike = bool(self.head) and self.head[-1].idr and sum(frame.idr for frame in self.head) % 2 == 1
        if not alike or picture is None:
            return self._joint
        shift = self._joint - 1
        self._code(picture, shift, shift)
        picture.pict_type = PictureType.I
        return shift

    def _code(self, picture: av.VideoFrame | None, number: int, shift: int) -> None:
        if picture is not None:
            picture.pts = number - shift
        for packet in self._stream.encode(picture):
            packet.pts, packet.dts = (packet.pts or 0) + shift, (packet.dts or 0) + shift
            if packet.pts >= self._joint:
                self._file.mux(packet)

    def _packet(self, frame: Coded) -> "av.Packet[Stream]":
        packet = av.Packet(frame.data)
        packet.stream, packet.time_base = self._stream, Fraction(1, self._fps)
        packet.pts, packet.dts, packet.is_keyframe = frame.shown, frame.decoded, frame.idr
        return packet


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
        joint: int = 0,
        head: Sequence[Coded] = (),
    ) -> None:
        self._path = path
        self._silent = path.with_suffix(".silent.mp4")
        self._encoding = encoding
        self._sound = sound
        self._ffmpeg = ffmpeg_exe
        size = {"width": width, "height": height, "fps": fps}
        self._pictures = PictureWriter(self._silent, **size, encoding=encoding, joint=joint, head=head)

    def __enter__(self) -> Self:
        return self

    @property
    def head(self) -> tuple[Coded, ...]:
        """The frames before the joint, once all of them are coded."""
        return tuple(self._pictures.head)

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


def _set_up(coder: av.VideoCodecContext, width: int, height: int, fps: int) -> None:
    coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
    coder.gop_size, coder.max_b_frames, coder.thread_count = fps, 2, 1
    coder.flags |= Flags.closed_gop | Flags.bitexact | Flags.global_header
    coder.color_range, coder.colorspace = ColorRange.MPEG, Colorspace.ITU709
    coder.color_primaries, coder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709


def _coded(packets: "Iterable[av.Packet[av.VideoStream]]") -> Iterator[Coded]:
    for packet in packets:
        yield Coded(bytes(packet), packet.pts or 0, packet.dts or 0, packet.is_keyframe)
