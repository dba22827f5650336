"""How far two prints of one ad are apart."""

import subprocess
from pathlib import Path

import pytest

from actors.likeness import SAME_SOUND_DB, measure_ssim, sound_difference
from actors.video import ffmpeg_path
from schemas.errors import MediaError

FFMPEG = ffmpeg_path(None)


def draw(path: Path, *filters: str, size: str = "96x64", volume: float = 0.5, sound: bool = True) -> Path:
    """Write half a second of moving colours and a tone, as an MP4."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = ["-f", "lavfi", "-i", f"sine=440:d=0.5,volume={volume}", "-c:a", "aac"] if sound else []
    picture = ",".join([f"testsrc2=s={size}:r=12:d=0.5", *filters, "format=yuv420p"])
    command = [FFMPEG, "-loglevel", "error", "-f", "lavfi", "-i", picture, *tone]
    subprocess.run([*command, "-c:v", "libx264", "-crf", "10", str(path)], check=True)
    return path


def test_the_frame_that_differs_is_found(tmp_path: Path) -> None:
    """The fourth of six has grain; the others are as good as the same, whatever the folder is called."""
    first = draw(tmp_path / "it's [a], b:c;" / "one.mp4")
    second = draw(tmp_path / "two.mp4", "noise=alls=60:allf=t:enable='eq(n,3)'")

    same, other = (measure_ssim(first, path, FFMPEG) for path in (first, second))

    assert (same.ssim, same.worst, same.frames) == (1.0, 1.0, 6)
    assert other.worst_frame == 3
    assert other.worst < 0.9 < other.ssim < 1.0


@pytest.mark.parametrize("odd", ["plain", "it's [a], b:c; d\\e"])
def test_ffmpeg_s_notes_may_lie_in_any_folder(
    odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its filters have a syntax of their own, in which the path of a folder must not take part."""
    film = draw(tmp_path / "one.mp4", sound=False)
    (tmp_path / odd).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / odd))

    assert measure_ssim(film, film, FFMPEG).frames == 6


def test_pictures_of_another_size_are_not_compared(tmp_path: Path) -> None:
    """The message has both."""
    first, second = draw(tmp_path / "one.mp4"), draw(tmp_path / "two.mp4", size="64x64")

    with pytest.raises(MediaError, match=r"96x64, 6 frames.*64x64, 6 frames"):
        measure_ssim(first, second, FFMPEG)


def test_sounds_are_compared_by_what_is_left_of_their_difference(tmp_path: Path) -> None:
    """The same, a tenth louder (-20 dB), one that is silent, and none at all."""
    base = draw(tmp_path / "base.mp4")
    louder, silent = draw(tmp_path / "louder.mp4", volume=0.55), draw(tmp_path / "silent.mp4", volume=0)
    without = draw(tmp_path / "without.mp4", sound=False)

    assert sound_difference(base, base) == SAME_SOUND_DB
    assert sound_difference(base, louder) == pytest.approx(-20, abs=1)
    assert sound_difference(base, silent) == pytest.approx(0, abs=0.1)
    assert sound_difference(base, without) == pytest.approx(0, abs=0.1)
    assert sound_difference(without, without) is None
