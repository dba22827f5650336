"""Shows the words of the voice as they are said: one or two lines in a box, the word being said on a pill."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import skia

from actors.elements import Element
from actors.fonts import HEAVY, Faces
from actors.layouts.backdrop import Behind, Ground, veiled
from actors.layouts.column import outward
from actors.layouts.contrast import contrast, readable_on
from actors.layouts.pieces import Rect
from actors.layouts.rooms import SIZE_MIN, unit_of
from actors.layouts.writing import filled
from actors.lettering import Lettering, Style, set_words
from actors.sprites import even_box
from schemas.brief import Palette
from schemas.errors import MediaError
from schemas.layout import Box, PlacedText
from schemas.media import Word
from schemas.plan import Composition

Spoken = tuple[Word, ...]
"""Words with their times in seconds of the ad."""

_SIZE = 0.052
_PAD = (0.034, 0.020)
"""Of the box around the lines, as shares of the shorter side."""
_ROUND = 0.16
"""Radius of a pill's corners, em."""
_OPACITY = 0.8
"""Least of the box."""
_CLAUSE_ENDS = tuple(".,;:!?…。，、！？；：،؛؟।—")  # noqa: RUF001 (full-width marks on purpose)
_PAUSE, _BRIEF, _LINGER = 0.35, 0.8, 0.3
"""Seconds: a silence that ends a clause; a clause too short to stand alone; how long the last word stays."""

_Fits = Callable[[Sequence[Word]], bool]


class Captions:
    """The captions of one ad, in the strip that is kept free for them."""

    def __init__(self, composition: Composition, strip: Box, behind: Behind, faces: Faces) -> None:
        self._composition, self._strip, self._behind, self._faces = composition, strip, behind, faces
        self._unit = unit_of(composition)
        palette = composition.kit.palette
        self._box = darkest(palette)
        self._color = readable_on(self._box, palette.background, "#FFFFFF")
        self._pill = palette.accent
        self._said_color = readable_on(self._pill, self._color, self._box)

    def draw(self, spoken: Spoken, end: int) -> tuple[list[Element], list[PlacedText]]:
        """Return what is drawn, and what can be read, before frame *end*."""
        elements: list[Element] = []
        texts: list[PlacedText] = []
        cues = [self._page(words) for words in _clauses(spoken, self._fits)]
        for (words, page), following in zip(cues, [*cues[1:], None], strict=True):
            first = self._frame(words[0].start)
            last = words[-1].end + _LINGER
            if following:
                last = min(last, following[0][0].start)
            until = min(end, self._frame(last))
            if first < until:
                more, told = self._cue(words, page, first, until)
                elements += more
                texts += told
        return elements, texts

    def _page(self, words: Sequence[Word]) -> tuple[Sequence[Word], Lettering]:
        return words, self._set(words)

    def _set(self, words: Sequence[Word]) -> Lettering:
        style = Style(
            family=self._composition.kit.heading, weight=HEAVY, color=self._color, align="center", leading=1.3
        )
        least = SIZE_MIN * self._unit
        return set_words(
            [word.text for word in words],
            style,
            self._composition.locale,
            width=self._strip.width - 2 * _PAD[0] * self._unit,
            height=self._strip.height - 2 * _PAD[1] * self._unit,
            size_max=_SIZE * self._unit,
            size_min=least if len(words) == 1 else _SIZE * self._unit * 0.9,
            lines_max=2,
            faces=self._faces,
        )

    def _fits(self, words: Sequence[Word]) -> bool:
        try:
            self._set(words)
        except MediaError:
            return False
        return True

    def _cue(
        self, words: Sequence[Word], page: Lettering, first: int, until: int
    ) -> tuple[list[Element], list[PlacedText]]:
        across, down = _PAD[0] * self._unit, _PAD[1] * self._unit
        width, height = page.width + 2 * across, page.height + 2 * down
        left = (self._strip.left + self._strip.right - width) / 2
        rect = Rect(left, self._strip.bottom - height, left + width, float(self._strip.bottom))
        x, y = rect.left + across, rect.top + down
        ground = Ground(self._color, self._box, 0.0)
        opacity = max(_OPACITY, veiled(ground, self._behind(outward(rect), first, until)).opacity)
        box = skia.Rect(*rect)
        plate = filled(self._box, opacity=opacity)

        def paint(canvas: skia.Canvas) -> None:
            canvas.drawRoundRect(box, 0.024 * self._unit, 0.024 * self._unit, plate)
            page.paint(canvas, x, y)

        elements = [
            Element(box=self._even(rect), paint=paint, start=first, end=until, enter="cut", leave_frames=0)
        ]
        whole = Rect(x, y, x + page.width, y + page.height)
        joined = " ".join(word.text for word in words)
        texts = [self._told(joined, whole, page, (self._color, self._box), (first, until))]
        begins = [max(first, self._frame(word.start)) for word in words]
        for n, (start, following) in enumerate(pairwise([*begins, until])):
            end, pills = min(following, until), self._pills(page, n, x, y)
            if start < end and pills:
                elements.append(self._said(page, n, pills, (x, y), (start, end)))
                texts += [
                    self._told(words[n].text, pill, page, (self._said_color, self._pill), (start, end))
                    for pill in pills
                ]
        return elements, texts

    def _told(
        self, text: str, rect: Rect, page: Lettering, colors: tuple[str, str], frames: tuple[int, int]
    ) -> PlacedText:
        """Return *text* as it stands in *rect*, in the first of *colors* on a plate of the second."""
        return PlacedText(
            text=text,
            box=outward(rect),
            size_px=round(page.size, 1),
            color=colors[0],
            start=frames[0],
            end=frames[1],
            surface=colors[1],
        )

    def _pills(self, page: Lettering, word: int, x: float, y: float) -> list[Rect]:
        """Return what lies below a word while it is said: one pill on each line that it stands on."""
        inset, over = 0.10 * page.size, 0.10 * page.size
        return [
            Rect(x + box.left - over, y + box.top + inset, x + box.right + over, y + box.bottom - inset)
            for box in page.words
            if box.word == word
        ]

    def _said(
        self,
        page: Lettering,
        word: int,
        pills: Sequence[Rect],
        at: tuple[float, float],
        frames: tuple[int, int],
    ) -> Element:
        """Return the word that is being said, on its pills; *page* is painted at the point *at*."""
        fill, radius = filled(self._pill), _ROUND * page.size
        colors = {box.word: "" for box in page.words} | {word: self._said_color}

        def paint(canvas: skia.Canvas) -> None:
            for pill in pills:
                canvas.drawRoundRect(skia.Rect(*pill), radius, radius, fill)
            page.paint(canvas, *at, colors=colors)

        inset = 0.10 * page.size
        around = Rect(
            min(pill.left for pill in pills),
            min(pill.top for pill in pills) - inset,
            max(pill.right for pill in pills),
            max(pill.bottom for pill in pills) + inset,
        )
        start, end = frames
        return Element(box=self._even(around), paint=paint, start=start, end=end, enter="cut", leave_frames=0)

    def _even(self, rect: Rect) -> Box:
        frame = {"width": self._composition.width, "height": self._composition.height}
        return even_box(rect.left - 2, rect.top - 2, rect.right + 2, rect.bottom + 2, **frame)

    def _frame(self, seconds: float) -> int:
        return round(seconds * self._composition.fps)


def darkest(palette: Palette) -> str:
    """Return the darkest of the brand's colours."""
    return max(
        (palette.primary, palette.text, palette.background), key=lambda color: contrast("#FFFFFF", color)
    )


def _clauses(spoken: Spoken, fits: _Fits) -> Iterator[Sequence[Word]]:
    """Yield the words that are shown together: clauses, two where one is very short, parts of a long one."""
    clauses = [list(part) for part in _at_clause_ends(spoken)]
    merged: list[list[Word]] = []
    for clause in clauses:
        short = merged and min(_seconds(merged[-1]), _seconds(clause)) < _BRIEF
        if short and clause[0].start - merged[-1][-1].end < _PAUSE and fits(merged[-1] + clause):
            merged[-1] += clause
        else:
            merged.append(clause)
    for clause in merged:
        yield from _in_parts(clause, fits)


def _at_clause_ends(spoken: Spoken) -> Iterator[Sequence[Word]]:
    first = 0
    for n, (word, following) in enumerate(pairwise(spoken), start=1):
        if word.text.endswith(_CLAUSE_ENDS) or following.start - word.end > _PAUSE:
            yield spoken[first:n]
            first = n
    if spoken:
        yield spoken[first:]


def _in_parts(clause: list[Word], fits: _Fits) -> Iterator[Sequence[Word]]:
    """Yield *clause* in as few parts of about equal length as fit."""
    for count in range(1, len(clause) + 1):
        ends = [round(len(clause) * n / count) for n in range(count + 1)]
        parts = [clause[first:last] for first, last in pairwise(ends)]
        if count == len(clause) or all(map(fits, parts)):
            yield from parts
            return


def _seconds(words: Sequence[Word]) -> float:
    return words[-1].end - words[0].start
