"""Turns a brief into a plan: which stills, shots and ads there will be. Pure and deterministic."""

from collections.abc import Iterator
from datetime import datetime
from itertools import product as combinations
from typing import Literal, NamedTuple

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
ENLARGING_RECIPE = 1
"""Raise it when the code that enlarges clips draws other pixels."""
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
    ads = tuple(ad for product in products for ad in planner.ads(product))
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


class _Shown(NamedTuple):
    """A scene as a placement shows it, in every language."""

    scene: Scene
    shot: str
    """Key of its Shot."""
    frames: int


class _Said(NamedTuple):
    """What ads of a product say in a locale, at every placement."""

    fields: dict[str, str]
    price: str
    old_price: str


class _Planner:
    """Collects stills and shots while ads are planned; each is kept once, in the order first wanted.

    What many ads have in common is worked out once, and they share it: ten thousand ads differ in little.
    """

    def __init__(self, ingested: Ingested, equipment: Equipment, now: datetime) -> None:
        self.brief = ingested.brief
        self.sources = ingested.sources
        self.equipment = equipment
        self.now = now
        self.campaign = campaign_name(self.brief)
        self.kit = self._kit()
        self.placements = [PLACEMENTS[name] for name in self.brief.placements]
        self.safe = {placement.name: placement.safe for placement in self.placements}
        self.sounds = {placement.name: self._sound(placement) for placement in self.placements}
        self.stills: dict[str, Still] = {}
        self.shots: dict[str, Shot] = {}
        self.cuts: dict[tuple[str, int, str, bool], Cut] = {}
        self.compositions: dict[str, Composition] = {}
        self.notes: dict[str, None] = {}

    def ads(self, product: Product) -> Iterator[Ad]:
        """Plan every ad of *product*."""
        versions = [*combinations(self.brief.locales, self.brief.variants)]
        said = [self._said(product, locale, variant) for locale, variant in versions]
        for placement in self.placements:
            shown = {
                variant.id: [*self._shown(product, placement, variant)] for variant in self.brief.variants
            }
            for (locale, variant), words in zip(versions, said, strict=True):
                yield Ad(
                    campaign=self.campaign,
                    product=product.id,
                    locale=locale,
                    placement=placement.name,
                    variant=variant.id,
                    composition=self._composition(placement, locale, shown[variant.id], words),
                )

    def _composition(
        self, placement: Placement, locale: str, shown: list[_Shown], said: _Said
    ) -> Composition:
        composition = Composition(
            width=placement.width,
            height=placement.height,
            safe=self.safe[placement.name],
            locale=locale,
            cuts=tuple(self._cut(scene, said.fields) for scene in shown),
            kit=self.kit,
            price=said.price,
            old_price=said.old_price,
            button=said.fields["cta"],
            disclaimer=in_locale(self.brief.brand.disclaimer, locale),
            sound=self.sounds[placement.name],
            fonts=FONTS_REVISION,
            recipe=COMPOSITION_RECIPE,
        )
        return self.compositions.setdefault(composition.key, composition)

    def _cut(self, shown: _Shown, fields: dict[str, str]) -> Cut:
        end_card = shown.scene.show == "end_card"
        if end_card and fields["price"]:  # the closing card has a line for the price
            fields = fields | dict.fromkeys(PRICE_FIELDS, "")
        cut = shown.shot, shown.frames, fill(shown.scene.caption, fields), end_card
        if cut not in self.cuts:
            self.cuts[cut] = Cut(shot=cut[0], frames=cut[1], caption=cut[2], end_card=cut[3])
        return self.cuts[cut]

    def _shown(self, product: Product, placement: Placement, variant: Variant) -> Iterator[_Shown]:
        """Fit the storyboard to *placement* and plan its shots."""
        fitted = fit(storyboard_of(self.brief, product, variant), placement)
        if fitted.note:
            self.notes[fitted.note] = None
        for n, (scene, frames) in enumerate(zip(fitted.scenes, fitted.frames, strict=True)):
            tail = 0 if n == len(fitted.scenes) - 1 else TRANSITION_FRAMES
            yield _Shown(scene, self._shot(scene, product, placement, frames + tail).key, frames)

    def _shot(self, scene: Scene, product: Product, placement: Placement, frames: int) -> Shot:
        model = "motion" if scene.show == "end_card" else self.equipment.model(self.brief.video.model)
        picture = scene.image or (product.images[0] if scene.show in {"product", "end_card"} else None)
        width, height = VIDEO_MODELS[model].own_size(placement.width, placement.height)
        shot = Shot(
            show=scene.show if scene.show in {"product", "text", "end_card"} else "image",
            still=self._still(self.sources[picture]).key if picture else "",
            prompt=", ".join(part for part in (scene.prompt, self.brief.brand.tone) if part),
            camera=scene.camera,
            palette=self.brief.brand.colors,
            width=width,
            height=height,
            frames=frames,
            seed=self.brief.video.seed,
            model=VIDEO_MODELS[model].revision,
        )
        generated = self.shots.setdefault(shot.key, shot)
        full_size = (width, height) == (placement.width, placement.height)
        return generated if full_size else self._enlarged(generated, placement)

    def _enlarged(self, base: Shot, placement: Placement) -> Shot:
        """Return the shot that brings *base* to the size of *placement*."""
        changes = {
            "width": placement.width,
            "height": placement.height,
            "base": base.key,
            "upscaler": self._clip_upscaler(base, placement),
        }
        shot = base.model_copy(update=changes)
        return self.shots.setdefault(shot.key, shot)

    def _clip_upscaler(self, base: Shot, placement: Placement) -> str:
        times = max(placement.width / base.width, placement.height / base.height)
        spans = (self.equipment.spanx2, self.equipment.spanx4)
        best = ""
        if self.brief.video.upscale == "auto" and times > 1:
            best = next(filter(None, spans if times <= 2 else reversed(spans)), "")  # noqa: PLR2004 (spanx2)
        return f"{best or 'lanczos'}/{ENLARGING_RECIPE}"

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

    def _said(self, product: Product, locale: str, variant: Variant) -> _Said:
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
        said = {name: fill(getattr(copy, name), fields) for name in COPY_FIELDS}
        return _Said(fields | said, price, old_price)


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
