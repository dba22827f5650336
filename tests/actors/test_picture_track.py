"""The bare picture of an ad, made of its clips or read from where the ad before left it."""

from pathlib import Path

import numpy as np
import pytest

import actors.picture_track
from actors.picture_track import TrackShelf, cut_together
from actors.video import MEZZANINE, ffmpeg_path
from actors.video_writer import VideoWriter
from schemas.plan import TRANSITION_FRAMES, Composition, Cut
from tests.compositions import draw_composition

WIDTH, HEIGHT, FRAMES = 64, 48, 12
BYTES = WIDTH * HEIGHT * 3 // 2 * 2 * FRAMES


@pytest.fixture(scope="module", name="clips")
def _clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / "dark.mp4", folder / "light.mp4"]
    for path, value in zip(paths, (60, 180), strict=True):
        size = {"width": WIDTH, "height": HEIGHT, "fps": 30}
        with VideoWriter(path, **size, encoding=MEZZANINE, ffmpeg_exe=ffmpeg_path(None)) as writer:
            for number in range(FRAMES + TRANSITION_FRAMES):
                writer.write(np.full(WIDTH * HEIGHT * 3 // 2, value + number, np.uint8))
    return paths


def _composition(locale: str = "en-US", frames: int = FRAMES) -> Composition:
    cuts = tuple(Cut(shot=name, frames=frames, caption=locale, end_card=False) for name in ("dark", "light"))
    return draw_composition(locale=locale, width=WIDTH, height=HEIGHT, cuts=cuts)


def _decodings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that grows by each clip that is decoded."""
    decoded: list[Path] = []
    read = actors.picture_track.read_frames

    def counted(path: Path) -> object:
        decoded.append(path)
        return read(path)

    monkeypatch.setattr(actors.picture_track, "read_frames", counted)
    return decoded


def test_ads_that_show_the_same_get_the_same_frames_and_decode_them_twice_at_most(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, and though each writes its texts into the frames."""
    decoded = _decodings(monkeypatch)
    shelf = TrackShelf(tmp_path, BYTES)
    wanted = list(cut_together(_composition(), clips))
    decoded.clear()
    for locale in ("en-US", "ar", "zh-CN", "en-US"):
        frames = shelf.frames(_composition(locale), clips)
        found = []
        for frame in frames:
            found.append(frame.copy())
            frame[...] = 0

        assert np.array_equal(found, wanted)
    assert decoded == clips * 2


def test_one_ad_leaves_nothing_and_another_clears_the_shelf(clips: list[Path], tmp_path: Path) -> None:
    """What is kept is one picture, of the ad before."""
    shelf = TrackShelf(tmp_path, BYTES)
    there = []
    for composition in (_composition(), _composition("ar"), _composition(frames=6)):
        list(shelf.frames(composition, clips))
        there.append(sum(path.stat().st_size for path in tmp_path.iterdir()))

    assert there == [0, BYTES, 0]


def test_a_picture_over_the_limit_is_not_kept(clips: list[Path], tmp_path: Path) -> None:
    """The folder may lie in memory."""
    shelf = TrackShelf(tmp_path, BYTES - 1)
    lengths = [len(list(shelf.frames(_composition(), clips))) for _ in range(3)]

    assert lengths == [2 * FRAMES] * 3
    assert not list(tmp_path.iterdir())


def test_a_picture_that_was_left_half_way_is_not_taken_for_whole(clips: list[Path], tmp_path: Path) -> None:
    """An ad that could not be finished costs the next one nothing but time."""
    shelf = TrackShelf(tmp_path, BYTES)
    list(shelf.frames(_composition(), clips))
    broken = shelf.frames(_composition(), clips)
    next(broken)
    del broken

    assert len(list(shelf.frames(_composition(), clips))) == 2 * FRAMES
