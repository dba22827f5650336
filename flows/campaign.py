"""The story of a campaign: plan, store, make, check, publish. One Prefect flow, one task a step."""

from pathlib import Path

from prefect import flow

from flows import artifacts, report
from flows.dispatch import Progress, make
from flows.preflight import Preflight, preflight
from flows.progress import show_progress
from flows.steps import step
from flows.workers import workers
from schemas.errors import StorageError
from schemas.media import Asset
from schemas.plan import Plan
from schemas.settings import Settings, read_settings
from schemas.sidecar import Sidecar
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog, RunEnd


@flow(name="campaign", flow_run_name="{brief}")
def make_campaign(brief: str, *, show: bool = True) -> None:
    """Make every ad of the brief at the path *brief* that is not there yet.

    What became of each ad stands in the catalog; the flow fails only where nothing could be started.
    """
    settings = read_settings()
    blobs = open_blobs(settings.blobs)
    ready = plan_ads(Path(brief), settings)
    plan = ready.plan
    artifacts.show_plan(plan)
    with Catalog(settings.database_url) as catalog:
        store_inputs(ready, blobs)
        run = catalog.start_run(plan, ready.ingested.brief.model_dump_json())
        end: RunEnd = "failed"
        try:
            with show_progress(enabled=show) as progress:
                make_ads(plan, run, catalog=catalog, blobs=blobs, settings=settings, progress=progress)
            made = check_ads(plan, catalog, blobs)
            publish(plan, made, blobs, settings)
            end = "done" if len(made) == len(plan.ads) else "failed"
        finally:
            catalog.end_run(run, end)
        artifacts.show_result(catalog.rows(plan.campaign))


@step("plan")
def plan_ads(brief: Path, settings: Settings) -> Preflight:
    """Read the brief and decide what there is to make."""
    return preflight(brief, settings)


@step("store")
def store_inputs(ready: Preflight, blobs: BlobStore) -> None:
    """Put the brief's media where every worker can reach them, under the hash of their content."""
    for path, source in ready.ingested.sources.items():
        blobs.put(source.name, ready.ingested.folder / path)


@step("make")
def make_ads(
    plan: Plan, run: int, *, catalog: Catalog, blobs: BlobStore, settings: Settings, progress: Progress
) -> None:
    """Make stills, shots and ads on Ray."""
    adopt_finished(plan, catalog, blobs)
    if len(catalog.assets_made(ad.key for ad in plan.ads)) == len(plan.ads):
        return
    with workers(settings) as pool:
        make(plan, run, catalog=catalog, pool=pool, progress=progress)


@step("check")
def check_ads(plan: Plan, catalog: Catalog, blobs: BlobStore) -> dict[str, Asset]:
    """Return the ads whose files are in the store as their rows say."""
    made = catalog.assets_made(ad.key for ad in plan.ads)
    there = set(blobs.names("ads/"))
    return {key: asset for key, asset in made.items() if asset.file.name in there}


@step("publish")
def publish(plan: Plan, made: dict[str, Asset], blobs: BlobStore, settings: Settings) -> None:
    """Link the ads under readable names and draw the contact sheet."""
    report.link_ads(plan, made, settings)
    if made:
        report.draw_sheet(plan, made, blobs, settings)


def adopt_finished(plan: Plan, catalog: Catalog, blobs: BlobStore) -> None:
    """Take over ads that a run published before it died, once their checksums agree with their sidecars."""
    rows = catalog.assets_made(ad.key for ad in plan.ads)
    there = set(blobs.names("ads/"))
    for ad in plan.ads:
        if ad.key in rows or f"ads/{ad.key}.json" not in there:
            continue
        try:
            asset = Sidecar.model_validate_json(blobs.read_text(f"ads/{ad.key}.json")).asset
            if blobs.find(asset.file.name) == asset.file:
                catalog.adopt("ad", asset)
        except (ValueError, StorageError):
            continue  # a sidecar that cannot be read proves nothing; the ad is made again
