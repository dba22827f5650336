"""Sound from file to finished AAC: lengths, loudness, and files that mean harm."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from actors.sound import (
    RATE,
    SILENCE,
    Sound,
    loudness,
    make_sound,
    measure,
    read_sound,
    sound_samples,
    write_wav,
)
from actors.sound.mastering import master
from actors.video import ffmpeg_path
from schemas.errors import MediaError

FFMPEG = ffmpeg_path(None)


def sine(seconds: float, level: float = 0.5, hertz: float = 997.0) -> Sound:
    """Draw a sine on both sides."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.repeat(level * np.sin(2 * np.pi * hertz * time), 2).reshape(-1, 2).astype(np.float32)


def clicks(seconds: float) -> Sound:
    """Draw a metronome: 50 ms of wood twice a second, nothing between."""
    time = np.arange(RATE // 20) / RATE
    click = np.zeros(RATE // 2)
    click[: len(time)] = 0.5 * np.sin(2 * np.pi * 1800 * time) * np.exp(-time / 0.01)
    return np.repeat(np.tile(click, round(2 * seconds)), 2).reshape(-1, 2).astype(np.float32)


def hot(seconds: float) -> Sound:
    """Draw squares at full scale that come and go, as a brick-walled master does."""
    time = np.arange(round(seconds * RATE)) / RATE
    squares = np.sign(np.sin(2 * np.pi * 220 * time)) * (0.1 + 0.9 * (time * 2 % 1 < 0.2))
    return np.repeat(squares, 2).reshape(-1, 2).astype(np.float32)


def hiss(seconds: float) -> Sound:
    """Draw white noise: AAC takes away a whole LU of it."""
    noise = np.random.default_rng(0).standard_normal((round(seconds * RATE), 2))
    return (0.3 * noise).clip(-1, 1).astype(np.float32)


DRAWN = {"sparse clicks": clicks, "hot squares": hot, "hiss": hiss, "a quiet sine": lambda s: sine(s, 0.003)}


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[[Path, float], Path]:
    """Return a function that puts sound under a black picture, as an ad is delivered."""

    def _deliver(sound: Path, seconds: float) -> Path:
        path = tmp_path / "ad.mp4"
        command = [FFMPEG, "-nostdin", "-v", "error", "-f", "lavfi", "-i", f"color=s=64x64:r=30:d={seconds}"]
        command += ["-i", sound, "-c:v", "libx264", "-c:a", "aac", "-b:a", "192k", "-ar", "48000", path]
        subprocess.run(command, check=True, timeout=60)
        return path

    return _deliver


@pytest.mark.parametrize(("music", "seconds"), [("upbeat", 6), ("calm", 12), *((name, 6) for name in DRAWN)])
def test_the_encoded_ad_has_its_loudness_and_keeps_its_peak(
    tmp_path: Path, deliver: Callable[[Path, float], Path], music: str, seconds: float
) -> None:
    """Within 1 LU of -14 LUFS and under -1 dBTP after AAC, whatever the music is."""
    source: Path | str = music
    if music in DRAWN:
        source = tmp_path / "track.wav"
        write_wav(source, DRAWN[music](seconds + 1))

    make_sound(source, seconds=seconds, lufs=-14, true_peak_max=-1, to=tmp_path / "a.wav")
    found = measure(deliver(tmp_path / "a.wav", seconds), FFMPEG)

    assert found.lufs == pytest.approx(-14, abs=1)
    assert found.true_peak <= -1


@pytest.mark.parametrize("seconds", [2, 6, 6.4, 10, 15])
def test_sound_never_makes_the_container_longer_than_its_video(
    tmp_path: Path, deliver: Callable[[Path, float], Path], seconds: float
) -> None:
    """It stops less than two AAC frames and a sample before the picture."""
    make_sound(None, seconds=seconds, lufs=-14, true_peak_max=-1, to=tmp_path / "a.wav")
    path = deliver(tmp_path / "a.wav", seconds)

    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(seconds, abs=0.001)
    assert 0 < seconds * RATE - sound_samples(seconds) < 2048


def test_a_track_is_cut_to_the_length_to_the_sample(tmp_path: Path) -> None:
    """Long and short tracks alike."""
    write_wav(tmp_path / "track.wav", sine(3))
    make_sound(tmp_path / "track.wav", seconds=6, lufs=-14, true_peak_max=-1, to=tmp_path / "a.wav")

    assert len(read_sound(tmp_path / "a.wav")) == sound_samples(6)


def test_the_same_music_gives_the_same_bytes(tmp_path: Path) -> None:
    """Mastering and rehearsing are deterministic."""
    write_wav(tmp_path / "track.wav", hot(5))
    for name in ("a.wav", "b.wav"):
        make_sound(tmp_path / "track.wav", seconds=4, lufs=-14, true_peak_max=-1, to=tmp_path / name)

    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_no_music_is_digital_silence(tmp_path: Path) -> None:
    """Silence is not mastered into noise."""
    make_sound(None, seconds=3, lufs=-14, true_peak_max=-1, to=tmp_path / "a.wav")

    assert not read_sound(tmp_path / "a.wav").any()
    assert measure(tmp_path / "a.wav", FFMPEG).lufs == SILENCE


def test_loudness_of_the_reference_tone_is_what_the_standard_says() -> None:
    """BS.1770-4: a 997 Hz sine at 0 dBFS on one channel reads -3.01 LUFS, on both 0 (here 20 dB lower)."""
    tone = sine(5, level=0.1)

    assert loudness(tone) == pytest.approx(-20, abs=0.02)
    assert loudness(tone * [1, 0]) == pytest.approx(-23.01, abs=0.02)


@pytest.mark.parametrize("draw", [clicks, hot, hiss])
def test_our_meter_agrees_with_ffmpeg(tmp_path: Path, draw: Callable[[float], Sound]) -> None:
    """Two implementations of BS.1770-4 read the same."""
    sound = draw(7)
    write_wav(tmp_path / "a.wav", sound)

    assert loudness(sound) == pytest.approx(measure(tmp_path / "a.wav", FFMPEG).lufs, abs=0.1)


def test_quiet_passages_do_not_count() -> None:
    """The gates leave out silence and what lies 10 LU under the rest."""
    loud, quiet = sine(4, 0.1), sine(8, 0.001)

    assert loudness(np.concatenate([loud, quiet])) == pytest.approx(loudness(loud), abs=0.4)
    assert loudness(sine(0.3)) == SILENCE


def test_the_limiter_holds_the_true_peak(tmp_path: Path) -> None:
    """Peaks between the samples count too: a quarter-rate sine hides 3 dB of them."""
    bursts = sine(4, 1.0, hertz=RATE / 4) * (np.arange(4 * RATE) % 9600 < 2400)[:, None]
    hidden = np.roll(bursts, 1, axis=1).astype(np.float32)

    write_wav(tmp_path / "a.wav", master(hidden, lufs=-14, true_peak_max=-6))

    assert measure(tmp_path / "a.wav", FFMPEG).true_peak <= -5.9


def test_reading_resamples_to_stereo_and_stops_in_time(tmp_path: Path) -> None:
    """A mono file of another rate becomes 48 kHz stereo, no longer than asked."""
    command = [FFMPEG, "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=r=22050:d=4", tmp_path / "a.ogg"]
    subprocess.run([*command[:-1], "-c:a", "libvorbis", command[-1]], check=True, timeout=60)

    assert read_sound(tmp_path / "a.ogg", seconds_max=1.5).shape == (72_000, 2)
    assert len(read_sound(tmp_path / "a.ogg")) == pytest.approx(4 * RATE, abs=2048)


HOSTILE = {
    "playlist.mp3": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.wav\n#EXT-X-ENDLIST\n",
    "concat.mp3": b"ffconcat version 1.0\nfile secret.wav\n",
    "words.wav": b"no sound at all\n" * 50,
    "empty.mp3": b"",
    "header.wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"
    + struct.pack("<HHIIHH", 1, 2, 1, 4, 4, 16)
    + b"data\0\0\0\0",
    "hertz.wav": b"RIFF\x34\1\0\0WAVEfmt \x10\0\0\0"
    + struct.pack("<HHIIHH", 1, 2, 1, 4, 4, 16)
    + b"data\x10\1\0\0"
    + bytes(272),
    "nan.wav": b"RIFF\x34\x10\0\0WAVEfmt \x10\0\0\0"
    + struct.pack("<HHIIHH", 3, 2, 48_000, 384_000, 8, 32)
    + b"data\x10\x10\0\0"
    + struct.pack("<f", float("nan")) * 1028,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_honest_sound_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """Playlists open no other file, a rate of 1 Hz unpacks no gigabytes, and NaN reaches no mix."""
    write_wav(tmp_path / "secret.wav", sine(1))
    (tmp_path / name).write_bytes(HOSTILE[name])

    with pytest.raises(MediaError, match=name):
        read_sound(tmp_path / name)


@pytest.mark.parametrize("name", ["playlist.mp3", "words.wav"])
def test_what_cannot_be_measured_says_so(tmp_path: Path, name: str) -> None:
    """A failed ffmpeg is an error of ours, not a number."""
    (tmp_path / name).write_bytes(HOSTILE[name])

    with pytest.raises(MediaError, match="ffmpeg ended"):
        measure(tmp_path / name, FFMPEG)
