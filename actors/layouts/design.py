"""Designs what lies over an ad's pictures: what is drawn, and what can be read there, told once for both."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.elements import Element
from actors.fonts import PACKAGED, Faces
from actors.layouts import LAYOUTS
from actors.layouts.backdrop import Behind, Ground, grounds, veiled
from actors.layouts.column import Layout, Timing, elements_of, extent, fitted, placed, texts_of
from actors.layouts.contrast import channels_of
from actors.layouts.disclosure import Disclosure, disclosure, fits_beside
from actors.layouts.end_card import end_card
from actors.layouts.logo import HEIGHT, Logo
from actors.layouts.pieces import Piece, Scene
from actors.layouts.rooms import Rooms, card_room, centered, rooms_of, shape, unit_of
from actors.layouts.spoken import Captions, Spoken
from actors.layouts.veils import Over, veil
from actors.lettering import is_rtl
from actors.sprites import even_box
from schemas.layout import Box, PlacedText, Shape
from schemas.plan import TRANSITION_FRAMES, Composition

_CARD_LOGO = 1.3
"""How much larger the logo is on the end card, where texts do not need its height."""
_CARD_ANCHORS: dict[Shape, float] = {"story": 0.5, "tall": 0.16, "square": 0.42, "wide": 0.42}
"""Share of the spare room that lies above a closing card's texts."""
_CARD_LARGEST = 1.3
"""How much larger than usual a tall closing card is written where its safe zone leaves the room."""
_DIMMED = 0.55
"""Least opacity of a veil over the whole picture: what is written on it comes before what it shows."""
_PREFERENCE = 0.5
"""The brand's main colour veils pictures unless its background needs so much less opacity."""


class Design(NamedTuple):
    """What lies over an ad's pictures."""

    elements: tuple[Element, ...]
    """In drawing order."""
    texts: tuple[PlacedText, ...]


class _Written(NamedTuple):
    """A cut that is written on."""

    layout: Layout
    scene: Scene
    timing: Timing
    anchor: float
    """Share of the spare room that lies above its column."""

    @property
    def box(self) -> Box:
        return extent(self.pieces, self.scene)

    @property
    def pieces(self) -> list[Piece]:
        return placed(self.layout, self.scene, self.anchor)

    def on(self, ground: Ground) -> "_Written":
        """Return it in the colour that *ground* asks for."""
        scene = self.scene
        return self._replace(scene=Scene(**(vars(scene) | {"color": ground.color})))


def design(
    composition: Composition,
    *,
    logo: Path | None,
    behind: Behind,
    spoken: Spoken = (),
    faces: Faces = PACKAGED,
) -> Design:
    """Design all that lies over the pictures of *composition*; *behind* shows the bare ones.

    Raises MediaError where a text does not fit its room.
    """
    elements: list[Element] = []
    texts: list[PlacedText] = []
    label = disclosure(composition, faces)
    for part in (_scenes, _card):
        more, told = part(composition, logo, behind, spoken, faces, label)
        elements += more
        texts += told
    if label:
        elements.append(label.element)
        texts.append(label.text)
    return Design(tuple(elements), tuple(texts))


def _scenes(
    composition: Composition,
    logo: Path | None,
    behind: Behind,
    spoken: Spoken,
    faces: Faces,
    label: Disclosure | None,
) -> tuple[list[Element], list[PlacedText]]:
    """Return what lies over all cuts before the end card."""
    cuts = [(n, start) for n, (start, cut) in enumerate(composition.timeline) if not cut.end_card]
    if not cuts:
        return [], []
    top = max(_height(composition, logo), label.height if label else 0)
    rooms = rooms_of(composition, top, speaking=bool(spoken))
    written = [
        found for number, start in cuts if (found := _written(composition, number, start, rooms, faces))
    ]
    chosen = _chosen(composition, written, behind)
    end = cuts[-1][1] + composition.cuts[cuts[-1][0]].frames
    elements = [
        veil(composition, ground, one.box, _passing(composition, one.timing), over=_veil_of(one))
        for one, ground in chosen
        if ground.opacity
    ]
    if logo:
        seen = [_seen(composition, behind, one, ground) for one, ground in chosen]
        seen = seen or [behind(_corner(composition), 0, end)]
        stays = min(end + TRANSITION_FRAMES, composition.frames)
        elements += _logo(composition, logo, np.concatenate(seen), stays, label)
    texts: list[PlacedText] = []
    for one, ground in chosen:
        pieces = one.on(ground).pieces
        elements += elements_of(pieces, one.scene, one.timing)
        texts += texts_of(pieces, one.timing)
    if spoken:
        said, shown = Captions(composition, rooms.strip, behind, faces).draw(spoken, end)
        elements += said
        texts += shown
    return elements, texts


def _written(
    composition: Composition, number: int, start: int, rooms: Rooms, faces: Faces
) -> _Written | None:
    """Return how one cut is written on, None where nothing is."""
    cut = composition.cuts[number]
    layout = LAYOUTS[cut.layout]
    color = composition.kit.palette.background
    over_all = _covers(cut.layout, composition)
    scene = Scene(composition, number, rooms.whole if over_all else rooms.head, color, "start", faces=faces)
    scene = fitted(layout, scene)
    if not layout(scene):
        return None
    timing = Timing(start + TRANSITION_FRAMES - 2 if start else 0, start + cut.frames)
    anchor = 0.5 if shape(composition) == "wide" else 0.35 if over_all else 0.0
    return _Written(layout, scene, timing, anchor)


def _covers(layout: str, composition: Composition) -> bool:
    """Tell whether a scene is written over the whole picture, which is dimmed: long texts beside nothing."""
    return layout == "quote" and shape(composition) != "wide"


def _veil_of(one: _Written) -> Over:
    return "all" if _covers(one.scene.cut.layout, one.scene.composition) else "side"


def _chosen(
    composition: Composition, written: list[_Written], behind: Behind
) -> list[tuple[_Written, Ground]]:
    """Return each written cut with its ground; all have the same colours, each the veil that it needs."""
    seen = [_behind(one, behind, one.timing.start) for one in written]
    ways = [[_veiled(ground, parts) for parts in seen] for ground in grounds(composition.kit.palette)]
    main, paper = (sum(ground.opacity for ground in way) for way in ways)
    best = ways[1] if paper + _PREFERENCE * len(written) < main else ways[0]
    dimmed = [
        ground._replace(opacity=max(ground.opacity, _DIMMED if _veil_of(one) == "all" else 0.0))
        for one, ground in zip(written, best, strict=True)
    ]
    return list(zip(written, dimmed, strict=True))


def _behind(one: _Written, behind: Behind, start: int) -> list[NDArray[np.uint8]]:
    """Return the pixels behind each text that stands on the picture, from frame *start* on."""
    boxes = [text.box for text in texts_of(one.pieces, one.timing) if not text.surface]
    return [behind(box, start, one.timing.end) for box in boxes or [one.box]]


def _veiled(ground: Ground, parts: list[NDArray[np.uint8]]) -> Ground:
    """Return *ground* with the veil that the text in the worst place needs."""
    return max((veiled(ground, pixels) for pixels in parts), key=lambda found: found.opacity)


def _passing(composition: Composition, timing: Timing) -> Timing:
    """Return when a veil is there: through the dissolves before and after."""
    start = max(0, timing.start - TRANSITION_FRAMES + 2)
    return Timing(start, min(timing.end + TRANSITION_FRAMES, composition.frames))


def _seen(composition: Composition, behind: Behind, one: _Written, ground: Ground) -> NDArray[np.uint8]:
    """Return the pixels behind the logo during one cut, veiled."""
    pixels = behind(_corner(composition), *one.timing[:2]).astype(np.float64)
    over = channels_of(ground.veil).astype(np.float64)
    return np.rint(pixels + (over - pixels) * ground.opacity).astype(np.uint8)


def _height(composition: Composition, logo: Path | None, larger: float = 1.0) -> int:
    return round(HEIGHT * larger * unit_of(composition)) if logo else 0


def _corner(composition: Composition) -> Box:
    """Return where a logo stands over scenes."""
    safe, unit = composition.safe, unit_of(composition)
    bottom, width = safe.top + round(HEIGHT * unit), round(0.3 * unit)
    if is_rtl(composition.locale):
        return Box(left=safe.right - width, top=safe.top, right=safe.right, bottom=bottom)
    return Box(left=safe.left, top=safe.top, right=safe.left + width, bottom=bottom)


def _logo(
    composition: Composition, path: Path, seen: NDArray[np.uint8], end: int, label: Disclosure | None
) -> Iterator[Element]:
    """Yield the logo over scenes; it waits for a *label* that leaves it no room in their row."""
    logo = Logo(path, composition, seen)
    room = rooms_of(composition, 0, speaking=False).head
    x = room.right - logo.width if is_rtl(composition.locale) else room.left
    waits = label is not None and not fits_beside(label, logo.width, composition)
    start = label.element.end if label and waits else 0
    if start < end:
        yield _mark(composition, logo, x, Timing(start, end))


def _mark(composition: Composition, logo: Logo, x: float, timing: Timing) -> Element:
    piece = Piece(rect=logo.rect, paint=logo.paint).moved(x, composition.safe.top)
    rect = piece.rect
    return Element(
        box=even_box(*rect, width=composition.width, height=composition.height),
        paint=piece.paint,
        start=timing.start,
        end=timing.end,
        enter="fade" if timing.start else "cut",
        leave_frames=TRANSITION_FRAMES if timing.leaves else 0,
    )


def _card(
    composition: Composition,
    logo: Path | None,
    behind: Behind,
    _spoken: Spoken,
    faces: Faces,
    label: Disclosure | None,
) -> tuple[list[Element], list[PlacedText]]:
    """Return what lies over the end card."""
    found = next(((n, s) for n, (s, cut) in enumerate(composition.timeline) if cut.end_card), None)
    if found is None:
        return [], []
    number, start = found
    label = label if label and label.element.end > start else None
    top = max(_height(composition, logo, _card_logo_scale(composition)), label.height if label else 0)
    room = card_room(composition, top)
    timing = Timing(start, composition.frames, leaves=False)
    main = grounds(composition.kit.palette)[0]
    middle = centered(composition)
    scene = Scene(composition, number, room, main.color, "center" if middle else "start", faces=faces)
    scene = fitted(end_card, scene, _CARD_LARGEST if middle else 1.0)
    elements: list[Element] = []
    texts: list[PlacedText] = []
    if end_card(scene):
        one = _Written(end_card, scene, timing, _CARD_ANCHORS[shape(composition)])
        ground = _veiled(main, _behind(one, behind, start + TRANSITION_FRAMES))
        if ground.opacity:
            elements.append(veil(composition, ground, one.box, timing, over="card"))
        pieces = one.pieces
        elements += elements_of(pieces, one.scene, timing)
        texts += texts_of(pieces, timing)
    shown = timing._replace(start=max(timing.start, label.element.end if label else 0))
    if logo and shown.start + TRANSITION_FRAMES < shown.end:
        elements.append(_card_logo(composition, logo, behind, shown))
    return elements, texts


def _card_logo_scale(composition: Composition) -> float:
    return 1.05 if shape(composition) == "story" else _CARD_LOGO


def _card_logo(composition: Composition, path: Path, behind: Behind, timing: Timing) -> Element:
    safe, height = composition.safe, _height(composition, path, _card_logo_scale(composition))
    room = card_room(composition, 0)

    def left(width: int) -> int:
        if centered(composition):
            return (composition.width - width) // 2
        return room.right - width if is_rtl(composition.locale) else room.left

    x, width = left(4 * height), 4 * height
    around = Box(left=x, top=safe.top, right=x + width, bottom=safe.top + height).within(safe)
    seen = behind(around, timing.start + TRANSITION_FRAMES, timing.end)
    logo = Logo(path, composition, seen, larger=_card_logo_scale(composition))
    return _mark(composition, logo, left(logo.width), timing._replace(start=timing.start + TRANSITION_FRAMES))
