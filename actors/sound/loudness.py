"""Measures how loud sound is: LUFS, gated, and true peak dBTP, after ITU-R BS.1770-4 (2015)."""

import re
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors.synth import RATE, Sound
from actors.video import run_ffmpeg
from schemas.errors import MediaError
from schemas.record import Record

Curve = NDArray[np.float64]

SILENCE = -70.0
"""LUFS at and below which BS.1770 hears nothing; it stands for minus infinity."""
CELL = RATE // 1000
"""Samples in which loudness and gain are thought: 1 ms."""

_FORMATS = "mov,mp4,m4a,matroska,webm,mp3,wav,ogg,flac"
"""What is measured; a playlist would make ffmpeg read other files."""


class Loudness(Record):
    """How loud a file is."""

    lufs: float
    """Integrated loudness; SILENCE where there is none."""
    true_peak: float
    """dBTP; SILENCE where there is none."""


def loudness(sound: Sound) -> float:
    """Return the integrated loudness of float32 [samples, 2] in LUFS, SILENCE where there is none."""
    return gated(energy(sound))


def energy(sound: Sound) -> Curve:
    """Return the K-weighted energy of every cell, summed over both channels (BS.1770-4, annex 1)."""
    # Filtered through the spectrum: the tail of the 38 Hz high-pass dies within the padding. Whole seconds
    # have small prime factors, which the FFT likes.
    size = (len(sound) // RATE + 2) * RATE
    spectrum = np.fft.rfft(sound.astype(np.float64), size, axis=0) * _k_weighting(size)[:, None]
    heard = np.fft.irfft(spectrum, size, axis=0)[: -(-len(sound) // CELL) * CELL]
    heard[len(sound) :] = 0
    return np.asarray(np.sum(heard.reshape(-1, CELL * 2) ** 2, axis=1) / CELL, dtype=np.float64)


@cache
def _k_weighting(size: int) -> NDArray[np.complex128]:
    """Return the response of the filters of BS.1770-4, tables 1 and 2: complex [size / 2 + 1]."""
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    head = np.polyval((1.19839281085285, -2.69169618940638, 1.53512485958697), delay)
    head /= np.polyval((0.73248077421585, -1.69065929318241, 1), delay)
    low = (1 - delay) ** 2 / np.polyval((0.99007225036621, -1.99004745483398, 1), delay)
    return np.asarray(head * low, dtype=np.complex128)


def gated(energy: Curve) -> float:
    """Return the loudness of cells: blocks of 400 ms every 100 ms, gated at -70 LUFS and 10 LU below."""
    tenths = energy[: len(energy) // 100 * 100].reshape(-1, 100).mean(axis=1)
    blocks = np.convolve(tenths, np.full(4, 0.25))[3:-3]
    audible = blocks[blocks > _power(SILENCE)]
    if not len(audible):
        return SILENCE
    return _lufs(audible[audible > _power(_lufs(audible) - 10)])


def _lufs(blocks: Curve) -> float:
    return float(10 * np.log10(blocks.mean()) - 0.691)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def true_peaks(sound: Sound) -> Curve:
    """Return the true peak (dB) of every cell, oversampled four times (BS.1770-4, annex 2)."""
    peaks = np.zeros(-(-len(sound) // CELL) * CELL, dtype=np.float32)
    peaks[: len(sound)] = np.abs(sound).max(axis=1)
    for channel in sound.T:
        for phase in (1, 2, 3):
            kernel = np.sinc(np.arange(-12, 12) + phase / 4) * np.hanning(26)[1:-1]
            between = np.convolve(channel, kernel.astype(np.float32), mode="same")[: len(sound)]
            np.maximum(peaks[: len(sound)], np.abs(between), out=peaks[: len(sound)])
    return np.asarray(20 * np.log10(peaks.reshape(-1, CELL).max(axis=1) + 1e-9), dtype=np.float64)


def measure(path: Path, ffmpeg_exe: str) -> Loudness:
    """Measure the first audio stream of any media file with ffmpeg's ebur128. Raises MediaError."""
    command = [
        ffmpeg_exe, "-nostats", "-loglevel", "info",
        "-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}",
        "-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-",
    ]  # fmt: skip
    # The last summary is ffmpeg's own; a title in the file may look like an earlier one.
    summary = run_ffmpeg(command, "sound").rpartition("Summary:")[2]
    lufs, peak = re.search(r"I: +(\S+) LUFS", summary), re.search(r"Peak: +(\S+) dBFS", summary)
    if not lufs or not peak:
        raise MediaError(f"{path.name}: loudness cannot be measured: {summary}")
    return Loudness(lufs=_audible(lufs[1]), true_peak=_audible(peak[1]))


def _audible(number: str) -> float:
    """Return *number* as a float; ffmpeg says -inf or nan of nothing."""
    return max(SILENCE, float(number))
