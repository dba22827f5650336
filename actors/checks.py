"""Refuses ads that are not what their placement asks; each rule names value, limit and source."""

from collections.abc import Iterator
from pathlib import Path

from actors.audio import measure
from actors.video import moov_first, open_media, probe_video
from schemas.errors import CheckError, MediaError
from schemas.media import Facts
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import Ad, Composition

LUFS_TOLERANCE = 1.0
KEYFRAME_SECONDS_MAX = 2.0
_AUDIO_RATE = 48_000


def check_ad(path: Path, ad: Ad, ffmpeg_exe: str) -> Facts:
    """Measure the finished *path* and hold it against its plan and placement.

    Raises CheckError that lists every broken rule, and MediaError where the file cannot be read.
    """
    facts = measure_ad(path, ffmpeg_exe)
    broken = [*_broken_by_plan(facts, ad.composition), *_broken_by_placement(facts, PLACEMENTS[ad.placement])]
    if broken:
        raise CheckError(f"{ad.label}: " + "; ".join(broken))
    return facts


def measure_ad(path: Path, ffmpeg_exe: str) -> Facts:
    """Measure what a finished MP4 is."""
    video = probe_video(path)
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path.name}: has no sound")
        audio = container.streams.audio[0]
        codec, rate, channels = audio.codec_context.name, audio.rate or 0, audio.channels
    loudness = measure(path, ffmpeg_exe)
    return Facts(
        width=video.width,
        height=video.height,
        fps=video.fps if video.constant_rate else 0.0,
        frames=video.frames,
        seconds=round(video.frames / video.fps, 3) if video.fps else 0.0,
        video_codec=video.codec,
        pixel_format=video.pixel_format,
        audio_codec=codec,
        audio_rate=rate,
        audio_channels=channels,
        lufs=loudness.lufs,
        true_peak=loudness.true_peak,
        kbps=video.kbps,
        bytes=path.stat().st_size,
        moov_first=moov_first(path),
        keyframe_seconds_max=video.keyframe_seconds_max,
    )


def _broken_by_plan(facts: Facts, composition: Composition) -> Iterator[str]:
    wanted = (
        ("width", facts.width, composition.width),
        ("height", facts.height, composition.height),
        ("fps", facts.fps, float(composition.fps)),
        ("frames", facts.frames, composition.frames),
        ("video codec", facts.video_codec, "h264"),
        ("pixel format", facts.pixel_format, "yuv420p"),
        ("audio codec", facts.audio_codec, "aac"),
        ("audio rate", facts.audio_rate, _AUDIO_RATE),
        ("audio channels", facts.audio_channels, 2),
        ("index before media", facts.moov_first, True),
    )
    for rule, found, asked in wanted:
        if found != asked:
            yield f"{rule}: {found}, must be {asked} (house rule)"
    if facts.keyframe_seconds_max > KEYFRAME_SECONDS_MAX:
        apart = facts.keyframe_seconds_max
        yield f"keyframe distance: {apart} s, at most {KEYFRAME_SECONDS_MAX} (house rule)"
    sound = composition.sound
    if sound.music and abs(facts.lufs - sound.lufs) > LUFS_TOLERANCE:
        yield f"loudness: {facts.lufs} LUFS, must be {sound.lufs} +- {LUFS_TOLERANCE} (house rule)"
    if sound.music and facts.true_peak > sound.true_peak_max:
        yield f"true peak: {facts.true_peak} dBTP, at most {sound.true_peak_max} (house rule)"


def _broken_by_placement(facts: Facts, placement: Placement) -> Iterator[str]:
    limits = (
        ("length", facts.seconds, placement.seconds_min, placement.seconds_max, "s"),
        ("file size", facts.bytes, 1, placement.bytes_max, "bytes"),
        ("video bit rate", facts.kbps, placement.kbps_min, float("inf"), "kbit/s"),
    )
    for rule, found, low, high, unit in limits:
        if not low <= found <= high:
            yield f"{rule}: {found} {unit}, must be {low} to {high} ({placement.name}: {placement.source})"
