"""A real browser, and a campaign of small films behind a real server, to journey through the review page."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from flows.review.access import decide_access
from flows.review.app import review_app
from flows.review.serve import open_socket
from schemas.settings import read_settings
from tests.catalogs import copy_catalog
from tests.films import draw_film
from tests.flows.export.shop import CAMPAIGN, Shop, draw_ads

PROGRAM = "/usr/bin/chromium"
_ARGS = [
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--mute-audio",
    "--no-first-run",
]
"""It starts quickly and silently, and plays without being asked."""
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)


class Site:
    """A review page that is served: a finished campaign of eight ads."""

    def __init__(self, shop: Shop, address: str, app: Any) -> None:
        self.shop, self.address = shop, address
        self.catalog = app.state.desk.catalog
        self.gallery = f"{address}/campaigns/{CAMPAIGN}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's chromium; it holds the thread's event loop, so it ends before other modules begin."""
    if not Path(PROGRAM).exists():
        reason = f"{PROGRAM} is not installed: apt-get install chromium"
        if os.environ.get("REELMILL_NEED_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of two seconds that browsers play."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    return draw_film(path, [Fraction(n, 15) for n in range(30)], lasts=Fraction(1, 15), size=(108, 192))


@pytest.fixture
def site(tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A campaign whose eight ads are finished, and nobody has decided about; the marks of its films hold."""
    monkeypatch.setattr("flows.export.packing.mark_problems", lambda *_: ())
    home = tmp_path / "home"
    copy_catalog(home / "catalog.sqlite")
    shop = Shop(read_settings({"REELMILL_HOME": str(home)}), tmp_path, film, monkeypatch)
    shop.make(draw_ads("HB-1", "HB-2", placements=("meta_reels", "meta_feed_square"), variants="ab"))
    with _served(shop) as served:
        yield served


@contextmanager
def _served(shop: Shop) -> Iterator[Site]:
    with open_socket("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        app = review_app(shop.settings, decide_access("127.0.0.1", port, shop.settings))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Site(shop, f"http://127.0.0.1:{port}", app)
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages; what their consoles complain of fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(address: str, size: ViewportSize = DESK, **options: Any) -> Page:
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
