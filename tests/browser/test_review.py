"""Journeys through the review page in a real browser: by mouse, by keys, on a phone, without scripts."""

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from storage.gallery_rows import Filters
from tests.browser.conftest import PHONE, Site
from tests.flows.export.shop import CAMPAIGN

_HERE = Path(__file__).parent
_NAMELESS, _FAINT = ((_HERE / f"{name}.js").read_text() for name in ("nameless", "faint"))
_FRAMES = "video => video.getVideoPlaybackQuality().totalVideoFrames"
Open = Callable[..., Page]


def test_a_person_reviews_a_campaign_and_exports_it(site: Site, opened: Open) -> None:
    """Opens it, plays an ad, filters, approves three, rejects one with a word, exports: files are there."""
    page = opened(site.address)
    page.get_by_role("link", name="spring-roast").click()
    page.locator("#wall .card-link").first.click()
    page.locator("#video").evaluate("video => video.play()")
    _wait_until_it_plays(page.locator("#video"))
    page.get_by_role("link", name=CAMPAIGN).click()

    page.locator("#menu-placement summary").click()
    page.get_by_role("checkbox", name="Meta reels").check()
    expect(_cards(page)).to_have_count(4)
    assert "placement=meta_reels" in page.url
    for number in (0, 1, 2):
        page.get_by_role("checkbox", name="Select HB").nth(number).check(force=True)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("3 ads are approved.")
    page.get_by_role("checkbox", name="Select HB").nth(3).check(force=True)
    page.get_by_label("Comment, needed to reject").fill("the cup is cut off")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".card .why")).to_have_text("the cup is cut off")

    page.get_by_role("button", name="Export the approved").click()
    expect(page.locator(".outcome.done")).to_contain_text("3 ads exported")
    folder = Path(page.locator(".lies code").inner_text())
    assert folder.is_relative_to(site.shop.settings.exports)
    assert len([*folder.glob("ads/*.mp4")]) == 3
    page.get_by_text("5 ads held back").click()
    expect(page.locator(".outcome")).to_contain_text("the cup is cut off")


def test_the_keys_are_enough(site: Site, opened: Open) -> None:
    """Arrows, X, A, R with a comment, U, Enter, Space, Z, /, ?; and none of them while somebody writes."""
    page = opened(site.gallery)
    press = page.keyboard.press
    press("ArrowRight")
    expect(_cards(page).nth(0)).to_be_focused()
    press("ArrowRight")
    press("x")
    press("ArrowLeft")
    press("x")
    expect(page.locator("#picked")).to_have_text("2 selected")
    press("a")
    expect(page.locator("#told")).to_contain_text("2 ads are approved.")
    expect(_cards(page).nth(0)).to_be_focused()
    press("u")
    expect(page.locator("#told")).to_contain_text("Undone: 2 ads as before.")
    press("r")
    expect(page.locator("#comment")).to_be_focused()
    page.keyboard.type("a rather dark x")
    press("Enter")
    expect(page.locator("#told")).to_contain_text("is rejected.")
    press("/")
    page.keyboard.type("HB-2")
    expect(_cards(page)).to_have_count(4)
    expect(page.locator("#q")).to_be_focused()
    press("Escape")
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("Escape")
    press("ArrowRight")
    press("Enter")
    expect(page.locator("#video")).to_be_visible()
    press(" ")
    _wait_until_it_plays(page.locator("#video"))
    press("z")
    expect(page.locator(".zone")).to_be_visible()
    here = page.url
    press("ArrowRight")
    page.wait_for_url(lambda address: address != here and "q=HB-2" in address)

    assert _statuses(site) == {"rejected": 1, "to_review": 7}


def test_a_card_plays_under_the_mouse_unless_movement_is_unwanted(site: Site, opened: Open) -> None:
    """Muted, and gone when the mouse has left."""
    page = opened(site.gallery)
    still = opened(site.gallery, reduced_motion="reduce")
    for one in (page, still):
        _cards(one).nth(1).hover()
    _wait_until_it_plays(page.locator(".card video"))
    muted = page.locator(".card video").evaluate("video => video.muted")
    page.mouse.move(2, 2)

    expect(page.locator(".card video")).to_have_count(0)
    expect(still.locator(".card video")).to_have_count(0)
    assert muted


def test_a_selection_reaches_from_click_to_click_and_over_all_that_match(site: Site, opened: Open) -> None:
    """With Shift a row of cards; what is refused leaves the selection as it is."""
    page = opened(site.gallery)
    boxes = page.get_by_role("checkbox", name="Select HB")
    boxes.nth(1).check(force=True)
    boxes.nth(4).click(force=True, modifiers=["Shift"])
    expect(page.locator("#picked")).to_have_text("4 selected")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#comment")).to_be_focused()
    page.locator("#pick-page").check()
    expect(page.locator("#picked")).to_have_text("8 selected")
    expect(page.locator("#compare")).to_be_hidden()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#told")).to_contain_text("8 ads are approved.")

    assert _statuses(site) == {"approved": 8}


def test_a_few_that_are_selected_stand_side_by_side(site: Site, opened: Open) -> None:
    """Behind an address that holds their keys, and nothing of the session."""
    page = opened(site.gallery)
    boxes = page.get_by_role("checkbox", name="Select HB")
    boxes.nth(0).check(force=True)
    expect(page.locator("#compare")).to_be_hidden()
    boxes.nth(2).check(force=True)
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()

    assert page.url.count("ad=") == 2
    assert "csrf" not in page.url


def test_it_works_on_a_phone(site: Site, opened: Open) -> None:
    """Nothing is wider than 360 px; filters fold; what is done with a selection lies at the thumb."""
    page = opened(site.gallery, PHONE, has_touch=True, is_mobile=True)
    expect(page.locator("#q")).to_be_hidden()
    page.get_by_text("Filter and search").tap()
    page.locator("#q").fill("HB-2")
    expect(_cards(page)).to_have_count(4)
    page.get_by_role("checkbox", name="Select HB").first.tap()
    bar = page.locator("#actions").bounding_box()
    gallery = page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Approve", exact=True).tap()
    expect(page.locator("#told")).to_contain_text("approved")
    _cards(page).nth(1).tap()
    expect(page.locator("#video")).to_be_visible()
    approve = page.get_by_role("button", name="Approve", exact=True).bounding_box()
    ad = page.evaluate("document.documentElement.scrollWidth")

    assert bar
    assert bar["y"] + bar["height"] > 730
    assert approve
    assert approve["y"] > 560
    assert approve["height"] >= 44
    assert (gallery, ad) == (360, 360)


def test_everything_is_done_without_scripts_too(site: Site, opened: Open) -> None:
    """Forms and links are enough."""
    page = opened(site.gallery, java_script_enabled=False)
    page.locator("#q").fill("HB-1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(_cards(page)).to_have_count(4)
    page.get_by_role("checkbox", name="Select HB").nth(0).check(force=True)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("approved")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone")

    assert "q=HB-1" in page.url
    assert _statuses(site) == {"to_review": 8}


def test_everything_has_a_name_and_headings_go_down_one_by_one(site: Site, opened: Open) -> None:
    """For those who hear the page, on each of its pages."""
    page = opened(site.gallery)
    ad = page.locator("#wall .card").first.get_attribute("data-key")
    for address in (
        site.address,
        site.gallery,
        f"{site.address}/ads/{ad}",
        f"{site.address}/compare?ad={ad}",
        f"{site.address}/runs",
    ):
        page.goto(address)
        nameless = page.evaluate(_NAMELESS)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])")

        assert nameless == [], address
        assert levels[0] == 1, address
        assert all(after <= before + 1 for before, after in pairwise(levels)), address


def test_what_is_read_stands_out_from_its_ground(site: Site, opened: Open) -> None:
    """At least 4.5 : 1 in both colour schemes (WCAG 2.2, 1.4.3)."""
    for scheme in ("light", "dark"):
        page = opened(site.gallery, color_scheme=scheme)
        faint = page.evaluate(_FAINT)

        assert faint == [], scheme


def _wait_until_it_plays(video: Locator) -> None:
    """Return when frames of *video* have been shown."""
    for _ in range(100):
        if video.evaluate(_FRAMES) > 3:
            return
        time.sleep(0.05)
    pytest.fail("the video does not play")


def _cards(page: Page) -> Locator:
    return page.locator("#wall .card-link")


def _statuses(site: Site) -> dict[str, int]:
    choices = site.catalog.gallery_choices(Filters(campaign=CAMPAIGN))
    return {str(status): many for status, many in choices.statuses.items()}
