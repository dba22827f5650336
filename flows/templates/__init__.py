"""Ready storyboards by name. Another one is a file here, called as the name in `schemas.brief.Template`."""

from importlib import import_module
from typing import get_args

from flows.templates.story import Facts, Story
from schemas.brief import Objective, Template

AUTO = "auto"
TEMPLATES: dict[str, Story] = {
    name: import_module(f"flows.templates.{name}").STORY for name in get_args(Template) if name != AUTO
}


def choose_template(objective: Objective, seconds: float, facts: Facts) -> str:
    """Return the name of the first template that suits an ad of at most *seconds*."""
    return next(name for name, story in TEMPLATES.items() if story.suits(objective, seconds, facts))
