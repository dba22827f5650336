"""The product from several sides: hook, benefit, a scene for each further picture, the card."""

import math

from flows.templates.story import Facts, Story, card, hook, view
from schemas.brief import Scene

_VIEWS_MAX = 3


def _scenes(facts: Facts) -> tuple[Scene, ...]:
    count = min(max(len(facts.images) - 1, 1), _VIEWS_MAX)
    first = view(facts, 0).model_copy(update={"caption": facts.field("benefit")})
    return hook(facts), first, *(view(facts, n) for n in range(1, count)), card(facts)


STORY = Story(needs=(), objectives=(), seconds_least=0, seconds_most=math.inf, scenes=_scenes)
