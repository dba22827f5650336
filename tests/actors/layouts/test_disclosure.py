"""The label about AI: seen from the first frame on, high and long enough, and alone where it stands."""

from itertools import cycle
from pathlib import Path

import pytest

from actors.layouts.backdrop import plain
from actors.layouts.contrast import READABLE, contrast
from actors.layouts.design import design
from actors.layouts.disclosure import LETTERS
from schemas.layout import Box
from schemas.markets import label_of
from schemas.marks import Marks
from schemas.media import Word
from schemas.placements import PLACEMENTS
from schemas.plan import Composition
from tests.compositions import draw_composition
from tests.scripts import SCRIPTS

LOGO = Path("examples/kaffi/media/kaffi-logo.svg")
_SHAPES = {(place.ratio, place.insets): place.name for place in PLACEMENTS.values()}
_LONG = (("meta_feed_square", "ar"), ("meta_reels", "fr-FR"))
CASES = [*zip(_SHAPES.values(), cycle(SCRIPTS), strict=False), *_LONG]


def _composition(placement: str, locale: str, frames: int = 90) -> Composition:
    """Return a labelled scene of *frames* frames and an end card, written in the script of *locale*."""
    copy = SCRIPTS.get(locale, SCRIPTS["en-US"])
    marks = Marks(source="compositeWithTrainedAlgorithmicMedia", label=label_of(locale), signer="test")
    drawn = draw_composition(placement, marks=marks)
    texts = zip(drawn.cuts, (copy.benefit, copy.title), (frames, 45), strict=True)
    cuts = tuple(cut.model_copy(update={"caption": text, "frames": long}) for cut, text, long in texts)
    return drawn.model_copy(update={"locale": locale, "cuts": cuts, "button": copy.button})


@pytest.mark.parametrize(("placement", "locale"), CASES)
def test_the_label_is_as_high_and_long_as_is_asked_and_alone_where_it_stands(
    placement: str, locale: str
) -> None:
    """5 % of the shorter side, 2 s from the first frame on, in the safe zone; logo, texts, captions apart."""
    composition = _composition(placement, locale)
    words = (Word(text="now", start=0.2, end=1.0), Word(text="here.", start=1.0, end=2.8))
    made = design(composition, logo=LOGO, behind=plain("#8A7F70"), spoken=words)
    label, element = made.texts[-1], made.elements[-1]

    assert label.text == label_of(locale).text
    assert label.size_px * LETTERS >= 0.05 * min(composition.width, composition.height)
    assert (label.start, element.start) == (0, 0)
    assert label.end >= 60
    assert contrast(label.surface, label.color) >= READABLE
    assert label.box.within(composition.safe) == label.box
    for other in made.texts[:-1]:
        assert other.start >= label.end or not _meet(other.box, label.box), other
    for other in made.elements[:-1]:
        whole_side = other.box.left == 0 or other.box.right == composition.width  # a veil
        assert whole_side or other.start >= element.end or not _meet(other.box, element.box), other


def test_a_logo_waits_where_the_label_leaves_it_no_room() -> None:
    """A long label and a logo do not fit into one row of a square; a short label and it do."""
    starts = {}
    for locale in ("ar", "zh-CN"):
        composition = _composition("meta_feed_square", locale)
        bare, made = (
            design(composition, logo=logo, behind=plain("#8A7F70")).elements for logo in (None, LOGO)
        )
        known = {(element.box, element.start) for element in bare}
        scene = [one for one in made if one.start < 90 and (one.box, one.start) not in known]
        (starts[locale],) = (logo.start for logo in scene)

    assert starts["ar"] > 60
    assert starts["zh-CN"] == 0


def test_a_label_that_lasts_into_the_end_card_stays_alone() -> None:
    """A scene of one second: the card's texts and its logo keep clear of the label."""
    composition = _composition("youtube_in_stream", "zh-CN", frames=30)
    made = design(composition, logo=LOGO, behind=plain("#8A7F70"))
    label = made.texts[-1]

    assert label.end == 75
    assert not any(_meet(other.box, label.box) for other in made.texts[:-1])


def _meet(first: Box, second: Box) -> bool:
    part = first.within(second)
    return part.width > 3 and part.height > 3
