"""Colours become the planes that ffmpeg would make."""

import av
import numpy as np
import torch

from actors.backends.motion.cameras import Pose
from actors.backends.motion.canvas import Area, Canvas, make_layer
from actors.backends.pixels import Planes, make_dither, parse_color, to_frame, to_yuv


def test_colours_are_those_of_ffmpeg_within_two_levels() -> None:
    """BT.709, limited range; in even patches, so that chroma siting does not matter."""
    patches = np.random.default_rng(3).integers(0, 256, (6, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    frame = av.VideoFrame.from_ndarray(patches, format="rgb24")
    ours = to_yuv(torch.from_numpy(patches.copy()).permute(2, 0, 1).float() / 255)
    theirs = frame.reformat(
        format="yuv444p", src_color_range="JPEG", dst_color_range="MPEG", dst_colorspace="ITU709"
    ).to_ndarray()

    assert np.abs(ours.numpy() - theirs).max() <= 2


def test_black_white_and_grey_are_where_the_standard_puts_them() -> None:
    """ITU-R BT.709-6, 4.6: 16 and 235, chroma at 128."""
    colors = torch.stack([parse_color(code) for code in ("#000000", "#FFFFFF")], dim=1)

    assert torch.allclose(to_yuv(colors).T, torch.tensor([[16.0, 128, 128], [235, 128, 128]]), atol=1e-3)


def test_dither_rounds_without_bias_and_repeats() -> None:
    """A level between two is shown as both, in the right share; the noise is the seed's."""
    dither = make_dither(64, 64, grain=0.0, seed=5, device="cpu")
    again = make_dither(64, 64, grain=0.0, seed=5, device="cpu")
    frame = to_frame(Planes(torch.full((64, 64), 100.25), torch.full((2, 32, 32), 128.5)), dither)

    assert torch.equal(dither.luma, again.luma)
    assert abs(frame[:4096].mean() - 100.25) < 0.03
    assert abs(frame[4096:].mean() - 128.5) < 0.05


def test_chroma_sits_beside_the_left_luma_sample() -> None:
    """A ramp of colour across the frame reads the same in both planes where H.264 says that chroma is."""
    ramp = torch.linspace(0, 1, 64).expand(3, 64, 64) * torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    layer = make_layer(ramp, None, Area(0, 0, 64, 64), (32, 32))
    canvas = Canvas(64, 64, "cpu")

    canvas.cover(layer, Pose())

    blue = to_yuv(ramp)[1, 10]
    assert torch.allclose(canvas.chroma[0, 5, 4:28], blue[8:56:2], atol=0.05)


def test_a_layer_covers_only_as_much_as_its_opacity() -> None:
    """Half opaque white over black is grey, and outside of the layer nothing changes."""
    canvas = Canvas(64, 64, "cpu")
    canvas.luma.fill_(16)
    white = make_layer(torch.ones(3, 16, 16), torch.full((1, 16, 16), 0.5), Area(24, 24, 40, 40), (32, 32))

    canvas.draw(white, Pose())

    assert float(canvas.luma[32, 32]) == (16 + 235) / 2
    assert float(canvas.luma[10, 10]) == 16


def test_a_layer_out_of_sight_is_not_drawn() -> None:
    """A pose may move it out of the frame."""
    canvas = Canvas(64, 64, "cpu")
    white = make_layer(torch.ones(3, 16, 16), torch.ones(1, 16, 16), Area(24, 24, 40, 40), (32, 32))

    canvas.draw(white, Pose(dx=2.0))

    assert float(canvas.luma.abs().max()) == 0
