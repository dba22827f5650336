"""Handles the sound of a voice: doubles its rate, trims its ends, reads recordings, writes FLAC."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from actors.sound.reading import read_sound
from actors.synth import RATE, Sound
from schemas.errors import MediaError

SECONDS_MAX = 180
"""Of a recording."""
_PEAK = 0.9
_QUIET = 10 ** (-40 / 20)
"""Share of the loudest 5 ms under which nothing is said."""
_KEPT = 0.04
"""Seconds of silence that stay at both ends."""
_HOP = RATE // 200
_TAPS = 31


def doubled(samples: NDArray[np.float32]) -> Sound:
    """Return mono float32 [samples] at 24 kHz as float32 [samples, 2] at 48 kHz: a half-band filter."""
    between = np.arange(-_TAPS, _TAPS + 1)
    kernel = np.sinc(between / 2) * np.hanning(len(between) + 2)[1:-1]
    spread = np.zeros(2 * len(samples), np.float32)
    spread[::2] = samples
    filtered = np.convolve(spread, kernel, mode="same")[: len(spread)] if len(spread) else spread
    return np.repeat(filtered.astype(np.float32)[:, None], 2, axis=1)


def levelled(sound: Sound) -> Sound:
    """Bring the peak of *sound* down to 0.9, if it is higher."""
    peak = float(np.abs(sound).max(initial=0))
    return sound if peak <= _PEAK else np.asarray(sound * (_PEAK / peak), np.float32)


def levels(sound: Sound) -> NDArray[np.float64]:
    """Return the root mean square of every 5 ms."""
    hops = -(-len(sound) // _HOP)
    padded = np.zeros((hops * _HOP, 2), np.float32)
    padded[: len(sound)] = sound
    power = np.mean(np.square(padded.reshape(hops, -1), dtype=np.float64), axis=1)
    return np.asarray(np.sqrt(power), dtype=np.float64)


def trimmed(sound: Sound) -> tuple[Sound, float]:
    """Cut the silence off both ends of *sound* but for 40 ms; returns the seconds gone from the beginning."""
    level = levels(sound)
    heard = np.flatnonzero(level > level.max(initial=0) * _QUIET)
    if not len(heard):
        return sound, 0.0
    kept = round(_KEPT * RATE)
    first = max(0, int(heard[0]) * _HOP - kept)
    last = min(len(sound), (int(heard[-1]) + 1) * _HOP + kept)
    result = sound[first:last].copy()
    fade = np.linspace(0, 1, min(_HOP, len(result)), dtype=np.float32)[:, None]
    result[: len(fade)] *= fade
    result[len(result) - len(fade) :] *= fade[::-1]
    return result, first / RATE


def read_recording(path: Path) -> Sound:
    """Read a recording of a voice. Raises MediaError for one that is too long or silent."""
    sound = read_sound(path, seconds_max=SECONDS_MAX + 1)
    if len(sound) > SECONDS_MAX * RATE:
        raise MediaError(f"{path.name}: longer than {SECONDS_MAX} s: cut the recording to what is said")
    if not np.abs(sound).max(initial=0) > 0:
        raise MediaError(f"{path.name}: is silent: give a recording of a voice")
    return levelled(sound)


def write_flac(sound: Sound, to: Path) -> None:
    """Write *sound* as FLAC of 24 bits; the same sound gives the same bytes. Raises MediaError."""
    whole = np.clip(sound, -1, 1) * (2**31 - 1)
    try:
        with av.open(str(to), "w", format="flac", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream("flac", rate=RATE, layout="stereo", format="s32")
            stream.codec_context.flags |= av.codec.context.Flags.bitexact
            frame = av.AudioFrame.from_ndarray(
                whole.astype(np.int32).reshape(1, -1), format="s32", layout="stereo"
            )
            frame.rate = RATE
            for packet in (*stream.encode(frame), *stream.encode(None)):
                container.mux(packet)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{to.name}: cannot be written: {error}") from error
