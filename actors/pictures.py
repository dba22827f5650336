"""Opens pictures and logos from strangers: bounded, upright, in RGB or RGBA."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import skia
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from actors.drawing import BYTES_MAX, measure_drawing
from schemas.errors import MediaError
from schemas.wording import shown

PIXELS_MAX = 40_000_000
_READERS = {"PNG": PngImagePlugin, "JPEG": JpegImagePlugin, "WEBP": WebPImagePlugin}
"""Imported by name: where one is lacking, Pillow imports all of its forty."""
FORMATS = tuple(_READERS)
_UNREADABLE = (
    OSError,  # also Pillow's own UnidentifiedImageError
    Image.DecompressionBombError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
)
"""What Pillow raises for broken files."""


def open_picture(path: Path) -> Image.Image:
    """Return the picture in *path*, upright, as RGB, or as RGBA (straight alpha) where it has transparency.

    PNG, JPEG and WebP are read. Colours are brought to sRGB where the file carries a profile. Raises
    MediaError for other files, for broken or animated ones, and for more than PIXELS_MAX pixels.
    """
    with _opened(path) as picture:
        picture.load()
        return _in_rgb(ImageOps.exif_transpose(picture))


def picture_suffix(path: Path) -> str:
    """Return the suffix that the content of *path* asks for, such as ``.png``; raises as `open_logo`."""
    if is_drawing(path):
        return ".svg"
    with _opened(path) as picture:
        return {"PNG": ".png", "WEBP": ".webp"}.get(picture.format or "", ".jpg")


def is_drawing(path: Path) -> bool:
    """Tell from the first bytes of *path* whether it is XML, as SVG is. Raises MediaError."""
    return _read(path, 256).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def drawing_size(path: Path) -> tuple[float, float]:
    """Return width and height, CSS pixels, of an SVG. Raises MediaError for one that cannot be drawn."""
    return _drawing(path)[1]


def draw_svg(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """Draw an SVG at exactly *width* x *height* pixels: uint8 [H, W, 4], RGBA, straight alpha, sRGB.

    Nothing outside the file is loaded. Raises MediaError for a drawing that is broken, hostile or blank.
    """
    dom, (own_width, own_height) = _drawing(path)
    surface = skia.Surface(width, height)
    canvas = surface.getCanvas()
    canvas.clear(0)
    canvas.scale(width / own_width, height / own_height)
    dom.render(canvas)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType)
    pixels = np.zeros((height, width, 4), np.uint8)
    if not surface.readPixels(info, pixels, width * 4, 0, 0) or not pixels[..., 3].any():
        raise _refusal(path, "draws nothing", "save it as plain SVG with filled paths")
    return pixels


def open_logo(path: Path, width_max: int, height_max: int) -> Image.Image:
    """Return the logo in *path* as RGBA, as large as it fits into *width_max* x *height_max* pixels.

    SVGs are drawn at that size, pictures resized (Lanczos). Raises MediaError as `open_picture`, `draw_svg`.
    """
    if is_drawing(path):
        return Image.fromarray(draw_svg(path, *_fitted(drawing_size(path), width_max, height_max)), "RGBA")
    picture = open_picture(path).convert("RGBA")
    size = _fitted(picture.size, width_max, height_max)
    return picture.resize(size, Image.Resampling.LANCZOS)


def _fitted(size: tuple[float, float], width_max: int, height_max: int) -> tuple[int, int]:
    scale = min(width_max / size[0], height_max / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _refusal(path: Path, what: str, cure: str) -> MediaError:
    return MediaError(f"{shown(path.name)} {what}; {cure}")


def _read(path: Path, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise _refusal(path, f"cannot be read, {error.strerror}", "check the file") from error


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open the header of a picture, and turn what Pillow raises inside the block into MediaError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about broken metadata; the size is bounded below
            with Image.open(path, formats=FORMATS) as picture:
                _refuse_large_or_moving(path, picture)
                yield picture
    except Image.DecompressionBombError as error:
        raise _too_large(path, "far more than 40") from error
    except _UNREADABLE as error:
        reason = "is broken or no picture"
        raise _refusal(path, reason, "use a PNG, JPEG or WebP file that opens elsewhere") from error


def _refuse_large_or_moving(path: Path, picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > PIXELS_MAX:
        raise _too_large(path, f"{width} x {height}, {width * height / 1e6:.0f}")
    # A photograph with a depth or gain map beside it (MPO) is still one photograph.
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise _refusal(path, "is animated", "save one frame of it")


def _too_large(path: Path, size: str) -> MediaError:
    return _refusal(path, f"has {size} megapixels", f"make it {PIXELS_MAX // 1_000_000} megapixels at most")


def _in_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        return _from_16_bits(picture)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    return _in_srgb(picture) if picture.info.get("icc_profile") else _converted(picture)


def _from_16_bits(picture: Image.Image) -> Image.Image:
    values = np.asarray(picture, np.float64)
    return Image.fromarray((values.clip(0, 65_535) / 257).round().astype(np.uint8), "L").convert("RGB")


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Bring the colours of an RGB, RGBA or CMYK picture to sRGB; a broken profile is passed over."""
    if picture.mode not in {"RGB", "RGBA", "CMYK"}:
        return _converted(picture)
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(picture.info["icc_profile"]))
        converted = ImageCms.profileToProfile(
            picture, profile, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return _converted(picture)
    return converted or _converted(picture)


def _converted(picture: Image.Image) -> Image.Image:
    return picture if picture.mode in {"RGB", "RGBA"} else picture.convert("RGB")


def _drawing(path: Path) -> tuple["skia.SVGDOM", tuple[float, float]]:
    data = _read(path, BYTES_MAX + 1)
    try:
        size = measure_drawing(data)
    except ValueError as error:
        raise MediaError(f"{shown(path.name)} {error}") from error
    dom = skia.SVGDOM.MakeFromStream(skia.MemoryStream(data))
    if dom is None:
        raise _refusal(path, "cannot be drawn", "save it as plain SVG")
    dom.setContainerSize(skia.Size(*size))
    return dom, size
