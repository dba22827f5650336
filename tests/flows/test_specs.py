"""What a plan alone tells: the order in which its ads are made."""

from flows.specs import in_order
from schemas.plan import Ad, Cut
from tests.compositions import draw_ad


def _ad(frames: int, shot: str = "there") -> Ad:
    cut = Cut(shot=shot, frames=frames, caption="", end_card=False)
    return draw_ad(variant=f"v{frames}", cuts=(cut,))


def _frames(ads: list[Ad]) -> list[int]:
    return [ad.composition.frames for ad in ads]


TWENTY = [_ad(frames) for frames in range(60, 100, 2)]


def test_a_few_small_ads_come_first_and_the_largest_next() -> None:
    """Someone sees soon what is wrong with all, and nothing long is begun when others have no more to do."""
    ads = in_order(TWENTY, {"there"}, capped=False)

    assert _frames(ads[:2]) == [60, 62]
    assert _frames(ads[2:]) == list(range(98, 62, -2))


def test_under_a_cap_the_smallest_come_first() -> None:
    """The same GPU-seconds make more ads."""
    ads = in_order(reversed(TWENTY), {"there"}, capped=True)

    assert _frames(ads) == list(range(60, 100, 2))


def test_what_lacks_nothing_comes_before_all() -> None:
    """An ad that only has to be composed is there at once, however large it is."""
    large, small = _ad(900), _ad(30, shot="lacking")

    assert in_order([small, large], {"there"}, capped=False) == [large, small]


def test_ads_of_one_size_keep_the_order_of_the_plan() -> None:
    """So that two runs make the same ads first."""
    ads = [_ad(60, shot=f"shot {n}") for n in range(20)]

    assert in_order(ads, set(), capped=False) == ads
