"""Reasons to buy, one a scene."""

import math

from flows.templates.story import Facts, Story, card, hook, view
from schemas.brief import Scene

_FEATURE_SECONDS = 1.8


def _scenes(facts: Facts) -> tuple[Scene, ...]:
    features = [
        view(facts, n, seconds=_FEATURE_SECONDS).model_copy(
            update={"layout": "feature", "caption": f"{{feature{n + 1}}}"}
        )
        for n in range(facts.features)
    ]
    return hook(facts), *features, card(facts)


STORY = Story(
    needs=("features",),
    objectives=("traffic", "leads", "app_installs", "sales"),
    seconds_least=8,
    seconds_most=math.inf,
    scenes=_scenes,
)
