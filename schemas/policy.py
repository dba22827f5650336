"""The policy: words that no ad may be made of, and how far a generated picture may go."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.brief import Slug
from schemas.record import Record

WORDS_MAX = 400
"""Words and phrases that one rule may list in one language."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Phrases = dict[Language, Annotated[tuple[Phrase, ...], Field(max_length=WORDS_MAX)]]
"""Words and phrases by language. The language is for the reader: all are looked for in every text."""
Use = Literal["prompts", "copy"]
"""What a text is for: to be drawn by a model, or to be read and heard."""


class _Part(Record):
    """A part of the policy file; editors are told what its docstrings say."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Rule(_Part):
    """What is refused, and why."""

    id: Slug
    because: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """A sentence's end that the author of a brief reads: ``ads show no nudity``."""
    applies_to: Literal["prompts", "copy", "both"] = "both"
    words: Phrases
    """Any of these. A star at either end of a word stands for more letters: ``porn*``."""
    together_with: Phrases = {}
    """Where given, one of these must stand in the same text too."""
    spared: Phrases = {}
    """Phrases inside which the words are harmless: ``food porn``."""

    def concerns(self, use: Use) -> bool:
        """Tell whether texts for *use* are searched."""
        return self.applies_to in {use, "both"}


class FrameLimit(_Part):
    """How generated pictures are looked at."""

    classifier: Literal["opennsfw"] = "opennsfw"
    limit: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)] = 0.8
    """The greatest score that passes; 0 is harmless, 1 is certainly not."""
    every_seconds: Annotated[float, Field(strict=True, ge=0.1, le=60, allow_inf_nan=False)] = 1.0
    """Between two frames that are looked at; the first and the last are always."""


class Policy(_Part):
    """The file that REELMILL_POLICY names, or the one that comes with Reelmill."""

    name: Slug
    version: Annotated[int, Field(strict=True, gt=0)]
    """Raise it with every change: sidecars name it."""
    refused: Annotated[tuple[Rule, ...], Field(max_length=100)] = ()
    frames: FrameLimit | None = None
    """Left out, no generated picture is looked at."""

    @property
    def revision(self) -> str:
        """Name and version: ``house/1``."""
        return f"{self.name}/{self.version}"


class Gate(Record):
    """What a worker needs to look at generated pictures."""

    policy: str
    """Revision of the policy that sets the limit."""
    classifier: str
    """The classifier with its revision, ``opennsfw@864bb37bf886``."""
    limit: float
    every_seconds: float

    @property
    def revision(self) -> str:
        """Policy and classifier, as sidecars name them: ``house/1+opennsfw@864bb37bf886``."""
        return f"{self.policy}+{self.classifier}"


def gate_of(policy: Policy, classifier: str) -> Gate | None:
    """Return how *policy* has pictures looked at with *classifier*, a revision; None where nothing is."""
    if policy.frames is None or not classifier:
        return None
    frames = policy.frames
    return Gate(
        policy=policy.revision,
        classifier=classifier,
        limit=frames.limit,
        every_seconds=frames.every_seconds,
    )
