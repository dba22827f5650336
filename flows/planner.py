"""Turns a brief into a plan: which stills, shots and ads there will be. Pure and deterministic."""

from collections.abc import Iterator
from datetime import datetime
from itertools import product as combinations
from typing import NamedTuple

from actors.fonts import FONTS_REVISION
from flows.equipment import Equipment
from flows.ingest import Ingested
from flows.shots import ShotList, Showing
from flows.storyboard import fit, storyboard_of
from schemas.brief import Brief, Copy, Product, Scene, Variant, in_locale
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import TRANSITION_FRAMES, Ad, BrandKit, Composition, Cut, Plan, Sound
from schemas.template import COPY_FIELDS, PRICE_FIELDS, fill

COMPOSITION_RECIPE = 1
"""Raise it when the code that composes draws other pixels or makes other sound."""


def make_plan(ingested: Ingested, equipment: Equipment, *, now: datetime, policy: str = "") -> Plan:
    """Plan every ad of a brief, sharing a shot wherever two ads show the same pictures.

    *now* decides whether a sale is on; the rest follows from the brief, its media and the equipment. *policy*
    is the revision of what the brief was held against.
    """
    planner = _Planner(ingested, equipment, now)
    brief = ingested.brief
    products = brief.products if isinstance(brief.products, tuple) else ()
    ads = tuple(ad for product in products for ad in planner.ads(product))
    return Plan(
        campaign=campaign_name(brief),
        brief_sha256=ingested.sha256,
        policy=policy,
        stills=tuple(planner.list.stills.values()),
        shots=tuple(planner.list.shots.values()),
        ads=ads,
        notes=(*ingested.notes, *planner.notes, *planner.list.notes, *_twins(ads)),
    )


def campaign_name(brief: Brief) -> str:
    """Return what names the campaign for ever: brand and campaign."""
    brand = "-".join("".join(c if c.isalnum() else " " for c in brief.brand.name.casefold()).split())
    return f"{brand}/{brief.campaign}"


class _Shown(NamedTuple):
    """A scene as a placement shows it."""

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
        self.list = ShotList(ingested, equipment)
        self.cuts: dict[tuple[str, int, str, bool, bool], Cut] = {}
        self.compositions: dict[str, Composition] = {}
        self.notes: dict[str, None] = {}

    def ads(self, product: Product) -> Iterator[Ad]:
        """Plan every ad of *product*."""
        versions = [*combinations(self.brief.locales, self.brief.variants)]
        said = [self._said(product, locale, variant) for locale, variant in versions]
        for placement in self.placements:
            shown: dict[tuple[str, str], list[_Shown]] = {}
            for (locale, variant), words in zip(versions, said, strict=True):
                version = variant.id, self.list.speech(words.fields)
                if version not in shown:
                    shown[version] = [*self._shown(product, placement, variant, version[1])]
                yield Ad(
                    campaign=self.campaign,
                    product=product.id,
                    locale=locale,
                    placement=placement.name,
                    variant=variant.id,
                    composition=self._composition(placement, locale, shown[version], words),
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
        heard = shown.scene.sound or shown.scene.show == "presenter"
        cut = shown.shot, shown.frames, fill(shown.scene.caption, fields), end_card, heard
        if cut not in self.cuts:
            self.cuts[cut] = Cut(shot=cut[0], frames=cut[1], caption=cut[2], end_card=cut[3], sound=cut[4])
        return self.cuts[cut]

    def _shown(
        self, product: Product, placement: Placement, variant: Variant, speech: str
    ) -> Iterator[_Shown]:
        """Fit the storyboard to *placement* and plan its shots."""
        storyboard = storyboard_of(self.brief, product, variant)
        fitted = fit(storyboard, placement)
        if fitted.note:
            self.notes[fitted.note] = None
        for n, (scene, frames) in enumerate(zip(fitted.scenes, fitted.frames, strict=True)):
            tail = 0 if n == len(fitted.scenes) - 1 else TRANSITION_FRAMES
            shot = self.list.shot(Showing(scene, product, placement, frames + tail, speech, storyboard))
            yield _Shown(scene, shot.key, frames)

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
        said = {name: fill(getattr(copy, name), fields) for name in (*COPY_FIELDS, "voiceover")}
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
