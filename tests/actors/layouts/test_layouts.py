"""Every layout in every placement and script: whole, inside the safe zone, and nothing over anything else."""

from collections.abc import Iterator
from itertools import combinations, cycle, product

import numpy as np
import pytest
import skia

from actors.elements import Element, Pose
from actors.layouts import LAYOUTS
from actors.layouts.backdrop import plain
from actors.layouts.contrast import READABLE, contrast
from actors.layouts.design import Design, design
from actors.layouts.rooms import SIZE_MIN
from schemas.layout import Box, PlacedText
from schemas.media import Word
from schemas.placements import PLACEMENTS
from schemas.plan import Composition, Cut
from tests.compositions import PALETTE, draw_composition
from tests.scripts import SCRIPTS, Script

PICTURE = "#8A7F70"
_DIFFERENT = {(place.ratio, place.insets): place.name for place in PLACEMENTS.values()}
_LONG = ("meta_reels", "meta_feed_square", "youtube_in_stream")
CASES = [*zip(_DIFFERENT.values(), cycle(SCRIPTS), strict=False), *product(_LONG, ("de-DE", "ar"))]
"""Every script and every safe zone at least once, the longest words and right to left in three ratios."""
SECOND = 30


def _cuts(copy: Script) -> tuple[Cut, ...]:
    """Return a cut of each layout with copy that suits it, then the end card."""
    texts = {
        "headline": (copy.benefit, ""),
        "feature": (copy.features[0], ""),
        "offer": (copy.title, ""),
        "quote": (copy.quote, copy.author),
        "label": (copy.hook, copy.before),
        "bumper": (copy.bumper, ""),
    }
    cuts = [
        Cut(shot="scene", frames=SECOND, caption=caption, note=note, layout=layout, end_card=False)
        for layout, (caption, note) in texts.items()
    ]
    more = cuts[1].model_copy(update={"caption": copy.features[2]})
    card = Cut(shot="card", frames=3 * SECOND, caption=copy.title, end_card=True)
    return (*cuts, more, card)


def _composition(placement: str, locale: str) -> Composition:
    copy = SCRIPTS[locale]
    told = {
        name: getattr(copy, name)
        for name in ("price", "old_price", "discount", "until", "button", "disclaimer")
    }
    return draw_composition(placement, cuts=_cuts(copy), **told).model_copy(update={"locale": locale})


def _spoken(composition: Composition) -> tuple[Word, ...]:
    """Return words said from the first scene on, in two clauses."""
    text = f"{composition.cuts[0].caption}, {composition.cuts[4].caption}."
    words = text.split()
    step = 5.0 / len(words)
    return tuple(Word(text=word, start=n * step, end=(n + 1) * step) for n, word in enumerate(words))


@pytest.mark.parametrize(("placement", "locale"), CASES)
def test_everything_is_whole_inside_the_safe_zone_and_apart(placement: str, locale: str) -> None:
    """Told texts have their size and contrast, and are apart; all ink lies in the safe zone and in its box.

    So it does while it comes and goes.
    """
    composition = _composition(placement, locale)
    made = design(composition, logo=None, behind=plain(PICTURE), spoken=_spoken(composition))
    unit = min(composition.width, composition.height)

    assert made.texts
    for text in made.texts:
        assert text.size_px >= SIZE_MIN * unit - 0.1
        assert _inside(text.box, composition.safe, 2), text
        if text.surface:
            assert contrast(text.surface, text.color) >= READABLE
    for first, second in combinations(made.texts, 2):
        assert not _meet(first, second), (first, second)
    for element in made.elements:
        for pose in _poses(element, unit):
            ink = _ink(composition, element, pose)
            lifting = element.enter == "lift" and pose.dy
            assert ink is None or lifting or _inside(ink, element.box, 4), (
                element.enter,
                pose,
                ink,
                element.box,
            )
            assert ink is None or _inside(ink.within(element.box), composition.safe, 5), (element.enter, pose)


def _meet(first: PlacedText, second: PlacedText) -> bool:
    """Tell whether two texts overlap in time and in more than a few pixels of place.

    The word that is being said stands on its pill over its cue.
    """
    if first.surface and second.surface and second.text in first.text:
        return False
    part = first.box.within(second.box)
    together = max(first.start, second.start) < min(first.end, second.end)
    return together and part.width > 3 and part.height > 0.25 * min(first.size_px, second.size_px)


def _inside(inner: Box, outer: Box, slack: int) -> bool:
    edges = (
        inner.left - outer.left,
        inner.top - outer.top,
        outer.right - inner.right,
        outer.bottom - inner.bottom,
    )
    return min(edges) >= -slack


def _poses(element: Element, unit: int) -> Iterator[Pose]:
    """Yield how an element comes, swells and rests; nothing for what covers the frame from edge to edge."""
    if element.box.left == 0 or element.box.top == 0:
        return
    coming = {element.enter_frames * n // 5 for n in range(5)} if element.enter != "cut" else set()
    frames = {*coming, element.enter_frames, element.pulse + 10 if element.pulse else 0}
    poses = {element.pose(element.start + frame, unit) for frame in frames}
    yield from (pose for pose in poses if pose)


def _ink(composition: Composition, element: Element, pose: Pose) -> Box | None:
    """Return where an element can be seen well, at a quarter of the size; what is half clear is a shadow."""
    width, height = -(-composition.width // 4), -(-composition.height // 4)
    alpha = np.zeros((height, width), np.uint8)
    canvas = skia.Surface.MakeRasterDirect(skia.ImageInfo.MakeA8(width, height), alpha, width).getCanvas()
    canvas.scale(0.25, 0.25)
    element.draw(canvas, pose)
    seen = alpha > 150 / max(pose.opacity, 0.01)
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    left, top, right, bottom = (4 * int(n) for n in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return Box(left=left, top=top, right=right, bottom=bottom)


def test_every_layout_of_the_brief_has_its_line() -> None:
    """A layout that the brief can name and nobody drew would fail in the middle of a run."""
    assert set(LAYOUTS) == {cut.layout for cut in _cuts(SCRIPTS["en-US"])}


@pytest.mark.parametrize("picture", ["#FFFFFF", "#000000", "#9A9A9A", PALETTE.accent])
def test_text_on_a_picture_can_be_read(picture: str) -> None:
    """Whatever the picture, the frame that is shown has 4.5 to 1 behind every headline."""
    composition = _composition("meta_feed_square", "en-US")
    made = design(composition, logo=None, behind=plain(picture))
    on_picture = [text for text in made.texts if not text.surface]

    for text in on_picture:
        ground = _shown(composition, made, picture, text)
        assert contrast(ground, text.color) >= READABLE, text


def _shown(composition: Composition, made: Design, picture: str, text: PlacedText) -> str:
    """Return the colour in the corner of a text's box once the veils lie over the picture."""
    pixels = np.zeros((composition.height, composition.width, 4), np.uint8)
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType)
    canvas = surface.getCanvas()
    canvas.clear(int(picture[1:], 16) | 0xFF000000)
    for element in made.elements:
        pose = element.pose(text.start + 4, composition.height)
        if pose and (element.box.left == 0 or element.box.top == 0):
            element.draw(canvas, pose)
    surface.flushAndSubmit()
    return "#" + bytes(pixels[text.box.bottom - 2, text.box.right - 2, :3]).hex()


def test_words_come_in_the_order_of_reading() -> None:
    """From the left in English, from the right in Arabic; then the text rests as one element."""
    for locale, sign in (("en-US", 1), ("ar", -1)):
        composition = _composition("meta_reels", locale)
        made = design(composition, logo=None, behind=plain("#000000"))
        coming = [element for element in made.elements if element.enter == "lift" and element.start < 20]
        line = [one for one in coming if abs(one.box.top - coming[0].box.top) < 10]

        lefts = [sign * one.box.left for one in sorted(line, key=lambda one: one.start)]
        assert len(lefts) > 1
        assert lefts == sorted(lefts)


def test_an_end_card_without_price_or_button_has_none() -> None:
    """What the brief does not give is not told."""
    bare = draw_composition(price="", old_price="", button="", disclaimer="")

    card = [text.text for text in design(bare, logo=None, behind=plain(PICTURE)).texts if text.start >= 30]
    assert card == [bare.cuts[-1].caption]


def test_captions_change_at_the_ends_of_clauses_and_light_up_the_word_that_is_said() -> None:
    """Two clauses are two cues; every word has its own element for as long as it is said."""
    composition = _composition("meta_reels", "en-US")
    words = tuple(
        Word(text=word, start=n * 0.5, end=n * 0.5 + 0.5)
        for n, word in enumerate(("Your", "morning", "deserves", "better.", "Try", "Kaffi", "today."))
    )
    silent = design(composition, logo=None, behind=plain(PICTURE))
    made = design(composition, logo=None, behind=plain(PICTURE), spoken=words)

    shown = [text for text in made.texts if text not in silent.texts]
    said, on_pills = (
        [text for text in shown if text.surface == plate] for plate in (PALETTE.text, PALETTE.accent)
    )
    assert [text.text for text in said] == ["Your morning deserves better.", "Try Kaffi today."]
    assert [text.start for text in said] == [0, 60]
    assert [text.text for text in on_pills] == [word.text for word in words]
    assert len(made.elements) - len(silent.elements) == len(said) + len(on_pills)


def test_a_veil_is_as_strong_as_the_text_in_the_worst_place_needs() -> None:
    """A small bright place behind one of several texts counts in full, though most of the column is dark."""
    composition = _composition("meta_reels", "en-US")
    dark = design(composition, logo=None, behind=plain("#101010"))
    told = next(text.box for text in dark.texts if text.text == SCRIPTS["en-US"].until)
    small = told.model_copy(update={"right": (told.left + told.right) // 2})
    bright = design(composition, logo=None, behind=lambda box, _first, _last: _lit(box, small))

    assert not _veils(dark)
    assert _veils(bright)


def _lit(box: Box, spot: Box) -> np.ndarray:  # type: ignore[type-arg]
    """Return dark pixels of a box, white where it meets *spot*."""
    pixels = np.full((box.height, box.width, 3), 16, np.uint8)
    part = box.within(spot)
    if part.width > 0 and part.height > 0:
        pixels[part.top - box.top : part.bottom - box.top, part.left - box.left : part.right - box.left] = 255
    return pixels.reshape(-1, 3)


def _veils(made: Design) -> list[Element]:
    """Return what covers the frame from edge to edge while the offer is shown; quotes are always dimmed."""
    offered = next(text for text in made.texts if text.text == SCRIPTS["en-US"].until)
    covers = (element for element in made.elements if element.box.left == 0 and element.box.top == 0)
    return [element for element in covers if element.start <= offered.start < element.end]
