"""Frames into pictures and back: colours stay, and stay where they are."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

from actors.colors import to_frame, to_picture
from actors.video import planes

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"


def photo() -> Any:
    """Return a photograph, uint8 [400, 600, 3]."""
    return np.array(Image.open(COFFEE).convert("RGB"))


@pytest.mark.parametrize(
    ("color", "codes"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_colours_have_the_codes_of_bt_709(color: tuple[int, ...], codes: tuple[int, ...]) -> None:
    """Limited range, BT.709-6 items 3.2 to 3.5; and back within one level of 255."""
    picture = torch.tensor(color, dtype=torch.uint8).expand(4, 6, 3)

    frame = to_frame(picture)

    assert tuple(int(plane[0, 0]) for plane in planes(frame, 6, 4)) == codes
    assert (to_picture(frame, 6, 4, "cpu").int() - picture.int()).abs().max() <= 1


def test_a_photo_comes_out_as_ffmpegs_own_scaler_would_have_it() -> None:
    """Within a fifth of a level on average, chroma included."""
    ours = to_frame(torch.from_numpy(photo()))
    theirs = av.VideoFrame.from_ndarray(photo(), "rgb24").reformat(
        format="yuv420p", dst_colorspace=1, dst_color_range=1
    )

    assert np.abs(theirs.to_ndarray().reshape(-1).astype(int) - ours).mean() < 0.25


def test_the_way_through_rgb_changes_a_frame_by_less_than_it_shows() -> None:
    """A frame of a photo: a seventh of a level on average."""
    frame = to_frame(torch.from_numpy(photo()))

    again = to_frame(to_picture(frame, 600, 400, "cpu"))

    assert np.abs(again.astype(int) - frame).mean() < 0.2


def test_chroma_stays_where_it_is() -> None:
    """A ramp of colour passes through without a shift: one pixel aside would be two levels of red."""
    ramp = torch.zeros(8, 100, 3)
    ramp[...] = torch.arange(100)[None, :, None]
    ramp[..., 0] = 2 * torch.arange(100) + 10
    picture = ramp.to(torch.uint8)

    back = to_picture(to_frame(picture), 100, 8, "cpu")

    shift = (back.float() - picture.float())[:, 2:-2].mean((0, 1))
    assert shift.abs().max() < 0.4
