"""Turns frames of video into pictures and back: yuv420p, BT.709, limited range, and R'G'B' of full range.

H.264 takes chroma beside every second luma sample across, and between two of them down (ITU-T H.264, 6.2 and
Annex E, type 0); a conversion that forgets it shifts the colours a little to the side.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from actors.backends.pixels import to_rgb, to_yuv
from actors.video import Frame


def to_picture(frame: Frame, width: int, height: int, device: str) -> Tensor:
    """Return the flat yuv420p *frame* as a picture on *device*: R'G'B', ``uint8 [height, width, 3]``."""
    flat = torch.from_numpy(frame).to(device).float()
    luma, chroma = flat[: width * height], flat[width * height :]
    colors = _spread(chroma.reshape(1, 2, height // 2, width // 2))[0]
    rgb = to_rgb(torch.cat((luma.reshape(1, height, width), colors)))
    return (rgb * 255).round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 0)


def to_frame(picture: Tensor) -> Frame:
    """Return a picture, R'G'B' ``uint8 [height, width, 3]`` of even sides, as a flat yuv420p frame."""
    yuv = to_yuv(picture.permute(2, 0, 1).float() / 255)
    flat = torch.cat((yuv[0].reshape(-1), _gather(yuv[None, 1:]).reshape(-1)))
    return np.asarray(flat.round_().to(torch.uint8).cpu().numpy(), dtype=np.uint8)


def _spread(chroma: Tensor) -> Tensor:
    """Return chroma ``[1, 2, h, w]`` at every luma sample, ``[1, 2, 2 h, 2 w]``."""
    tall = functional.interpolate(chroma, scale_factor=(2, 1), mode="bilinear")
    after = torch.cat((tall[..., 1:], tall[..., -1:]), dim=-1)
    return torch.stack((tall, (tall + after) / 2), dim=-1).flatten(-2)


def _gather(colors: Tensor) -> Tensor:
    """Return what chroma sees of ``[1, 2, 2 h, 2 w]``, as ``[1, 2, h, w]``: 1 2 1 across, two down."""
    padded = functional.pad(colors, (1, 0, 0, 0), mode="replicate")
    across = (padded[..., :-2:2] + 2 * padded[..., 1::2] + padded[..., 2::2]) / 4
    return (across[..., ::2, :] + across[..., 1::2, :]) / 2
