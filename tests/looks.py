"""Draws contact sheets of every template x ratio x script, stills only: `make looks`, then look at them.

`python -m tests.looks --template offer_countdown --ratio 9:16 --locale ar --size 1.0` draws some of them.
"""

import argparse
import itertools
import time
from functools import cache
from pathlib import Path

import numpy as np
import skia
import torch
from numpy.typing import NDArray
from PIL import Image

from actors.backends.motion.canvas import Canvas
from actors.backends.motion.framing import read_photo
from actors.backends.motion.scenes import CardScene, PhotoScene
from actors.backends.pixels import to_rgb
from actors.elements import Element
from actors.layouts.backdrop import Backdrop
from actors.layouts.design import Design, design, starts_of
from schemas.media import Word
from schemas.placements import PLACEMENTS
from schemas.plan import Composition, Cut
from tests.compositions import draw_composition, draw_shot
from tests.scripts import SCRIPTS

MEDIA = Path(__file__).parent.parent / "examples" / "kaffi" / "media"
RATIOS = {
    "9:16": "meta_reels",
    "4:5": "meta_feed_vertical",
    "1:1": "meta_feed_square",
    "16:9": "youtube_in_stream",
}
STORYBOARDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "product_hero": (("headline", "{hook}", ""), ("headline", "{benefit}", "")),
    "feature_list": (
        ("headline", "{hook}", ""),
        ("feature", "{features[0]}", ""),
        ("feature", "{features[1]}", ""),
        ("feature", "{features[2]}", ""),
    ),
    "offer_countdown": (("headline", "{hook}", ""), ("offer", "{title}", "")),
    "before_after": (("label", "{hook}", "{before}"), ("label", "{benefit}", "{after}")),
    "testimonial": (("quote", "{quote}", "{author}"), ("headline", "{benefit}", "")),
    "bumper": (("bumper", "{bumper}", ""),),
}
"""Layout, caption and note of each scene; an end card with the title follows."""
SCENE_FRAMES = 60


def composition_of(template: str, placement: str, locale: str) -> Composition:
    """Return an ad of *template*."""
    copy = dict(SCRIPTS[locale])
    cuts = [
        Cut(
            shot="scene",
            frames=SCENE_FRAMES,
            caption=caption.format(**copy),
            note=note.format(**copy),
            layout=layout,
            end_card=False,
        )
        for layout, caption, note in STORYBOARDS[template]
    ]
    cuts.append(Cut(shot="card", frames=SCENE_FRAMES, caption=copy["title"], end_card=True))
    told = {name: copy[name] for name in ("price", "old_price", "discount", "until", "button", "disclaimer")}
    return draw_composition(placement, cuts=tuple(cuts), **told).model_copy(update={"locale": locale})


def spoken_of(composition: Composition) -> tuple[Word, ...]:
    """Return the first caption's words as if a voice said them evenly over the first scene."""
    text = composition.cuts[0].caption
    words = text.split() if " " in text else [text[n : n + 2] for n in range(0, len(text), 2)]
    step = SCENE_FRAMES / composition.fps / len(words)
    return tuple(Word(text=word, start=n * step, end=(n + 1) * step) for n, word in enumerate(words))


@cache
def picture(placement: str, *, card: bool) -> NDArray[np.uint8]:
    """Return a bare frame of the built-in renderer, RGB uint8 [H, W, 3]."""
    place = PLACEMENTS[placement]
    shot = draw_shot(width=place.width, height=place.height, frames=60, camera="push_in", show="product")
    photo = read_photo(MEDIA / "coffee.png")
    scene = CardScene(shot, photo, "cpu") if card else PhotoScene(shot, photo, "cpu")
    canvas = Canvas(place.width, place.height, "cpu")
    scene.paint(canvas, 40)
    chroma = canvas.planes.chroma.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    rgb = to_rgb(torch.cat([canvas.planes.luma[None], chroma]))
    return np.asarray((rgb.clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy())


def still(composition: Composition, drawn: Design, placement: str, number: int, size: float) -> Image.Image:
    """Return frame *number* with all that lies over it, *size* times as large."""
    _, cut = [pair for pair in starts_of(composition) if pair[0] <= number][-1]
    bare = Image.fromarray(picture(placement, card=cut.end_card))
    width, height = round(bare.width * size), round(bare.height * size)
    pixels = np.asarray(bare.convert("RGBA").resize((width, height))).copy()
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType)
    canvas = surface.getCanvas()
    canvas.scale(size, size)
    for element in drawn.elements:
        _lay(canvas, element, number, composition)
    surface.flushAndSubmit()
    return Image.fromarray(pixels[..., :3])


def _lay(canvas: skia.Canvas, element: Element, number: int, composition: Composition) -> None:
    pose = element.pose(number, min(composition.width, composition.height))
    if pose is None:
        return
    box = element.box
    canvas.saveLayerAlpha(None, round(255 * pose.opacity))
    canvas.clipRect(skia.Rect(box.left, box.top, box.right, box.bottom))
    element.draw(canvas, pose)
    canvas.restore()


def sheet(
    template: str, ratio: str, locales: list[str], *, size: float, voice: bool, moment: int
) -> Image.Image:
    """Return a row of stills for each script; *moment* is the frame of each scene that is shown."""
    placement = RATIOS.get(ratio, ratio)
    rows = []
    for locale in locales:
        composition = composition_of(template, placement, locale)
        looks = [
            (start + cut.frames // 2, picture(placement, card=cut.end_card)[::4, ::4])
            for start, cut in starts_of(composition)
        ]
        backdrop = Backdrop(looks, composition.width, composition.height)
        spoken = spoken_of(composition) if voice else ()
        drawn = design(composition, logo=MEDIA / "kaffi-logo.svg", behind=backdrop.behind, spoken=spoken)
        moments = [start + min(moment, cut.frames - 8) for start, cut in starts_of(composition)]
        rows.append([still(composition, drawn, placement, number, size) for number in moments])
    return _tiled(rows)


def _tiled(rows: list[list[Image.Image]]) -> Image.Image:
    """Return the pictures in rows, 8 pixels apart."""
    width, height = rows[0][0].size
    whole = Image.new("RGB", ((width + 8) * len(rows[0]), (height + 8) * len(rows)), "#808080")
    for (y, row), (x, _) in itertools.product(enumerate(rows), enumerate(rows[0])):
        whole.paste(row[x], (x * (width + 8), y * (height + 8)))
    return whole


def main() -> None:
    """Draw the sheets that are asked for, by default all, a file for each template and ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("looks"))
    parser.add_argument("--template", choices=STORYBOARDS, action="append")
    parser.add_argument("--ratio", action="append", help="or a placement")
    parser.add_argument("--locale", choices=SCRIPTS, action="append")
    parser.add_argument("--size", type=float, default=0.25)
    parser.add_argument("--moment", type=int, default=48)
    parser.add_argument("--voice", action="store_true", help="with the words of a voice")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    for template, ratio in itertools.product(asked.template or STORYBOARDS, asked.ratio or RATIOS):
        began = time.process_time()
        drawn = sheet(
            template,
            ratio,
            asked.locale or list(SCRIPTS),
            size=asked.size,
            voice=asked.voice,
            moment=asked.moment,
        )
        path = asked.to / f"{template}-{ratio.replace(':', 'x')}.png"
        drawn.save(path)
        print(f"{path}: {time.process_time() - began:.1f} s")  # noqa: T201 (so one sees that it goes on)


if __name__ == "__main__":
    main()
