"""Turns a brief into a plan: which stills, shots and ads there will be. Pure and deterministic."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product as combinations
from types import MappingProxyType
from typing import NamedTuple

from actors.fonts import FONTS_REVISION, has_emoji
from flows.equipment import Equipment
from flows.ingest import Ingested
from flows.labels import Disclosure
from flows.sales import priced_at, sale_notes
from flows.shots import ShotList, Showing
from flows.storyboard import fit, storyboard_of
from flows.templates.story import copy_of
from flows.voices import Voices
from schemas.brief import Brief, Layout, Product, Scene, Variant, in_locale
from schemas.change import Change, Slot
from schemas.days import last_day
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import TRANSITION_FRAMES, Ad, BrandKit, Composition, Cut, Narration, Plan, Sound
from schemas.template import COPY_FIELDS, FEATURE_FIELDS, PRICE_FIELDS, fill

COMPOSITION_RECIPE = 3
"""Raise it when the code that composes draws other pixels or makes other sound."""
_AAC_KBPS = 192
"""Bit rate of the sound where a placement asks for no higher one."""
_AS_BRIEFED = Change()


def make_plan(
    ingested: Ingested,
    equipment: Equipment,
    *,
    now: datetime,
    policy: str = "",
    changes: Mapping[Slot, Change] = MappingProxyType({}),
) -> Plan:
    """Plan every ad of a brief, sharing a shot wherever two ads show the same pictures.

    *now* decides whether a sale is on; the rest follows from the brief, its media and the equipment, and from
    *changes*, by which ads of these slots depart from the brief. *policy* is the revision of what the brief
    was held against.
    """
    brief = priced_at(ingested.brief, now)
    planner = _Planner(ingested.model_copy(update={"brief": brief}), equipment, changes)
    products = brief.products if isinstance(brief.products, tuple) else ()
    ads = tuple(ad for product in products for ad in planner.ads(product))
    return Plan(
        campaign=campaign_name(brief),
        brief_sha256=ingested.sha256,
        policy=policy,
        stills=tuple(planner.list.stills.values()),
        shots=tuple(planner.list.shots.values()),
        narrations=tuple(planner.voices.narrations.values()),
        ads=ads,
        notes=(
            *ingested.notes,
            *sale_notes(ingested.brief, now),
            *planner.notes,
            *planner.voices.notes,
            *planner.list.notes,
            *_twins(ads),
        ),
    )


def campaign_name(brief: Brief) -> str:
    """Return what names the campaign for ever: brand and campaign."""
    brand = "-".join("".join(c if c.isalnum() else " " for c in brief.brand.name.casefold()).split())
    return f"{brand}/{brief.campaign}"


def product_fields(brief: Brief, product: Product, locale: str) -> dict[str, str]:
    """Return what the fields of *product*, which texts may use, stand for in *locale*."""
    sale = product.sale_price or product.price
    return {
        "id": product.id,
        "title": in_locale(product.title, locale),
        "description": in_locale(product.description, locale),
        "price": product.price.in_locale(locale) if product.price else "",
        "sale_price": sale.in_locale(locale) if sale else "",
        "brand": brief.brand.name,
    }


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
    discount: str
    until: str


class _Planner:
    """Collects stills and shots while ads are planned; each is kept once, in the order first wanted.

    What many ads have in common is worked out once, and they share it: ten thousand ads differ in little.
    """

    def __init__(self, ingested: Ingested, equipment: Equipment, changes: Mapping[Slot, Change]) -> None:
        self.brief = ingested.brief
        self.changes = changes
        self.sources = ingested.sources
        self.equipment = equipment
        self.campaign = campaign_name(self.brief)
        self.kit = self._kit()
        self.placements = [PLACEMENTS[name] for name in self.brief.placements]
        self.safe = {placement.name: placement.safe for placement in self.placements}
        self.music = self._music()
        self.sounds: dict[tuple[float, float, int, str], Sound] = {}
        self.voices = Voices(ingested, equipment)
        self.list = ShotList(ingested, equipment)
        self.disclosure = Disclosure(ingested, equipment)
        self.cuts: dict[tuple[str, int, str, str, Layout, bool], Cut] = {}
        self.compositions: dict[str, Composition] = {}
        self.pictured: dict[str, bool] = {}
        """Whether a text has an emoji."""
        self.notes: dict[str, None] = {}

    def ads(self, product: Product) -> Iterator[Ad]:
        """Plan every ad of *product*."""
        versions = [*combinations(self.brief.locales, self.brief.variants)]
        said = [self._said(product, locale, variant) for locale, variant in versions]
        for placement in self.placements:
            shown: dict[tuple[str, str, int], list[_Shown]] = {}
            for (locale, variant), briefed in zip(versions, said, strict=True):
                slot = Slot(product.id, locale, placement.name, variant.id)
                change = self.changes.get(slot, _AS_BRIEFED)
                words = self._said(product, locale, variant, change.hook) if change.hook else briefed
                seed = self.brief.video.seed if change.seed is None else change.seed
                version = variant.id, self.list.speech(words.fields), seed
                if version not in shown:
                    shown[version] = [*self._shown(product, placement, variant, *version[1:])]
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
        frames = sum(scene.frames for scene in shown)
        spoken = self.voices.narrate(said.fields["voiceover"], locale, placement, frames / placement.fps)
        cuts = tuple(self._cut(scene, said.fields) for scene in shown)
        disclaimer = in_locale(self.brief.brand.disclaimer, locale)
        captions = spoken.text if spoken and self.brief.audio.captions != "off" else ""
        composition = Composition(
            width=placement.width,
            height=placement.height,
            safe=self.safe[placement.name],
            locale=locale,
            cuts=cuts,
            kit=self.kit,
            price=said.price,
            old_price=said.old_price,
            discount=said.discount,
            until=said.until,
            button=said.fields["cta"],
            disclaimer=disclaimer,
            captions=bool(captions),
            sound=self._sound(placement, spoken),
            kbps=placement.kbps,
            fonts=FONTS_REVISION,
            emoji=self._emoji(cuts, said, disclaimer, captions),
            marks=self.disclosure.marks(
                locale, [cut.shot for cut in cuts], spoken, self.music, self.list.shots, self.list.stills
            ),
            recipe=COMPOSITION_RECIPE,
            fps=placement.fps,
        )
        return self.compositions.setdefault(composition.key, composition)

    def _emoji(self, cuts: tuple[Cut, ...], said: _Said, *others: str) -> str:
        """Return the revision of the emoji font where a text that is drawn has an emoji."""
        texts = (said.fields["cta"], *others, *(text for cut in cuts for text in (cut.caption, cut.note)))
        return self.equipment.emoji if any(map(self._has_emoji, texts)) else ""

    def _has_emoji(self, text: str) -> bool:
        if text not in self.pictured:
            self.pictured[text] = not text.isascii() and has_emoji(text)
        return self.pictured[text]

    def _cut(self, shown: _Shown, fields: dict[str, str]) -> Cut:
        scene = shown.scene
        end_card = scene.show == "end_card"
        if end_card and fields["price"]:  # the closing card has a line for the price
            fields = fields | dict.fromkeys(PRICE_FIELDS, "")
        heard = scene.sound or scene.show == "presenter"
        caption = fill(scene.caption, fields)
        note = fill(scene.note, fields) if scene.note else ""
        cut = shown.shot, shown.frames, caption, note, scene.layout, heard
        if cut not in self.cuts:
            self.cuts[cut] = Cut(
                shot=shown.shot,
                frames=shown.frames,
                caption=caption,
                end_card=end_card,
                sound=heard,
                layout=scene.layout,
                note=note,
            )
        return self.cuts[cut]

    def _shown(
        self, product: Product, placement: Placement, variant: Variant, speech: str, seed: int
    ) -> Iterator[_Shown]:
        """Fit the storyboard to *placement* and plan its shots."""
        storyboard = storyboard_of(self.brief, product, variant, placement)
        fitted = fit(storyboard, placement)
        if fitted.note:
            self.notes[fitted.note] = None
        for n, (scene, frames) in enumerate(zip(fitted.scenes, fitted.frames, strict=True)):
            tail = 0 if n == len(fitted.scenes) - 1 else TRANSITION_FRAMES
            showing = Showing(scene, product, placement, frames + tail, speech, storyboard, seed)
            shot = self.list.shot(showing)
            yield _Shown(scene, shot.key, frames)

    def _kit(self) -> BrandKit:
        brand = self.brief.brand
        return BrandKit(
            name=brand.name,
            palette=brand.colors,
            heading=self._font(brand.fonts.heading),
            body=self._font(brand.fonts.body),
            logo=self.sources[brand.logo].name if brand.logo else "",
        )

    def _font(self, wanted: str) -> str:
        return self.sources[wanted].name if wanted in self.sources else wanted

    def _music(self) -> str:
        wanted = self.brief.audio.music
        if wanted == "brand":
            wanted = self.brief.brand.music or "none"
        if wanted in self.sources:
            return self.sources[wanted].name
        return self.equipment.music(wanted, self.brief.video.seed)

    def _sound(self, placement: Placement, spoken: Narration | None) -> Sound:
        kbps = max(_AAC_KBPS, placement.audio_kbps_min)
        key = placement.lufs, placement.true_peak_max, kbps, spoken.key if spoken else ""
        if key not in self.sounds:
            self.sounds[key] = Sound(
                music=self.music, lufs=key[0], true_peak_max=key[1], kbps=kbps, voice=key[3]
            )
        return self.sounds[key]

    def _said(self, product: Product, locale: str, variant: Variant, hook: str = "") -> _Said:
        sale, ends = product.sale_price, product.sale_ends
        fields = product_fields(self.brief, product, locale)
        full, price = fields["price"], fields["sale_price"]
        copy = copy_of(self.brief, locale, variant)
        if hook:
            copy = copy.model_copy(update={"hook": hook})
        said = {name: fill(getattr(copy, name), fields) for name in (*COPY_FIELDS, "voiceover")}
        features = dict.fromkeys(FEATURE_FIELDS, "") | {
            name: fill(text, fields) for name, text in zip(FEATURE_FIELDS, copy.features, strict=False)
        }
        return _Said(
            fields=fields | said | features,
            price=price,
            old_price=full if sale else "",
            discount=product.price.lowered_to(sale, locale) if product.price and sale else "",
            until=last_day(ends, locale) if sale and ends else "",
        )


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
