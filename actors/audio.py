"""Makes the sound of an ad: music read, fitted to the length, mastered to a loudness, written as WAV.

Sound is float32 [samples, 2] at 48 kHz, full scale 1. Loudness is LUFS, gated, and true peak dBTP, both after
ITU-R BS.1770-4 (2015), the measures that EBU R 128 builds on.
"""

import re
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal, cast

import av
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from actors import synth
from actors.mixing import Placed, mix
from actors.video import AAC, ffmpeg_failure, ffmpeg_path, open_media, start_ffmpeg, tail
from schemas.errors import MediaError
from schemas.record import Record

Sound = synth.Sound
Curve = NDArray[np.float64]

RATE = synth.RATE
SILENCE = -70.0
"""LUFS at and below which BS.1770 hears nothing; it stands for minus infinity."""

_AAC_FRAME = 1024
_HEADROOM = 1.5
"""dB left at first for AAC, which raises peaks by 0 to 2 dB and no rule tells by how much."""
_REHEARSALS = 5
_LUFS_MARGIN = 0.5
_PEAK_MARGIN = 0.2
"""How much better than asked a rehearsal must be: other meters differ by as much."""
_PEAK_STEP = 0.5
"""dB taken off beyond the excess, because the next encoding overshoots elsewhere."""
_GAIN_MAX = 60.0
"""dB; what needs more is noise."""
_GAIN_STEP = 0.01
_RELEASES = (80.0, 400.0, 2000.0)
"""dB/s at which the limiter lets go: the slowest that reaches the loudness is the one least heard."""
_FORMATS = "mov,mp4,m4a,matroska,webm,mp3,wav,ogg,flac"
"""What is measured; a playlist would make ffmpeg read other files."""
_FFMPEG_SECONDS_MAX = 300
_INTRO_SECONDS_MAX = 60
"""How much of a track beyond the length of the ad is looked at for its first onset."""
_RATES = range(8_000, 192_001)
"""Sample rates that are read: a rate of 1 Hz would make gigabytes of a small file."""
_HOP = RATE // 200
"""Samples in which rhythm is seen: 5 ms."""
_BLEND = RATE // 50
"""Samples of fade-in and cross-fade; the first onset comes right after it, so attacks stay whole."""
_LOOP_SAMPLES_MIN = RATE // 2
_CELL = RATE // 1000
"""Samples in which the limiter thinks: 1 ms."""
_LOOK_AHEAD = 5
"""Cells before a peak in which the gain goes down."""


class Loudness(Record):
    """How loud a file is."""

    lufs: float
    """Integrated loudness; SILENCE where there is none."""
    true_peak: float
    """dBTP; SILENCE where there is none."""


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
) -> None:
    """Write the WAV *to*, the sound of an ad: a track, a mood for the synthesiser, or None for silence.

    The sounds of *shots* lie over it.

    Encoded as AAC it has *lufs* within 1 LU and stays under *true_peak_max* dBTP: the encoding is rehearsed,
    and mastered again by what it changed. Sound that is too sparse for *lufs* ends as loud as it can be.
    Raises MediaError.
    """
    sound = mix(_music(music, sound_samples(seconds) / RATE, seed), shots)
    aim, ceiling = lufs, true_peak_max - _HEADROOM
    for _ in range(_REHEARSALS):
        write_wav(to, master(sound, lufs=aim, true_peak_max=ceiling))
        if not sound.any():
            break
        heard = _rehearsed(to, ffmpeg_path(ffmpeg_exe))
        excess = heard.true_peak + _PEAK_MARGIN - true_peak_max
        if excess <= 0 and abs(heard.lufs - lufs) <= _LUFS_MARGIN:
            break
        aim += lufs - heard.lufs
        ceiling -= excess + _PEAK_STEP if excess > 0 else 0


def _music(music: Path | str | None, seconds: float, seed: int) -> Sound:
    if isinstance(music, Path):
        return fit_music(read_sound(music, seconds_max=seconds + _INTRO_SECONDS_MAX), seconds)
    if music:
        return synth.make_bed(cast("Literal['upbeat', 'calm']", music), seconds, seed)
    return np.zeros((round(seconds * RATE), 2), dtype=np.float32)


def _rehearsed(sound: Path, ffmpeg_exe: str) -> Loudness:
    """Return how loud the WAV *sound* is once it has been AAC."""
    coded = sound.with_suffix(".rehearsal.m4a")
    try:
        # As the ad's own encoding does it, so that the rehearsal is the performance.
        aac = [text for name, value in AAC.items() for text in (f"-{name}", str(value))]
        _run([ffmpeg_exe, "-loglevel", "error", "-f", "wav", "-i", f"file:{sound}", *aac, f"file:{coded}"])
        return measure(coded, ffmpeg_exe)
    finally:
        coded.unlink(missing_ok=True)


def sound_samples(seconds: float) -> int:
    """Return how many samples go under a picture of *seconds*: whole AAC frames, one fewer than fit.

    AAC comes in frames of 1024 samples, with one more for priming. Players that ignore the edit list play
    that one too, and a container that is longer than its video ends on a frozen or black frame.
    """
    return max(1, round(seconds * RATE) // _AAC_FRAME - 1) * _AAC_FRAME


def read_sound(path: Path, *, seconds_max: float = 600) -> Sound:
    """Decode a local file to float32 [samples, 2] at 48 kHz, at most *seconds_max* of it.

    Raises MediaError for a file that is no sound, names other files, or holds values that are no numbers.
    """
    limit = round(seconds_max * RATE)
    parts, count = [], 0
    try:
        for part in _decoded(path):
            parts.append(part)
            count += len(part)
            if count >= limit:
                break
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(f"{path.name}: cannot be decoded: {error}") from error
    if not count:
        raise MediaError(f"{path.name}: holds no sound")
    sound = np.concatenate(parts)[:limit]
    if not np.isfinite(sound).all():
        raise MediaError(f"{path.name}: holds samples that are no numbers")
    return sound


def _decoded(path: Path) -> Iterator[Sound]:
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path.name}: has no audio stream")
        for frame in container.decode(container.streams.audio[0]):
            if frame.sample_rate not in _RATES:
                raise MediaError(f"{path.name}: sample rate {frame.sample_rate} Hz; use 8000 to 192000")
            for part in resampler.resample(frame):
                yield np.asarray(part.to_ndarray(), dtype=np.float32).reshape(-1, 2)
        for part in resampler.resample(None):
            yield np.asarray(part.to_ndarray(), dtype=np.float32).reshape(-1, 2)


def fit_music(track: Sound, seconds: float) -> Sound:
    """Cut *track* to *seconds*: from its first strong onset, looped on the beat if short, faded at both ends.

    A silent track gives silence. Raises MediaError for a track that is too short to loop.
    """
    samples = round(seconds * RATE)
    level, heard = _levels(track)
    if not len(heard):
        return np.zeros((samples, 2), dtype=np.float32)
    first, last = max(0, int(heard[0]) * _HOP - _BLEND), (int(heard[-1]) + 1) * _HOP
    if len(track) - first >= samples:
        return _faded(track[first : first + samples])
    if last - first < _LOOP_SAMPLES_MIN:
        raise MediaError(f"{(last - first) / RATE:.2f} s of music are too short to loop; give at least 1 s")
    return _faded(_looped(track[first:last], level[first // _HOP :], samples))


def _levels(track: Sound) -> tuple[Curve, NDArray[np.intp]]:
    """Return the level (dB) of every hop, and the hops that are within 15 dB of the loud ones."""
    hops = track[: len(track) // _HOP * _HOP].reshape(-1, _HOP * 2)
    level = 10 * np.log10(np.mean(np.square(hops, dtype=np.float64), axis=1) + 1e-12)
    audible = level[level > SILENCE]
    if not len(audible):
        return level, np.zeros(0, dtype=np.intp)
    loud = np.percentile(audible, 95)
    return level.clip(loud - 40), np.flatnonzero(level > loud - 15)


def _looped(body: Sound, level: Curve, samples: int) -> Sound:
    """Repeat *body*, from the point where its rhythm is most like its beginning, with a short cross-fade."""
    hops = len(body) // _HOP
    rise = np.diff(level[:hops], prepend=level[:1]).clip(0)
    pattern = rise[: min(hops // 4, 4 * RATE // _HOP)]
    likeness = np.correlate(rise[hops // 2 :], pattern - pattern.mean())
    length = (hops // 2 + int(np.argmax(likeness))) * _HOP
    turn = body[:length].copy()
    rising = np.linspace(0, np.pi / 2, _BLEND, dtype=np.float32)[:, None]
    turn[:_BLEND] = body[:_BLEND] * np.sin(rising) + body[length : length + _BLEND] * np.cos(rising)
    return np.concatenate([body[:length], np.tile(turn, (samples // length, 1))])[:samples]


def _faded(sound: Sound) -> Sound:
    """Fade *sound* in over 20 ms and out over 0.5 s."""
    result = sound.copy()
    fade_in, fade_out = min(_BLEND, len(sound)), min(RATE // 2, len(sound))
    result[:fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32)[:, None]
    result[-fade_out:] *= np.cos(np.linspace(0, np.pi / 2, fade_out, dtype=np.float32))[:, None] ** 2
    return result


def loudness(sound: Sound) -> float:
    """Return the integrated loudness of float32 [samples, 2] in LUFS, SILENCE where there is none."""
    return _gated(_energy(sound))


def master(sound: Sound, *, lufs: float, true_peak_max: float) -> Sound:
    """Bring *sound* to *lufs* by gain and a limiter that looks ahead, its true peak under *true_peak_max*.

    Silence stays silence. What is too sparse for *lufs* even under hard limiting ends as loud as it can be.
    """
    energy = _energy(sound)
    if _gated(energy) <= SILENCE:
        return sound
    room = true_peak_max - _peaks(sound)
    for release in _RELEASES:
        curve = _limited(room, _GAIN_MAX, release)
        if _gated(energy * 10 ** (curve / 10)) >= lufs:
            curve = _limited(room, _boost(energy, room, lufs, release), release)
            break
    centres = (np.arange(len(curve)) + 0.5) * _CELL
    gain = np.interp(np.arange(len(sound)), centres, 10 ** (curve / 20))
    return np.asarray(sound * gain[:, None], dtype=np.float32)


def _boost(energy: Curve, room: Curve, lufs: float, release: float) -> float:
    """Return the gain (dB) that gives *lufs* after the limiter, by bisection."""
    low, high = -_GAIN_MAX, _GAIN_MAX
    while high - low > _GAIN_STEP:
        middle = (low + high) / 2
        if _gated(energy * 10 ** (_limited(room, middle, release) / 10)) < lufs:
            low = middle
        else:
            high = middle
    return high


def _limited(room: Curve, boost: float, release: float) -> Curve:
    """Return the gain (dB) of every cell: *boost*, lowered ahead of each peak that would exceed its *room*.

    A minimum over the look-ahead on both sides, then smoothed by a window that is narrower by one cell: so
    the gain at a peak, and half way to its neighbours, is never above what the peak allows.
    """
    needed = np.pad(np.minimum(0, room - boost), _LOOK_AHEAD, mode="edge")
    held = sliding_window_view(needed, 2 * _LOOK_AHEAD + 1).min(axis=1)
    ramp = release * _CELL / RATE * np.arange(len(held))
    rising = np.minimum.accumulate(held - ramp) + ramp
    window = np.hanning(2 * _LOOK_AHEAD + 1)[1:-1]
    padded = np.pad(np.minimum(0, rising), _LOOK_AHEAD - 1, mode="edge")
    return boost + np.convolve(padded, window / window.sum(), mode="valid")


def _energy(sound: Sound) -> Curve:
    """Return the K-weighted energy of every cell, summed over both channels (BS.1770-4, annex 1)."""
    # Filtered through the spectrum: the tail of the 38 Hz high-pass dies within the padding. Whole seconds
    # have small prime factors, which the FFT likes.
    size = (len(sound) // RATE + 2) * RATE
    spectrum = np.fft.rfft(sound.astype(np.float64), size, axis=0) * _k_weighting(size)[:, None]
    heard = np.fft.irfft(spectrum, size, axis=0)[: -(-len(sound) // _CELL) * _CELL]
    heard[len(sound) :] = 0
    return np.asarray(np.sum(heard.reshape(-1, _CELL * 2) ** 2, axis=1) / _CELL, dtype=np.float64)


@cache
def _k_weighting(size: int) -> NDArray[np.complex128]:
    """Return the response of the filters of BS.1770-4, tables 1 and 2: complex [size / 2 + 1]."""
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    head = np.polyval((1.19839281085285, -2.69169618940638, 1.53512485958697), delay)
    head /= np.polyval((0.73248077421585, -1.69065929318241, 1), delay)
    low = (1 - delay) ** 2 / np.polyval((0.99007225036621, -1.99004745483398, 1), delay)
    return np.asarray(head * low, dtype=np.complex128)


def _gated(energy: Curve) -> float:
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


def _peaks(sound: Sound) -> Curve:
    """Return the true peak (dB) of every cell, oversampled four times (BS.1770-4, annex 2)."""
    peaks = np.zeros(-(-len(sound) // _CELL) * _CELL, dtype=np.float32)
    peaks[: len(sound)] = np.abs(sound).max(axis=1)
    for channel in sound.T:
        for phase in (1, 2, 3):
            kernel = np.sinc(np.arange(-12, 12) + phase / 4) * np.hanning(26)[1:-1]
            between = np.convolve(channel, kernel.astype(np.float32), mode="same")[: len(sound)]
            np.maximum(peaks[: len(sound)], np.abs(between), out=peaks[: len(sound)])
    return np.asarray(20 * np.log10(peaks.reshape(-1, _CELL).max(axis=1) + 1e-9), dtype=np.float64)


def measure(path: Path, ffmpeg_exe: str) -> Loudness:
    """Measure the first audio stream of any media file with ffmpeg's ebur128. Raises MediaError."""
    command = [
        ffmpeg_exe, "-nostats", "-loglevel", "info",
        "-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}",
        "-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-",
    ]  # fmt: skip
    # The last summary is ffmpeg's own; a title in the file may look like an earlier one.
    summary = _run(command).rpartition("Summary:")[2]
    lufs, peak = re.search(r"I: +(\S+) LUFS", summary), re.search(r"Peak: +(\S+) dBFS", summary)
    if not lufs or not peak:
        raise MediaError(f"{path.name}: loudness cannot be measured: {summary}")
    return Loudness(lufs=_audible(lufs[1]), true_peak=_audible(peak[1]))


def _run(command: list[str]) -> str:
    """Run ffmpeg and return its last words. Raises MediaError when it fails or takes too long."""
    with tempfile.TemporaryFile() as log, start_ffmpeg(command, log) as process:
        try:
            code = process.wait(_FFMPEG_SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise MediaError(f"ffmpeg did not end within {_FFMPEG_SECONDS_MAX} s") from error
        words = tail(log, 4000)
    if code:
        raise ffmpeg_failure("sound", code, words[-600:])
    return words


def _audible(number: str) -> float:
    """Return *number* as a float; ffmpeg says -inf or nan of nothing."""
    return max(SILENCE, float(number))


def write_wav(path: Path, sound: Sound) -> None:
    """Write float32 [samples, 2] as WAV of 24 bits; what exceeds full scale is clipped."""
    whole = (np.clip(sound, -1, 1).astype(np.float64) * (2**23 - 1)).round().astype("<i4", order="C")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(RATE)
        file.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
