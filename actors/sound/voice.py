"""Makes a voice ready for an ad: fitted to its length, without rumble, evenly loud."""

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from actors.sound.loudness import CELL, SILENCE, Curve, energy, gated
from actors.sound.stretching import stretched
from actors.synth import RATE, Sound
from schemas.errors import MediaError
from schemas.media import Word
from schemas.record import Record

VOICE_LUFS = -20.0
"""What a voice is brought to before it is mixed."""

_LEAD = 0.3
"""Seconds before the voice, and after it, where the ad has room: the eye is there first."""
_LOST = 2048 / RATE
"""Seconds by which the sound of an ad may end before its picture."""
LONGER_PLANNED = 1.15
"""How many times longer than its ad a voice may be when it is planned; it is played that much faster."""
_LONGER_MAX = LONGER_PLANNED * 1.25
"""The same when it is there: spoken, it is now and then longer than was estimated, by a quarter at most."""
_RUMBLE = 80.0
"""Hz under which no voice sounds."""
_FADE = RATE // 100
_BLOCK = 200
"""Cells over which the level of speech is seen: 200 ms."""
_SMOOTH = 100
_RANGE_MAX = 10.0
"""LU from soft (10 % of the time) to loud (95 %) speech, above which loud parts are turned down by half."""
_PAUSE = -20.0
"""LU under the voice's loudness at which it pauses."""


class VoiceFit(Record):
    """Where a recorded voice lies in an ad."""

    start: float
    """Seconds into the ad at which the recording begins."""
    speed: float
    """How many times as fast it is played."""

    def at(self, seconds: float) -> float:
        """Return the second of the ad at which this second of the recording is heard."""
        return self.start + seconds / self.speed

    def words(self, words: Iterable[Word]) -> tuple[Word, ...]:
        """Return *words* of the recording with the times of the ad."""
        return tuple(
            word.model_copy(update={"start": self.at(word.start), "end": self.at(word.end)}) for word in words
        )

    @classmethod
    def whole(cls, seconds: float, room: float) -> Self:
        """Return the fit of a recording that fills all the *room* there is."""
        return cls(start=0.0, speed=seconds / room)


def fit_voice(seconds: float, ad_seconds: float) -> VoiceFit:
    """Return where a recording of *seconds* lies in an ad of *ad_seconds*.

    One that is longer than the ad is played faster, within bounds. Raises MediaError for longer ones.
    """
    room = ad_seconds - _LOST
    if seconds <= room:
        return VoiceFit(start=min(_LEAD, (room - seconds) / 2), speed=1.0)
    if seconds > ad_seconds * _LONGER_MAX + 1e-6:
        raise MediaError(
            f"the voice takes {seconds:.2f} s, the ad {ad_seconds:.2f} s: at most "
            f"{ad_seconds * _LONGER_MAX:.2f} s can be fitted; shorten voiceover, or lengthen the storyboard"
        )
    return VoiceFit.whole(seconds, room)


def laid_voice(voice: Sound, samples: int, fit: VoiceFit, ffmpeg_exe: str) -> Sound:
    """Return *voice*, float32 [any, 1 or 2], where *fit* puts it in an ad of so many *samples*: [samples, 2].

    It is at VOICE_LUFS, without rumble or clicks, and evened out if it is loud and soft by turns.
    """
    pair = np.repeat(voice, 2, axis=1) if voice.shape[1] == 1 else voice
    spoken = stretched(np.asarray(pair, dtype=np.float32), round(len(pair) / fit.speed), ffmpeg_exe)
    spoken = _levelled(_evened(_levelled(_without_rumble(spoken))))
    ramp = np.sin(np.linspace(0, np.pi / 2, min(_FADE, len(spoken) // 2), dtype=np.float32))[:, None] ** 2
    spoken[: len(ramp)] *= ramp
    spoken[len(spoken) - len(ramp) :] *= ramp[::-1]
    start = round(fit.start * RATE)
    result = np.zeros((samples, 2), dtype=np.float32)
    part = spoken[: samples - start]
    result[start : start + len(part)] = part
    return result


def speaking(power: Curve) -> NDArray[np.bool_]:
    """Return in which cells a voice speaks, from its K-weighted *power* in each: bool [cells]."""
    level = 10 * np.log10(_averaged(power, 40) + 1e-12) - 0.691
    return np.asarray(level > gated(power) + _PAUSE)


def _without_rumble(sound: Sound) -> Sound:
    """Return *sound* through a Butterworth high-pass of fourth order, without its delay."""
    size = (len(sound) // RATE + 2) * RATE
    hertz = np.fft.rfftfreq(size, 1 / RATE)[:, None]
    spectrum = np.fft.rfft(sound, size, axis=0) * (hertz**4 / np.sqrt(hertz**8 + _RUMBLE**8))
    return np.fft.irfft(spectrum, size, axis=0)[: len(sound)].astype(np.float32)


def _levelled(sound: Sound) -> Sound:
    heard = gated(energy(sound))
    return sound if heard <= SILENCE else (sound * 10 ** ((VOICE_LUFS - heard) / 20)).astype(np.float32)


def _evened(sound: Sound) -> Sound:
    """Turn loud speech down by half of what it exceeds the usual, where soft and loud lie far apart."""
    power = energy(sound)
    spoken = speaking(power)
    if not spoken.any():
        return sound
    level = 10 * np.log10(_averaged(power, _BLOCK) + 1e-12) - 0.691
    soft, usual, loud = np.percentile(level[spoken], (10, 40, 95))
    if loud - soft <= _RANGE_MAX:
        return sound
    gain = _averaged(-np.maximum(0, level - usual) / 2, _SMOOTH)
    centres = (np.arange(len(gain)) + 0.5) * CELL
    curve = np.interp(np.arange(len(sound)), centres, 10 ** (gain / 20))
    return (sound * curve[:, None]).astype(np.float32)


def _averaged(values: Curve, cells: int) -> Curve:
    """Return the mean of *values* over so many *cells* around each."""
    padded = np.pad(values, (cells // 2, cells - cells // 2), mode="edge")
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray((sums[cells:] - sums[:-cells])[: len(values)] / cells)
