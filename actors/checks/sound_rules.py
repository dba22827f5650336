"""Rules about the sound: that it is there, its form, its loudness, its faults."""

from collections.abc import Iterator

from actors.checks.case import Breach, Case

_RATE = 48_000
_CHANNELS = 2
_BIT_RATE_SLACK = 0.9
"""An encoder that is told a bit rate comes this near to it, when there is enough to say."""
_LENGTH_SLACK = 0.1
_GAP_MAX = 1.5
_CLIPPED_MAX = 8
"""Samples at full scale: a limiter that lets a few touch it is heard by nobody."""
_OFFSET_MAX = 0.01


def sound_present(case: Case) -> Iterator[Breach]:
    """There is an audio stream, if only of silence."""
    if not case.facts.audio_channels:
        yield Breach("no audio stream", "one")


def sound_codec(case: Case) -> Iterator[Breach]:
    """Audio codec and profile."""
    codec, profile = case.facts.audio_codec, case.facts.heard.profile
    if codec and (codec != "aac" or profile not in {"LC", ""}):
        yield Breach(f"{codec} {profile}".strip().removesuffix(" None"), "aac LC")


def sound_rate(case: Case) -> Iterator[Breach]:
    """Samples a second."""
    if case.facts.audio_rate not in {0, _RATE}:
        yield Breach(f"{case.facts.audio_rate} Hz", f"{_RATE} Hz")


def sound_channels(case: Case) -> Iterator[Breach]:
    """Number of channels."""
    if case.facts.audio_channels not in {0, _CHANNELS}:
        yield Breach(f"{case.facts.audio_channels} channels", f"{_CHANNELS}")


def sound_bit_rate(case: Case) -> Iterator[Breach]:
    """Bit rate of the sound; silence needs none."""
    found, least = case.facts.heard.kbps, case.placement.audio_kbps_min
    if _audible(case) and found < least * _BIT_RATE_SLACK:
        yield Breach(f"{found} kbit/s", f"at least {least}")


def sound_length(case: Case) -> Iterator[Breach]:
    """Sound and picture are equally long."""
    seconds = case.facts.heard.seconds
    if case.facts.audio_channels and abs(seconds - case.facts.seconds) > _LENGTH_SLACK:
        yield Breach(
            f"{seconds:.3f} s, the picture {case.facts.seconds:.3f} s", f"at most {_LENGTH_SLACK} s apart"
        )


def sound_heard(case: Case) -> Iterator[Breach]:
    """What the plan lets hear is heard."""
    if case.facts.audio_channels and case.silent and case.composition.sounds:
        yield Breach("silence", "heard: the plan has sound")


def sound_asked(case: Case) -> Iterator[Breach]:
    """Something is heard, where the placement takes no silent ad."""
    asked = case.placement.sound == "required" and not case.composition.sounds
    if case.facts.audio_channels and case.silent and asked:
        yield Breach("silence", "heard: the placement takes no silent ad")


def loudness(case: Case) -> Iterator[Breach]:
    """Integrated loudness (ITU-R BS.1770-4)."""
    wanted, slack = case.composition.sound.lufs, case.placement.lufs_tolerance
    if _mastered(case) and abs(case.facts.lufs - wanted) > slack:
        yield Breach(f"{case.facts.lufs:g} LUFS", f"{wanted:g} +- {slack:g}")


def true_peak(case: Case) -> Iterator[Breach]:
    """True peak (ITU-R BS.1770-4, annex 2); where samples clip, `sound_clipped` says it."""
    most = case.composition.sound.true_peak_max
    if _mastered(case) and case.facts.true_peak > most and case.facts.heard.clipped <= _CLIPPED_MAX:
        yield Breach(f"{case.facts.true_peak:g} dBTP", f"at most {most:g}")


def sound_clipped(case: Case) -> Iterator[Breach]:
    """Samples at or above full scale."""
    if case.facts.heard.clipped > _CLIPPED_MAX:
        yield Breach(f"{case.facts.heard.clipped} samples", f"at most {_CLIPPED_MAX}")


def channels_alive(case: Case) -> Iterator[Breach]:
    """Both channels sound."""
    for channel in case.facts.heard.dead_channels:
        yield Breach(f"channel {channel + 1} is silent", "heard")


def sound_gap(case: Case) -> Iterator[Breach]:
    """The longest silence in an ad with music, its end included."""
    gap = case.facts.heard.gap
    if _audible(case) and case.composition.sound.music and gap > _GAP_MAX:
        yield Breach(f"{gap:g} s of silence", f"at most {_GAP_MAX:g} s")


def sound_offset(case: Case) -> Iterator[Breach]:
    """Direct current: the mean of each channel."""
    if (offset := case.facts.heard.offset) > _OFFSET_MAX:
        yield Breach(f"{offset:.3f} of full scale", f"at most {_OFFSET_MAX}")


def _audible(case: Case) -> bool:
    return bool(case.facts.audio_channels) and not case.silent


def _mastered(case: Case) -> bool:
    """Tell whether the sound was made as loud as the placement asks: silence is not."""
    return _audible(case) and case.composition.sounds
