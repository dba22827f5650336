"""What the pages show and do, without a browser: forms and links alone, on a real catalog."""

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from flows.review.access import decide_access, os_user
from flows.review.app import review_app
from flows.review.asked import KEYS_MAX
from flows.review.paging import pages_around
from schemas.change import Answer, Change
from schemas.errors import StorageError
from schemas.plan import Ad
from schemas.settings import read_settings
from storage.catalog import Catalog
from tests.flows.export.conftest import shop, stock  # noqa: F401 (pytest finds them here)
from tests.flows.export.shop import CAMPAIGN, Shop, draw_ads
from tests.flows.house import House
from tests.flows.review.guarded import HOST
from tests.storage import drawn

GALLERY = f"/campaigns/{CAMPAIGN}"


class Visitor:
    """Whoever opens pages of *settings* and sends their forms."""

    def __init__(self, settings: Any) -> None:
        app = review_app(settings, decide_access("127.0.0.1", int(HOST.partition(":")[2]), settings))
        self.catalog: Catalog = app.state.desk.catalog
        self.exporter = app.state.desk.exporter
        self.client = TestClient(app, base_url=f"http://{HOST}", client=("127.0.0.1", 50_000))
        self.person = os_user()

    def open(self, address: str, status: int = 200) -> str:
        """Return the page at *address* as its text."""
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, address: str, status: int = 200, **fields: Any) -> str:
        """Send a form of the page; return the page that it leads to."""
        csrf = re.findall(r'name="csrf" value="([0-9a-f]{64})"', self.open("/"))[0]
        answer = self.client.post(address, data={"csrf": csrf, "back": GALLERY, **fields})
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    def decided(self, ads: list[Ad]) -> list[str]:
        """Return what counts for each of *ads*."""
        latest = self.catalog.latest_decisions([ad.key for ad in ads])
        return [latest[ad.key].decision if ad.key in latest else "" for ad in ads]


@pytest.fixture(scope="module")
def shown(stock: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, list[Ad]]]:  # noqa: F811
    """Whoever looks at four ads, of which the last breaks a rule, and changes nothing."""
    folder = tmp_path_factory.mktemp("shown")
    home = folder / "home"
    home.mkdir()
    shutil.copy(stock / "catalog.sqlite", home)
    seen = Shop(read_settings({"REELMILL_HOME": str(home)}), folder, stock / "film.mp4", pytest.MonkeyPatch())
    made = [*draw_ads("HB-1", "HB-2", variants="ab")]
    seen.make(made, rejected=[made[-1].key])
    come = Visitor(seen.settings)
    with come.client:
        yield come, made


@pytest.fixture
def ads(shop: Shop) -> list[Ad]:  # noqa: F811 (the fixture)
    """Four ads of a finished campaign; the last breaks a rule."""
    made = [*draw_ads("HB-1", "HB-2", variants="ab")]
    shop.make(made, rejected=[made[-1].key])
    return made


@pytest.fixture
def visitor(shop: Shop, ads: list[Ad]) -> Iterator[Visitor]:  # noqa: F811, ARG001 (the campaign is there)
    """Whoever visits the shop's campaign."""
    come = Visitor(shop.settings)
    with come.client:
        yield come


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [0, 1, 2, 3]),
        ("?product=HB-1", [0, 1]),
        ("?variant=a&product=HB-2", [2]),
        ("?status=broken", [3]),
        ("?status=broken&status=to_review&variant=b", [1, 3]),
        ("?q=HB-2", [2, 3]),
        ("?placement=tiktok_in_feed", []),
    ],
)
def test_filters_in_the_address_choose_the_cards(
    shown: tuple[Visitor, list[Ad]], query: str, numbers: list[int]
) -> None:
    """A link to a filtered gallery can be sent to a colleague."""
    visitor, ads = shown
    page = visitor.open(GALLERY + query)

    assert re.findall(r'data-key="([0-9a-f]{64})"', page) == [ads[number].key for number in numbers]


def test_a_filter_that_is_set_can_be_taken_out_alone(shown: tuple[Visitor, list[Ad]]) -> None:
    """Its chip leads to the same gallery without it."""
    page = unescape(shown[0].open(f"{GALLERY}?product=HB-1&variant=a&q=cup"))

    chips = re.findall(r'class="chip" href="([^"]+)"', page)
    assert chips == [
        f"{GALLERY}?{rest}" for rest in ("product=HB-1&q=cup", "variant=a&q=cup", "variant=a&product=HB-1")
    ]


def test_what_is_decided_counts_under_the_persons_name(visitor: Visitor, ads: list[Ad]) -> None:
    """Several ads in one go; the page says so, and offers to undo it."""
    page = visitor.send("/actions/decide", ad=[ads[0].key, ads[1].key], decision="approved")

    assert visitor.decided(ads) == ["approved", "approved", "", ""]
    assert visitor.catalog.decisions(ads[0].key)[0].by == visitor.person
    assert "2 ads are approved." in page
    assert ">Undo</button>" in page


def test_undo_brings_back_what_counted_before_and_undo_again_redoes_it(
    visitor: Visitor, ads: list[Ad]
) -> None:
    """Rows are only added: the judgement before, with its comment, or none."""
    visitor.send("/actions/decide", ad=ads[0].key, decision="rejected", comment="too dark")
    visitor.send("/actions/decide", ad=[ads[0].key, ads[1].key], decision="approved")

    page = visitor.send("/actions/undo")
    undone = visitor.decided(ads)
    statuses = [one.status for one in visitor.catalog.gallery_ads([ad.key for ad in ads])]
    comment = visitor.catalog.decisions(ads[0].key)[-1].comment
    visitor.send("/actions/undo")

    assert undone == ["rejected", "withdrawn", "", ""]
    assert statuses == ["rejected", "to_review", "to_review", "broken"]
    assert comment == "too dark"
    assert "Undone: 2 ads as before." in page
    assert visitor.decided(ads) == ["approved", "approved", "", ""]


def test_undo_leaves_what_somebody_else_has_decided_since(visitor: Visitor, ads: list[Ad]) -> None:
    """Nobody's word is overruled unseen."""
    visitor.send("/actions/decide", ad=[ads[0].key, ads[1].key], decision="approved")
    visitor.catalog.decide([ads[1].key], "rejected", "ann", "no")

    page = visitor.send("/actions/undo")

    assert visitor.decided(ads) == ["withdrawn", "rejected", "", ""]
    assert "1 ad stay: somebody has decided" in page


def test_all_that_match_the_filters_can_be_meant(visitor: Visitor, ads: list[Ad]) -> None:
    """Also those that stand on other pages."""
    visitor.send(
        "/actions/decide",
        all="1",
        campaign=CAMPAIGN,
        query="?product=HB-1&page=1",
        total="2",
        decision="approved",
    )

    assert visitor.decided(ads) == ["approved", "approved", "", ""]


def test_ads_that_nobody_was_shown_are_not_decided_about(visitor: Visitor, ads: list[Ad]) -> None:
    """A run may make more between the page and the decision: the number on the page comes with it."""
    page = visitor.open(f"{GALLERY}?variant=a")
    total = re.findall(r'name="total" value="([0-9]+)"', page)
    fields = {"all": "1", "campaign": CAMPAIGN, "query": "?variant=a", "decision": "approved"}
    refused = visitor.send("/actions/decide", 409, **fields, total="1")
    before = visitor.decided(ads)
    visitor.send("/actions/decide", **fields, total=total)

    assert total == ["2"]
    assert "2 ads match by now, and you were shown 1" in refused
    assert before == [""] * 4
    assert visitor.decided(ads) == ["approved", "", "approved", ""]


def test_what_was_done_is_told_to_the_page_of_that_port_alone(shown: tuple[Visitor, list[Ad]]) -> None:
    """Two pages on one machine share their cookies; one that speaks https sends them by that alone."""
    cookies = []
    for scheme in ("http", "https"):
        client = TestClient(
            shown[0].client.app,
            base_url=f"{scheme}://{HOST}",
            client=("127.0.0.1", 50_000),
            follow_redirects=False,
        )
        csrf = re.findall(r'name="csrf" value="([0-9a-f]{64})"', client.get("/").text)[0]
        answer = client.post("/exports/99/dismiss", data={"csrf": csrf})
        assert "That export was gone already." in client.get("/").text
        cookies.append(answer.headers["set-cookie"])

    assert all(cookie.startswith("reelmill-told-8321=") for cookie in cookies)
    assert ["Secure" in cookie for cookie in cookies] == [False, True]


BROKEN, STRANGE = 3, "f" * 64
WHOLE = {"decision": "approved", "all": "1", "campaign": CAMPAIGN, "total": "4"}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"decision": "rejected", "ad": 0}, 422, "A rejection needs a reason"),
        ({"decision": "approved"}, 422, "No ads"),
        ({"decision": "approved", "ad": [0, BROKEN]}, 409, "1 ad cannot be approved"),
        (
            {"decision": "approved", "all": "1", "campaign": CAMPAIGN, "query": ""},
            400,
            "total='' is no number",
        ),
        (WHOLE | {"query": ""}, 409, "break a rule"),
        (WHOLE | {"query": "?q=tea"}, 422, "No ad matches"),
        ({"decision": "approved", "ad": [0, STRANGE]}, 404, "unknown ones"),
        ({"decision": "approved", "ad": "../etc/passwd"}, 404, "is no key of an ad"),
        ({"decision": "published", "ad": 0}, 422, "known: approved, rejected"),
        ({"decision": "rejected", "ad": 0, "comment": "x" * 601}, 422, "one line of 600 characters"),
        ({"decision": "approved", "ad": ["a" * 64] * (KEYS_MAX + 1)}, 400, "ads were named"),
    ],
)
def test_what_cannot_be_done_is_refused_whole_with_the_cure(
    shown: tuple[Visitor, list[Ad]], fields: dict[str, Any], status: int, words: str
) -> None:
    """All ads of a selection or none."""
    visitor, ads = shown
    named = fields.get("ad", [])
    keys = [
        ads[one].key if isinstance(one, int) else one
        for one in (named if isinstance(named, list) else [named])
    ]

    page = visitor.send("/actions/decide", status, **fields | {"ad": keys})

    assert words in page
    assert visitor.decided(ads) == [""] * 4


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/ads/abc", 404, "is no key of an ad"),
        (f"/ads/{STRANGE}", 404, "There is no ad"),
        ("/campaigns/kaffi/none", 404, "There is no campaign called kaffi/none"),
        (f"{GALLERY}?page=0", 400, "is no number up to 100,000"),
        (f"{GALLERY}?page=9", 404, "the last one is 1"),
        ("/?page=2", 404, "the last one is 1"),
        (f"{GALLERY}?page=1e3", 400, "Use 1 up to"),
        (f"{GALLERY}?status=aproved", 400, "did you mean approved?"),
        (f"{GALLERY}?q={'x' * 201}", 400, "The filter text cannot be used"),
        ("/compare?ad=" + STRANGE, 400, "cannot stand side by side"),
        ("/nowhere", 404, "There is no such page"),
    ],
)
def test_an_address_that_leads_nowhere_says_why_and_what_to_do(
    shown: tuple[Visitor, list[Ad]], address: str, status: int, words: str
) -> None:
    """A plain page with its status, never a stack of calls."""
    assert words in unescape(shown[0].open(address, status))


def test_a_database_that_is_away_is_told_with_the_cure(
    shown: tuple[Visitor, list[Ad]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be back in a moment: 503."""

    def away(*_: object, **__: object) -> None:
        raise StorageError("the database sqlite:///x refused: it is locked; see that it runs")

    monkeypatch.setattr(Catalog, "gallery", away)

    assert "see that it runs" in shown[0].open(GALLERY, 503)


def test_a_run_that_goes_on_is_followed_and_can_be_asked_to_stop(house: House) -> None:
    """In the gallery as a strip, and among the runs, each asking again every two seconds."""
    visitor = Visitor(house.settings)
    plan = drawn.draw_plan("one", "new", voiced=True)
    run = house.catalog.start_run(plan, "{}")
    house.catalog.claim("ad", plan.ads[1].key, run, model="compose/1", worker="bench/cpu-0")

    with visitor.client:
        gallery, runs = visitor.open(GALLERY), visitor.open("/runs")
        going = visitor.client.get(f"/runs/live?shown={run}")
        assert re.search(r"begun <time [^>]+>just now</time> with compose/1 on bench/cpu-0<", going.text)
        assert "with compose/1" in visitor.open(f"{GALLERY}/progress")
        said = visitor.send(f"{GALLERY}/cancel")
        house.catalog.end_run(run, "cancelled")
        after = visitor.open(f"{GALLERY}/progress")
        over = visitor.client.get(f"/runs/live?shown={run}")

    assert f'hx-get="{GALLERY}/progress" hx-trigger="every 2s"' in gallery
    assert "1 of 2" in gallery
    assert f'hx-get="/runs/live?shown={run}" hx-trigger="every 2s"' in runs
    assert "Latest of each campaign" in runs
    assert "Latest of each campaign" not in going.text
    assert "Latest of each campaign" in over.text
    assert over.headers["hx-retarget"] == "#runs"
    assert "Cancel this run" in runs
    assert "asked to stop" in said
    assert "hx-trigger" not in after
    assert "The run has ended: cancelled." in after


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_form_leads_back_to_pages_of_ours_alone(visitor: Visitor, ads: list[Ad], back: str) -> None:
    """Elsewhere could look like us."""
    page = visitor.send("/actions/decide", ad=ads[0].key, decision="approved", back=back)

    assert "<h1>Campaigns</h1>" in page


def test_what_is_approved_is_exported_to_the_place_of_the_settings(
    visitor: Visitor,
    ads: list[Ad],
    shop: Shop,  # noqa: F811
) -> None:
    """The files lie there, and the page says where, and what was held back and why, until it is dismissed."""
    visitor.send("/actions/decide", ad=[ads[0].key, ads[1].key], decision="approved")

    visitor.send(f"{GALLERY}/export", platform="meta", to="/etc", destination="/etc")
    outcome = _awaited(visitor)

    folder = Path(outcome.folder)
    assert folder.parent == shop.settings.home / "exports"
    assert len([*folder.glob("ads/*.mp4")]) == 2
    page = unescape(visitor.open(GALLERY))
    assert f"<code>{folder}</code>" in page
    assert f"Asked for by {visitor.person}, <time" in page
    assert "2 ads held back: 1 not approved, 1 breaking a rule" in page
    assert "2 ads held back" not in visitor.send(f"/exports/{outcome.number}/dismiss")


def test_no_platform_but_those_of_the_list_is_exported_for(shown: tuple[Visitor, list[Ad]]) -> None:
    """The nearest is named."""
    assert "did you mean tiktok?" in shown[0].send(f"{GALLERY}/export", 422, platform="tiktak")


def test_another_seed_or_hook_is_asked_for_and_taken_back(visitor: Visitor, ads: list[Ad]) -> None:
    """The gallery offers to make it now."""
    asked = visitor.send("/actions/change", ad=ads[0].key, seed_by="number", seed="11", hook="Good morning")
    counts = visitor.catalog.changes(CAMPAIGN)
    visitor.send("/actions/change", ad=ads[0].key, change="take_back")

    assert "Make the changes now" in asked
    assert [(one.change.seed, one.change.hook, one.by) for one in counts.values()] == [
        (11, "Good morning", visitor.person)
    ]
    assert visitor.catalog.changes(CAMPAIGN) == {}


def test_an_ad_says_that_it_is_changed_on_request(house: House) -> None:
    """On its card and its page, once a run has planned it so; others do not."""
    visitor = Visitor(house.settings)
    plan = drawn.draw_plan("one", "two")
    key = plan.ads[0].key
    house.catalog.end_run(house.catalog.start_run(plan, "{}"), "done")
    (asked,) = house.catalog.ask_change([key], Change(seed=7), "ann")
    plan = plan.model_copy(update={"answers": (Answer(ad=key, asked=asked),)})
    house.catalog.end_run(house.catalog.start_run(plan, "{}"), "done")

    with visitor.client:
        pages = [visitor.open(f"/ads/{ad.key}") for ad in plan.ads]
        gallery = visitor.open(GALLERY)

    assert [page.count("changed on request") for page in (gallery, *pages)] == [1, 1, 0]


def test_one_ad_shows_its_checks_its_recipe_and_its_history(house: House) -> None:
    """Everything that a person needs to decide, in words."""
    visitor, broken = Visitor(house.settings), house.ads[1].ad
    visitor.catalog.decide([broken], "rejected", "ann", "far too loud")

    with visitor.client:
        page = unescape(visitor.open(f"/ads/{broken}"))

    assert "<strong>Loudness</strong>: -9 LUFS; must be -14 LUFS" in page
    assert "Its shot is also in 1 ad" in page
    for words in ("a cup", "motion@1", "push in", "hibari:heart@1", "Good morning.", "far too loud"):
        assert words in page


def test_two_ads_stand_side_by_side_with_what_differs(house: House) -> None:
    """In the words of `reelmill diff`."""
    visitor, (one, other) = Visitor(house.settings), house.ads

    with visitor.client:
        page = unescape(visitor.open(f"/compare?ad={one.ad}&ad={other.ad}"))

    assert '<th scope="row">price</th><td dir="auto">one</td><td dir="auto">two</td>' in page


@pytest.mark.parametrize(
    ("number", "last", "offered"),
    [
        (1, 1, (1,)),
        (1, 3, (1, 2, 3)),
        (5, 9, (1, 2, 3, 4, 5, 6, 7, 8, 9)),
        (50, 2084, (1, 0, 48, 49, 50, 51, 52, 0, 2084)),
    ],
)
def test_few_pages_of_many_are_offered(number: int, last: int, offered: tuple[int, ...]) -> None:
    """A gap never stands for one page alone."""
    assert pages_around(number, last) == offered


def _awaited(visitor: Visitor) -> Any:
    """Return the export of the campaign once it has ended."""
    for _ in range(200):
        (export,) = visitor.exporter.of(CAMPAIGN)
        if export.over:
            return export
        visitor.open(f"{GALLERY}/exports")
    pytest.fail("the export does not end")
