"""Plays a music bed where no recorded track is there: chords, bass, keys, drums and a room, in numpy.

Everything is one-shot sounds laid on buses, as in a sampler: a note is computed once and placed many times.
The work is done in float64, so that the float32 result does not depend on how a processor rounds a sine.
"""

from collections.abc import Iterable, Iterator
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import MediaError
from schemas.record import Record

RATE = 48_000
"""Samples a second, everywhere in Reelmill."""

Chord = tuple[int, ...]
Sound = NDArray[np.float32]
Wave = NDArray[np.float64]

_I, _II, _III, _IV, _V, _VI = (
    (0, 4, 7, 14), (2, 5, 9, 12), (4, 7, 11, 14), (5, 9, 12, 19), (7, 11, 14, 21), (9, 12, 16, 19),
)  # fmt: skip
"""Semitones above the key, root first; ninths instead of sevenths keep them sweet."""
_KEYS = (48, 50, 51, 53, 55)
"""MIDI notes on which a piece may stand: C, D, E flat, F, G."""
_OCTAVES = (0, 0, 0, 0, 0, 12, 12, 12)
"""Where the arpeggio climbs, in semitones for each half beat of a bar."""
_FADE_SECONDS = 0.6
_RING_BEATS = 2


class Style(Record):
    """How a mood is played."""

    bpm: float
    progressions: tuple[tuple[Chord, Chord, Chord, Chord], ...]
    patterns: tuple[tuple[int, ...], ...]
    """Chord tones of the arpeggio, one for each half beat; -1 rests."""
    bass: tuple[tuple[float, float], ...]
    """(beat, length in beats) within a half bar."""
    kick: float
    """How loud kick and clap are; 0 leaves them out, with the pumping that they cause."""
    shaker: float
    swing: float
    """How late every second quarter beat comes, in beats."""
    pad_attack: float
    """Seconds."""
    pad_cut: float
    """Hz above which the pad's saws are dulled."""
    key_decay: float
    """Seconds in which a key falls to 1/e."""
    room: float
    """Seconds in which the room falls by 60 dB."""
    wet: float


_STYLES = {
    "upbeat": Style(
        bpm=112,
        progressions=((_I, _V, _VI, _IV), (_VI, _IV, _I, _V), (_I, _VI, _IV, _V), (_IV, _I, _V, _VI)),
        patterns=((0, 2, 1, 3, 2, 1, 3, 2), (0, 1, 3, 2, 0, 3, 1, 2), (3, 2, 1, 2, 0, 2, 1, -1)),
        bass=((0.0, 0.7), (0.75, 0.25), (1.5, 0.45)),
        kick=0.36,
        shaker=1.0,
        swing=0.05,
        pad_attack=0.12,
        pad_cut=3200,
        key_decay=0.32,
        room=1.1,
        wet=0.22,
    ),
    "calm": Style(
        bpm=74,
        progressions=((_I, _VI, _IV, _V), (_I, _III, _IV, _II), (_VI, _IV, _I, _II), (_I, _IV, _VI, _IV)),
        patterns=((0, 1, 2, 3, 2, 1, 2, -1), (0, 2, 3, -1, 2, 3, 1, 2), (3, -1, 1, 2, 0, 2, 1, 2)),
        bass=((0.0, 1.9),),
        kick=0.0,
        shaker=0.6,
        swing=0.03,
        pad_attack=0.6,
        pad_cut=2200,
        key_decay=0.9,
        room=2.2,
        wet=0.4,
    ),
}


class Score(Record):
    """What is played when: one chord for each half bar, the last of them the final hit on the tonic."""

    style: Style
    seconds: float
    seed: int

    @property
    def samples(self) -> int:
        """Length in samples."""
        return round(self.seconds * RATE)

    @cached_property
    def beats(self) -> int:
        """Length in beats, even, so that the tempo gives way and not the length."""
        return max(4, 2 * round(self.seconds * self.style.bpm / 120))

    @property
    def beat(self) -> float:
        """Seconds of one beat."""
        return self.seconds / self.beats

    @property
    def hit(self) -> int:
        """The beat of the final hit."""
        return self.beats - _RING_BEATS

    @property
    def key(self) -> int:
        """MIDI note of the tonic."""
        return _KEYS[self.seed % len(_KEYS)]

    @cached_property
    def chords(self) -> tuple[Chord, ...]:
        """A chord for each half bar; the dominant before the final tonic lets the end be heard as one."""
        turns = self.style.progressions[self.seed % len(self.style.progressions)]
        running = [turns[half // 2 % 4] for half in range(self.hit // 2 - 1)]
        return (*running, _V, _I)


class Note(NamedTuple):
    """A sound and where it lies on a bus."""

    wave: Wave
    seconds: float
    gain: float = 1.0
    pan: float = 0.0
    """-1 left, 1 right."""


def make_bed(mood: Literal["upbeat", "calm"], seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Play *seconds* of music that end on the tonic and fade: float32 [samples, 2] at 48 kHz, peak 0.7.

    The same arguments give the same samples; *seed* chooses key, chords and patterns. Raises MediaError for
    an unknown mood.
    """
    if mood not in _STYLES:
        raise MediaError(f"music mood {mood!r} is unknown; known: {', '.join(_STYLES)}")
    score = Score(style=_STYLES[mood], seconds=seconds, seed=seed)
    pad, keys = _lay(score, _pad(score)), _echo(score, _lay(score, _keys(score)))
    low, drums = _lay(score, _bass(score)), _lay(score, _drums(score))
    pump = _pump(score)[:, None]
    tuned = (0.75 * pad + keys) * pump
    room = _room(score, tuned + 0.25 * drums)
    return _finish(tuned + low * pump + drums + score.style.wet * room)


def _lay(score: Score, notes: Iterable[Note]) -> Wave:
    """Mix *notes* into a bus [samples, 2] by constant power; what rings past the end is cut."""
    bus = np.zeros((2, score.samples))
    for wave, seconds, gain, pan in notes:
        start = round(seconds * RATE)
        part = wave[: max(0, score.samples - start)]
        angle = (pan + 1) * np.pi / 4
        for side, share in zip(bus, (np.cos(angle), np.sin(angle)), strict=True):
            side[start : start + len(part)] += gain * share * part
    return bus.T


def _pad(score: Score) -> Iterator[Note]:
    """Yield detuned saws that hold each chord until the next one has come."""
    sound = cache(partial(_saw, score.style))
    starts = [half for half in range(len(score.chords)) if half == 0 or _changes(score, half)]
    for start, end in pairwise([*starts, len(score.chords) + 1]):
        seconds = (end - start) * 2 * score.beat + 0.5
        for semitone, octave in zip(score.chords[start], (0, 0, 0, 12), strict=True):
            pitch = _fold(score.key + semitone, 55) + octave
            for cents, pan in ((-7, -0.9), (1.5, 0.0), (8, 0.9)):
                wave = sound(pitch + cents / 100, seconds)
                yield Note(wave, start * 2 * score.beat, 0.055, pan)


def _changes(score: Score, half: int) -> bool:
    return score.chords[half] != score.chords[half - 1]


def _saw(style: Style, pitch: float, seconds: float) -> Wave:
    """Return a band-limited saw under a gentle low-pass, from one period kept as a table."""
    frequency = _hertz(pitch)
    harmonics = np.arange(1, 48)
    dull = 1 / (harmonics * (1 + (harmonics * frequency / style.pad_cut) ** 2))
    table = np.sin(2 * np.pi * np.outer(np.arange(2048) / 2048, harmonics)) @ dull
    time = np.arange(round(seconds * RATE)) / RATE
    wave = table[((frequency * time + pitch) * 2048).astype(np.int64) % 2048]
    swell = np.minimum(1, time / style.pad_attack) ** 2
    leave = np.clip((seconds - time) / 0.5, 0, 1) ** 2
    return np.asarray(wave * swell * leave, dtype=np.float64)


def _keys(score: Score) -> Iterator[Note]:
    """Yield an arpeggio of an electric piano, a little uneven as hands are, and the final chord strummed."""
    rng = np.random.default_rng(score.seed)
    pattern = score.style.patterns[score.seed % len(score.style.patterns)]
    sound = cache(partial(_tine, score.style))
    for step in range(2 * score.hit):
        tone, octave = pattern[step % 8], _OCTAVES[step % 8]
        late, force = rng.uniform(0, 0.006), rng.uniform(0.8, 1.0) * (0.72 if step % 4 else 1)
        if tone >= 0:
            wave = sound(_fold(score.key + score.chords[step // 4][tone], 64) + octave)
            yield Note(wave, step / 2 * score.beat + late, 0.2 * force, 0.5 * (-1) ** step)
    for number, (semitone, octave) in enumerate(zip(_I, (0, 0, 0, 12), strict=True)):
        wave = sound(_fold(score.key + semitone, 60) + octave)
        yield Note(wave, score.hit * score.beat + 0.022 * number, 0.2, 0.3 * number - 0.45)


def _tine(style: Style, pitch: float) -> Wave:
    """Return one key of an electric piano: a sine bent by another, after Chowning's FM (JAES 21, 1973)."""
    time = np.arange(round(5 * style.key_decay * RATE)) / RATE
    turn = 2 * np.pi * _hertz(pitch) * time
    body = np.sin(turn + 1.4 * np.exp(-time / 0.18) * np.sin(turn))
    bell = 0.12 * np.exp(-time / 0.05) * np.sin(6 * turn)
    fall = np.exp(-time / style.key_decay) * np.minimum(1, time / 0.004) * np.linspace(1, 0, len(time)) ** 0.5
    return np.asarray((body + bell) * fall, dtype=np.float64)


def _echo(score: Score, bus: Wave) -> Wave:
    """Return *bus* with echoes of three quarters of a beat that cross from side to side."""
    delay = round(0.75 * score.beat * RATE)
    result = bus.copy()
    for repeat, gain in ((1, 0.3), (2, 0.12)):
        result[repeat * delay :] += gain * bus[: len(bus) - repeat * delay, :: (-1) ** repeat]
    return result


def _bass(score: Score) -> Iterator[Note]:
    """Yield the roots, low and round."""
    figures = [(half, figure) for half in range(len(score.chords) - 1) for figure in score.style.bass]
    for half, (beat, length) in [*figures, (len(score.chords) - 1, (0.0, 2.0))]:
        wave = _string(_fold(score.key + score.chords[half][0], 33), length * score.beat + 0.1)
        yield Note(wave, (2 * half + beat) * score.beat, 0.17)


def _string(pitch: int, seconds: float) -> Wave:
    """Return one bass note; its overtones carry it on a telephone that has no bass."""
    time = np.arange(round(seconds * RATE)) / RATE
    turn = 2 * np.pi * _hertz(pitch) * time
    tone = np.tanh(1.6 * (np.sin(turn) + 0.4 * np.sin(2 * turn) + 0.15 * np.sin(3 * turn)))
    swell = np.sin(np.pi / 2 * np.minimum(1, time / 0.02)) ** 2
    leave = np.sin(np.pi / 2 * np.clip((seconds - time) / 0.1, 0, 1)) ** 2
    return np.asarray(tone * swell * leave * np.exp(-time / 1.8), dtype=np.float64)


def _drums(score: Score) -> Iterator[Note]:
    """Yield four to the floor, claps on two and four, and a cymbal where the end begins."""
    rng = np.random.default_rng([score.seed, 1])
    yield from _shakers(score, rng)
    if not score.style.kick:
        return
    kick, clap, cymbal = _kick(), _burst(rng, 0.11, 900, 5500), _burst(rng, 0.5, 4000, 15000)
    yield from (Note(kick, beat * score.beat, score.style.kick) for beat in range(score.hit + 1))
    for beat in range(1, score.hit, 2):
        yield from (Note(clap, beat * score.beat + late, 0.13, 0.12) for late in (0.0, 0.011, 0.021))
    yield Note(cymbal, score.hit * score.beat, 0.12, -0.2)


def _shakers(score: Score, rng: np.random.Generator) -> Iterator[Note]:
    sounds = [_burst(rng, fall, 6000, 14000) for fall in (0.035, 0.016, 0.024, 0.016)]
    for quarter in range(4 * score.hit):
        late = score.style.swing if quarter % 2 else 0.0
        gain = score.style.shaker * (0.10, 0.045, 0.13, 0.055)[quarter % 4] * rng.uniform(0.85, 1.1)
        yield Note(sounds[quarter % 4], (quarter / 4 + late) * score.beat, gain, 0.35)


def _kick() -> Wave:
    """Return a sine that falls from 165 to 48 Hz."""
    time = np.arange(round(0.35 * RATE)) / RATE
    turn = 2 * np.pi * (48 * time + 117 * 0.028 * (1 - np.exp(-time / 0.028)))
    return np.asarray(np.sin(turn) * np.exp(-time / 0.11) * (1 - time / 0.35), dtype=np.float64)


def _burst(rng: np.random.Generator, fall: float, low: float, high: float) -> Wave:
    """Return noise between *low* and *high* Hz that falls to 1/e in *fall* seconds."""
    count = round(6 * fall * RATE)
    time = np.arange(count) / RATE
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    band = (hertz / low) ** 2 / (1 + (hertz / low) ** 2) / (1 + (hertz / high) ** 4)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * band, count)
    shape = np.minimum(1, time / 0.002) * np.exp(-time / fall) * np.linspace(1, 0, count)
    return np.asarray(noise * shape / np.sqrt(np.mean(noise**2)) / 2, dtype=np.float64)


def _pump(score: Score) -> Wave:
    """Return the gain [samples] that ducks the tuned sounds under every kick."""
    if not score.style.kick:
        return np.ones(score.samples)
    beat = np.arange(score.samples) / RATE / score.beat
    since = np.where(beat < score.hit, beat % 1, beat - score.hit)
    return np.interp(since, (0, 0.05, 0.35, 0.7), (1, 0.5, 0.85, 1))


def _room(score: Score, bus: Wave) -> Wave:
    """Return *bus* heard in a room: convolved with dull noise that decays, different on each side."""
    rng = np.random.default_rng([score.seed, 2])
    time = np.arange(round(score.style.room * RATE))[:, None] / RATE
    fall = 10 ** (-3 * time / score.style.room) * np.minimum(1, time / 0.012)
    answer = rng.standard_normal((len(time), 2)) * fall / np.sqrt(np.sum(fall**2))
    # Whole seconds have small prime factors, which the FFT likes.
    size = (len(bus) + len(answer)) // RATE * RATE + RATE
    hertz = np.fft.rfftfreq(size, 1 / RATE)[:, None]
    dull = 1.6 * (hertz / 250) ** 2 / (1 + (hertz / 250) ** 2) / (1 + (hertz / 4500) ** 2)
    spectrum = np.fft.rfft(bus, size, axis=0) * np.fft.rfft(answer, size, axis=0) * dull
    return np.fft.irfft(spectrum, size, axis=0)[: len(bus)]


def _finish(mix: Wave) -> NDArray[np.float32]:
    """Warm *mix* by gentle saturation, take out DC, fade both ends to nothing."""
    mix = mix / np.sqrt(np.mean(mix**2)) * 0.22
    warm = np.tanh(1.2 * mix)
    warm -= warm.mean(axis=0)
    fade = min(round(_FADE_SECONDS * RATE), len(warm))
    warm[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade))[:, None] ** 2
    warm[:96] *= np.linspace(0, 1, len(warm[:96]))[:, None]
    return np.ascontiguousarray(0.7 * warm / np.abs(warm).max(), dtype=np.float32)


def _fold(pitch: int, low: int) -> int:
    """Return *pitch* moved by octaves to *low* or just above, so that chords change by small steps."""
    return low + (pitch - low) % 12


def _hertz(pitch: float) -> float:
    return float(440 * 2 ** ((pitch - 69) / 12))
