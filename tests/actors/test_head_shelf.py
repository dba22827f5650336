"""Ads that begin alike: the beginning is coded once, and no byte tells."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actors.composer import Composer
from actors.video import MEZZANINE, Encoding, Frame, ffmpeg_path
from actors.video_writer import PictureWriter, VideoWriter
from schemas.plan import TRANSITION_FRAMES, Composition, Sound
from storage.blobs import BlobStore, open_blobs
from tests.compositions import draw_composition

FFMPEG = ffmpeg_path(None)
SMALL: dict[str, Any] = {
    "width": 250,
    "height": 376,
    "safe": {"left": 10, "top": 10, "right": 240, "bottom": 366},
    "sound": Sound(music="", lufs=-14.0, true_peak_max=-1.0),
}
AD = draw_composition(**SMALL)
HEAD, WHOLE = AD.cuts[0].frames, AD.frames


@pytest.fixture(scope="module", name="store")
def _store(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    folder = tmp_path_factory.mktemp("store")
    store = open_blobs(str(folder / "blobs"))
    size = {"width": AD.width, "height": AD.height, "fps": AD.fps}
    rng = np.random.default_rng(0)
    for cut in AD.cuts:
        path = folder / f"{cut.shot}.mp4"
        with VideoWriter(path, **size, encoding=MEZZANINE, ffmpeg_exe=FFMPEG) as writer:
            grain = rng.integers(60, 160, AD.width * AD.height * 3 // 2).astype(np.uint8)
            for number in range(cut.frames + TRANSITION_FRAMES):
                writer.write(np.roll(grain, 5 * number))
        store.put(f"clips/{cut.shot}.mp4", path)
    return store


@pytest.fixture(name="drawn")
def _drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all frames that are drawn and coded."""
    drawn: list[int] = []
    write = PictureWriter.write

    def counted(self: PictureWriter, frame: Frame) -> None:
        drawn.append(frame.nbytes)
        write(self, frame)

    monkeypatch.setattr(PictureWriter, "write", counted)
    return drawn


def _draw(composer: Composer, ad: Composition, to: Path, **settings: Any) -> bytes:
    clips = {cut.shot: f"clips/{cut.shot}.mp4" for cut in ad.cuts}
    composer.draw(ad, clips, to, Encoding(**{"preset": "veryfast", "crf": 23} | settings))
    return to.read_bytes()


@pytest.mark.parametrize(
    ("change", "coded"),
    [
        ({"button": "Buy it today"}, WHOLE - HEAD),
        ({"price": "€7.90"}, WHOLE - HEAD),
        ({"cuts": (AD.cuts[0], AD.cuts[1].model_copy(update={"caption": "Half a pound"}))}, WHOLE - HEAD),
        ({"cuts": (AD.cuts[0].model_copy(update={"caption": "Wake up!"}), AD.cuts[1])}, WHOLE),
        ({"cuts": (AD.cuts[0].model_copy(update={"frames": HEAD - 1}), AD.cuts[1])}, WHOLE - 1),
    ],
    ids=["button", "price", "title", "hook", "length"],
)
def test_an_ad_that_differs_in_its_end_alone_codes_its_end_alone(
    change: dict[str, Any], coded: int, store: BlobStore, tmp_path: Path, drawn: list[int]
) -> None:
    """And has the same bytes as where nothing was kept; whatever shows before the end card is coded anew."""
    other = draw_composition(**(SMALL | change))
    alone = _draw(Composer(store, tmp_path, FFMPEG), other, tmp_path / "alone.mp4")
    composer = Composer(store, tmp_path, FFMPEG)
    first = _draw(composer, AD, tmp_path / "first.mp4")
    drawn.clear()
    after = _draw(composer, other, tmp_path / "after.mp4")

    assert after == alone != first
    assert len(drawn) == coded


def test_other_settings_share_nothing(store: BlobStore, tmp_path: Path, drawn: list[int]) -> None:
    """And a bit rate that is kept has no joint."""
    composer = Composer(store, tmp_path, FFMPEG)
    for settings in ({}, {"crf": 30}, {"preset": "faster"}):
        _draw(composer, AD, tmp_path / "ad.mp4", **settings)
    for _ in range(2):
        _draw(composer, draw_composition(**SMALL, kbps=800), tmp_path / "ad.mp4")

    assert len(drawn) == 5 * WHOLE
