"""Makes the sound of an ad: music cut to its length, shots and a voice over it, mastered, written as WAV.

Sound is float32 [samples, 2] at 48 kHz, full scale 1. Loudness is LUFS, gated, and true peak dBTP, both after
ITU-R BS.1770-4 (2015), the measures that EBU R 128 builds on.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

import numpy as np

from actors import synth
from actors.mixing import Placed, mix
from actors.sound.cutting import fit_music
from actors.sound.ducking import lay_over
from actors.sound.loudness import SILENCE, Loudness, loudness, measure
from actors.sound.mastering import write_mastered
from actors.sound.reading import Track, read_sound, read_track, write_wav
from actors.sound.voice import LONGER_PLANNED, VoiceFit, fit_voice, laid_voice
from actors.synth import RATE, Sound
from actors.video import ffmpeg_path
from schemas.errors import MediaError

__all__ = [
    "LONGER_PLANNED",
    "RATE",
    "SILENCE",
    "Loudness",
    "Placed",
    "Sound",
    "Track",
    "VoiceFit",
    "fit_music",
    "fit_voice",
    "loudness",
    "make_sound",
    "measure",
    "read_sound",
    "sound_samples",
    "write_wav",
]

_AAC_FRAME = 1024
_INTRO_SECONDS_MAX = 30
"""How much of a track beyond the length of the ad is looked at for its start and for what to leave out."""
_ENDING_SECONDS = 12
"""How much beyond it is kept of the end."""
_HEARD = 10 ** (-70 / 20)
"""Level below which nothing is heard."""


def make_sound(
    music: Path | str | None,
    *,
    seconds: float,
    lufs: float,
    true_peak_max: float,
    to: Path,
    ffmpeg_exe: str | None = None,
    seed: int = 0,
    shots: Iterable[Placed] = (),
    voice: Sound | None = None,
    kbps: int = 192,
) -> None:
    """Write the WAV *to*, the sound of an ad: a track, a mood for the synthesiser, or None for silence.

    The sounds of *shots* lie over it, and over both, where `fit_voice` says, *voice*: float32
    [samples, 1 or 2] at 48 kHz. Encoded as AAC of *kbps* it has *lufs* within 1 LU and stays under
    *true_peak_max* dBTP; sound that is too sparse for *lufs* ends as loud as it can be. Raises MediaError,
    also where nothing is heard although music was named.
    """
    ffmpeg_exe = ffmpeg_path(ffmpeg_exe)
    samples = sound_samples(seconds)
    sound = mix(_music(music, samples, seed, ffmpeg_exe), shots)
    if voice is not None:
        fit = fit_voice(len(voice) / RATE, seconds)
        sound = lay_over(laid_voice(voice, samples, fit, ffmpeg_exe), sound)
    if music and np.abs(sound).max() < _HEARD:
        name = music.name if isinstance(music, Path) else music
        raise MediaError(f"{name}: nothing is heard of it in {seconds:.2f} s; name other music, or none")
    write_mastered(sound, to, lufs=lufs, true_peak_max=true_peak_max, kbps=kbps, ffmpeg_exe=ffmpeg_exe)


def _music(music: Path | str | None, samples: int, seed: int, ffmpeg_exe: str) -> Sound:
    seconds = samples / RATE
    if isinstance(music, Path):
        track = read_track(music, head=seconds + _INTRO_SECONDS_MAX, tail=seconds + _ENDING_SECONDS)
        return fit_music(track, seconds, ffmpeg_exe)
    if music:
        return synth.make_bed(cast("Literal['upbeat', 'calm']", music), seconds, seed)
    return np.zeros((samples, 2), dtype=np.float32)


def sound_samples(seconds: float) -> int:
    """Return how many samples go under a picture of *seconds*: whole AAC frames, one fewer than fit.

    AAC comes in frames of 1024 samples, with one more for priming. Players that ignore the edit list play
    that one too, and a container that is longer than its video ends on a frozen or black frame.
    """
    return max(1, round(seconds * RATE) // _AAC_FRAME - 1) * _AAC_FRAME
