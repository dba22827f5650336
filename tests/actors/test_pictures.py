"""Pictures and logos from strangers."""

import contextlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from actors.pictures import draw_svg, drawing_size, open_logo, open_picture, picture_suffix
from schemas.errors import MediaError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
RED_SVG = (
    f'{SVG} width="40" height="20"><rect width="20" height="20" fill="#ff0000" fill-opacity=".5"/></svg>'
)
DEEP_SVG = f'{SVG} viewBox="0 0 9 9">{"<g>" * 100_000}{"</g>" * 100_000}</svg>'
BOMB = "".join(f'<g id="a{n + 1}">' + f'<use xlink:href="#a{n}"/>' * 10 + "</g>" for n in range(9))
BOX = f'{SVG} viewBox="0 0 9 9">'
BAD_SVGS = {
    "nested": (DEEP_SVG, "nested more than 64 deep; ungroup it"),
    "a bomb of references": (f'{BOX}<path id="a0" d="M0 0h1"/>{BOMB}</svg>', "draws more than 20000"),
    "a circle": (f'{BOX}<g id="a"><use xlink:href="#a"/></g></svg>', "run in a circle"),
    "an entity": (f'<!DOCTYPE svg [<!ENTITY a "b">]>{RED_SVG}', "has a DOCTYPE or entities; save it"),
    "a picture in it": (f'{BOX}<image xlink:href="file:///etc/passwd"/></svg>', "uses <image>"),
    "a script": (f"{BOX}<script>1</script></svg>", "uses <script>"),
    "text": (f"{BOX}<text>Kaffi</text></svg>", "uses <text>, which is not drawn; turn the text"),
    "a style sheet": (f"{BOX}<style>.a{{}}</style></svg>", "uses <style>"),
    "a class": (f'{BOX}<path class="a" d="M0 0h1"/></svg>', "styles <path> by a class"),
    "a new reference": (f'{BOX}<use href="#a"/></svg>', "write xlink:href"),
    "no size": (f"{SVG}/>", "has no size; give it width and height, or a viewBox"),
    "a huge size": (f'{SVG} width="1e9" height="9"/>', "has no size"),
    "a strange viewBox": (f'{SVG} viewBox="1.2.3 x - e"/>', "has no size"),
    "nothing drawn": (f"{BOX}</svg>", "draws nothing"),
    "a page": ("<html/>", "is not an SVG drawing"),
    "broken XML": ("<svg", "is not valid XML"),
    "a long one": (f"{RED_SVG}{' ' * 1_000_000}", "1000000 are read at most"),
}


def draw(path: Path, mode: str, color: Any, size: tuple[int, int] = (80, 60), **options: Any) -> Path:
    """Draw a picture of one colour."""
    Image.new(mode, size, color).save(path, **options)
    return path


def oriented(value: int) -> Image.Exif:
    """Return EXIF data with an orientation."""
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "mode", "color", "expected"),
    [
        ("rgb.png", "RGB", (200, 100, 50), (200, 100, 50)),
        ("rgba.png", "RGBA", (200, 100, 50, 7), (200, 100, 50, 7)),
        ("gray.png", "L", 100, (100, 100, 100)),
        ("gray_alpha.png", "LA", (100, 7), (100, 100, 100, 7)),
        ("bit.png", "1", 1, (255, 255, 255)),
        ("deep.png", "I;16", 257 * 100, (100, 100, 100)),
        ("rgb.webp", "RGB", (255, 255, 255), (255, 255, 255)),
        ("gray.jpg", "L", 100, (100, 100, 100)),
        ("cmyk.jpg", "CMYK", (0, 0, 0, 0), (255, 255, 255)),
    ],
)
def test_every_kind_of_picture_becomes_rgb_or_rgba(
    tmp_path: Path, name: str, mode: str, color: object, expected: tuple[int, ...]
) -> None:
    """Palettes, grays, 16 bits and printing colours included."""
    picture = open_picture(draw(tmp_path / name, mode, color))

    assert picture.mode == ("RGBA" if len(expected) == 4 else "RGB")
    assert picture.getpixel((40, 30)) == expected


def test_a_palette_keeps_its_transparency(tmp_path: Path) -> None:
    """As GIF-like PNG logos have it."""
    picture = Image.new("P", (80, 60), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.save(tmp_path / "p.png", transparency=1)

    assert open_picture(tmp_path / "p.png").getpixel((0, 0)) == (10, 20, 30, 0)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.png"])
def test_a_picture_stands_upright(tmp_path: Path, name: str) -> None:
    """Phones write the turn into EXIF; the size follows it."""
    path = draw(tmp_path / name, "RGB", "red", exif=oriented(6))

    assert open_picture(path).size == (60, 80)


def test_colours_are_brought_to_srgb(tmp_path: Path) -> None:
    """A profile says what the numbers mean; one that cannot be read is passed over."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = draw(tmp_path / "same.png", "RGB", (200, 100, 50), icc_profile=profile)
    broken = draw(tmp_path / "broken.png", "RGB", (200, 100, 50), icc_profile=b"no profile")

    assert open_picture(same).getpixel((0, 0)) == (200, 100, 50)
    assert open_picture(broken).getpixel((0, 0)) == (200, 100, 50)


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_an_animation_is_refused(tmp_path: Path, suffix: str) -> None:
    """An ad would show one frame of it, which nobody asked for."""
    frames = [Image.new("RGB", (80, 60), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])

    with pytest.raises(MediaError, match=r"is animated; save one frame of it"):
        open_picture(tmp_path / f"a.{suffix}")


def test_a_photograph_with_a_second_picture_is_a_photograph(tmp_path: Path) -> None:
    """Phones keep depth and gain maps in the same file (MPO)."""
    frames = [Image.new("RGB", (80, 60), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=frames[1:])

    assert open_picture(tmp_path / "a.jpg").getpixel((0, 0)) == (254, 0, 0)


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000), (8_000, 5_001)])
def test_a_large_picture_is_refused_from_its_header(tmp_path: Path, width: int, height: int) -> None:
    """A few kilobytes can ask for gigabytes."""
    path = tmp_path / "a.png"
    path.write_bytes(png_header(width, height))

    with pytest.raises(MediaError, match=r"'a.png' has .* megapixels; make it 40 megapixels at most"):
        open_picture(path)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"%!PS-Adobe", b"\x89PNG\r\n\x1a\n", b"II*\0", png_header(80, 60)]
)
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    """Other formats, and files that end too early."""
    path = tmp_path / "a.png"
    path.write_bytes(data)

    with pytest.raises(MediaError, match=r"'a.png' is broken or no picture; use a PNG, JPEG or WebP"):
        open_picture(path)


def test_the_suffix_follows_the_content(tmp_path: Path) -> None:
    """A name can lie."""
    draw(tmp_path / "a.png", "RGB", "red")
    Image.new("RGB", (80, 60)).save(tmp_path / "b.png", format="WEBP")
    Image.new("RGB", (80, 60)).save(tmp_path / "c.png", format="JPEG")
    (tmp_path / "d.png").write_text(RED_SVG)

    assert [picture_suffix(tmp_path / f"{name}.png") for name in "abcd"] == [".png", ".webp", ".jpg", ".svg"]


@settings(max_examples=150)
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=9))),
)
def test_broken_bytes_raise_nothing_but_media_errors(
    tmp_path_factory: pytest.TempPathFactory, kind: str, patches: list[tuple[float, bytes]]
) -> None:
    """Whatever Pillow raises for them."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, kind, exif=oriented(6))
    data = bytearray(file.getvalue())
    for place, patch in patches:
        at = int(place * len(data))
        data[at : at + len(patch)] = patch
    path = tmp_path_factory.getbasetemp() / "broken"
    path.write_bytes(data)

    for read in (open_picture, picture_suffix):
        with contextlib.suppress(MediaError):
            read(path)


def test_an_svg_is_drawn_at_the_size_asked(tmp_path: Path) -> None:
    """RGBA, straight alpha, and crisp at the edge."""
    path = tmp_path / "a.svg"
    path.write_text(RED_SVG)

    pixels = draw_svg(path, 400, 200)

    assert pixels.shape == (200, 400, 4)
    assert pixels.dtype == np.uint8
    assert pixels[100, 199].tolist() == [255, 0, 0, 128]
    assert pixels[100, 200].tolist() == [0, 0, 0, 0]
    assert drawing_size(path) == (40, 20)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('viewBox="0 0 9 3"', (9, 3)),
        ('width="1in" height="25.4mm"', (96, 96)),
        ('width="50%" viewBox="0 0 9 3"', (9, 3)),
    ],
)
def test_a_drawing_has_the_size_that_it_says(
    tmp_path: Path, size: str, expected: tuple[float, float]
) -> None:
    """In CSS pixels; a viewBox serves where there is no size."""
    path = tmp_path / "a.svg"
    path.write_text(f'{SVG} {size}><rect width="9" height="9"/></svg>')

    assert drawing_size(path) == pytest.approx(expected)


@pytest.mark.parametrize(("svg", "words"), BAD_SVGS.values(), ids=BAD_SVGS)
def test_a_drawing_that_skia_cannot_draw_is_refused(tmp_path: Path, svg: str, words: str) -> None:
    """Skia crashes on some, and leaves parts of others out without a word."""
    path = tmp_path / "a.svg"
    path.write_text(svg)

    with pytest.raises(MediaError) as caught:
        open_logo(path, 100, 100)

    assert str(caught.value).startswith("'a.svg' ")
    assert words in str(caught.value)


def test_a_logo_fills_its_box_with_its_ratio_kept(tmp_path: Path) -> None:
    """Drawings and pictures alike."""
    (tmp_path / "a.svg").write_text(RED_SVG)
    draw(tmp_path / "a.png", "RGB", "red", (400, 100))

    drawn, resized = open_logo(tmp_path / "a.svg", 300, 400), open_logo(tmp_path / "a.png", 300, 50)

    assert (drawn.mode, drawn.size) == ("RGBA", (300, 150))
    assert (resized.mode, resized.size) == ("RGBA", (200, 50))


def test_a_missing_file_is_a_media_error(tmp_path: Path) -> None:
    """With its name."""
    for read in (open_picture, picture_suffix, drawing_size):
        with pytest.raises(MediaError, match=r"'a.png'"):
            read(tmp_path / "a.png")
