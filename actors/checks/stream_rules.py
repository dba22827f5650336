"""Rules about the video stream: size, time, keyframes, codec, colours."""

from collections.abc import Iterator

from actors.checks.case import EPSILON, Breach, Case
from schemas.facts import StreamFacts

KEYFRAME_SECONDS_MAX = 2.0
_FPS_SLACK = 0.01
"""29.97 is not 30, but Matroska rounds to milliseconds."""
_PIXELS = "yuv420p"
_HDR_TRANSFERS = {"smpte2084", "arib-std-b67"}
_WIDE_PRIMARIES = "bt2020"


def frame_size(case: Case) -> Iterator[Breach]:
    """Width and height in pixels."""
    found = (case.facts.width, case.facts.height)
    wanted = (case.composition.width, case.composition.height)
    if found != wanted:
        yield Breach("{} x {}".format(*found), "{} x {}".format(*wanted))


def pixels_square(case: Case) -> Iterator[Breach]:
    """Shape of a pixel (sample aspect ratio)."""
    if (aspect := case.facts.stream.sample_aspect) not in {"1:1", "0:1"}:
        yield Breach(f"pixels of {aspect}", "1:1")


def rotation(case: Case) -> Iterator[Breach]:
    """Players are not told to turn the picture: not all do."""
    if turn := case.facts.stream.rotation:
        yield Breach(f"turned by {turn} degrees", "0")


def frame_rate(case: Case) -> Iterator[Breach]:
    """Frames a second."""
    if abs(case.facts.fps - case.composition.fps) > _FPS_SLACK:
        yield Breach(f"{case.facts.fps:g} a second", f"{case.composition.fps}")


def frame_rate_taken(case: Case) -> Iterator[Breach]:
    """Frames a second, as the placement takes them."""
    if (
        case.composition.fps != case.placement.fps
        and abs(case.facts.fps - case.composition.fps) <= _FPS_SLACK
    ):
        yield Breach(f"{case.facts.fps:g} a second", f"{case.placement.fps}")


def frame_rate_constant(case: Case) -> Iterator[Breach]:
    """Every frame is shown as long as every other."""
    if odd := case.facts.stream.irregular_frames:
        yield Breach(f"{odd} of {case.facts.frames} frames are shown shorter or longer", "none")


def frame_count(case: Case) -> Iterator[Breach]:
    """Number of frames, against the plan."""
    if case.facts.frames != case.composition.frames:
        yield Breach(f"{case.facts.frames} frames", f"{case.composition.frames}")


def seconds_least(case: Case) -> Iterator[Breach]:
    """Length of the video stream, not of the container."""
    if case.facts.seconds < case.placement.seconds_min - EPSILON - _rounding(case):
        yield Breach(f"{case.facts.seconds:.3f} s", f"at least {case.placement.seconds_min:g} s")


def seconds_most(case: Case) -> Iterator[Breach]:
    """Length of the video stream, not of the container."""
    if case.facts.seconds > case.placement.seconds_max + EPSILON + _rounding(case):
        yield Breach(f"{case.facts.seconds:.3f} s", f"at most {case.placement.seconds_max:g} s")


def seconds_exact(case: Case) -> Iterator[Breach]:
    """Length of the video stream, where only some lengths are taken."""
    lengths = case.placement.lengths
    within = case.placement.seconds_min <= case.facts.seconds <= case.placement.seconds_max + _rounding(case)
    if lengths and within and min(abs(case.facts.seconds - length) for length in lengths) > _rounding(case):
        listed = ", ".join(f"{length:g}" for length in lengths)
        yield Breach(f"{case.facts.seconds:.3f} s", f"one of {listed} s")


def starts_with_keyframe(case: Case) -> Iterator[Breach]:
    """The first frame can be decoded alone."""
    if not case.facts.stream.starts_with_keyframe:
        yield Breach("the first frame refers to others", "a keyframe")


def keyframe_distance(case: Case) -> Iterator[Breach]:
    """The longest way between two keyframes."""
    if case.facts.keyframe_seconds_max > KEYFRAME_SECONDS_MAX + EPSILON:
        yield Breach(f"{case.facts.keyframe_seconds_max:g} s", f"at most {KEYFRAME_SECONDS_MAX:g} s")


def gops_closed(case: Case) -> Iterator[Breach]:
    """No frame refers to one across a keyframe (closed groups of pictures)."""
    if count := case.facts.stream.open_gops:
        yield Breach(f"{count} open groups of pictures", "none")


def video_codec(case: Case) -> Iterator[Breach]:
    """Video codec."""
    if case.facts.video_codec != "h264":
        yield Breach(case.facts.video_codec, "h264")


def video_profile(case: Case) -> Iterator[Breach]:
    """Profile of H.264, where the pixels are of the right kind."""
    profile, taken = case.facts.stream.profile, case.placement.profiles
    if case.facts.video_codec == "h264" and case.facts.pixel_format == _PIXELS and profile not in taken:
        yield Breach(profile or "none", " or ".join(taken))


def pixel_format(case: Case) -> Iterator[Breach]:
    """Bits and colour resolution of a pixel."""
    if case.facts.pixel_format != _PIXELS:
        yield Breach(case.facts.pixel_format, _PIXELS)


def progressive(case: Case) -> Iterator[Breach]:
    """Frames are whole pictures, not two fields."""
    if case.facts.stream.interlaced:
        yield Breach("interlaced", "progressive")


def bit_rate_least(case: Case) -> Iterator[Breach]:
    """Bit rate of the video."""
    if case.facts.kbps < case.placement.kbps_min:
        yield Breach(f"{case.facts.kbps} kbit/s", f"at least {case.placement.kbps_min}")


def bit_rate_most(case: Case) -> Iterator[Breach]:
    """Bit rate of the video."""
    if 0 < case.placement.kbps_max < case.facts.kbps:
        yield Breach(f"{case.facts.kbps} kbit/s", f"at most {case.placement.kbps_max}")


def colors_standard(case: Case) -> Iterator[Breach]:
    """Primaries, transfer and matrix are tagged as BT.709."""
    stream = case.facts.stream
    tags = (stream.primaries, stream.transfer, stream.matrix)
    if not _is_hdr(stream) and any(tag != "bt709" for tag in tags):
        yield Breach("/".join(tags), "bt709 three times")


def colors_limited(case: Case) -> Iterator[Breach]:
    """Luma runs from 16 to 235."""
    if case.facts.stream.full_range:
        yield Breach("full range", "limited range")


def dynamic_range(case: Case) -> Iterator[Breach]:
    """No tags of high dynamic range or wide gamut (PQ, HLG, BT.2020)."""
    stream = case.facts.stream
    if _is_hdr(stream):
        yield Breach(f"{stream.primaries}/{stream.transfer}", "standard dynamic range")


def _is_hdr(stream: StreamFacts) -> bool:
    return stream.transfer in _HDR_TRANSFERS or stream.primaries == _WIDE_PRIMARIES


def _rounding(case: Case) -> float:
    """Return less than half a frame: lengths are whole frames, limits may not be."""
    return 0.4 / case.composition.fps
