"""Planning: what a brief becomes, what is shared, and what changes which keys."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.equipment import Equipment
from flows.ingest import Ingested, ingest
from flows.naming import file_stem
from flows.planner import make_plan
from schemas.brief import Brief
from schemas.media import Source
from schemas.placements import PLACEMENTS
from schemas.plan import Ad, Plan
from tests.models import DREAM

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
FULL = Equipment(
    spanx2="spanx2@a",
    spanx4="spanx4@b",
    matte="u2netp@c",
    faces="blazeface@f",
    reader="ppocr@r",
    tracks={"upbeat": ("pack:upbeat/x@d",)},
)


@pytest.fixture(scope="module", name="kaffi")
def _kaffi() -> Ingested:
    return ingest(KAFFI)


def _changed(ingested: Ingested, **fields: Any) -> Ingested:
    """Return the same brief with *fields* replaced, checked anew."""
    data = ingested.brief.model_dump(mode="json", exclude_unset=True) | fields
    return Ingested(**{**dict(ingested), "brief": Brief.model_validate(data)})


def _plan(ingested: Ingested, **options: Any) -> Plan:
    return make_plan(ingested, options.get("equipment", FULL), now=options.get("now", NOW))


def _ad(plan: Plan, locale: str, placement: str, variant: str = "a") -> Ad:
    return next(
        ad for ad in plan.ads if (ad.locale, ad.placement, ad.variant) == (locale, placement, variant)
    )


def test_one_ad_for_every_locale_placement_and_variant(kaffi: Ingested) -> None:
    """The example makes 30 ads, each with a key of its own."""
    plan = _plan(kaffi)

    assert len(plan.ads) == 30
    assert len({ad.key for ad in plan.ads}) == 30
    assert len({file_stem(ad) for ad in plan.ads}) == 30


def test_same_brief_gives_the_same_plan(kaffi: Ingested) -> None:
    """Planning is deterministic, so a rerun finds its clips."""
    assert _plan(kaffi) == _plan(kaffi)
    assert [ad.key for ad in _plan(kaffi).ads] == [ad.key for ad in _plan(kaffi).ads]


def test_shots_are_shared_across_languages_variants_and_placements(kaffi: Ingested) -> None:
    """Three scenes in three sizes, one of them also at 12 seconds: 12 shots serve 90 places."""
    plan = _plan(kaffi)

    assert len(plan.shots) == 12
    assert plan.shots_saved == 78
    assert _ad(plan, "en-US", "meta_reels").shots == _ad(plan, "ar", "tiktok_in_feed", "b").shots


def test_ads_share_what_they_have_in_common(kaffi: Ingested) -> None:
    """A plan of ten thousand ads holds one kit, and each sound, cut and composition once."""
    looks = [ad.composition for ad in _plan(kaffi).ads]
    cuts = [cut for look in looks for cut in look.cuts]

    assert len({id(look) for look in looks}) == len({look.key for look in looks}) < len(looks)
    assert len({id(cut) for cut in cuts}) == len(set(cuts)) < len(cuts)
    assert len({id(look.kit) for look in looks}) == 1
    assert len({id(look.sound) for look in looks}) == len({look.sound for look in looks}) < len(looks)


def test_every_shot_of_an_ad_is_in_the_plan(kaffi: Ingested) -> None:
    """And every shot's still."""
    plan = _plan(kaffi)

    assert {key for ad in plan.ads for key in ad.shots} == {shot.key for shot in plan.shots}
    assert {shot.still for shot in plan.shots} == {still.key for still in plan.stills}


def test_a_changed_price_makes_new_ads_and_no_new_shots(kaffi: Ingested) -> None:
    """Copy and price belong to the ad."""
    before = _plan(kaffi)
    product = kaffi.brief.model_dump(mode="json")["products"][0] | {"sale_price": "7.90 EUR"}
    after = _plan(_changed(kaffi, products=[product]))

    assert [shot.key for shot in after.shots] == [shot.key for shot in before.shots]
    assert not {ad.key for ad in after.ads} & {ad.key for ad in before.ads}


def test_a_changed_hook_opens_only_its_own_ads(kaffi: Ingested) -> None:
    """The other locales keep theirs."""
    before = _plan(kaffi)
    locales = kaffi.brief.model_dump(mode="json")["locales"]
    locales["ar"]["hook"] = "قهوة"
    after = _plan(_changed(kaffi, locales=locales))
    new = {ad.key for ad in after.ads} - {ad.key for ad in before.ads}

    assert {ad.locale for ad in after.ads if ad.key in new} == {"ar"}


def test_a_sale_that_is_over_shows_the_full_price(kaffi: Ingested) -> None:
    """The plan knows the day, and tells it."""
    on = _ad(_plan(kaffi), "en-US", "meta_reels").composition
    later = _plan(kaffi, now=datetime(2027, 1, 1, tzinfo=UTC))
    over = _ad(later, "en-US", "meta_reels").composition

    assert (on.price, on.old_price, on.discount, on.until) == ("€8.90", "€12.90", "-31%", "December 24")
    assert (over.price, over.old_price, over.discount, over.until) == ("€12.90", "", "", "")
    told = "HB-250: the sale ended on 2026-12-24 23:59 +01:00; its ads show the full price, 12.90 EUR"
    assert told in later.notes
    assert told not in _plan(kaffi).notes


def test_the_end_card_has_its_price_on_a_line_of_its_own(kaffi: Ingested) -> None:
    """The headline keeps the rest of the caption."""
    composition = _ad(_plan(kaffi), "en-US", "meta_reels").composition

    assert composition.cuts[-1].end_card
    assert composition.cuts[-1].caption == "House Blend 250 g"
    assert composition.cuts[0].caption == "Wake up to better coffee"


def test_a_variant_replaces_what_it_names(kaffi: Ingested) -> None:
    """Variant b has another hook in English and nothing else."""
    plan = _plan(kaffi)

    assert _ad(plan, "en-US", "meta_reels", "b").composition.cuts[0].caption.startswith("Better beans")
    assert _ad(plan, "ar", "meta_reels", "b").composition == _ad(plan, "ar", "meta_reels").composition
    assert any("variants a and b are the same in zh-CN, ar" in note for note in plan.notes)


def test_a_variant_may_change_the_storyboard(kaffi: Ingested) -> None:
    """Another camera is another shot, in that variant only."""
    variants = [{"id": "a"}, {"id": "b", "storyboard": [{"id": "hero", "camera": "pull_out"}]}]
    plan = _plan(_changed(kaffi, variants=variants))

    assert len(plan.shots) == 16
    assert {shot.camera for shot in plan.shots} == {"push_in", "pull_out", "orbit"}


def test_without_weights_the_plan_is_plainer(kaffi: Ingested) -> None:
    """What is not there is not named, and the equipment says what it costs."""
    plan = _plan(kaffi, equipment=Equipment())

    assert {(still.upscaler, still.matte) for still in plan.stills} == {("lanczos", "")}
    assert {ad.composition.sound.music for ad in plan.ads} == {"synth:upbeat"}
    assert len(Equipment().plainer) == 5
    assert FULL.plainer == ()


def test_weights_change_the_keys(kaffi: Ingested) -> None:
    """A still made with other means is another still, and so are its shots and ads."""
    with_weights, without = _plan(kaffi), _plan(kaffi, equipment=Equipment())

    assert not {shot.key for shot in with_weights.shots} & {shot.key for shot in without.shots}


@pytest.fixture
def dream(kaffi: Ingested, monkeypatch: pytest.MonkeyPatch) -> Ingested:
    """The brief, made by a model that renders one small size."""
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM)
    return _changed(kaffi, video={"model": "dream", "seed": 7})


def test_a_small_models_shots_are_enlarged(dream: Ingested) -> None:
    """Each base comes before what enlarges it, and ads show the enlarged one; the end card needs neither."""
    plan = _plan(dream)
    order = {shot.key: number for number, shot in enumerate(plan.shots)}
    shown = {shot.key: shot for shot in plan.shots if any(shot.key in ad.shots for ad in plan.ads)}
    large = [shot for shot in plan.shots if shot.base]

    assert {(shot.width, shot.height) for shot in shown.values()} == {
        (1080, 1920),
        (1080, 1080),
        (1920, 1080),
    }
    assert all(order[shot.base] < order[shot.key] for shot in large)
    assert {shot.model for shot in shown.values() if not shot.base} == {"motion/2"}
    for shot in large:
        base = plan.shots[order[shot.base]]
        assert (base.width, base.height) == DREAM.own_size(shot.width, shot.height)
        assert (base.base, base.upscaler, base.fps) == ("", "", shot.fps)
        assert base.frames >= shot.frames


def test_enlarging_is_no_generation(dream: Ingested, kaffi: Ingested) -> None:
    """A model with a size of its own makes a scene once, for the longest ad."""
    assert _plan(dream).shots_saved > _plan(kaffi).shots_saved
    assert len(_plan(dream).shots) > len(_plan(kaffi).shots)


def test_placements_of_one_ratio_share_what_is_generated(
    dream: Ingested, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A smaller placement of the same ratio costs an enlargement, no generation."""
    small = PLACEMENTS["meta_reels"].model_copy(
        update={"name": "tiktok_in_feed", "width": 720, "height": 1280}
    )
    one = _plan(_changed(dream, placements=["meta_reels"]))
    monkeypatch.setitem(PLACEMENTS, "tiktok_in_feed", small)

    both = _plan(_changed(dream, placements=["meta_reels", "tiktok_in_feed"]))

    generated = [shot.key for shot in one.shots if shot.model == "dream/1" and not shot.base]
    assert [shot.key for shot in both.shots if shot.model == "dream/1" and not shot.base] == generated
    assert len([shot for shot in both.shots if shot.base]) == 2 * len(generated)


@pytest.mark.parametrize(
    ("upscale", "equipment", "side", "upscaler"),
    [
        ("auto", FULL, 270, "spanx4@b/2"),
        ("auto", FULL, 540, "spanx2@a/2"),
        ("auto", Equipment(spanx2="spanx2@a"), 270, "spanx2@a/2"),
        ("auto", Equipment(spanx4="spanx4@b"), 540, "spanx4@b/2"),
        ("auto", FULL, 2160, "lanczos/2"),
        ("auto", Equipment(), 270, "lanczos/2"),
        ("lanczos", FULL, 270, "lanczos/2"),
        ("none", FULL, 270, "lanczos/2"),
    ],
)
def test_the_least_super_resolution_that_suffices_is_taken(
    dream: Ingested,
    monkeypatch: pytest.MonkeyPatch,
    upscale: str,
    equipment: Equipment,
    side: int,
    upscaler: str,
) -> None:
    """Where its weights are there and the brief allows it; a clip has to reach its size in any case."""
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM.model_copy(update={"short_side": side}))
    brief = _changed(dream, video={"model": "dream", "upscale": upscale}, placements=["meta_reels"])

    plan = _plan(brief, equipment=equipment)

    assert {shot.upscaler for shot in plan.shots if shot.base} == {upscaler}


def test_a_model_whose_own_size_is_asked_for_needs_no_enlarging(
    dream: Ingested, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then there is one clip, as with a model of any size."""
    entry = DREAM.model_copy(update={"short_side": 1080, "multiple": 2})
    monkeypatch.setitem(VIDEO_MODELS, "dream", entry)

    plan = _plan(_changed(dream, placements=["meta_reels"]))

    assert {shot.base for shot in plan.shots} == {""}


def test_a_brief_without_storyboard_gets_a_good_one(kaffi: Ingested) -> None:
    """Hook, benefit, the offer, the closing card; six seconds have room for fewer words."""
    plan = _plan(_changed(kaffi, storyboard=[]))
    words = ["Wake up to better coffee", "Freshly roasted every morning", "House Blend 250 g"]

    reels, bumper = (
        [(cut.layout, cut.caption) for cut in _ad(plan, "en-US", name).composition.cuts]
        for name in ("meta_reels", "youtube_bumper")
    )
    layouts = ["headline", "headline", "offer", "headline"]
    assert reels == [*zip(layouts, [*words, words[2]], strict=True)]
    assert bumper == [*zip(["bumper", "bumper", "headline"], words, strict=True)]


def test_fitted_lengths_are_told(kaffi: Ingested) -> None:
    """A storyboard of 6 s is stretched where 12 s are the least."""
    plan = _plan(kaffi)

    assert _ad(plan, "en-US", "youtube_in_stream").composition.seconds == 12
    assert _ad(plan, "en-US", "youtube_bumper").composition.seconds == 6
    assert any("youtube_in_stream" in note for note in plan.notes)


def test_readable_names_are_ascii_and_bounded(kaffi: Ingested) -> None:
    """They go through mail, archives and upload forms."""
    for ad in _plan(kaffi).ads:
        stem = file_stem(ad)
        assert stem.isascii()
        assert len(stem) <= 128
    assert file_stem(_plan(kaffi).ads[0]).startswith("kaffi_spring-roast_HB-250_en-US_meta-reels_9x16_6s_va_")


def test_a_shots_own_sound_is_heard_in_its_cut_alone(
    kaffi: Ingested, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan says so cut by cut; the model is asked for it in the shot."""
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM.model_copy(update={"tasks": ("text", "image", "sound")}))
    scenes = kaffi.brief.model_dump(mode="json", exclude_unset=True)["storyboard"]
    scenes[0]["sound"] = True
    plan = _plan(_changed(kaffi, video={"model": "dream"}, storyboard=scenes))

    cuts = [[cut.sound for cut in ad.composition.cuts] for ad in plan.ads]
    sounding = {shot.key for shot in plan.shots if shot.given.sound}
    assert cuts == [[True, False, False]] * len(plan.ads)
    assert all((key in sounding) == (n == 0) for ad in plan.ads for n, key in enumerate(ad.shots))


def test_a_placement_has_its_own_frame_rate_and_bit_rates(kaffi: Ingested) -> None:
    """Television's ads are cut from shots of 25 frames a second, which nobody else shows."""
    plan = _plan(_changed(kaffi, placements=["youtube_non_skippable", "amazon_olv"]))
    shots = {shot.key: shot for shot in plan.shots}

    for ad in plan.ads:
        look, rate = ad.composition, PLACEMENTS[ad.placement].fps
        assert {shots[key].fps for key in ad.shots} == {look.fps} == {rate}
        assert look.kbps == PLACEMENTS[ad.placement].kbps
        assert look.seconds in (PLACEMENTS[ad.placement].lengths or [look.seconds])


def test_a_small_models_clips_are_brought_to_the_rate_of_each_placement(dream: Ingested) -> None:
    """What it makes once is enlarged for both; where the rate is another, frames are left out."""
    plan = _plan(_changed(dream, placements=["youtube_non_skippable", "amazon_olv"]))
    large = [shot for shot in plan.shots if shot.base]

    assert {(shot.fps, shot.interpolator) for shot in large} == {(30, ""), (25, "repeat/2")}
    assert {shot.fps for shot in plan.shots if shot.model == "dream/1" and not shot.base} == {30}
    for one in large:
        base = next(shot for shot in plan.shots if shot.key == one.base)
        assert base.frames * one.fps >= one.frames * base.fps


def test_the_brands_own_music_and_fonts_are_known_by_their_content(kaffi: Ingested) -> None:
    """A changed file makes other ads."""
    sources = kaffi.sources | {
        name: Source(name=f"inputs/{name}", sha256=name) for name in ("song.mp3", "own.ttf")
    }
    brand = kaffi.brief.model_dump(mode="json")["brand"] | {
        "music": "song.mp3",
        "fonts": {"heading": "own.ttf"},
    }
    changed = _changed(kaffi, brand=brand, audio={"music": "brand"}).model_copy(update={"sources": sources})

    look = _plan(changed).ads[0].composition

    assert look.sound.music == "inputs/song.mp3"
    assert (look.kit.heading, look.kit.body) == ("inputs/own.ttf", "Noto Sans")


def test_the_emoji_font_is_named_where_a_text_needs_it(kaffi: Ingested) -> None:
    """Only there: workers fetch what a plan names."""
    locales = kaffi.brief.model_dump(mode="json", exclude_unset=True)["locales"]
    locales["ar"]["cta"] += " \N{HOT BEVERAGE}\N{VARIATION SELECTOR-16}"
    plan = _plan(_changed(kaffi, locales=locales), equipment=Equipment(emoji="emoji@f"))

    assert {ad.locale for ad in plan.ads if ad.composition.emoji == "emoji@f"} == {"ar"}
    assert {ad.composition.emoji for ad in plan.ads} == {"", "emoji@f"}
