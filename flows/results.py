"""Shows what became of ads: after a run, and for `reelmill status`."""

from collections.abc import Sequence
from typing import Any

import click

from flows import report
from flows.naming import file_stem
from flows.tables import print_json, print_rows
from schemas.errors import BriefError
from schemas.plan import Plan
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from storage.rows import AdRow


def print_results(plans: Sequence[Plan], settings: Settings, *, as_json: bool) -> int:
    """Print every ad of *plans* with its state, and where to look; return how many are not done."""
    with Catalog(settings.database_url) as catalog:
        results = [(plan, _rows_of(plan, catalog), _sheet(plan, catalog, settings)) for plan in plans]
    if as_json:
        print_json({"campaigns": [_as_object(*result, settings) for result in results]})
    else:
        for plan, rows, sheet in results:
            _print_result(plan, rows, sheet, settings)
    return sum(row.state != "done" for _, rows, _ in results for row in rows)


def print_status(campaign: str | None, settings: Settings, *, as_json: bool) -> None:
    """Print all campaigns, or the ads of one. Raises BriefError for a campaign that is not there."""
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        print_json([]) if as_json else click.echo("no campaigns yet")
        return
    with catalog:
        campaigns = catalog.campaigns()
        if campaign is None:
            facts = [row.model_dump(mode="json") for row in campaigns]
        elif campaign not in {row.name for row in campaigns}:
            known = ", ".join(row.name for row in campaigns) or "none"
            raise BriefError(f"campaign: unknown {campaign!r}; known: {known}")
        else:
            facts = [row.model_dump(mode="json") for row in catalog.rows(campaign)]
    if as_json:
        print_json(facts)
    else:
        print_rows(
            _campaign_rows(facts) if campaign is None else [_ad_row(row, row["name"]) for row in facts]
        )


def _rows_of(plan: Plan, catalog: Catalog) -> list[AdRow]:
    rows = {row.key: row for row in catalog.rows(plan.campaign)}
    return [rows[ad.key] for ad in plan.ads]


def _sheet(plan: Plan, catalog: Catalog, settings: Settings) -> str:
    """Return the contact sheet's path, drawing what a hand has removed; empty where there is no ad."""
    made = catalog.assets_made(ad.key for ad in plan.ads)
    report.link_ads(plan, made, settings)
    path = report.contact_sheet_path(plan, settings)
    if made and not path.exists():
        report.draw_sheet(plan, made, open_blobs(settings.blobs), settings)
    return str(path) if made else ""


def _as_object(plan: Plan, rows: Sequence[AdRow], sheet: str, settings: Settings) -> dict[str, Any]:
    return {
        "campaign": plan.campaign,
        "out": str(report.out_folder(plan, settings)),
        "contact_sheet": sheet,
        "ads": [row.model_dump(mode="json") for row in rows],
    }


def _print_result(plan: Plan, rows: Sequence[AdRow], sheet: str, settings: Settings) -> None:
    stems = {ad.key: f"{file_stem(ad)}.mp4" for ad in plan.ads}
    print_rows([_ad_row(row.model_dump(), stems[row.key]) for row in rows], title=plan.campaign)
    done = sum(row.state == "done" for row in rows)
    click.echo(f"{done} of {len(rows)} ads are done.")
    for row in rows:
        if row.state != "done":
            click.echo(f"{row.state}: {row.product} {row.locale} {row.placement} {row.variant}: {row.error}")
    if sheet:
        click.echo(f"contact sheet: {sheet}")
    in_s3 = settings.blobs.startswith("s3://")
    click.echo(f"ads: {settings.blobs}/ads" if in_s3 else f"ads: {report.out_folder(plan, settings)}")


def _ad_row(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "product": row["product"],
        "locale": row["locale"],
        "placement": row["placement"],
        "variant": row["variant"],
        "state": row["state"],
        "seconds": f"{row['seconds']:g}",
        "MB": f"{row['bytes'] / 1e6:.1f}",
        "file or reason": row["error"] or (name if row["state"] == "done" else ""),
    }


def _campaign_rows(facts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "campaign": row["name"],
            "state": row["state"],
            "ads": ", ".join(f"{number} {state}" for state, number in row["counts"].items()),
            "started": str(row["started_at"])[:19],
        }
        for row in facts
    ]
