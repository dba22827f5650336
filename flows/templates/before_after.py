"""Two pictures of the same thing: the product's first is before, its second after."""

import math

from flows.templates.story import Facts, Story, card
from schemas.brief import Scene


def _scenes(facts: Facts) -> tuple[Scene, ...]:
    """Show both with the same camera, so that they compare."""
    captions = facts.field("hook"), facts.field("benefit")
    views = [
        Scene(
            id=name,
            image=image,
            camera="push_in",
            seconds=3.0,
            layout="label",
            caption=caption,
            note=f"{{{name}}}",
        )
        for name, image, caption in zip(("before", "after"), facts.images, captions, strict=False)
    ]
    return *views, card(facts)


STORY = Story(
    needs=("before", "after", "pictures"),
    objectives=(),
    seconds_least=7,
    seconds_most=math.inf,
    scenes=_scenes,
)
