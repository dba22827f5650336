"""What a campaign finds when its run begins: what is there already, and what is known of the rest."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from flows.batch import Inventory
from flows.proof import read_proof
from flows.specs import Spec
from schemas.plan import Plan
from schemas.work import Kind
from storage.blobs import BlobStore
from storage.catalog import Catalog
from storage.rows import Made, files_of

T = TypeVar("T")


def adopt_finished(plan: Plan, catalog: Catalog, blobs: BlobStore) -> None:
    """Take over ads that a run published before it died, once their checksums agree with their sidecars."""
    rows = catalog.assets_made(ad.key for ad in plan.ads)
    there = set(blobs.names("ads/"))
    for ad in plan.ads:
        if ad.key in rows or f"ads/{ad.key}.json" not in there:
            continue
        asset = read_proof(blobs, ad.key)
        if asset and all(blobs.find(file.name) == file for file in files_of(asset)):
            catalog.adopt("ad", asset)


def clear_rejected(plan: Plan, catalog: Catalog, blobs: BlobStore) -> None:
    """Remove the rejected ads of *plan*, so that they are made anew; the sidecar, their proof, goes first."""
    made = catalog.assets_made(ad.key for ad in plan.ads)
    rejected = {key: asset for key, asset in made.items() if asset.rejected}
    for key, asset in rejected.items():
        for name in (f"ads/{key}.json", *names_of(asset)):
            blobs.delete(name)
    catalog.forget_files(name for asset in rejected.values() for name in names_of(asset))
    catalog.forget("ad", rejected)


def take_stock(plan: Plan, catalog: Catalog, blobs: BlobStore) -> Inventory:
    """Return what is made already; a row whose file is gone is forgotten, so that it is made again."""
    stills = catalog.stills_made(still.key for still in plan.stills)
    clips = catalog.clips_made(shot.key for shot in plan.shots)
    voices = catalog.voices_made(narration.key for narration in plan.narrations)
    assets = catalog.assets_made(ad.key for ad in plan.ads)
    there = {name for prefix in ("stills/", "clips/", "voices/", "ads/") for name in blobs.names(prefix)}
    _forget_missing("still", stills, there, catalog)
    _forget_missing("shot", clips, there, catalog)
    _forget_missing("voice", voices, there, catalog)
    _forget_missing("ad", assets, there, catalog)
    return Inventory(
        stills=stills,
        clips=clips,
        voices=voices,
        assets=assets,
        barred=by_key(plan, catalog.quarantined),
        spent=catalog.gpu_seconds(plan.campaign),
    )


def _forget_missing(kind: Kind, made: dict[str, Any], there: set[str], catalog: Catalog) -> None:
    gone = [key for key, item in made.items() if not there.issuperset(names_of(item))]
    catalog.forget(kind, gone)
    for key in gone:
        del made[key]


def names_of(made: Made) -> tuple[str, ...]:
    """Return the names of the files of *made*, less an ad's sidecar."""
    return tuple(file.name for file in files_of(made))


def by_key(plan: Plan, ask: Callable[[Kind, Iterable[str]], Mapping[str, T]]) -> dict[str, T]:
    """Return what *ask* answers about everything in *plan*."""
    parts: dict[Kind, Iterable[Spec]] = {
        "still": plan.stills,
        "shot": plan.shots,
        "voice": plan.narrations,
        "ad": plan.ads,
    }
    answers = (ask(kind, [item.key for item in items]) for kind, items in parts.items())
    return {key: answer for found in answers for key, answer in found.items()}
