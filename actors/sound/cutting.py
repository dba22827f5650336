"""Cuts music to the length of an ad: it starts on a bar and ends on a beat, or with its own ending.

Parts are left out or repeated between beats that sound alike, and the tempo gives way by at most 3 %, so
that the last beat comes when the picture ends. Music without a steady pulse is faded out.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from actors.sound.loudness import SILENCE, Curve
from actors.sound.reading import Track
from actors.sound.rhythm import HOP, Rhythm, find_rhythm
from actors.sound.routes import SPEED_CHANGE_MAX, Ending, Route, find_route
from actors.sound.stretching import stretched
from actors.synth import RATE, Sound
from schemas.errors import MediaError

LEAD = RATE // 50
"""Samples before the first beat, in which the music comes: attacks stay whole."""
_BLEND = RATE // 50
"""Samples of a cross-fade; it ends right before a beat."""
_BEFORE = RATE // 200
"""Samples from the end of a cross-fade to the beat."""
_PAD = RATE // 10
"""Samples of silence around the track, so that no join reaches beyond it."""
_ALIGNED = RATE // 125
"""Samples by which a join may move to where the waves lie alike: 8 ms."""
_LOOP_SAMPLES_MIN = RATE // 2
_HOLD = 0.08
"""Seconds for which the last beat stands before it dies away by 60 dB."""
_RELEASE = (0.3, 0.6)
"""Seconds from the last beat to the end where music is cut off."""
_RING = (0.5, 2.5)
"""The same where it has an ending of its own."""
_RING_FOUND = (0.1, 6.0)
"""Seconds that an ending rings to be taken for one."""
_FOUND_AFTER = 12
"""Seconds of music before an ending by which it is judged."""
_DEAD = -35.0
"""dB under the loud parts at which an ending has died away."""
_ALIVE = -12.0
"""dB under the music before it that the last seconds of a fade-out have, but not an ending."""


def fit_music(track: Track, seconds: float, ffmpeg_exe: str) -> Sound:
    """Cut *track* to *seconds*: float32 [samples, 2]. A silent track gives silence.

    Raises MediaError for a track that is too short to repeat.
    """
    samples = round(seconds * RATE)
    track, rhythm = _followed(track)
    level, heard = _levels(track.sound)
    if not len(heard):
        return np.zeros((samples, 2), dtype=np.float32)
    if rhythm is not None:
        own = _own_ending(track, level, rhythm)
        first = int(np.searchsorted(rhythm.beats, heard[0] * HOP / RATE - 0.03))
        last = int(np.searchsorted(rhythm.beats, heard[-1] * HOP / RATE - 0.05)) - 1
        gap = int(np.searchsorted(rhythm.beats, track.gap / RATE)) if track.gap else 0
        for ending in (own, Ending(0, last, *_RELEASE)):
            route = find_route(rhythm, ending, (samples - LEAD) / RATE, first, gap) if ending else None
            if route is not None:
                sound = stretched(_joined(track.sound, rhythm, route), samples, ffmpeg_exe)
                return _dying(sound, route.release, own=ending is own)
    return _faded(_repeated(track.sound[: track.gap or None], samples))


def _levels(track: Sound) -> tuple[Curve, NDArray[np.intp]]:
    """Return the level (dB) of every hop, and the hops that are within 15 dB of the loud ones."""
    hops = track[: len(track) // HOP * HOP].reshape(-1, HOP * 2)
    level = 10 * np.log10(np.mean(np.square(hops, dtype=np.float64), axis=1) + 1e-12)
    audible = level[level > SILENCE]
    if not len(audible):
        return level, np.zeros(0, dtype=np.intp)
    loud = np.percentile(audible, 95)
    return level.clip(loud - 50), np.flatnonzero(level > loud - 15)


def _followed(track: Track) -> tuple[Track, Rhythm | None]:
    """Return the rhythm of *track*; an ending that goes at another tempo is left out of the track."""
    if not track.gap:
        return track, find_rhythm(track.sound)
    head = find_rhythm(track.sound[: track.gap])
    tail = find_rhythm(track.sound[track.gap :], bars=(head.bar,)) if head else None
    if head is not None and tail is not None:
        tempi = [float(np.median(np.diff(part.beats))) for part in (head, tail)]
        if abs(tempi[0] / tempi[1] - 1) < 2 * SPEED_CHANGE_MAX:
            return track, _together(head, tail, track.gap / RATE)
    return Track(track.sound[: track.gap], 0, whole=False), head


def _together(head: Rhythm, tail: Rhythm, seconds: float) -> Rhythm:
    return Rhythm(
        np.concatenate([head.beats, tail.beats + seconds]),
        head.bar,
        np.concatenate([head.places, tail.places]),
        np.concatenate([head.features, tail.features]),
    )


def _own_ending(track: Track, level: Curve, rhythm: Rhythm) -> Ending | None:
    """Return the ending that the music has of its own: a last beat that rings, not a fade-out or a cut."""
    last = rhythm.beats[-1]
    loud = np.percentile(level, 95)
    end = (int(np.flatnonzero(level > loud + _DEAD)[-1]) + 1) * HOP / RATE
    ring = end - last
    if not track.whole or last < _FOUND_AFTER / 2 or end > len(level) * HOP / RATE - 0.005:
        return None
    usual, final = (
        np.percentile(
            level[max(0, round((last - since) * RATE / HOP)) : round((last - until) * RATE / HOP)], 90
        )
        for since, until in ((_FOUND_AFTER, 4), (2, 0))
    )
    if final < usual + _ALIVE or not _RING_FOUND[0] < ring < _RING_FOUND[1]:
        return None
    return Ending(
        len(rhythm.beats) - 1, len(rhythm.beats) - 1, min(_RING[0], ring), max(_RING[0], min(_RING[1], ring))
    )


def _joined(track: Sound, rhythm: Rhythm, route: Route) -> Sound:
    """Return the music of *route*, joined on its beats, at its own speed."""
    at = np.round(rhythm.beats * RATE).astype(int) + _PAD
    begin = int(at[route.start]) - round(LEAD * route.speed)
    end = int(at[route.end]) + round(route.release * route.speed * RATE)
    lacking = max(0, end - len(track))
    music = np.pad(track, ((_PAD, lacking), (0, 0)))
    pieces, here = [], begin
    for (_, leave), (enter, _) in pairwise(route.stretches):
        out, into = int(at[leave]) - _BEFORE, int(at[enter]) - _BEFORE
        into += _alignment(music, out, into)
        blend = _blended(music[out - _BLEND : out], music[into - _BLEND : into])
        pieces += [music[here : out - _BLEND], blend]
        here = into
    return np.concatenate([*pieces, music[here:end]])


def _alignment(music: Sound, out: int, into: int) -> int:
    """Return by how many samples *into* must move for the waves around it to lie as those around *out*."""
    half = _BLEND
    here = music[out - half : out + half].sum(axis=1)
    there = music[into - half - _ALIGNED : into + half + _ALIGNED].sum(axis=1)
    if len(there) < len(here) + 2 * _ALIGNED:
        return 0
    products = np.correlate(there, here)
    squares = np.concatenate([[0.0], np.cumsum(np.square(there, dtype=np.float64))])
    power = squares[len(here) :] - squares[: -len(here)]
    return int(np.argmax(products / np.sqrt(power + 1e-3))) - _ALIGNED


def _blended(old: Sound, new: Sound) -> Sound:
    """Cross-fade *old* into *new*, as strong as they are however alike: float32 of the same shape."""
    power = float(np.sqrt(np.sum(old**2) * np.sum(new**2)))
    alike = max(0.0, float(np.sum(old * new)) / power) if power else 0.0
    angle = np.linspace(0, np.pi / 2, len(old))[:, None]
    falling, rising = np.cos(angle) ** 2, np.sin(angle) ** 2
    strength = np.sqrt(falling**2 + rising**2 + 2 * alike * falling * rising)
    return np.asarray((old * falling + new * rising) / strength, dtype=np.float32)


def _dying(sound: Sound, release: float, *, own: bool) -> Sound:
    """Fade *sound* in before its first beat, and out after its last, *release* seconds before the end.

    An ending of its own rings as it does, all but its end; another is made to die away by 60 dB.
    """
    result = sound.copy()
    rising = LEAD - _BEFORE
    result[:rising] *= np.linspace(0, 1, rising, dtype=np.float32)[:, None]
    length = min(len(result), round(release * RATE))
    if own:
        gain = np.cos(np.clip(np.linspace(-1, 1, length), 0, 1) * np.pi / 2) ** 2
    else:
        time = np.arange(length) / RATE
        fall = np.clip((time - _HOLD) / max(0.05, release - _HOLD), 0, 1)
        gain = 10 ** (-3 * fall) * np.clip((length - 1 - np.arange(length)) / (RATE / 100), 0, 1)
    result[len(result) - length :] *= gain[:, None].astype(np.float32)
    return result


def _repeated(body: Sound, samples: int) -> Sound:
    """Return *samples* of music without a beat, from where it is loud; repeated if it is short.

    Raises MediaError where it is too short for that.
    """
    level, heard = _levels(body)
    first, last = max(0, int(heard[0]) * HOP - _BLEND), (int(heard[-1]) + 1) * HOP
    if len(body) - first >= samples:
        return body[first : first + samples]
    if last - first < _LOOP_SAMPLES_MIN:
        raise MediaError(f"{(last - first) / RATE:.2f} s of music are too short to loop; give at least 1 s")
    return _looped(body[first:last], level[first // HOP :], samples)


def _looped(body: Sound, level: Curve, samples: int) -> Sound:
    """Repeat *body*, from the point where it rises and falls most as at its beginning."""
    hops = len(body) // HOP
    rise = np.diff(level[:hops], prepend=level[:1]).clip(0)
    pattern = rise[: min(hops // 4, 4 * RATE // HOP)]
    likeness = np.correlate(rise[hops // 2 :], pattern - pattern.mean())
    length = (hops // 2 + int(np.argmax(likeness))) * HOP
    turn = body[:length].copy()
    turn[:_BLEND] = _blended(body[length : length + _BLEND], body[:_BLEND])
    return np.concatenate([body[:length], np.tile(turn, (samples // length, 1))])[:samples]


def _faded(sound: Sound) -> Sound:
    """Fade *sound* in over 20 ms and out over 0.5 s."""
    result = sound.copy()
    fade_in, fade_out = min(_BLEND, len(sound)), min(RATE // 2, len(sound))
    result[:fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32)[:, None]
    result[-fade_out:] *= np.cos(np.linspace(0, np.pi / 2, fade_out, dtype=np.float32))[:, None] ** 2
    return result
