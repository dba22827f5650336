"""The story of a campaign: plan, store, make, check, publish. One Prefect flow, one task a step."""

from pathlib import Path

from prefect import flow

from actors.shelf import store_weights
from flows import artifacts, report
from flows.batch import Batch
from flows.equipment import find_reader
from flows.foresight import note_forecast
from flows.inbox.bucket import brief_at_hand
from flows.lease import Lease, held
from flows.leftovers import sweep
from flows.logs import about
from flows.policy import find_gate
from flows.preflight import Preflight, preflight
from flows.retries import Tries
from flows.specs import is_generated, parts_of
from flows.steps import step
from flows.stock import adopt_finished, by_key, clear_rejected, names_of, take_stock
from flows.unattended import make_in_turn, mark_run, told_of
from flows.workers import Workplace, workers
from schemas.errors import LeaseLostError
from schemas.media import Asset
from schemas.plan import Plan
from schemas.settings import Settings, read_settings
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from storage.rows import RunEnd


@flow(name="campaign", flow_run_name="{brief}")
def make_campaign(brief: str, *, retry: bool = False, weight: float = 1.0, unattended: bool = False) -> str:
    """Make every ad of *brief*, a path or s3:// address, that is not there yet; return how the run ended.

    What became of each ad stands in the catalog; the flow fails only where nothing could be started. *retry*
    tries quarantined items and rejected ads again; *weight* is the campaign's share where several are made at
    once. *unattended* waits for another run of the campaign, heeds signals, and tells the webhook what fails.
    """
    settings = read_settings()
    if not unattended:
        return _make(brief, settings, retry=retry, weight=weight, unattended=False)
    with told_of(brief):
        return _make(brief, settings, retry=retry, weight=weight, unattended=True)


def _make(brief: str, settings: Settings, *, retry: bool, weight: float, unattended: bool) -> RunEnd:
    ready = plan_ads(brief_at_hand(brief, settings), settings)
    artifacts.show_plan(ready.plan)
    with Catalog(settings.database_url) as catalog, workers(settings) as workplace:

        def make() -> RunEnd:
            return make_and_publish(ready, catalog, workplace, settings, retry=retry, weight=weight)

        if unattended:
            mark_run(ready.plan.campaign)
            end = make_in_turn(make, ready.plan.campaign, catalog, workplace)
        else:
            end = make()
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
    source = str(ready.ingested.source)
    with (
        held(catalog, plan, brief, source, retry=retry, say=workplace.say) as lease,
        about(campaign=plan.campaign, run=lease.run),
    ):
        end: RunEnd = "interrupted"
        try:
            store_inputs(ready, blobs, settings)
            batch = make_ads(ready, lease, catalog, blobs, workplace, settings, retry=retry, weight=weight)
            if batch.ending == "over":
                good = check_ads(plan, catalog, blobs)
                publish(plan, good, blobs, settings)
                end = _end(batch, len(good))
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
        blobs.put(source.name, ready.ingested.path_of(path))
    generated = any(is_generated(part) for part in parts_of(ready.plan).values())
    gate = find_gate(settings) if generated else None
    besides = (gate.classifier if gate else "", find_reader(settings))
    store_weights(ready.plan, settings.weights, blobs, besides)


@step("make")
def make_ads(
    ready: Preflight,
    lease: Lease,
    catalog: Catalog,
    blobs: BlobStore,
    workplace: Workplace,
    settings: Settings,
    *,
    retry: bool,
    weight: float,
) -> Batch:
    """Make stills, shots, voices and ads on Ray."""
    plan, budget = ready.plan, ready.ingested.brief.budget
    adopt_finished(plan, catalog, blobs)
    if retry:
        clear_rejected(plan, catalog, blobs)
    batch = Batch(
        plan,
        lease,
        take_stock(plan, catalog, blobs),
        tell=workplace.tell,
        tries={key: Tries(ends) for key, ends in by_key(plan, catalog.troubles).items()},
        cap=float(budget.gpu_seconds) if budget else None,
        weight=weight,
    )
    if batch.todo:
        note_forecast(ready, batch, catalog, settings)
        show = artifacts.follow(plan, batch.todo)
        workplace.engine.make(batch, workplace.crews(plan), meanwhile=show)
        show()
    if batch.ending == "lost":
        raise LeaseLostError(f"{plan.campaign}: another process has taken the campaign over and makes it now")
    return batch


@step("check")
def check_ads(plan: Plan, catalog: Catalog, blobs: BlobStore) -> dict[str, Asset]:
    """Return the ads that are not rejected, and whose files are in the store as their rows say."""
    made = catalog.assets_made(ad.key for ad in plan.ads)
    there = set(blobs.names("ads/"))
    good = {key: asset for key, asset in made.items() if not asset.rejected}
    return {key: asset for key, asset in good.items() if there.issuperset(names_of(asset))}


@step("publish")
def publish(plan: Plan, good: dict[str, Asset], blobs: BlobStore, settings: Settings) -> None:
    """Link the *good* ads under readable names and draw the contact sheet.

    What workers that were killed on the way have left half-written is removed.
    """
    report.link_ads(plan, {key: names_of(asset) for key, asset in good.items()}, settings)
    if good:
        files = {key: asset.file.name for key, asset in good.items()}
        report.draw_sheet(plan, files, blobs, settings)
    sweep(settings, blobs)


def _end(batch: Batch, made: int) -> RunEnd:
    if made == len(batch.plan.ads):
        return "done"
    return "capped" if batch.budget.held else "failed"
