"""Briefs whose texts would be pages: whatever strangers write is shown as text, on every page."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from flows.review.access import decide_access
from flows.review.app import review_app
from schemas.brief import EVERYWHERE
from schemas.media import Asset, Finding
from schemas.plan import Ad, Plan
from schemas.settings import read_settings
from storage.gallery_rows import Filters
from tests.flows import house as house_module
from tests.flows.house import House
from tests.flows.review.guarded import HOST
from tests.flows.review.test_media import TRICKS
from tests.storage import drawn

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)></title></textarea><!--"
    "{{7*7}}{% raw %}${7*7}javascript:alert(1)\u202egpj.exe&lt;b&gt;"
)
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "hx-get", "hx-post", "hx-push-url"}
TITLE = f"Title {HOSTILE}"
BROKEN = Finding(rule=HOSTILE, measured=HOSTILE, limit=HOSTILE, source=HOSTILE, severity="reject")


class _Page(HTMLParser):
    """What a browser would make of a page, as far as it could do harm."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.harm: list[str] = []
        self.addresses: list[str] = []
        self.forms = 0
        self.tokens = 0
        self.seen = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag in {"style", "iframe", "object", "embed", "base"} or (tag == "script" and "src" not in named):
            self.harm.append(tag)
        self.harm += [name for name in named if name.startswith(("on", "hx-on", "style"))]
        self.addresses += [value for name, value in named.items() if name in ADDRESSES]
        self.forms += tag == "form" and named.get("method") == "post"
        self.tokens += tag == "input" and named.get("name") == "csrf" and len(named["value"]) == 64
        self.seen += " ".join(named.values())

    def handle_data(self, data: str) -> None:
        self.seen += data


class HostileHouse(House):
    """A finished campaign whose every text is hostile."""

    def _asset(self, ad: Ad) -> Asset:
        findings = (BROKEN,) if "two" in ad.product else ()
        return super()._asset(ad).model_copy(update={"findings": findings})

    def _note_all(self) -> None:
        titles = [{"id": ad.product, "title": {EVERYWHERE: TITLE}} for ad in self.plan.ads]
        run = self.catalog.start_run(self.plan, json.dumps({"products": titles}))
        self.catalog.finish(self.catalog.claim("still", self.still.still, run).attempt, self.still)
        self.catalog.finish(self.catalog.claim("voice", self.voice.narration, run).attempt, self.voice)
        self.catalog.finish(self.catalog.claim("shot", self.clip.shot, run).attempt, self.clip)
        for asset in self.ads:
            self.catalog.finish(self.catalog.claim("ad", asset.ad, run).attempt, asset)
        self.catalog.end_run(run, "done")
        self.catalog.decide([self.ad.ad], "rejected", f"By {HOSTILE}", f"Comment {HOSTILE}")


def _spoiled(ad: Ad) -> Ad:
    cuts = tuple(
        cut.model_copy(update={"caption": f"Caption {HOSTILE}", "note": f"Note {HOSTILE}"})
        for cut in ad.composition.cuts
    )
    texts = {name: f"{name} {ad.product} {HOSTILE}" for name in ("product", "locale", "variant")}
    return ad.model_copy(update={**texts, "composition": ad.composition.model_copy(update={"cuts": cuts})})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The hostile campaign."""
    draw = drawn.draw_plan

    def draw_hostile(*products: str, voiced: bool) -> Plan:
        plan = draw(*products, voiced=voiced)
        return plan.model_copy(update={"ads": tuple(map(_spoiled, plan.ads))})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house_module.drawn, "draw_plan", draw_hostile)
        home = tmp_path_factory.mktemp("home")
        house = HostileHouse(read_settings({"REELMILL_HOME": str(home)}))
    with house.catalog:
        yield house


@pytest.fixture
def visitor(house: House) -> Iterator[TestClient]:
    """A browser on its page."""
    app = review_app(house.settings, decide_access("127.0.0.1", 8321, house.settings))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as visitor:
        yield visitor


def _pages(house: House) -> list[str]:
    keys = [ad.ad for ad in house.ads]
    gallery = f"/campaigns/{house.plan.campaign}"
    filters = {"product": HOSTILE, "locale": HOSTILE, "q": HOSTILE[:190]}
    asked = TestClient(lambda *_: None).build_request("GET", gallery, params=filters).url.query.decode()  # type: ignore[arg-type]
    return [
        "/",
        "/runs",
        gallery,
        f"{gallery}?{asked}",
        *(f"/ads/{key}" for key in keys),
        f"/compare?ad={keys[0]}&ad={keys[1]}",
    ]


def test_every_text_of_a_brief_is_shown_as_text(house: House, visitor: TestClient) -> None:
    """No page gets an element, a handler or an address from it, and every form carries its token."""
    seen = ""
    for address in _pages(house):
        answer = visitor.get(address)
        page = _Page(answer.text)
        assert answer.status_code == 200, (address, answer.text[-800:])
        assert page.harm == [], address
        assert [one for one in page.addresses if not one.startswith(("/", "#", "?"))] == [], address
        assert not any(one.startswith("//") for one in page.addresses), address
        assert page.tokens == page.forms, address
        seen += page.seen

    for text in (
        TITLE,
        f"Comment {HOSTILE}",
        f"By {HOSTILE}",
        f"locale one {HOSTILE}",
        f"variant one {HOSTILE}",
    ):
        assert text in seen, text


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
def test_every_action_asks_for_the_token(house: House, visitor: TestClient) -> None:
    """Also one that is written tomorrow: the list is the application's own."""
    paths = visitor.app.openapi()["paths"]  # type: ignore[attr-defined]
    actions = [path for path, methods in paths.items() if "post" in methods]

    answers = {
        path: visitor.post(path.format(brand="kaffi", name="spring-roast", number=1)) for path in actions
    }

    assert len(actions) >= 5
    assert {answer.status_code for answer in answers.values()} == {403}
    assert house.catalog.latest_decisions([house.ad.ad])[house.ad.ad].decision == "rejected"


def test_nothing_in_an_address_breaks_a_page(visitor: TestClient) -> None:
    """Whatever stands in the place of a name or a key, people are told, and nothing of the inside."""
    paths = (
        "/ads/{0}",
        "/campaigns/{0}/{0}",
        "/campaigns/{0}/x/progress",
        "/compare?ad={0}",
        "/?page={0}",
        "/static/{0}",
    )
    paths += (
        "/campaigns/kaffi/spring-roast?page={0}&status={0}",
        "/campaigns/kaffi/spring-roast?q={0}&product={0}",
    )

    for path in paths:
        for trick in TRICKS[::3]:
            answer = visitor.get(path.format(trick))
            assert answer.status_code < 500, (path, trick)
            assert "Traceback" not in answer.text
            assert _Page(answer.text).harm == []


def test_the_search_takes_signs_as_signs(house: House) -> None:
    """Neither as a pattern nor as a statement."""
    for text in ("%", "_", "' OR 1=1 --", "\\", '"', "1); DROP TABLE ads; --"):
        found = house.catalog.gallery(Filters(campaign=house.plan.campaign, text=text), offset=0, most=10)
        assert found.total == (2 if text in HOSTILE else 0), text


def test_pages_are_templates_that_escape() -> None:
    """No template switches it off, and none holds a script or a style of its own."""
    folder = Path(review_app.__code__.co_filename).parent / "templates"
    templates = {path.name: path.read_text() for path in folder.rglob("*.html")}

    assert len(templates) > 5
    for name, text in templates.items():
        for word in (
            "|safe",
            "| safe",
            "autoescape",
            "Markup",
            "<style",
            " style=",
            " onclick",
            "hx-on",
            "javascript:",
        ):
            assert word not in text, (name, word)
