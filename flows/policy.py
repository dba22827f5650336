"""Reads the policy, and refuses what a brief says against it.

A list of words catches the careless and the obvious. It understands no sentence, has a few dozen words in
each of eleven languages, and whoever means to gets round it; what is approved stays a person's to decide.
"""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from actors.weights import ready
from flows.word_search import Hit, Phrases, Text
from schemas.document import Document, Problem, join, read_document, shown_name
from schemas.errors import BriefError, SettingsError
from schemas.policy import Gate, Policy, Rule, Use, gate_of
from schemas.settings import Settings
from schemas.template import COPY_FIELDS
from schemas.wording import shown

DEFAULT = "policy.yaml"
"""The policy that comes with Reelmill, beside this file."""
_BYTES_MAX = 256 * 1024
TEXT_MAX = 600
"""Characters of any text of a brief."""
_PROMPTS: tuple[str, ...] = (
    "brand.tone",
    "storyboard[].prompt",
    "storyboard[].speech",
    "variants[].storyboard[].prompt",
)
_COPY: tuple[str, ...] = (
    "brand.disclaimer",
    *(
        f"{where}[].{name}"
        for where in ("storyboard", "variants[].storyboard")
        for name in ("caption", "note")
    ),
    *(
        f"{where}.*.{name}"
        for where in ("locales", "variants[].locales")
        for name in (*COPY_FIELDS, "features[]", "voiceover")
    ),
)
_BOTH: tuple[str, ...] = ("brand.name", "products[].title", "products[].description")
"""Prompts name the product and the brand, and so do ads."""
_PLACES: tuple[tuple[tuple[str, ...], tuple[Use, ...]], ...] = (
    (_PROMPTS, ("prompts",)),
    (_COPY, ("copy",)),
    (_BOTH, ("prompts", "copy")),
)
_CURE = "write it another way, or set REELMILL_POLICY to a policy of your own"


def read_policy(path: Path | None) -> Policy:
    """Read the policy in *path*, YAML or JSON; None is the one that comes with Reelmill.

    Raises SettingsError with everything that is wrong in it.
    """
    name = f"REELMILL_POLICY: {shown_name(str(path))}" if path else DEFAULT
    try:
        document = read_document(_read(path, name), name)
        policy = Policy.model_validate(document.data)
    except BriefError as error:
        raise SettingsError(str(error)) from error
    except ValidationError as error:
        problems = [*_shape_problems(document, error)]
        raise SettingsError("\n".join(f"{document.name}:{problem}" for problem in problems)) from error
    if problems := [*_phrase_problems(document, policy)]:
        raise SettingsError("\n".join(f"{document.name}:{problem}" for problem in problems))
    return policy


def find_gate(settings: Settings) -> Gate | None:
    """Return how generated pictures are looked at here; None without the classifier's weights."""
    classifier = ready(settings.weights).get("opennsfw")
    return gate_of(read_policy(settings.policy), classifier.revision) if classifier else None


def policy_problems(document: Document, policy: Policy) -> Iterator[Problem]:
    """Yield every text of the brief *document* that *policy* refuses; what is no text is passed over."""
    refusals = Refusals(policy)
    for patterns, uses in _PLACES:
        for where, text in (found for pattern in patterns for found in _texts(document, pattern)):
            yield from refusals.of_text(where, text, *uses)


def english_problems(english: Mapping[str, str], policy: Policy) -> Iterator[Problem]:
    """Yield every prompt that *policy* refuses as a translator put it; *english* is by the text as written.

    So a prompt in a language without a list is read too, where there is a translator.
    """
    refusals = Refusals(policy)
    for text, translated in english.items():
        yield from refusals.of_text(f"the English of {shown(text)}", translated, "prompts")


class Refusals:
    """A policy, ready to be applied to many texts."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._rules = [_Rule(rule) for rule in policy.refused]
        self._all = Phrases(phrase for rule in policy.refused for phrase in _phrases(rule.words))
        self._none = Phrases(())

    def of_text(self, where: str, text: str, *uses: Use) -> Iterator[Problem]:
        """Yield a problem of the part *where* for each rule that refuses *text* for any of *uses*."""
        read = Text(text)
        if not read.find(self._all, self._none):  # nearly every text
            return
        for rule in self._rules:
            if any(rule.rule.concerns(use) for use in uses) and (said := rule.said_in(read)):
                by = f"rule {rule.rule.id} of policy {self._policy.revision}"
                what = f"{said} is refused by {by}: {rule.rule.because}"
                yield Problem(where=where, what=what, cure=_CURE)


class _Rule:
    """A rule with its lists ready."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._words, self._together_with, self._spared = (
            Phrases(_phrases(listed)) for listed in (rule.words, rule.together_with, rule.spared)
        )

    def said_in(self, text: Text) -> str:
        """Return the words of *text* that are refused, as messages show them; empty for none."""
        found = text.find(self._words, self._spared)
        if found is None or not self.rule.together_with:
            return _shown(found) if found else ""
        other = text.find(self._together_with, self._spared)
        return f"{_shown(found)} together with {_shown(other)}" if other else ""


def _phrases(listed: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    return (phrase for phrases in listed.values() for phrase in phrases)


def _shown(hit: Hit) -> str:
    """Return a hit as written; one that is written in disguise with the phrase that it is."""
    if hit.phrase.strip("*").casefold() in hit.written.casefold():
        return shown(hit.written)
    return f"{shown(hit.written)} (as {hit.phrase!r})"


def _texts(document: Document, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the texts at *pattern*, of a text by locale each."""
    for where, value in document.select(pattern):
        for place, text in (
            [(join(where, tag), one) for tag, one in value.items()]
            if isinstance(value, dict)
            else [(where, value)]
        ):
            if isinstance(text, str) and len(text) <= TEXT_MAX:  # a longer one is refused for its length
                yield place, text


def _read(path: Path | None, name: str) -> str:
    if path is None:
        return files(__package__).joinpath(DEFAULT).read_text("utf-8")
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES_MAX + 1)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(
            f"{name} cannot be read, {error.strerror}; give the path of a YAML file"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from error


def _shape_problems(document: Document, error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        where = ""
        for part in detail["loc"]:
            where = join(where, part)
        value = "" if detail["type"] == "missing" else f"{shown(detail['input'])}: "
        yield f"{document.place(where)[1]}: {where}: {value}{detail['msg']}; see the policy in the README"


def _phrase_problems(document: Document, policy: Policy) -> Iterator[str]:
    for n, rule in enumerate(policy.refused):
        for field in ("words", "together_with", "spared"):
            for language, phrases in getattr(rule, field).items():
                for m, phrase in enumerate(phrases):
                    where = f"refused[{n}].{field}.{language}[{m}]"
                    try:
                        Phrases([phrase])
                    except ValueError as error:
                        line = document.place(where)[1]
                        yield f"{line}: {where}: {shown(phrase)} {error}; write whole words"
