"""Shows a plan before anything is made; touches nothing."""

from collections.abc import Sequence
from typing import Any

import click

from flows.preflight import Preflight
from flows.tables import print_json, print_rows
from schemas.plan import Ad, Plan
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog


def finished(plan: Plan, settings: Settings) -> bool:
    """Tell whether every ad of *plan* is done and there, as of the campaign's latest run."""
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        return False
    with catalog:
        done = {row.key: row.name for row in catalog.rows(plan.campaign) if row.state == "done"}
    wanted = {ad.key for ad in plan.ads}
    return wanted == set(done) and set(done.values()) <= set(open_blobs(settings.blobs).names("ads/"))


def print_plans(all_ready: Sequence[Preflight], settings: Settings, *, as_json: bool) -> None:
    """Print what would be made, what is there already, and what sharing saves."""
    ads_made, clips_made = _made([ready.plan for ready in all_ready], settings)
    if as_json:
        print_json(_as_object(all_ready, ads_made, clips_made))
        return
    for ready in all_ready:
        _print_plan(ready, ads_made, clips_made)


def _made(plans: Sequence[Plan], settings: Settings) -> tuple[set[str], set[str]]:
    """Return the keys of ads and of shots that are there already."""
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        return set(), set()
    with catalog:
        ads = catalog.assets_made(ad.key for plan in plans for ad in plan.ads)
        clips = catalog.clips_made(shot.key for plan in plans for shot in plan.shots)
    return set(ads), set(clips)


def _as_object(all_ready: Sequence[Preflight], ads_made: set[str], clips_made: set[str]) -> dict[str, Any]:
    plans = [ready.plan for ready in all_ready]
    shots = {shot.key: shot for plan in plans for shot in plan.shots}
    ads = [ad for plan in plans for ad in plan.ads]
    return {
        "campaigns": [plan.campaign for plan in plans],
        "notes": [note for ready in all_ready for note in (*ready.equipment.plainer, *ready.plan.notes)],
        "shots_saved": sum(len(ad.shots) for ad in ads) - len(shots),
        "stills": [{"key": s.key, **s.model_dump(mode="json")} for plan in plans for s in plan.stills],
        "shots": [
            {"key": key, "made": key in clips_made, **shot.model_dump(mode="json")}
            for key, shot in shots.items()
        ],
        "ads": [_ad_object(ad, made=ad.key in ads_made) for ad in ads],
    }


def _ad_object(ad: Ad, *, made: bool) -> dict[str, Any]:
    return {
        "key": ad.key,
        "made": made,
        "campaign": ad.campaign,
        "placement": ad.placement,
        "locale": ad.locale,
        "variant": ad.variant,
        "product": ad.product,
        "shots": list(ad.shots),
        "seconds": ad.composition.seconds,
        "captions": [cut.caption for cut in ad.composition.cuts],
        "price": ad.composition.price,
    }


def _print_plan(ready: Preflight, ads_made: set[str], clips_made: set[str]) -> None:
    plan = ready.plan
    groups: dict[tuple[str, str], list[Ad]] = {}
    for ad in plan.ads:
        groups.setdefault((ad.product, ad.placement), []).append(ad)
    rows = [
        {
            "product": product,
            "placement": placement,
            "size": f"{ads[0].composition.width}x{ads[0].composition.height}",
            "seconds": f"{ads[0].composition.seconds:g}",
            "locales": " ".join(dict.fromkeys(ad.locale for ad in ads)),
            "variants": " ".join(dict.fromkeys(ad.variant for ad in ads)),
            "ads": len(ads),
            "there": sum(ad.key in ads_made for ad in ads),
        }
        for (product, placement), ads in groups.items()
    ]
    print_rows(rows, title=plan.campaign)
    there = sum(shot.key in clips_made for shot in plan.shots)
    click.echo(f"{len(plan.ads)} ads from {len(plan.shots)} shots, of which {there} are there already;")
    click.echo(f"sharing saves {plan.shots_saved} of {sum(len(ad.shots) for ad in plan.ads)} generations.")
    for note in (*ready.equipment.plainer, *plan.notes):
        click.echo(f"note: {note}")
