"""Writes what each model is sent for a scene: one writer a family, pure and deterministic.

Every family was trained on captions of its own kind, and its model card says which: Wan and Helios on long
descriptions, LTX on one flowing paragraph in the order of time, LTX-2 on the same with speech in quotes and
the sound described, Runway on a short sentence about the movement. The negative prompts are our own.

No writer asks for letters: captions, prices and logos are set by the composer, and models misspell.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from actors.backends import Entry
from schemas.brief import Camera
from schemas.record import Record


class PromptFacts(Record):
    """What is known of a scene when its prompt is written."""

    prompt: str
    """The author's own words; empty for none."""
    camera: Camera
    show: str
    """As Shot has it."""
    product: str
    """The product's title, in English where the brief has one."""
    brand: str
    tone: str
    subjects: int
    """How many reference pictures there are."""
    speech: str
    """What a presenter says; empty without one."""
    task: str
    """What is done with the given video; empty without one."""
    aspect: float
    """Width through height."""


class Written(NamedTuple):
    """What a model is sent."""

    prompt: str
    negative: str
    """What it is told to avoid; empty for models that take no such text."""


_MOVES: dict[Camera, str] = {
    "push_in": "The camera slowly pushes in towards the subject",
    "pull_out": "The camera slowly pulls back and reveals the surroundings",
    "pan": "The camera pans smoothly from left to right",
    "orbit": "The camera moves in a slow arc around the subject",
    "parallax": "The camera glides sideways, so that what is near passes what is far",
    "hold": "The camera stands still; only the scene itself moves",
}
_TASKS = {
    "restyle": "The movement and the layout of the given video stay; its look becomes this",
    "extend": "The shot goes on from its last frame without a cut",
    "extend_back": "This is what happens just before the first frame, without a cut",
}
_WRITING = "subtitles, captions, watermark, invented logo, floating letters, screen overlay"
_FLAWS = (
    "blurred, washed out, overexposed, blocky compression, flicker, jitter, sudden cut, warped objects, "
    "melting edges, extra limbs, malformed hands, distorted face, the subject twice"
)
_STILL = "frozen picture, slideshow"
_TALL, _WIDE = 0.9, 1.2
"""Ratios below and above which a frame is not about square."""


def write_prompt(entry: Entry, facts: PromptFacts) -> Written:
    """Return what the model of *entry* is sent for the scene of *facts*."""
    return WRITERS[family_of(entry)](facts)


def family_of(entry: Entry) -> str:
    """Return the family in WRITERS of a line of the table, by its file, else by its name, else ``other``."""
    module = entry.path.partition(":")[0].rpartition(".")[2]
    for name in (module, entry.name):
        bare = "".join(char for char in name if char.isalnum())
        if fits := [family for family in WRITERS if bare.startswith(family)]:
            return max(fits, key=len)
    return "other"


def _motion(facts: PromptFacts) -> Written:
    """Join the words as they are: the built-in renderer takes moods from them, and no sentence."""
    return Written(", ".join(part for part in (facts.prompt, facts.tone) if part), "")


def _nothing(_: PromptFacts) -> Written:
    return Written("", "")


def _described(facts: PromptFacts) -> Written:
    """Describe at length: subject, what stays, camera, light and mood, framing."""
    look = "A commercial film with natural light, fine detail and lifelike movement"
    parts = (_task(facts), _scene(facts), _kept(facts), _speaking(facts), _move(facts), _mood(facts), look)
    return Written(_paragraph((*parts, _framing(facts)), 1800), _avoided(facts))


def _long(facts: PromptFacts) -> Written:
    """Describe what lasts a minute: as `_described`, and that it goes on evenly."""
    written = _described(facts)
    steady = "The movement goes on evenly from beginning to end, and nothing jumps"
    return Written(_paragraph((written.prompt, steady), 2000), written.negative)


def _short(facts: PromptFacts) -> Written:
    """Describe in few sentences, for an encoder of 226 tokens."""
    parts = (_task(facts), _scene(facts), _move(facts), _kept(facts), _mood(facts))
    return Written(_paragraph(parts, 800), _avoided(facts))


def _flowing(facts: PromptFacts) -> Written:
    """Tell it in the order of time, from the action on."""
    look = "The light is natural, the picture is sharp and the movement is smooth and lifelike"
    parts = (
        _scene(facts),
        _task(facts),
        _move(facts, "As the shot goes on, t"),
        _kept(facts),
        _mood(facts),
        look,
    )
    return Written(_paragraph(parts, 1200), _avoided(facts))


def _sounding(facts: PromptFacts) -> Written:
    """Tell it in the order of time, with what is said in quotes and what is heard."""
    told = _flowing(facts).prompt
    heard = "The sound is that of the place itself, close and clear, without music"
    if facts.speech:
        heard = "The voice is close and clear, the room is quiet, and there is no music"
    parts = (told, _speaking(facts), heard)
    return Written(_paragraph(parts, 2400), f"{_avoided(facts)}, distorted voice, humming noise, music")


def _pictured(facts: PromptFacts) -> Written:
    """Describe one picture: no movement, and no negative prompt, which distilled models do not read."""
    look = "A photograph with natural light and fine detail; surfaces are plain, without lettering"
    return Written(_paragraph((_scene(facts), _framing(facts), _mood(facts), look), 1200), "")


def _directed(facts: PromptFacts) -> Written:
    """Say the movement first and little else; the service takes at most 1000 characters."""
    parts = (_task(facts), _scene(facts), _move(facts), _mood(facts))
    return Written(_paragraph(parts, 1000), "")


WRITERS: dict[str, Callable[[PromptFacts], Written]] = {
    "motion": _motion,
    "wan": _described,
    "helios": _long,
    "cogvideox": _short,
    "ltx": _flowing,
    "ltx2": _sounding,
    "svd": _nothing,
    "zimage": _pictured,
    "flux2": _pictured,
    "runway": _directed,
    "other": _described,
}
"""By family, as its file in actors/backends is called."""


def _scene(facts: PromptFacts) -> str:
    """Return the author's words, or what can be said without them."""
    if facts.prompt:
        return facts.prompt
    thing = facts.product or f"the product of {facts.brand}"
    match facts.show:
        case "presenter":
            return f"A friendly person talks to the camera about {thing}"
        case "subjects":
            return f"The things of the reference pictures appear together, in a scene that suits {thing}"
        case "text":
            return f"A quiet scene without people that suits {thing}"
        case "video":
            return f"A film scene that suits {thing}"
    return f"A product shot of {thing} on a plain surface"


def _kept(facts: PromptFacts) -> str:
    if facts.subjects > 1:
        return (
            f"Each of the {facts.subjects} subjects looks as in its own reference picture, "
            "and none takes on the look of another"
        )
    if facts.show in {"product", "image", "subjects"}:
        return "The product keeps its exact shape, its colours and its label"
    return ""


def _speaking(facts: PromptFacts) -> str:
    """Return what is said, in quotes, whatever quotes stand inside."""
    if not facts.speech:
        return ""
    said = " ".join(facts.speech.split())
    for quote in '"\u201c\u201d\u201e':
        said = said.replace(quote, "'")
    return f'The person looks into the camera and says, with natural gestures: "{said}"'


def _task(facts: PromptFacts) -> str:
    return _TASKS.get(facts.task, "")


def _move(facts: PromptFacts, start: str = "T") -> str:
    return start + _MOVES[facts.camera][1:]


def _mood(facts: PromptFacts) -> str:
    return f"The mood is {facts.tone}" if facts.tone else ""


def _framing(facts: PromptFacts) -> str:
    if facts.aspect < _TALL:
        return "A tall frame with the subject in the middle"
    return "A wide frame" if facts.aspect > _WIDE else "A square frame with the subject in the middle"


def _avoided(facts: PromptFacts) -> str:
    parts = (_WRITING, _FLAWS, "" if facts.camera == "hold" else _STILL)
    return ", ".join(part for part in parts if part)


def _paragraph(parts: Iterable[str], most: int) -> str:
    """Join *parts* as sentences; what would make it longer than *most* UTF-16 units is left out, whole.

    The scene is never left out, and stands among the first two parts.
    """
    sentences: list[str] = []
    for n, part in enumerate(parts):
        sentence = _sentence(part)
        if sentence and (n <= 1 or _units([*sentences, sentence]) <= most):
            sentences.append(sentence)
    return " ".join(sentences)


def _units(sentences: list[str]) -> int:
    return len(" ".join(sentences).encode("utf-16-le")) // 2


def _sentence(part: str) -> str:
    """Return *part* on one line, with a capital at its start and a stop at its end."""
    line = " ".join(part.split())
    stopped = line.endswith((".", "!", "?", '"', "\u3002", "\uff01", "\uff1f", "\u2026", "\u061f"))
    return line[:1].upper() + line[1:] + ("" if stopped or not line else ".")
