"""Lays a voice over music, which steps back before the first word and returns after the last."""

import numpy as np
from numpy.typing import NDArray

from actors.sound.loudness import CELL, SILENCE, Curve, energy, gated
from actors.sound.voice import speaking
from actors.synth import Sound

VOICE_ABOVE = 10.0
"""LU by which the voice is louder, in any 3 s, than music under it: the least that M. Torcoli et al. advise,
"Preferred Levels for Background Ducking to Produce Esthetically Pleasing Audio for TV with Clear Speech"
(J. Audio Eng. Soc. 67, 2019)."""

_ABOVE_MUSIC = 2.0
"""LU by which the voice is louder than music that does not step back."""
_WINDOW = 3000
"""Cells of short-term loudness (EBU Tech 3341): 3 s."""
_DEEPEST = 24.0
"""dB by which music steps back at most."""
_ATTACK, _HOLD, _RELEASE = 150, 600, 400
"""Cells in which music steps back before a word, pauses over which it stays, and in which it returns."""
_WORD_MIN = 60
"""Cells of sound that count as speech."""


def lay_over(voice: Sound, music: Sound) -> Sound:
    """Return *voice* over *music*, both float32 [samples, 2]; the music gives way where somebody speaks."""
    under, over = energy(music), energy(voice)
    heard = gated(under)
    if heard <= SILENCE or gated(over) <= SILENCE:
        return music + voice
    gain = 10 ** ((heard + _ABOVE_MUSIC - gated(over)) / 20)
    curve = ducking(over * gain**2, under)
    centres = (np.arange(len(curve)) + 0.5) * CELL
    room = np.interp(np.arange(len(music)), centres, 10 ** (curve / 20))
    return (music * room[:, None] + voice * gain).astype(np.float32)


def ducking(voice: Curve, music: Curve) -> Curve:
    """Return by how many dB the music changes in each cell, from the K-weighted power of both: [cells]."""
    spoken = speaking(voice)
    curve = np.zeros(len(music))
    needed = _needed(voice, music, spoken)
    for begin, end in _phrases(spoken):
        depth = float(np.clip(needed[begin:end].max(), 0, _DEEPEST))
        cells = np.arange(max(0, begin - _ATTACK), min(len(curve), end + _RELEASE))
        coming = np.clip((cells - begin + _ATTACK) / _ATTACK, 0, 1)
        going = np.clip((end + _RELEASE - cells) / _RELEASE, 0, 1)
        curve[cells] = np.minimum(curve[cells], -depth * np.sin(np.minimum(coming, going) * np.pi / 2) ** 2)
    return curve


def _needed(voice: Curve, music: Curve, spoken: NDArray[np.bool_]) -> Curve:
    """Return by how many dB music must step back for 3 s around each cell, where somebody speaks in them."""
    window = np.ones(min(_WINDOW, len(voice)))
    over, under = (np.convolve(power * spoken, window, mode="same") + 1e-12 for power in (voice, music))
    return np.asarray(VOICE_ABOVE - 10 * np.log10(over / under))


def _phrases(spoken: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last cell of each stretch of speech; short pauses belong to it."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], spoken.astype(np.int8), [0]])))
    phrases: list[tuple[int, int]] = []
    for begin, end in zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True):
        if end - begin < _WORD_MIN:
            continue
        if phrases and begin - phrases[-1][1] < _HOLD:
            phrases[-1] = (phrases[-1][0], end)
        else:
            phrases.append((begin, end))
    return phrases
