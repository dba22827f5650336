"""Shows what became of ads: after a run, and for `reelmill status`."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import click

from flows import report
from flows.forecast import Forecast
from flows.known import check_known
from flows.naming import file_stem
from flows.outlook import forecast_plan
from flows.spoken import counted, number, plain
from flows.tables import print_json, print_line, print_rows
from schemas.plan import Ad, Plan
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from storage.rows import AdRow, CampaignRow, Judgement
from storage.tables import DONE

_MEANINGS = {
    "failed": "some ads cannot be made, or are rejected, `reelmill status CAMPAIGN` says why",
    "interrupted": "it was stopped, `reelmill run` goes on",
    "capped": "its GPU-seconds are spent, `reelmill forecast` says what more would cost",
    "lost": "its process died, `reelmill run` goes on",
}
"""What the state of a run means, and what to do."""


class _Result(NamedTuple):
    """What became of one campaign of a command."""

    plan: Plan
    state: str
    """Of the latest run."""
    note: str
    """What stands in the way of the rest; empty where the ads say it themselves."""
    rows: list[AdRow]
    sheet: str
    """Path of the contact sheet; empty where there is no ad."""


def print_results(plans: Sequence[Plan], settings: Settings, *, as_json: bool) -> int:
    """Print every ad of *plans* with its state, and where to look; return how many are not done.

    For machines that is one line, the last of a run's events.
    """
    with Catalog(settings.database_url) as catalog:
        states = {row.name: row.state for row in catalog.campaigns()}
        results = [_result(plan, states.get(plan.campaign, ""), catalog, settings) for plan in plans]
    if as_json:
        print_line({"event": "result", "campaigns": [_as_object(result, settings) for result in results]})
    else:
        for result in results:
            _print_result(result, settings)
    return sum(row.state not in DONE for result in results for row in result.rows)


def print_status(campaign: str | None, settings: Settings, *, as_json: bool) -> None:
    """Print all campaigns, or the ads of one. Raises BriefError for a campaign that is not there."""
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        print_json([]) if as_json else click.echo("no campaigns yet")
        return
    with catalog:
        campaigns = {row.name: row for row in catalog.campaigns()}
        check_known([] if campaign is None else [campaign], campaigns)
        rows = [] if campaign is None else catalog.rows(campaign)
        decided = catalog.latest_decisions(row.key for row in rows)
    said = {key: row.decision for key, row in decided.items() if row.decision != "withdrawn"}
    if as_json and campaign:
        print_json([{**row.model_dump(mode="json"), "decision": said.get(row.key, "")} for row in rows])
    elif as_json:
        print_json([row.model_dump(mode="json") for row in campaigns.values()])
    elif campaign is None:
        print_rows([_campaign_row(row) for row in campaigns.values()])
    else:
        print_rows([_ad_row(row, row.name) | _decision(row, said) for row in rows])
        for sentence in _troubles(rows):
            click.echo(sentence)
        click.echo(f"latest run: {_state(campaigns[campaign].state)}")


def _result(plan: Plan, state: str, catalog: Catalog, settings: Settings) -> _Result:
    note = _cost_of_the_rest(plan, catalog) if state == "capped" else ""
    rows = _rows_of(plan, catalog)
    return _Result(plan, state, note, rows, _sheet(plan, rows, settings))


def _cost_of_the_rest(plan: Plan, catalog: Catalog) -> str:
    """Say what it would cost to make what the cap held back."""
    made = {
        *catalog.stills_made(still.key for still in plan.stills),
        *catalog.clips_made(shot.key for shot in plan.shots),
        *catalog.voices_made(narration.key for narration in plan.narrations),
        *catalog.assets_made(ad.key for ad in plan.ads),
    }
    rest = forecast_plan(plan, Forecast(catalog.paces()), made=made, workers=1, gpus=1)
    spent = catalog.gpu_seconds(plan.campaign)
    return (
        f"{number(spent)} GPU-seconds are spent; about {number(rest.gpu_seconds)} more would make the other "
        f"{counted(rest.ads, 'ad')}: set budget.gpu_seconds to {math.ceil(spent + rest.gpu_seconds)}, then "
        f"run again"
    )


def _rows_of(plan: Plan, catalog: Catalog) -> list[AdRow]:
    """Return the rows of the plan's ads in its order; the run may have ended before it knew them all."""
    rows = {row.key: row for row in catalog.rows(plan.campaign)}
    return [rows.get(ad.key) or _not_begun(ad) for ad in plan.ads]


def _not_begun(ad: Ad) -> AdRow:
    place = ad.model_dump(include={"campaign", "product", "locale", "placement", "variant"})
    return AdRow(key=ad.key, **place, state="planned", error="the run did not come to it")


def _sheet(plan: Plan, rows: Sequence[AdRow], settings: Settings) -> str:
    """Return the contact sheet's path, drawing what a hand has removed; empty where there is no ad."""
    done = [row for row in rows if row.state in DONE]
    report.link_ads(plan, {row.key: (row.name, *row.captions) for row in done}, settings)
    files = {row.key: row.name for row in done}
    path = report.contact_sheet_path(plan, settings)
    if files and not path.exists():
        report.draw_sheet(plan, files, open_blobs(settings.blobs), settings)
    return str(path) if files else ""


def _as_object(result: _Result, settings: Settings) -> dict[str, Any]:
    return {
        "campaign": result.plan.campaign,
        "state": result.state,
        "note": result.note,
        "out": str(report.out_folder(result.plan, settings)),
        "contact_sheet": result.sheet,
        "ads": [row.model_dump(mode="json") for row in result.rows],
        "changes": [{"ad": answer.ad, **answer.facts} for answer in result.plan.answers],
    }


def _print_result(result: _Result, settings: Settings) -> None:
    plan, rows = result.plan, result.rows
    stems = {ad.key: f"{file_stem(ad)}.mp4" for ad in plan.ads}
    print_rows([_ad_row(row, stems[row.key]) for row in rows], title=plan.campaign)
    done = sum(row.state in DONE for row in rows)
    click.echo(f"{done} of {counted(len(rows), 'ad')} are done.")
    for sentence in _troubles(rows):
        click.echo(sentence)
    if result.note:
        click.echo(result.note)
    if result.sheet:
        click.echo(f"contact sheet: {result.sheet}")
    in_s3 = settings.blobs.startswith("s3://")
    click.echo(f"ads: {settings.blobs}/ads" if in_s3 else f"ads: {report.out_folder(plan, settings)}")


def _troubles(rows: Sequence[AdRow]) -> Iterator[str]:
    """Yield why each ad is not done, and what may be wrong with others, each warning once."""
    warned: dict[str, list[AdRow]] = defaultdict(list)
    for row in rows:
        if row.state not in DONE:
            why = f": {plain(row.error)}" if row.error else ""
            kept = f" (kept as {row.name})" if row.state == "rejected" else ""
            yield f"{row.state}: {_label(row)}{why}{kept}"
        for finding in row.findings:
            if finding.severity == "warn":
                warned[str(finding)].append(row)
    for sentence, of in warned.items():
        more = f" and {counted(len(of) - 1, 'ad')} more" if of[1:] else ""
        yield f"note: {_label(of[0])}{more}: {plain(sentence)}"


def _label(row: AdRow) -> str:
    return f"{row.product} {row.locale} {row.placement} {row.variant}"


def _ad_row(row: AdRow, name: str) -> dict[str, Any]:
    return {
        "product": row.product,
        "locale": row.locale,
        "placement": row.placement,
        "variant": row.variant,
        "state": row.state,
        "seconds": f"{row.seconds:g}",
        "MB": f"{row.bytes / 1e6:.1f}",
        "file or reason": row.error or (name if row.state in DONE else ""),
    }


def _decision(row: AdRow, said: Mapping[str, Judgement]) -> dict[str, str]:
    """Return the column of what people decided; none where nobody decided anything."""
    return {"decision": said.get(row.key, "")} if said else {}


def _campaign_row(row: CampaignRow) -> dict[str, Any]:
    return {
        "campaign": row.name,
        "state": _state(row.state),
        "ads": ", ".join(f"{number} {state}" for state, number in row.counts.items()),
        "started": f"{row.started_at:%Y-%m-%d %H:%M:%S}",
    }


def _state(state: str) -> str:
    """Return a run's state with what it means, where the word alone does not say it."""
    return f"{state}: {_MEANINGS[state]}" if state in _MEANINGS else state
