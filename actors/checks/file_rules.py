"""Rules about the file: its form, its wholeness, its size, what it carries."""

from collections.abc import Iterator

from actors.checks.case import EPSILON, Breach, Case

_BRANDS = {"isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V "}
_CONTAINER_SLACK = 0.1
"""Seconds by which a container may outlast its video: AAC comes in frames of 21 ms."""


def file_whole(case: Case) -> Iterator[Breach]:
    """Every box and frame that the file announces is there and decodes."""
    if damage := case.facts.container.damage:
        yield Breach(damage, "whole")


def container_brand(case: Case) -> Iterator[Breach]:
    """The file is an MP4 by its brand (ISO/IEC 14496-12), not QuickTime, Matroska or another."""
    if (brand := case.facts.container.brand) not in _BRANDS:
        yield Breach(f"brand {brand!r}" if brand else "no MP4", "an MP4")


def index_first(case: Case) -> Iterator[Breach]:
    """The index (moov) lies before the media, so that the ad plays while it loads."""
    if case.facts.container.brand and not case.facts.moov_first:
        yield Breach("index after the media", "before it")


def bytes_most(case: Case) -> Iterator[Breach]:
    """File size."""
    if 0 < case.placement.bytes_max < case.facts.bytes:
        yield Breach(_megabytes(case.facts.bytes), f"at most {_megabytes(case.placement.bytes_max)}")


def bytes_least(case: Case) -> Iterator[Breach]:
    """File size."""
    if case.facts.bytes < case.placement.bytes_min:
        yield Breach(_megabytes(case.facts.bytes), f"at least {_megabytes(case.placement.bytes_min)}")


def stray_streams(case: Case) -> Iterator[Breach]:
    """Streams beside one of video and one of sound: data, subtitles, covers, timecode, chapters."""
    streams = list(case.facts.container.streams)
    for kind in ("video", "audio"):
        if own := next((name for name in streams if name.startswith(kind)), None):
            streams.remove(own)
    if streams:
        yield Breach(", ".join(streams), "one video and one audio stream alone")


def edit_list(case: Case) -> Iterator[Breach]:
    """Edit lists name the first sample and no more: no gaps, cuts or hidden frames."""
    if edits := case.facts.container.edits:
        yield Breach(", ".join(edits), "none")


def tags_private(case: Case) -> Iterator[Breach]:
    """Tags tell no path of the machine where the file was made."""
    for tag in case.facts.container.private_tags:
        yield Breach(f"tag {tag}", "without local paths")


def container_length(case: Case) -> Iterator[Breach]:
    """The container is as long as its video stream: some platforms measure the one, some the other."""
    apart = abs(case.facts.container.seconds - case.facts.seconds)
    if apart > _CONTAINER_SLACK + EPSILON and not _sound_differs(case):
        length = f"{case.facts.container.seconds:.3f} s, the video {case.facts.seconds:.3f} s"
        yield Breach(length, f"at most {_CONTAINER_SLACK} s apart")


def _sound_differs(case: Case) -> bool:
    """Tell whether the sound makes the container longer; that is the matter of `sound_length`."""
    return case.facts.heard.seconds > case.facts.seconds + _CONTAINER_SLACK


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.3f} MB"
