"""Says how like a clip is to the picture of a product: where it fits best, in shape and in colour."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.probing import probe_video
from actors.video import grab_picture

Pixels = NDArray[np.float32]

_SIDE = 96
"""Pixels of a frame's shorter side: the shape of a product shows, its print does not."""
_MOMENTS = 6
"""Frames that are looked at, evenly over the clip."""
_SCALES = tuple(float(share) for share in np.geomspace(0.15, 1.0, 13))
"""Sizes at which the product is looked for, as shares of the largest that fits into the frame."""
_MIDDLE = 0.7
"""Of each side of a picture without a cut-out, what is taken for the product."""
_BINS = 4
"""Of each colour channel."""
_FLAT = 4.0
"""Levels of deviation under which there is no texture, in a product or at a place in a frame."""
_CHANNELS = 3


class _Template(NamedTuple):
    """The product at one size."""

    pixels: Pixels
    """RGB ``[h, w, 3]``, 0 to 255."""
    mask: Pixels
    """``[h, w]``, 1 where the product is, 0 around it."""


def measure_similarity(clip: Path, product: Path) -> float:
    """Return how like *clip* is to the picture *product* of its product, 0 to 1; the mean over six frames.

    The product is the opaque part of the picture, or the middle 70 % of each side of one without a cut-out.
    In a frame of 96 pixels on the shorter side it is looked for at 13 sizes, from 15 % of the largest
    that fits to that one, at every place: where the zero-mean normalised cross-correlation of the colours is
    greatest, it is taken to be. The result is the geometric mean of that correlation, not below 0 (the
    shape), and of the intersection of the colour histograms, 4 x 4 x 4 bins of RGB, of product and place
    (Swain and Ballard, Color Indexing, IJCV 1991). A product of one flat colour has no shape to match; its
    colours alone decide.

    What it is not: no learned model is behind it. It does not know the product turned, bent, half hidden, or
    larger than the frame, and it does not read what is printed on it. The best match of anything to noise is
    not 0: compare clips of one scene, and look at them. Raises MediaError.
    """
    cut_out = _cut_out(product)
    found = [_best_match(_small(picture), cut_out) for picture in _pictures(clip)]
    return float(np.mean(found))


def _pictures(clip: Path) -> Iterator[NDArray[np.uint8]]:
    facts = probe_video(clip)
    for n in range(_MOMENTS):
        yield grab_picture(clip, (n + 0.5) / _MOMENTS * facts.frames / facts.fps)


def _small(picture: NDArray[np.uint8]) -> Pixels:
    high, wide = picture.shape[:2]
    scale = _SIDE / min(high, wide)
    size = (round(wide * scale), round(high * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX), dtype=np.float32)


def _cut_out(path: Path) -> Image.Image:
    """Return the product in the picture at *path*, RGBA, without what is empty around it."""
    with Image.open(path) as picture:
        whole = picture.convert("RGBA")
    alpha = whole.getchannel("A")
    box = alpha.point(lambda level: 255 * (level > 127)).getbbox()  # noqa: PLR2004 (half opaque)
    if box is None or alpha.getextrema()[0] == 255:  # noqa: PLR2004 (opaque everywhere: no cut-out)
        wide, high = whole.size
        left, top = round(wide * (1 - _MIDDLE) / 2), round(high * (1 - _MIDDLE) / 2)
        box = (left, top, wide - left, high - top)
    return whole.crop(box)


def _best_match(frame: Pixels, cut_out: Image.Image) -> float:
    """Return the similarity at the place and the size where *cut_out* fits *frame* best."""
    spectra = _Spectra(frame)
    best = max((_placed(spectra, template) for template in _templates(cut_out, frame)), key=lambda at: at[0])
    shape, top, left, template = best
    high, wide = template.mask.shape
    place = frame[top : top + high, left : left + wide]
    colour = _shared_colours(template, place)
    return colour if _is_flat(template) else float(np.sqrt(max(0.0, shape) * colour))


def _templates(cut_out: Image.Image, frame: Pixels) -> Iterator[_Template]:
    fits = min(frame.shape[1] / cut_out.width, frame.shape[0] / cut_out.height)
    for share in _SCALES:
        size = (max(2, int(cut_out.width * fits * share)), max(2, int(cut_out.height * fits * share)))
        pixels = np.asarray(cut_out.resize(size, Image.Resampling.BOX), dtype=np.float32)
        mask = (pixels[..., 3] > 127).astype(np.float32)  # noqa: PLR2004 (half opaque)
        if mask.any():
            yield _Template(np.ascontiguousarray(pixels[..., :3]), mask)


class _Spectra:
    """A frame and its squares, transformed once for all templates."""

    def __init__(self, frame: Pixels) -> None:
        self.size = frame.shape[:2]
        self.colours = [np.fft.rfft2(frame[..., channel]) for channel in range(_CHANNELS)]
        self.squares = np.fft.rfft2((frame**2).sum(axis=2))

    def slide(self, spectrum: NDArray[np.complex128], kernel: Pixels) -> NDArray[np.float64]:
        """Return the correlation with *kernel* at every place where all of it lies inside the frame."""
        high, wide = kernel.shape
        moved = np.fft.irfft2(spectrum * np.conj(np.fft.rfft2(kernel, self.size)), self.size)
        return np.asarray(moved[: self.size[0] - high + 1, : self.size[1] - wide + 1])


def _placed(spectra: _Spectra, template: _Template) -> tuple[float, int, int, _Template]:
    """Return how well *template* fits where it fits best, and the top and left of that place."""
    fit = _colour_fit(spectra, template) if _is_flat(template) else _correlation(spectra, template)
    top, left = np.unravel_index(int(fit.argmax()), fit.shape)
    return float(fit[top, left]), int(top), int(left), template


def _correlation(spectra: _Spectra, template: _Template) -> NDArray[np.float64]:
    """Return the zero-mean normalised cross-correlation over the mask, of the three channels together."""
    mask, number = template.mask, float(template.mask.sum())
    centred = _centred(template)
    shared = sum(spectra.slide(spectra.colours[c], centred[..., c]) for c in range(_CHANNELS))
    sums = (spectra.slide(colour, mask) for colour in spectra.colours)
    spread = spectra.slide(spectra.squares, mask) - sum(total**2 for total in sums) / number
    least = _CHANNELS * number * _FLAT**2
    return np.asarray(shared / np.sqrt(np.maximum(spread, least) * float((centred**2).sum())))


def _colour_fit(spectra: _Spectra, template: _Template) -> NDArray[np.float64]:
    """Return 1 less the root mean square difference of the colours over the mask, in parts of 255."""
    mask, number = template.mask, float(template.mask.sum())
    inside = template.pixels * mask[..., None]
    shared = sum(spectra.slide(spectra.colours[c], inside[..., c]) for c in range(_CHANNELS))
    squared = spectra.slide(spectra.squares, mask) - 2 * np.asarray(shared) + float((inside**2).sum())
    return np.asarray(1 - np.sqrt(np.maximum(squared, 0) / (_CHANNELS * number)) / 255)


def _centred(template: _Template) -> Pixels:
    """Return the pixels of the product less their mean; 0 around it."""
    mask = template.mask[..., None]
    mean = (template.pixels * mask).sum(axis=(0, 1)) / mask.sum()
    return np.asarray((template.pixels - mean) * mask, dtype=np.float32)


def _is_flat(template: _Template) -> bool:
    squares = float((_centred(template) ** 2).sum())
    return squares / (_CHANNELS * float(template.mask.sum())) < _FLAT**2


def _shared_colours(template: _Template, place: Pixels) -> float:
    """Return which share of the product's colours is found at its *place*."""
    inside = template.mask > 0
    return float(np.minimum(_histogram(template.pixels[inside]), _histogram(place[inside])).sum())


def _histogram(pixels: Pixels) -> NDArray[np.float64]:
    """Return the shares of the colour bins in *pixels* ``[n, 3]``."""
    level = np.minimum(pixels.astype(int) * _BINS // 256, _BINS - 1)
    numbers = (level[:, 0] * _BINS + level[:, 1]) * _BINS + level[:, 2]
    return np.bincount(numbers, minlength=_BINS**3) / len(pixels)
