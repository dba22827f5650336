"""Music comes in every form, and only what is needed of it is decoded."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from actors.sound import RATE, make_sound, measure, read_sound
from actors.sound.reading import read_track
from actors.video import ffmpeg_path

FFMPEG = ffmpeg_path(None)
TONE = "sine=f=440:r={rate}:d={seconds}"
COVER = ["-f", "lavfi", "-i", "color=s=64x64:d=1:r=1", "-map", "0:a", "-map", "1:v", "-c:v", "mjpeg"]
FORMS = {
    "mono.wav": ("44100", 9, []),
    "fine.flac": ("96000", 9, []),
    "cover.mp3": ("44100", 9, [*COVER, "-disposition:v", "attached_pic"]),
    "cover.m4a": ("48000", 9, [*COVER, "-disposition:v", "attached_pic", "-c:a", "aac"]),
    "vbr.mp3": ("44100", 9, ["-q:a", "5", "-write_xing", "0"]),
    "surround.wav": ("48000", 9, ["-af", "pan=5.1|c0=4*c0|c1=4*c0|c2=4*c0|c3=4*c0|c4=4*c0|c5=4*c0"]),
    "long.flac": ("48000", 50, []),
}


@pytest.fixture
def draw(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Encode a tone in the form that is asked."""
    rate, seconds, options = FORMS[request.param]
    source = ["-f", "lavfi", "-i", TONE.format(rate=rate, seconds=seconds)]
    command = [FFMPEG, "-nostdin", "-v", "error", *source, *options, str(tmp_path / request.param)]
    subprocess.run(command, check=True, timeout=60)
    return tmp_path / request.param


@pytest.mark.parametrize("draw", FORMS, indirect=True)
def test_music_of_any_form_is_the_same_tone(draw: Path, tmp_path: Path) -> None:
    """Rates, channels, cover art and missing lengths change nothing; six channels do not clip."""
    sound = read_sound(draw, seconds_max=5)
    make_sound(draw, seconds=4, lufs=-16, true_peak_max=-1, to=tmp_path / "a.wav")
    spectrum = np.abs(np.fft.rfft(sound[RATE : 2 * RATE, 0] * np.hanning(RATE)))

    assert np.argmax(spectrum) == 440
    assert spectrum[1320] < 0.01 * spectrum[440]
    assert measure(tmp_path / "a.wav", FFMPEG).lufs == pytest.approx(-16, abs=1)


@pytest.mark.parametrize("draw", ["long.flac"], indirect=True)
def test_only_head_and_tail_of_a_long_track_are_held(draw: Path) -> None:
    """And what is short comes whole."""
    long, short = read_track(draw, head=8, tail=5), read_track(draw, head=45, tail=20)

    assert len(long.sound) == 13 * RATE
    assert (long.gap, long.whole) == (8 * RATE, True)
    assert (short.gap, short.whole) == (0, True)
    assert len(short.sound) == pytest.approx(50 * RATE, abs=2048)


@pytest.mark.parametrize("draw", ["vbr.mp3"], indirect=True)
def test_a_track_of_unknown_length_gives_what_can_be_had(draw: Path) -> None:
    """Without a header its length is a guess; the head comes at least."""
    track = read_track(draw, head=3, tail=2)

    assert len(track.sound) in {3 * RATE, 5 * RATE}
    assert track.whole == (track.gap > 0)
