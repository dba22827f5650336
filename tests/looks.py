"""Draws contact sheets of every template x ratio x script, stills only: `make looks`, then look at them.

`python -m tests.looks --template offer_countdown --ratio 9:16 --locale ar --size 1.0` draws some of them.
"""

import argparse
import itertools
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

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
from actors.layouts.design import Design, design
from flows.storyboard import fit
from flows.templates import TEMPLATES
from flows.templates.story import Facts
from schemas.media import Word
from schemas.placements import PLACEMENTS
from schemas.plan import Composition, Cut
from schemas.template import COPY_FIELDS, fill
from tests.compositions import draw_composition, draw_shot
from tests.scripts import SCRIPTS

MEDIA = Path(__file__).parent.parent / "examples" / "kaffi" / "media"
RATIOS = {
    "9:16": "meta_reels",
    "4:5": "meta_feed_vertical",
    "1:1": "meta_feed_square",
    "16:9": "youtube_in_stream",
}
SMALL = 170
"""A still on the overall sheet has as many pixels as a square of this side."""
LINES = {"title": "title", "button": "cta", "price": "sale_price"}
"""Texts of a script under the names that fields have."""


def composition_of(template: str, placement: str, locale: str) -> Composition:
    """Return an ad of *template* with the storyboard that the planner takes, in the placement's length."""
    copy, place = SCRIPTS[locale], PLACEMENTS[placement]
    facts = Facts(
        said=frozenset(COPY_FIELDS),
        features=len(copy.features),
        quote_columns=len(copy.quote),
        images=("front", "back"),
        priced=True,
        on_sale=True,
    )
    fitted = fit(TEMPLATES[template].scenes(facts), place)
    fields = dict(copy) | {LINES.get(name, name): text for name, text in copy}
    fields |= {f"feature{n}": text for n, text in enumerate(copy.features, start=1)}
    cuts = [
        Cut(
            shot="card" if scene.show == "end_card" else "scene",
            frames=frames,
            caption=copy.title if scene.show == "end_card" else fill(scene.caption, fields),
            note=fill(scene.note, fields),
            layout=scene.layout,
            end_card=scene.show == "end_card",
        )
        for scene, frames in zip(fitted.scenes, fitted.frames, strict=True)
    ]
    told = {
        name: fields[name] for name in ("price", "old_price", "discount", "until", "button", "disclaimer")
    }
    return draw_composition(placement, cuts=tuple(cuts), **told).model_copy(update={"locale": locale})


def spoken_of(composition: Composition) -> tuple[Word, ...]:
    """Return the captions' words as if a voice said them evenly from the first scene to the closing card."""
    captions = [cut.caption for cut in composition.cuts if not cut.end_card]
    words = [word for caption in captions for word in _words(caption.rstrip(".") + ".")]
    frames = sum(cut.frames for cut in composition.cuts if not cut.end_card)
    step = frames / composition.fps / len(words)
    return tuple(Word(text=word, start=n * step, end=(n + 1) * step) for n, word in enumerate(words))


def _words(text: str) -> list[str]:
    return text.split() if " " in text else [text[n : n + 2] for n in range(0, len(text), 2)]


@cache
def picture(placement: str, still: Path, *, card: bool) -> NDArray[np.uint8]:
    """Return a bare frame of the built-in renderer, late in a shot of *still*, RGB uint8 [H, W, 3]."""
    place = PLACEMENTS[placement]
    shot = draw_shot(width=place.width, height=place.height, frames=60, camera="push_in", show="product")
    photo = read_photo(still)
    scene = CardScene(shot, photo, "cpu") if card else PhotoScene(shot, photo, "cpu")
    canvas = Canvas(place.width, place.height, "cpu")
    scene.paint(canvas, 54)
    chroma = canvas.planes.chroma.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    rgb = to_rgb(torch.cat([canvas.planes.luma[None], chroma]))
    return np.asarray((rgb.clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy())


class Drawn(NamedTuple):
    """An ad, ready to be looked at."""

    composition: Composition
    placement: str
    still: Path
    design: Design

    def frame(self, number: int, size: float) -> Image.Image:
        """Return frame *number* with all that lies over it, *size* times as large."""
        _, cut = [pair for pair in self.composition.timeline if pair[0] <= number][-1]
        bare = Image.fromarray(self.picture(cut))
        width, height = round(bare.width * size), round(bare.height * size)
        pixels = np.asarray(bare.convert("RGBA").resize((width, height))).copy()
        surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType)
        canvas = surface.getCanvas()
        canvas.scale(size, size)
        for element in self.design.elements:
            _lay(canvas, element, number, self.composition)
        surface.flushAndSubmit()
        return Image.fromarray(pixels[..., :3])

    def picture(self, cut: Cut) -> NDArray[np.uint8]:
        """Return what is seen in *cut* without anything over it."""
        return picture(self.placement, self.still, card=cut.end_card)


def draw(template: str, ratio: str, locale: str, still: Path, *, voice: bool) -> Drawn:
    """Return an ad of *template* that shows *still*."""
    placement = RATIOS.get(ratio, ratio)
    composition = composition_of(template, placement, locale)
    bare = Drawn(composition, placement, still, Design((), ()))
    looks = [(start + cut.frames // 2, bare.picture(cut)[::4, ::4]) for start, cut in composition.timeline]
    backdrop = Backdrop(looks, composition.width, composition.height)
    spoken = spoken_of(composition) if voice else ()
    made = design(composition, logo=MEDIA / "kaffi-logo.svg", behind=backdrop.behind, spoken=spoken)
    return bare._replace(design=made)


def _lay(canvas: skia.Canvas, element: Element, number: int, composition: Composition) -> None:
    pose = element.pose(number, min(composition.width, composition.height))
    if pose is None:
        return
    box = element.box
    canvas.saveLayerAlpha(None, round(255 * pose.opacity))
    canvas.clipRect(skia.Rect(box.left, box.top, box.right, box.bottom))
    element.draw(canvas, pose)
    canvas.restore()


def scenes_of(drawn: Drawn, moment: int, size: float) -> list[Image.Image]:
    """Return a still of each scene at its frame *moment*, or before its end."""
    cuts = drawn.composition.timeline
    return [drawn.frame(start + min(moment, cut.frames - 8), size) for start, cut in cuts]


def overview(templates: list[str], ratios: list[str], locales: list[str], still: Path) -> Image.Image:
    """Return the scene before the closing card of every template x ratio, one a row, in every script."""
    rows = []
    for template, ratio in itertools.product(templates, ratios):
        row = []
        for locale in locales:
            drawn = draw(template, ratio, locale, still, voice=False)
            last = drawn.composition.frames - drawn.composition.cuts[-1].frames
            area = drawn.composition.width * drawn.composition.height
            row.append(drawn.frame(last - 8, SMALL / math.sqrt(area)))
        rows.append(row)
    return _tiled(rows)


def _tiled(rows: list[list[Image.Image]]) -> Image.Image:
    """Return the pictures in rows, 8 pixels apart."""
    width = max(sum(picture.width + 8 for picture in row) for row in rows)
    whole = Image.new("RGB", (width, sum(row[0].height + 8 for row in rows)), "#808080")
    y = 0
    for row in rows:
        lefts = itertools.accumulate((picture.width + 8 for picture in row), initial=0)
        for left, tile in zip(lefts, row, strict=False):
            whole.paste(tile, (left, y))
        y += row[0].height + 8
    return whole


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("looks"))
    parser.add_argument("--template", choices=TEMPLATES, action="append")
    parser.add_argument("--ratio", action="append", help="or a placement")
    parser.add_argument("--locale", choices=SCRIPTS, action="append")
    parser.add_argument("--still", type=Path, default=MEDIA / "coffee.png", help="a photo or a cut-out")
    parser.add_argument("--size", type=float, default=0.25)
    parser.add_argument("--moment", type=int, default=48, help="frame of each scene")
    parser.add_argument("--voice", action="store_true", help="with the words of a voice")
    return parser.parse_args()


def main() -> None:
    """Draw the sheets that are asked for, by default all: one a template and ratio, and one of all."""
    asked = _asked()
    asked.to.mkdir(parents=True, exist_ok=True)
    templates, ratios, locales = asked.template or [*TEMPLATES], asked.ratio or [*RATIOS], asked.locale
    for template, ratio in itertools.product(templates, ratios):
        rows = [
            scenes_of(draw(template, ratio, locale, asked.still, voice=asked.voice), asked.moment, asked.size)
            for locale in locales or SCRIPTS
        ]
        path = asked.to / f"{template}-{ratio.replace(':', 'x')}.png"
        _tiled(rows).save(path)
        print(path)  # noqa: T201 (so one sees that it goes on)
    overview(templates, ratios, locales or [*SCRIPTS], asked.still).save(asked.to / "all.png")


if __name__ == "__main__":
    main()
