"""Makes the same shots on several models, and shows them side by side: `reelmill compare`."""

from collections.abc import Sequence
from pathlib import Path

import click

from actors.comparison_sheet import Cell, Row, draw_comparison
from flows.comparison import NOTES, Result, lines_of, object_of, summed, table_of
from flows.figures import Take, clips_there, look_up, product_stills, takes_of
from flows.naming import file_stem
from flows.preview import finished
from flows.report import out_folder
from flows.spoken import plain
from flows.tables import print_line, print_rows
from flows.trials import Pick, Trial, trials
from schemas.errors import ReelmillError
from schemas.plan import Plan
from schemas.settings import Settings
from storage.blobs import open_blobs

_SHARES = (0.05, 0.5, 0.95)
"""Of a clip's length, where its three pictures are taken."""


def compare(brief: Path, models: Sequence[str], pick: Pick, settings: Settings, *, as_json: bool) -> bool:
    """Make one ad of the brief at *brief* on each of *models* and show them; tell whether all were made.

    A model that cannot make it is told by name, and the others are compared. Raises BriefError for a wrong
    brief; where no model can make the ad, BriefError or SettingsError with all reasons.
    """
    with trials(brief, models, pick, settings) as each:
        _refuse_hopeless(each)
        if not as_json:
            _tell(each)
        there = clips_there(each, settings)
        trouble = _make(each, settings, as_json=as_json)
        result = _gather(each, there, trouble, settings)
    sheet = _draw(result, settings)
    if as_json:
        print_line({"event": "result", "sheet": str(sheet), **object_of(result)})
    else:
        _print(result, sheet, settings)
    return result.whole


def _refuse_hopeless(each: Sequence[Trial]) -> None:
    """Raise what keeps all of the models from making the ad; one that can is enough to go on."""
    if any(trial.ready for trial in each):
        return
    first = next(trial.problem for trial in each if trial.problem)
    raise type(first)("\n".join(f"{trial.model}: {trial.reason}" for trial in each))


def _tell(each: Sequence[Trial]) -> None:
    """Tell people what cannot be compared, and what they should know of the rest."""
    for trial in each:
        if trial.problem:
            click.echo(plain(f"{trial.model} is left out: {trial.reason}"), err=True)
    ready = [trial.ready for trial in each if trial.ready]
    notes = [note for one in ready for note in (*one.equipment.plainer, *one.plan.notes)]
    for note in dict.fromkeys(notes):
        click.echo(plain(f"note: {note}"), err=True)


def _make(each: Sequence[Trial], settings: Settings, *, as_json: bool) -> ReelmillError | None:
    """Make the campaigns of *each* side by side; return what kept one of them from being started."""
    plans = {trial.brief: trial.ready.plan for trial in each if trial.ready}
    briefs = {brief: 1.0 for brief, plan in plans.items() if not finished(plan, settings)}
    if not briefs:
        return None
    from flows.launch import launch  # noqa: PLC0415 (where all is there, nothing is loaded)
    from flows.progress import show_progress  # noqa: PLC0415

    with show_progress(as_json=as_json) as tell:
        try:
            launch(briefs, settings, tell=tell)
        except ReelmillError as error:
            return error
    return None


def _gather(
    each: Sequence[Trial], there: set[str], trouble: ReelmillError | None, settings: Settings
) -> Result:
    """Return what became of *each*. Raises *trouble* where nothing came of any."""
    made, blobs = look_up(each, settings), open_blobs(settings.blobs)
    if trouble and not made.clips:
        raise trouble
    takes = {trial.model: takes_of(trial, made, there, blobs, _cache(settings)) for trial in each}
    return Result(each, takes, made, " ".join(str(trouble or "").split()))


def _draw(result: Result, settings: Settings) -> Path:
    ad = result.ad
    path = settings.out / "compare" / f"{result.name.replace('/', '_')}.png"
    draw_comparison(
        [_row(trial, result, settings) for trial in result.trials],
        result.scenes,
        title=f"{result.name}: {ad.product}, {ad.placement}, {ad.locale}, variant {ad.variant}",
        notes=NOTES,
        product=_product(result, settings),
        to=path,
    )
    return path


def _row(trial: Trial, result: Result, settings: Settings) -> Row:
    takes = result.takes[trial.model]
    cells = {take.scene: _cell(take, result.problem(trial), settings) for take in takes}
    lines = _folded(lines_of(summed(takes))) if len(takes) > 1 else ()
    return Row(trial.model, lines, cells, "" if cells else result.problem(trial))


def _folded(lines: Sequence[str]) -> tuple[str, ...]:
    """Return *lines* with one fact each: the sums stand in a narrow column."""
    return tuple(fact for line in lines for fact in line.split("   ") if fact)


def _cell(take: Take, problem: str, settings: Settings) -> Cell:
    if not take.clip:
        return Cell(None, (), (plain(f"not made: {problem}"),))
    measured, took = lines_of(summed([take]))
    video = open_blobs(settings.blobs).local(take.clip, _cache(settings))
    moments = tuple(share * take.clip_seconds for share in _SHARES)
    return Cell(video, moments, (measured, f"there already   {took}" if take.there else took))


def _product(result: Result, settings: Settings) -> Path | None:
    """Return the picture that clips are held against; None where no scene shows the product."""
    stills = (result.made.stills.get(key) for trial in result.trials for key in product_stills(trial))
    still = next(filter(None, stills), None)
    return open_blobs(settings.blobs).local(still.file.name, _cache(settings)) if still else None


def _print(result: Result, sheet: Path, settings: Settings) -> None:
    print_rows(table_of(result), title=result.name)
    for trial in result.trials:
        if trial.ready and (problem := result.problem(trial)):
            click.echo(plain(f"{trial.model}: {problem}"))
    for trial in result.trials:
        if trial.ready and (file := result.file_of(trial)):
            click.echo(f"{trial.model}: {_place(trial.ready.plan, file, settings)}")
    click.echo(f"side by side: {sheet}")


def _place(plan: Plan, file: str, settings: Settings) -> str:
    """Return where people find the only ad of *plan*: under its readable name, or as *file* of a bucket."""
    link = out_folder(plan, settings) / f"{file_stem(plan.ads[0])}.mp4"
    return str(link) if link.exists() else f"{settings.blobs}/{file}"


def _cache(settings: Settings) -> Path:
    return settings.cache / "sheets"
