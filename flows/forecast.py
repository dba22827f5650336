"""Says how long things take before they are made: as the catalog remembers, else as was measured once.

The measured figures are wall seconds of one worker for a million pixels of one frame, or for a character that
is spoken, of 2026-11-22, on two cores of an AMD EPYC (Zen 4) virtual machine, both busy, without a GPU. A run
corrects them as it goes.
"""

from collections.abc import Iterable, Iterator, Mapping

from flows.specs import CPU, Spec, crew_of, entry_of
from schemas.plan import Ad, Drawing, Narration, Shot, Still
from schemas.work import Kind
from storage.rows import Pace, Size

_STILL_MEGAPIXELS = 4.0
"""Of any still: its specification does not say how large the picture is; upscaled ones come out near this."""
_STILL = 0.2
"""Read, enlarge with Lanczos, write."""
_MATTE = 0.6
_STILL_SPAN = {"spanx2": 3.2, "spanx4": 0.95}
"""Super-resolution of a still, for a million pixels of its result."""
_LANCZOS = 0.03
"""Read a frame, enlarge it, encode it."""
_SPAN = {"spanx2": 1.5, "spanx4": 0.5, "anime4k": 0.2, "realesrgan": 45.0}
"""Networks that enlarge clips, for a million pixels of the result; Real-ESRGAN reckoned from a small crop."""
_SPAN_ON_GPU = 0.06
"""Reckoned, not measured: 0.2 tera-operations at some ten a second, and the encoder."""
_SPEAK = {"hibari": 0.005, "kokoro": 0.06}
"""A character of a text, by engine."""
_RECORDING = 0.5
"""A recording is read, and written again."""
_COMPOSE = 0.038
_COPY = 0.001
"""An ad of which a twin is there is checked and stored again, not composed."""
_UNKNOWN = 1.0
"""A model that is not in the table; its shots fail."""

_BYTES: dict[Kind, float] = {"still": 1_600_000, "shot": 47_000, "voice": 7_000, "ad": 12_000}
"""Of a unit of work: a million pixels of one frame, or a character; measured on the example of 2026-11-22."""
_RECORDING_BYTES = 400_000
_SIDECAR_BYTES = 20_000

_MEMORY = 20
"""Attempts that an expectation remembers: enough to even out, few enough to follow a busier machine."""
_GUESS = 3
"""Attempts that a measured figure is worth against those of this run."""
_GUESS_SECONDS = 30.0
"""Work after which half of how this machine differs from the reference is believed."""

_FLOOR_SECONDS = 60.0
"""Of a deadline: loading a model, a store that answers slowly, a machine that swaps."""
_QUEUE_SECONDS = 1800.0
"""What a task may wait at a service before it runs; its id is kept, so patience costs nothing."""
_FETCH = 100_000_000
"""Bytes a second at which a node fetches a checkpoint that it has not, at least."""
_PATIENCE = 10.0
"""How many times longer than expected an item may take: twice for the forecast, fivefold for the machine."""


class Forecast:
    """What is expected of each item; refined by every item that is made."""

    def __init__(
        self,
        paces: Mapping[tuple[Kind, str], Pace] | None = None,
        sizes: Mapping[tuple[Kind, str], Size] | None = None,
    ) -> None:
        """Start from *paces*, what recent attempts took, and *sizes*, of their files, by kind and model."""
        self._sizes = sizes or {}
        known = (paces or {}).items()
        self._paces = {key: _faded(pace) for key, pace in known if pace.work and pace.count}
        self._composed: set[tuple[str, str]] = set()
        self._took = self._expected = _GUESS_SECONDS

    def model(self, kind: Kind, spec: Spec) -> str:  # noqa: ARG002 (both name the work, as in the catalog)
        """Return the name of what makes *spec*: things of one model take time in proportion to their size."""
        return self._model(spec, copy=self._is_copy(spec))

    def work(self, kind: Kind, spec: Spec) -> float:  # noqa: ARG002 (the same)
        """Return the size of *spec*: megapixels x frames, or the characters of a text."""
        match spec:
            case Still(drawing=Drawing() as drawing):
                return drawing.width * drawing.height / 1e6
            case Still():
                return _STILL_MEGAPIXELS
            case Shot():
                return spec.width * spec.height * spec.frames / 1e6
            case Narration():
                return 1.0 if spec.recorded else float(len(spec.text))
            case Ad():
                look = spec.composition
                return look.width * look.height * look.frames / 1e6

    def seconds(self, kind: Kind, spec: Spec) -> float:
        """Return how long one attempt at *spec* is expected to take."""
        return self._seconds(kind, spec, copy=self._is_copy(spec))

    def knows(self, kind: Kind, spec: Spec) -> bool:
        """Tell whether attempts at the like of *spec* are remembered; else the table of models is asked."""
        return (kind, self.model(kind, spec)) in self._paces

    def bytes(self, kind: Kind, spec: Spec) -> float:
        """Return how large the files of *spec* are expected to come out, an ad's sidecar among them."""
        work, beside = self.work(kind, spec), _SIDECAR_BYTES if kind == "ad" else 0
        models = [self.model(kind, spec)]
        if isinstance(spec, Ad):  # a copy is as large as what it is copied from
            models += [self._model(spec, copy=copy) for copy in (False, True)]
        size = next((found for model in models if (found := self._sizes.get((kind, model)))), None)
        if size is not None:
            return work * size.bytes / size.work + beside
        recorded = isinstance(spec, Narration) and spec.recorded
        return work * (_RECORDING_BYTES if recorded else _BYTES[kind]) + beside

    def gpus(self, kind: Kind, spec: Spec) -> float:  # noqa: ARG002 (the same)
        """Return how many GPUs an attempt at *spec* holds."""
        entry = entry_of(spec)
        if entry is None or (isinstance(spec, Shot) and spec.upscaler.startswith("lanczos")):
            return 0.0
        return entry.gpus

    def deadline(self, kind: Kind, spec: Spec) -> float:
        """Return the seconds after which an attempt at *spec* counts as hung."""
        return _FLOOR_SECONDS + _loading(spec) + _PATIENCE * self.seconds(kind, spec)

    def each(self, specs: Iterable[tuple[Kind, Spec]], there: Iterable[Ad] = ()) -> Iterator[float]:
        """Yield the expected seconds of each of *specs*, if all are made: ads with a twin before are copies.

        So are those with a twin *there*.
        """
        seen = {_twins(ad) for ad in there}
        for kind, spec in specs:
            twins = _twins(spec)
            yield self._seconds(kind, spec, copy=(twins is not None and twins in seen) or self._is_copy(spec))
            seen.add(twins)

    def learn(self, kind: Kind, spec: Spec, seconds: float) -> None:
        """Refine what is expected by an attempt that was done in *seconds*."""
        key, work = (kind, self.model(kind, spec)), self.work(kind, spec)
        known = self._paces.get(key) or Pace(
            seconds=self.seconds(kind, spec) * _GUESS, work=work * _GUESS, count=_GUESS
        )
        if crew_of(spec) == CPU:  # what a GPU or a service takes says nothing about this machine
            self._took += seconds
            self._expected += self._guess(spec, copy=self._is_copy(spec)) * work
        more = Pace(seconds=known.seconds + seconds, work=known.work + work, count=known.count + 1)
        self._paces[key] = _faded(more)
        if isinstance(spec, Ad):
            self.note_made([spec])

    def note_made(self, ads: Iterable[Ad]) -> None:
        """Remember that *ads* are there, so that their twins are copies."""
        self._composed.update(twins for ad in ads if (twins := _twins(ad)))

    def _seconds(self, kind: Kind, spec: Spec, *, copy: bool) -> float:
        pace = self._paces.get((kind, self._model(spec, copy=copy)))
        work = self.work(kind, spec)
        if pace is not None:
            return work * pace.seconds / pace.work
        slower = self._took / self._expected if crew_of(spec) == CPU else 1.0
        return work * self._guess(spec, copy=copy) * slower

    def _is_copy(self, spec: Spec) -> bool:
        return isinstance(spec, Ad) and _twins(spec) in self._composed

    def _model(self, spec: Spec, *, copy: bool) -> str:
        match spec:
            case Still(drawing=Drawing() as drawing):
                return drawing.model
            case Still():
                return f"{spec.upscaler}+{spec.matte}" if spec.matte else spec.upscaler
            case Shot():
                on = "/gpu" if spec.base and self.gpus("shot", spec) else ""
                return (spec.upscaler if spec.base else spec.model) + on
            case Narration():
                return f"{'recording' if spec.recorded else spec.engine}/{spec.recipe}"
            case Ad():
                return f"{'copy' if copy else 'compose'}/{spec.composition.recipe}"

    def _guess(self, spec: Spec, *, copy: bool) -> float:
        """Return the measured seconds for a unit of work."""
        match spec:
            case Still(drawing=Drawing()):
                entry = entry_of(spec)
                return entry.seconds if entry else _UNKNOWN
            case Still():
                return _STILL + bool(spec.matte) * _MATTE + _named(_STILL_SPAN, spec.upscaler, 0.0)
            case Shot() if spec.base:
                on_gpu = _SPAN_ON_GPU if self.gpus("shot", spec) else 0.0
                return on_gpu or _named(_SPAN, spec.upscaler, _LANCZOS)
            case Shot():
                entry = entry_of(spec)
                return entry.seconds if entry else _UNKNOWN
            case Narration():
                return _RECORDING if spec.recorded else _named(_SPEAK, spec.engine, _UNKNOWN)
            case Ad():
                return _COPY if copy else _COMPOSE


def _loading(spec: Spec) -> float:
    """Return what a call may take longer: the first of a worker for its model, any for a service's queue."""
    entry = entry_of(spec)
    if entry is None or (isinstance(spec, Shot) and spec.base):
        return 0.0
    if entry.service is not None:
        return _QUEUE_SECONDS
    return entry.weights.load_seconds + entry.memory_bytes / _FETCH if entry.weights else 0.0


def _twins(spec: Spec) -> tuple[str, str] | None:
    """Return what an ad has in common with those that are copies of it."""
    return (spec.campaign, spec.composition.key) if isinstance(spec, Ad) else None


def _named(figures: Mapping[str, float], upscaler: str, otherwise: float) -> float:
    return figures.get(upscaler.partition("@")[0], otherwise)


def _faded(pace: Pace) -> Pace:
    """Return *pace* as if it had been seen _MEMORY times at most, so that what comes next counts."""
    if pace.count <= _MEMORY:
        return pace
    share = _MEMORY / pace.count
    return Pace(seconds=pace.seconds * share, work=pace.work * share, count=_MEMORY)
