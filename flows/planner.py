"""Turns a brief into a plan: which stills, shots and ads there will be. Pure and deterministic."""

from collections.abc import Iterator
from datetime import datetime
from itertools import product as combinations
from typing import Literal

from actors.backends import VIDEO_MODELS
from actors.fonts import FONTS_REVISION
from flows.equipment import Equipment
from flows.ingest import Ingested
from flows.storyboard import fit, storyboard_of
from schemas.brief import Brief, Copy, Product, Scene, Variant, in_locale
from schemas.media import Source
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import TRANSITION_FRAMES, Ad, BrandKit, Composition, Cut, Plan, Shot, Sound, Still
from schemas.template import COPY_FIELDS, PRICE_FIELDS, fill

STILL_RECIPE = 1
"""Raise it when the code that prepares stills draws other pixels."""
COMPOSITION_RECIPE = 1
"""Raise it when the code that composes draws other pixels or makes other sound."""
_LARGE, _MEDIUM = 1080, 540
"""Shorter sides, in pixels, from which a picture needs no upscaling, or only twofold."""


def make_plan(ingested: Ingested, equipment: Equipment, *, now: datetime) -> Plan:
    """Plan every ad of a brief, sharing a shot wherever two ads show the same pictures.

    *now* decides whether a sale is on; the rest follows from the brief, its media and the equipment.
    """
    planner = _Planner(ingested, equipment, now)
    brief = ingested.brief
    products = brief.products if isinstance(brief.products, tuple) else ()
    ads = tuple(
        planner.ad(product, locale, PLACEMENTS[placement], variant)
        for product, placement, locale, variant in combinations(
            products, brief.placements, brief.locales, brief.variants
        )
    )
    return Plan(
        campaign=campaign_name(brief),
        brief_sha256=ingested.sha256,
        stills=tuple(planner.stills.values()),
        shots=tuple(planner.shots.values()),
        ads=ads,
        notes=(*ingested.notes, *planner.notes, *_twins(ads)),
    )


def campaign_name(brief: Brief) -> str:
    """Return what names the campaign for ever: brand and campaign."""
    brand = "-".join("".join(c if c.isalnum() else " " for c in brief.brand.name.casefold()).split())
    return f"{brand}/{brief.campaign}"


class _Planner:
    """Collects stills and shots while ads are planned; each is kept once, in the order first wanted."""

    def __init__(self, ingested: Ingested, equipment: Equipment, now: datetime) -> None:
        self.brief = ingested.brief
        self.sources = ingested.sources
        self.equipment = equipment
        self.now = now
        self.stills: dict[str, Still] = {}
        self.shots: dict[str, Shot] = {}
        self.notes: dict[str, None] = {}

    def ad(self, product: Product, locale: str, placement: Placement, variant: Variant) -> Ad:
        fields = self._fields(product, locale, variant)
        price, old_price = self._prices(product, locale)
        composition = Composition(
            width=placement.width,
            height=placement.height,
            safe=placement.safe,
            locale=locale,
            cuts=tuple(self._cuts(product, placement, variant, fields)),
            kit=self._kit(),
            price=price,
            old_price=old_price,
            button=fields["cta"],
            disclaimer=in_locale(self.brief.brand.disclaimer, locale),
            sound=self._sound(placement),
            fonts=FONTS_REVISION,
            recipe=COMPOSITION_RECIPE,
        )
        return Ad(
            campaign=campaign_name(self.brief),
            product=product.id,
            locale=locale,
            placement=placement.name,
            variant=variant.id,
            composition=composition,
        )

    def _cuts(
        self, product: Product, placement: Placement, variant: Variant, fields: dict[str, str]
    ) -> Iterator[Cut]:
        scenes = storyboard_of(self.brief, product, variant)
        fitted = fit(scenes, placement)
        if fitted.note:
            self.notes[fitted.note] = None
        for n, (scene, frames) in enumerate(zip(fitted.scenes, fitted.frames, strict=True)):
            tail = 0 if n == len(fitted.scenes) - 1 else TRANSITION_FRAMES
            shot = self._shot(scene, product, placement, frames + tail)
            end_card = scene.show == "end_card"
            shown = fields | dict.fromkeys(PRICE_FIELDS, "") if end_card and fields["price"] else fields
            yield Cut(shot=shot.key, frames=frames, caption=fill(scene.caption, shown), end_card=end_card)

    def _shot(self, scene: Scene, product: Product, placement: Placement, frames: int) -> Shot:
        model = "motion" if scene.show == "end_card" else self.equipment.model(self.brief.video.model)
        picture = scene.image or (product.images[0] if scene.show in {"product", "end_card"} else None)
        shot = Shot(
            show=scene.show if scene.show in {"product", "text", "end_card"} else "image",
            still=self._still(self.sources[picture]).key if picture else "",
            prompt=", ".join(part for part in (scene.prompt, self.brief.brand.tone) if part),
            camera=scene.camera,
            palette=self.brief.brand.colors,
            width=placement.width,
            height=placement.height,
            frames=frames,
            seed=self.brief.video.seed,
            model=VIDEO_MODELS[model].revision,
        )
        return self.shots.setdefault(shot.key, shot)

    def _still(self, source: Source) -> Still:
        scale, upscaler = self._upscaler(source)
        still = Still(
            source=source.name,
            source_sha256=source.sha256,
            scale=scale,
            upscaler=upscaler,
            matte=self.equipment.matte,
            recipe=STILL_RECIPE,
        )
        return self.stills.setdefault(still.key, still)

    def _upscaler(self, source: Source) -> tuple[Literal[1, 2, 4], str]:
        short_side = min(source.width, source.height)
        if self.brief.video.upscale == "none" or short_side >= _LARGE:
            return 1, "none"
        if self.brief.video.upscale == "lanczos":
            return (2 if short_side >= _MEDIUM else 4), "lanczos"
        if short_side >= _MEDIUM:
            return 2, self.equipment.spanx2 or "lanczos"
        return 4, self.equipment.spanx4 or "lanczos"

    def _kit(self) -> BrandKit:
        brand = self.brief.brand
        return BrandKit(
            name=brand.name,
            palette=brand.colors,
            heading=brand.fonts.heading,
            body=brand.fonts.body,
            logo=self.sources[brand.logo].name if brand.logo else "",
        )

    def _sound(self, placement: Placement) -> Sound:
        wanted = self.brief.audio.music
        music = (
            self.sources[wanted].name
            if wanted in self.sources
            else self.equipment.music(wanted, self.brief.video.seed)
        )
        return Sound(music=music, lufs=placement.lufs, true_peak_max=placement.true_peak_max)

    def _prices(self, product: Product, locale: str) -> tuple[str, str]:
        """Return the price to pay and the price struck out, as the locale writes them."""
        full = product.price.in_locale(locale) if product.price else ""
        if product.sale_price is None or (product.sale_ends and product.sale_ends <= self.now):
            return full, ""
        return product.sale_price.in_locale(locale), full

    def _fields(self, product: Product, locale: str, variant: Variant) -> dict[str, str]:
        price, old_price = self._prices(product, locale)
        fields = {
            "id": product.id,
            "title": in_locale(product.title, locale),
            "description": in_locale(product.description, locale),
            "price": old_price or price,
            "sale_price": price,
            "brand": self.brief.brand.name,
        }
        copy = _copy_of(self.brief, locale, variant)
        return fields | {name: fill(getattr(copy, name), fields) for name in COPY_FIELDS}


def _copy_of(brief: Brief, locale: str, variant: Variant) -> Copy:
    """Return the locale's copy with what the variant replaces."""
    changes = variant.locales.get(locale, Copy())
    return Copy(**(brief.locales[locale].model_dump() | changes.model_dump(exclude_unset=True)))


def _twins(ads: tuple[Ad, ...]) -> Iterator[str]:
    """Tell which variants come out the same: they are delivered apart, but composed once."""
    seen: dict[str, Ad] = {}
    same: dict[tuple[str, str], dict[str, None]] = {}
    for ad in ads:
        first = seen.setdefault(ad.composition.key, ad)
        if first.variant != ad.variant:
            same.setdefault((first.variant, ad.variant), {})[ad.locale] = None
    for (one, other), locales in same.items():
        places = ", ".join(locales)
        yield f"variants {one} and {other} are the same in {places}: composed once, delivered twice"
