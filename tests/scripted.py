"""A pool and a forecast for tests of the dispatcher: all takes a second, and a script says how it ends."""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any

from actors.pool import Outcome
from schemas.media import Asset, Clip, Finding, StillFile, StoredFile, VoiceFile
from schemas.plan import Narration, Shot, Still
from schemas.sidecar import Recipe
from schemas.work import Kind, Verdict
from tests.compositions import draw_facts

Script = Callable[[str, Any], Verdict]


def well(_verb: str, _value: Any) -> Verdict:
    """Let every call succeed."""
    return "done"


class ScriptedPool:
    """Does the calls in order, in this process; its script says how each ends, after *seconds* each."""

    def __init__(self, slots: int, script: Script = well, seconds: float = 1.0) -> None:
        self.log: list[tuple[str, str]] = []
        self.shrinks: list[int] = []
        self.time = 0.0
        self.most_busy = 0
        self.findings: dict[str, tuple[Finding, ...]] = {}
        """What is wrong with the ads of a variant."""
        self._slots, self._script, self._seconds = slots, script, seconds
        self._calls: deque[tuple[Hashable, str, tuple[Any, ...]]] = deque()
        self._dropped: list[Hashable] = []

    def clock(self) -> float:
        return self.time

    def slots(self, _name: str) -> int:
        return self._slots

    def free(self, _name: str) -> int:
        return self._slots - len(self._calls)

    def ask(self, waiting: Mapping[str, int]) -> None:
        """Have all workers there already."""

    def call(self, name: str, tag: Hashable, verb: str, *arguments: Any, seconds: float) -> None:
        assert self.free(name) > 0
        assert seconds > 0
        self._calls.append((tag, verb, arguments))
        self.most_busy = max(self.most_busy, len(self._calls))

    def wait(self, seconds: float) -> list[Outcome]:
        self.time += self._seconds if self._calls else seconds
        if self._dropped:
            gone, self._dropped = self._dropped, []
            self._calls = deque(call for call in self._calls if call[0] not in gone)
            return [Outcome(tag, "cancelled", None, "stopped", 0.5, "") for tag in gone]
        if not self._calls:
            return []
        tag, verb, arguments = self._calls.popleft()
        value = arguments[0]
        if verb in {"prepare", "generate", "enlarge"}:
            self.shrinks.append(arguments[-1])
        verdict = self._script(verb, value)
        twin = arguments[1] if verb == "compose" else None
        self.log.append((verb + ("-twin" if twin else ""), name_of(value)))
        made = made_of(value) if verdict == "done" else None
        if isinstance(made, Asset):
            made = made.model_copy(update={"findings": self.findings.get(value.ad.variant, ())})
        return [Outcome(tag, verdict, made, "" if made else "it broke", self._seconds, "here/1")]

    def shares(self) -> dict[Hashable, float]:
        """Tell that half of each call is done."""
        return {tag: 0.5 for tag, _, _ in self._calls}

    def drop(self, tags: Collection[Hashable], *, at_once: bool = False) -> None:  # noqa: ARG002
        self._dropped += [tag for tag in tags if tag not in self._dropped]

    @property
    def verbs(self) -> list[str]:
        """What was done, in order."""
        return [verb for verb, _ in self.log]


class Evenly:
    """Expects one second of everything."""

    def model(self, _kind: Kind, _spec: Any) -> str:
        return "same"

    def work(self, _kind: Kind, _spec: Any) -> float:
        return 1.0

    def seconds(self, _kind: Kind, _spec: Any) -> float:
        return 1.0

    def gpus(self, _kind: Kind, spec: Any) -> float:
        return 1.0 if isinstance(spec, Shot) and spec.model == "big/1" else 0.0

    def deadline(self, _kind: Kind, _spec: Any) -> float:
        return 60.0

    def each(self, specs: list[Any]) -> list[float]:
        return [1.0] * len(specs)

    def note_made(self, _ads: Any) -> None:
        """Make no difference."""

    def learn(self, _kind: Kind, _spec: Any, _seconds: float) -> None:
        """Learn nothing."""


def name_of(value: Any) -> str:
    """Return what a call with *value* is called in the pool's log."""
    if isinstance(value, Recipe):
        return value.ad.label
    return value.text if isinstance(value, Narration) else str(getattr(value, "prompt", "still"))


def made_of(value: Still | Shot | Narration | Recipe) -> StillFile | Clip | VoiceFile | Asset:
    """Return what a worker would make of *value*."""
    if isinstance(value, Recipe):
        file = StoredFile(name=f"ads/{value.ad.key}.mp4", sha256="f", bytes=10)
        return Asset(ad=value.ad.key, file=file, facts=draw_facts(), cpu_seconds=1)
    file = StoredFile(name=f"made/{value.key}", sha256="f", bytes=10)
    if isinstance(value, Still):
        return StillFile(still=value.key, file=file, width=2, height=2, matted=True, cpu_seconds=1)
    if isinstance(value, Narration):
        return VoiceFile(narration=value.key, file=file, seconds=1, words=(), cpu_seconds=1)
    return Clip(shot=value.key, file=file, width=2, height=2, fps=30, frames=value.frames, cpu_seconds=1)
