"""The story of a campaign: plan, store, make, check, publish. One Prefect flow, one task a step."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow

from actors.shelf import store_weights
from flows import artifacts, report
from flows.batch import Batch, Inventory
from flows.lease import Lease, held
from flows.leftovers import sweep
from flows.policy import find_gate
from flows.preflight import Preflight, preflight
from flows.proof import read_proof
from flows.retries import Tries
from flows.specs import is_generated, parts_of
from flows.steps import step
from flows.workers import Workplace, workers
from schemas.errors import LeaseLostError
from schemas.media import Asset
from schemas.plan import Ad, Plan, Shot, Still
from schemas.settings import Settings, read_settings
from schemas.work import Kind
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from storage.rows import RunEnd

T = TypeVar("T")


@flow(name="campaign", flow_run_name="{brief}")
def make_campaign(brief: str, *, retry: bool = False, weight: float = 1.0) -> str:
    """Make every ad of the brief at the path *brief* that is not there yet; return how the run ended.

    What became of each ad stands in the catalog; the flow fails only where nothing could be started. *retry*
    tries quarantined items again; *weight* is the campaign's share where several are made at once.
    """
    settings = read_settings()
    ready = plan_ads(Path(brief), settings)
    artifacts.show_plan(ready.plan)
    with Catalog(settings.database_url) as catalog, workers(settings) as workplace:
        end = make_and_publish(ready, catalog, workplace, settings, retry=retry, weight=weight)
        workplace.ends[brief] = end
        artifacts.show_result(catalog.rows(ready.plan.campaign))
    return end


def make_and_publish(
    ready: Preflight,
    catalog: Catalog,
    workplace: Workplace,
    settings: Settings,
    *,
    retry: bool = False,
    weight: float = 1.0,
) -> RunEnd:
    """Make what the plan has and the store lacks, under the campaign's lease; return how the run ended."""
    plan, blobs = ready.plan, open_blobs(settings.blobs)
    brief = ready.ingested.brief.model_dump_json()
    with held(catalog, plan, brief, retry=retry, say=workplace.say) as lease:
        end: RunEnd = "interrupted"
        try:
            store_inputs(ready, blobs, settings)
            batch = make_ads(ready, lease, catalog, blobs, workplace, weight=weight)
            if batch.ending == "over":
                made = check_ads(plan, catalog, blobs)
                publish(plan, made, blobs, settings)
                end = _end(batch, len(made))
            elif batch.ending == "cancelled":
                end = "cancelled"
        except Exception:
            end = "failed"
            raise
        finally:
            catalog.end_run(lease.run, end)
    batch.announce("ended", state=end, reason=batch.budget.sentence)
    return end


@step("plan")
def plan_ads(brief: Path, settings: Settings) -> Preflight:
    """Read the brief and decide what there is to make."""
    return preflight(brief, settings)


@step("store")
def store_inputs(ready: Preflight, blobs: BlobStore, settings: Settings) -> None:
    """Put media and weights where every worker can reach them, under the hash of their content.

    What killed processes have left half-written is removed first: a full disk has room again.
    """
    sweep(settings, blobs)
    for path, source in ready.ingested.sources.items():
        blobs.put(source.name, ready.ingested.folder / path)
    generated = any(is_generated(part) for part in parts_of(ready.plan).values())
    store_weights(ready.plan, settings.weights, blobs, find_gate(settings) if generated else None)


@step("make")
def make_ads(
    ready: Preflight,
    lease: Lease,
    catalog: Catalog,
    blobs: BlobStore,
    workplace: Workplace,
    *,
    weight: float,
) -> Batch:
    """Make stills, shots and ads on Ray."""
    plan, budget = ready.plan, ready.ingested.brief.budget
    adopt_finished(plan, catalog, blobs)
    batch = Batch(
        plan,
        lease,
        take_stock(plan, catalog, blobs),
        tell=workplace.tell,
        tries={key: Tries(ends) for key, ends in _by_key(plan, catalog.troubles).items()},
        cap=float(budget.gpu_seconds) if budget else None,
        weight=weight,
    )
    if batch.todo:
        show = artifacts.follow(plan, batch.todo)
        workplace.engine.make(batch, workplace.crews(plan), meanwhile=show)
        show()
    if batch.ending == "lost":
        raise LeaseLostError(f"{plan.campaign}: another process has taken the campaign over and makes it now")
    return batch


@step("check")
def check_ads(plan: Plan, catalog: Catalog, blobs: BlobStore) -> dict[str, Asset]:
    """Return the ads whose files are in the store as their rows say."""
    made = catalog.assets_made(ad.key for ad in plan.ads)
    there = set(blobs.names("ads/"))
    return {key: asset for key, asset in made.items() if asset.file.name in there}


@step("publish")
def publish(plan: Plan, made: dict[str, Asset], blobs: BlobStore, settings: Settings) -> None:
    """Link the ads under readable names and draw the contact sheet.

    What workers that were killed on the way have left half-written is removed.
    """
    files = {key: asset.file.name for key, asset in made.items()}
    report.link_ads(plan, files, settings)
    if files:
        report.draw_sheet(plan, files, blobs, settings)
    sweep(settings, blobs)


def adopt_finished(plan: Plan, catalog: Catalog, blobs: BlobStore) -> None:
    """Take over ads that a run published before it died, once their checksums agree with their sidecars."""
    rows = catalog.assets_made(ad.key for ad in plan.ads)
    there = set(blobs.names("ads/"))
    for ad in plan.ads:
        if ad.key in rows or f"ads/{ad.key}.json" not in there:
            continue
        asset = read_proof(blobs, ad.key)
        if asset and blobs.find(asset.file.name) == asset.file:
            catalog.adopt("ad", asset)


def take_stock(plan: Plan, catalog: Catalog, blobs: BlobStore) -> Inventory:
    """Return what is made already; a row whose file is gone is forgotten, so that it is made again."""
    stills = catalog.stills_made(still.key for still in plan.stills)
    clips = catalog.clips_made(shot.key for shot in plan.shots)
    assets = catalog.assets_made(ad.key for ad in plan.ads)
    there = {name for prefix in ("stills/", "clips/", "ads/") for name in blobs.names(prefix)}
    _forget_missing("still", stills, there, catalog)
    _forget_missing("shot", clips, there, catalog)
    _forget_missing("ad", assets, there, catalog)
    return Inventory(
        stills=stills,
        clips=clips,
        assets=assets,
        barred=_by_key(plan, catalog.quarantined),
        spent=catalog.gpu_seconds(plan.campaign),
    )


def _forget_missing(kind: Kind, made: dict[str, Any], there: set[str], catalog: Catalog) -> None:
    gone = [key for key, item in made.items() if item.file.name not in there]
    catalog.forget(kind, gone)
    for key in gone:
        del made[key]


def _by_key(plan: Plan, ask: Callable[[Kind, Iterable[str]], Mapping[str, T]]) -> dict[str, T]:
    """Return what *ask* answers about everything in *plan*."""
    parts: dict[Kind, Iterable[Still | Shot | Ad]] = {
        "still": plan.stills,
        "shot": plan.shots,
        "ad": plan.ads,
    }
    answers = (ask(kind, [item.key for item in items]) for kind, items in parts.items())
    return {key: answer for found in answers for key, answer in found.items()}


def _end(batch: Batch, made: int) -> RunEnd:
    if made == len(batch.plan.ads):
        return "done"
    return "capped" if batch.budget.held else "failed"
