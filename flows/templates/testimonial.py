"""What a customer says, for as long as it takes to read."""

import math

from flows.templates.story import Facts, Story, card, hook, reading_seconds, view
from schemas.brief import Scene


def _scenes(facts: Facts) -> tuple[Scene, ...]:
    quote = view(facts, 0, seconds=reading_seconds(facts.quote_columns)).model_copy(
        update={"layout": "quote", "caption": "{quote}", "note": facts.field("author")}
    )
    return hook(facts), quote, card(facts)


STORY = Story(needs=("quote",), objectives=(), seconds_least=7, seconds_most=math.inf, scenes=_scenes)
