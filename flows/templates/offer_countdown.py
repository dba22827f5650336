"""A sale: what it is, what it saves, until when."""

import math

from flows.templates.story import Facts, Story, card, hook, view
from schemas.brief import Scene


def _scenes(facts: Facts) -> tuple[Scene, ...]:
    """Show the lowered price in a scene of its own: the layout brings price, discount and last day."""
    benefit = [view(facts, 0).model_copy(update={"caption": "{benefit}"})] if "benefit" in facts.said else []
    offer = view(facts, 1, seconds=2.5).model_copy(update={"layout": "offer", "caption": "{title}"})
    return hook(facts), *benefit, offer, card(facts)


STORY = Story(
    needs=("sale_price",),
    objectives=("sales",),
    seconds_least=7,
    seconds_most=math.inf,
    scenes=_scenes,
)
