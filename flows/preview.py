"""Shows a plan, and what it will take, before anything is made."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import click

from flows.feeds.showing import feed_object, tell_feeds
from flows.foresight import foresee, gpus_here, look_up, price_of
from flows.hindsight import Hindsight
from flows.outlook import PlanForecast, together
from flows.preflight import Preflight
from flows.spoken import about, counted, in_bytes, number, plain
from flows.tables import print_json, print_rows
from schemas.change import Answer
from schemas.errors import OldDatabaseError
from schemas.plan import Ad, Plan
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from storage.tables import MADE

_MEASURES = {
    "seconds": "time",
    "cpu_seconds": "worker-seconds",
    "gpu_seconds": "GPU-seconds",
    "bytes": "storage",
}


def finished(plan: Plan, settings: Settings) -> bool:
    """Tell whether a run has nothing to do for *plan*: its ads are there, and its latest run came to its end.

    So it is where some are rejected: they would come out the same. A run that was killed after its last ad
    has not linked them yet, and its row still says that it runs. What people have asked to be made otherwise
    since, a run has to note, also where it leaves it out.
    """
    try:
        catalog = Catalog.peek(settings.database_url)
    except OldDatabaseError:  # the run brings it up to date
        return False
    if catalog is None:
        return False
    with catalog:
        made = {row.key: row for row in catalog.rows(plan.campaign) if row.state in MADE}
        new = catalog.waiting_changes(plan.campaign).pending
        end = {row.name: row.state for row in catalog.campaigns()}.get(plan.campaign)
    rejects = any(row.state == "rejected" for row in made.values())
    if new or end != ("failed" if rejects else "done") or made.keys() != {ad.key for ad in plan.ads}:
        return False
    files = {name for row in made.values() for name in (row.name, *row.captions)}
    return files <= set(open_blobs(settings.blobs).names("ads/"))


def print_plans(all_ready: Sequence[Preflight], settings: Settings, *, as_json: bool) -> None:
    """Print what would be made, what is there already, what sharing saves, and what it takes."""
    known = look_up([ready.plan for ready in all_ready], settings)
    told = foresee(all_ready, known, settings)
    if as_json:
        print_json(
            _as_object(all_ready, known.made)
            | {"forecast": _forecast_object(told, known.hindsight, settings)}
        )
        return
    for ready, one in zip(all_ready, told, strict=True):
        _print_plan(ready, known.made)
        _print_forecast(one, settings)
    if len(told) > 1:
        click.echo("all campaigns together:")
        _print_forecast(_total(told, settings), settings)
    _print_hindsight(known.hindsight)


def print_forecasts(all_ready: Sequence[Preflight], settings: Settings, *, as_json: bool) -> None:
    """Print what making the campaigns takes: time, work, GPU-seconds, and what their caps hold back."""
    known = look_up([ready.plan for ready in all_ready], settings)
    told = foresee(all_ready, known, settings)
    if as_json:
        print_json(_forecast_object(told, known.hindsight, settings))
        return
    for one in (*told, *([_total(told, settings)] if len(told) > 1 else [])):
        click.echo(f"{one.campaign or 'all campaigns together'}:")
        _print_forecast(one, settings)
    _print_hindsight(known.hindsight)


def _total(told: Sequence[PlanForecast], settings: Settings) -> PlanForecast:
    return together(told, workers=settings.workers, gpus=gpus_here())


def _forecast_object(
    told: Sequence[PlanForecast], hindsight: Hindsight, settings: Settings
) -> dict[str, Any]:
    total = _priced(_total(told, settings), settings)
    for name in ("campaign", "cap", "spent"):
        del total[name]
    side_by_side = {"workers": settings.workers, "gpus": gpus_here() if total["gpu_seconds"] else 0}
    earlier = {"earlier_forecasts": hindsight.model_dump(mode="json")}
    return side_by_side | total | earlier | {"campaigns": [_priced(one, settings) for one in told]}


def _priced(told: PlanForecast, settings: Settings) -> dict[str, Any]:
    """Return *told* as JSON, with its money: None where no price is set."""
    cost = price_of(told.gpu_seconds, settings)
    return told.model_dump(mode="json") | {"cost": str(cost) if cost else None}


def _print_forecast(told: PlanForecast, settings: Settings) -> None:
    """Print time, work and GPU-seconds, and what the cap holds back."""
    if told.ads:
        voices = f"{counted(told.voices, 'voice')}, " if told.voices else ""
        stills, shots, ads = (
            counted(n, kind) for n, kind in ((told.stills, "still"), (told.shots, "shot"), (told.ads, "ad"))
        )
        parts = f"{stills}, {voices}{shots} and {ads}"
        work = f"{number(told.cpu_seconds)} worker-seconds, {number(told.gpu_seconds)} GPU-seconds"
        click.echo(
            f"to make {parts}: {about(told.seconds)} with {_side_by_side(told, settings)}; that is {work}."
        )
        click.echo(f"{'; '.join(_charges(told, settings))}.")
    elif not told.held:
        click.echo("nothing is left to make.")
    if told.held:
        cap = "the caps" if told.cap is None else f"the cap of {told.cap:g} GPU-seconds"
        spent = f", of which {number(told.spent)} are spent," if told.spent else ""
        click.echo(
            f"{cap}{spent} will hold back {counted(told.held, 'ad')}; "
            f"about {number(told.more)} more would make all."
        )
    elif told.cap is not None and told.ads:
        click.echo(f"the cap of {told.cap:g} GPU-seconds is enough.")


def _charges(told: PlanForecast, settings: Settings) -> Iterator[str]:
    """Yield what it takes of disks and of money."""
    sizes = {"stills": told.storage.stills, "voices": told.storage.voices, "shots": told.storage.shots}
    kinds = [f"{name} {in_bytes(size)}" for name, size in (sizes | {"ads": told.storage.ads}).items() if size]
    yield f"storage: about {in_bytes(told.storage.total)} ({', '.join(kinds)})"
    if told.gpu_seconds and (cost := price_of(told.gpu_seconds, settings)):
        yield f"GPUs: about {cost}, at {settings.gpu_hour_price} an hour"
    yield from (f"{name}: up to {charge:,} credits" for name, charge in told.credits.items())


def _print_hindsight(hindsight: Hindsight) -> None:
    """Print what earlier forecasts were off by, and what that has changed."""
    if not hindsight.runs:
        return
    off = [f"{_MEASURES[name]} {share:.0%}" for name, share in hindsight.off.items()]
    latest = "forecast was" if hindsight.runs == 1 else f"{hindsight.runs} forecasts were"
    click.echo(f"the last {latest} off by (median): {', '.join(off)}.")
    changed = [f"{_MEASURES[name]} x {one:.2f}" for name, one in hindsight.factors.items() if _tells(one)]
    if changed:
        click.echo(f"corrected by what came: {', '.join(changed)}.")


def _tells(factor: float) -> bool:
    return f"{factor:.2f}" != "1.00"


def _side_by_side(told: PlanForecast, settings: Settings) -> str:
    gpus = f" and {counted(gpus_here(), 'GPU')}" if told.gpu_seconds else ""
    return (
        counted(settings.workers, "worker")
        + gpus
        + (", as here (the cluster may have more)" if settings.ray_address else "")
    )


def _as_object(all_ready: Sequence[Preflight], made: Collection[str]) -> dict[str, Any]:
    plans = [ready.plan for ready in all_ready]
    shots = {shot.key: shot for plan in plans for shot in plan.shots}
    ads = [ad for plan in plans for ad in plan.ads]
    answers = {answer.ad: answer for plan in plans for answer in plan.answers}
    return {
        "campaigns": [plan.campaign for plan in plans],
        "notes": [note for ready in all_ready for note in (*ready.equipment.plainer, *ready.plan.notes)],
        "feeds": [
            feed_object(one.plan.campaign, one.ingested.feed) for one in all_ready if one.ingested.feed
        ],
        "shots_saved": sum(len(ad.shots) for ad in ads) - sum(not shot.base for shot in shots.values()),
        "stills": [{"key": s.key, **s.model_dump(mode="json")} for plan in plans for s in plan.stills],
        "shots": [
            {"key": key, "made": key in made, **shot.model_dump(mode="json")} for key, shot in shots.items()
        ],
        "narrations": [
            {"key": one.key, "made": one.key in made, **one.model_dump(mode="json")}
            for plan in plans
            for one in plan.narrations
        ],
        "ads": [
            _ad_object(ad, ready, answers.get(ad.key), made=ad.key in made)
            for ready in all_ready
            for ad in ready.plan.ads
        ],
    }


def _ad_object(ad: Ad, ready: Preflight, answer: Answer | None, *, made: bool) -> dict[str, Any]:
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
        "template": ready.templates[ad.product, ad.placement, ad.variant],
        "captions": [cut.caption for cut in ad.composition.cuts],
        "price": ad.composition.price,
        "voice": ad.composition.sound.voice,
        "change": answer.facts if answer else None,
    }


def _print_plan(ready: Preflight, made: Collection[str]) -> None:
    plan = ready.plan
    groups: dict[tuple[str, str], list[Ad]] = {}
    for ad in plan.ads:
        groups.setdefault((ad.product, ad.placement), []).append(ad)
    rows = [
        {
            "product": product,
            "placement": placement,
            "size": f"{ads[0].composition.width}x{ads[0].composition.height}",
            "seconds": " ".join(dict.fromkeys(f"{ad.composition.seconds:g}" for ad in ads)),
            **_templates(ads, ready),
            "locales": " ".join(dict.fromkeys(ad.locale for ad in ads)),
            **_voices(ads, plan),
            "variants": " ".join(dict.fromkeys(ad.variant for ad in ads)),
            "ads": len(ads),
            "there": sum(ad.key in made for ad in ads),
        }
        for (product, placement), ads in groups.items()
    ]
    print_rows(rows, title=plan.campaign)
    there = sum(shot.key in made for shot in plan.shots)
    ads, shots = counted(len(plan.ads), "ad"), counted(len(plan.shots), "shot")
    click.echo(f"{ads} from {shots}, of which {there} are there already;")
    click.echo(f"sharing saves {plan.shots_saved} of {sum(len(ad.shots) for ad in plan.ads)} generations.")
    for note in (*ready.equipment.plainer, *plan.notes):
        click.echo(f"note: {plain(note)}")
    tell_feeds([(plan.campaign, ready.ingested.feed)], as_json=False)


def _templates(ads: Sequence[Ad], ready: Preflight) -> dict[str, str]:
    """Return the column of templates; none where the brief has a storyboard."""
    names = dict.fromkeys(ready.templates[ad.product, ad.placement, ad.variant] for ad in ads)
    return {"template": " ".join(names)} if any(names) else {}


def _voices(ads: Sequence[Ad], plan: Plan) -> dict[str, str]:
    """Return the column of the locales that have a voice; none where no ad of *plan* has one."""
    spoken = dict.fromkeys(ad.locale for ad in ads if ad.composition.sound.voice)
    return {"voices": " ".join(spoken) or "-"} if plan.narrations else {}
