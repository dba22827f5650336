"""Few words in six seconds: the product, one reason, the card."""

from flows.templates.story import Facts, Story, card, hook, view
from schemas.brief import Scene


def _scenes(facts: Facts) -> tuple[Scene, ...]:
    opening = hook(facts).model_copy(update={"layout": "bumper"})
    words = {"layout": "bumper", "caption": facts.field("benefit")}
    return opening, view(facts, 0, seconds=1.5).model_copy(update=words), card(facts)


STORY = Story(needs=(), objectives=(), seconds_least=0, seconds_most=6, scenes=_scenes)
