"""Puts a comparison of models into words and figures: each scene on each model, and each model in sum."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flows.figures import Figures, Made, Take
from flows.trials import Trial
from schemas.plan import Ad
from storage.rows import Cost

NOTES = (
    "Sharpness: variance of the Laplacian at 720 pixels. Motion: luma levels that change, a second.",
    "Flicker: luma levels by which frames stand out of their neighbours. Similarity: to the product, 0 to 1.",
    "Compare figures of one scene: what it shows moves them most. A worker first loads its model.",
)
"""How to read the figures."""


class Result(NamedTuple):
    """What became of a comparison."""

    trials: Sequence[Trial]
    takes: Mapping[str, Sequence[Take]]
    """By model; none for a model that cannot make the ad."""
    made: Made
    trouble: str
    """What kept the first campaign from being started that could not be; empty for nothing."""

    @property
    def whole(self) -> bool:
        """Whether every model has made its ad."""
        return not any(map(self.problem, self.trials))

    @property
    def ad(self) -> Ad:
        """The ad that was made; those of the models differ in their shots only."""
        return next(trial.ready.plan.ads[0] for trial in self.trials if trial.ready)

    @property
    def name(self) -> str:
        """Brand and campaign that were compared, without the model that is in the name of each trial."""
        brand, _, slug = self.ad.campaign.partition("/")
        return f"{brand}/{slug.rpartition('-on-')[0]}"

    @property
    def scenes(self) -> dict[str, str]:
        """What each scene that models make should show, in order."""
        return {take.scene: take.asked for takes in self.takes.values() for take in takes}

    def problem(self, trial: Trial) -> str:
        """Return why the ad of *trial* is not made, or what is missing of it; empty where it is all there."""
        if trial.ready is None:
            return trial.reason
        if self.file_of(trial):
            return ""
        lacks = [take.scene for take in self.takes[trial.model] if take.figures is None]
        known = self.made.reasons.get(trial.ready.plan.campaign) or self.trouble
        return known or f"not made: {', '.join(lacks) or 'the ad'}"

    def file_of(self, trial: Trial) -> str:
        """Return the name in the blob store of the ad of *trial*; empty where there is none."""
        asset = self.made.ads.get(trial.ready.plan.ads[0].key) if trial.ready else None
        return asset.file.name if asset else ""


class Sum(NamedTuple):
    """All scenes of a model: times and prices added up, the mean of each figure; None for what is unknown."""

    seconds: float | None
    enlarging_seconds: float | None
    gpu_seconds: float | None
    credits: float | None
    sharpness: float | None
    motion: float | None
    flicker: float | None
    similarity: float | None


def summed(takes: Sequence[Take]) -> Sum:
    """Return *takes* in sum; a clip that is not made adds nothing."""
    made = [take for take in takes if take.figures]
    figures = [take.figures for take in made if take.figures]
    costs = [cost for take in made for cost in (take.making, take.enlarging) if cost]
    return Sum(
        seconds=_total(_seconds(take.making) for take in made),
        enlarging_seconds=_total(_seconds(take.enlarging) for take in made),
        gpu_seconds=_total(cost.gpu_seconds for cost in costs),
        credits=_total(take.credits for take in made),
        **{name: _mean(getattr(one, name) for one in figures) for name in Figures.model_fields},
    )


def table_of(result: Result) -> list[dict[str, str]]:
    """Return the rows of the table: every scene on every model, and below a model's scenes their sum.

    A column in which nothing stands is left out.
    """
    rows = [row for trial in result.trials for row in _rows(trial, result.takes.get(trial.model, ()))]
    return [{name: cell for name, cell in row.items() if any(one[name] for one in rows)} for row in rows]


def _rows(trial: Trial, takes: Sequence[Take]) -> Iterator[dict[str, str]]:
    for take in takes:
        made = "no" if take.figures is None else "there already" if take.there else "now"
        yield {"model": trial.model, "scene": take.scene, "made": made, **_cells(summed([take]))}
    if len(takes) > 1:
        yield {"model": trial.model, "scene": f"all {len(takes)}", "made": "", **_cells(summed(takes))}


def _cells(total: Sum) -> dict[str, str]:
    return {
        "seconds": shown(total.seconds, 1),
        "enlarging": shown(total.enlarging_seconds, 1),
        "GPU-seconds": shown(total.gpu_seconds, 1),
        "credits": shown(total.credits, 0),
        "sharpness": shown(total.sharpness, 1),
        "motion": shown(total.motion, 1),
        "flicker": shown(total.flicker, 2),
        "similarity": shown(total.similarity, 2),
    }


def object_of(result: Result) -> dict[str, Any]:
    """Return *result* for machines; what is not known is null."""
    ad = result.ad
    return {
        "campaign": result.name,
        **ad.model_dump(include={"product", "locale", "placement", "variant"}),
        "seconds": ad.composition.seconds,
        "models": [_model_object(trial, result) for trial in result.trials],
    }


def _model_object(trial: Trial, result: Result) -> dict[str, Any]:
    takes = result.takes.get(trial.model, ())
    shots = {shot.key: shot.model for shot in trial.ready.plan.shots} if trial.ready else {}
    return {
        "model": trial.model,
        "revision": next((shots[take.shot] for take in takes), ""),
        "campaign": trial.ready.plan.campaign if trial.ready else "",
        "problem": result.problem(trial),
        "ad": result.file_of(trial),
        **_rounded(summed(takes)),
        "scenes": [_take_object(take) for take in takes],
    }


def _take_object(take: Take) -> dict[str, Any]:
    facts = {"scene": take.scene, "shot": take.shot, "clip": take.clip, "there": take.there}
    return facts | _rounded(summed([take]))


def _rounded(total: Sum) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 3) for name, value in total._asdict().items()}


def lines_of(total: Sum) -> tuple[str, str]:
    """Return what is written beside pictures: what was measured, and what it took."""
    measured = {
        "sharpness": shown(total.sharpness, 1),
        "motion": shown(total.motion, 1),
        "flicker": shown(total.flicker, 2),
        "similarity": shown(total.similarity, 2),
    }
    took = [
        f"made in {shown(total.seconds, 1)} s" if total.seconds is not None else "",
        f"enlarged in {shown(total.enlarging_seconds, 1)} s" if total.enlarging_seconds is not None else "",
        f"{shown(total.gpu_seconds, 1)} GPU-seconds" if total.gpu_seconds else "",
        f"{shown(total.credits, 0)} credits" if total.credits is not None else "",
    ]
    said = (f"{name} {figure}" for name, figure in measured.items() if figure)
    return "   ".join(said), "   ".join(filter(None, took))


def shown(value: float | None, digits: int) -> str:
    """Return *value* with *digits* behind the point; empty for None."""
    return "" if value is None else f"{value:,.{digits}f}"


def _seconds(cost: Cost | None) -> float | None:
    return cost.seconds if cost else None


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
