"""Stopping a campaign from another process."""

from pathlib import Path
from threading import Thread

import pytest

from flows.cancel import cancel
from schemas.errors import BriefError
from schemas.plan import Plan
from schemas.settings import Settings, read_settings
from storage.catalog import Catalog
from tests.compositions import draw_ad

PLAN = Plan(
    campaign="kaffi/spring-roast", brief_sha256="b", stills=(), shots=(), ads=(draw_ad(),), notes=()
)  # fmt: skip


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return read_settings({"REELMILL_HOME": str(tmp_path)})


def test_an_unknown_campaign_is_refused_with_the_known_ones(settings: Settings) -> None:
    """A typing error cancels nothing."""
    with pytest.raises(BriefError, match="no campaigns yet"):
        cancel("kaffi/spring", settings)
    with Catalog(settings.database_url) as catalog:
        catalog.end_run(catalog.start_run(PLAN, "{}"), "done")

    with pytest.raises(BriefError, match="known: kaffi/spring-roast"):
        cancel("kaffi/spring", settings)


def test_without_a_live_run_the_rest_is_cancelled_here(settings: Settings) -> None:
    """Its ads say so, and a rerun makes them."""
    with Catalog(settings.database_url) as catalog:
        catalog.end_run(catalog.start_run(PLAN, "{}"), "interrupted")
        said = cancel("kaffi/spring-roast", settings)

        assert "no run of it is alive" in said
        assert catalog.rows()[0].state == "cancelled"


def test_a_live_run_is_asked_and_waited_for(settings: Settings) -> None:
    """Whoever cancels knows that it has stopped."""
    with Catalog(settings.database_url) as catalog:
        run = catalog.start_run(PLAN, "{}")

        def live() -> None:
            while catalog.beat(run) != "cancelled":
                pass
            catalog.end_run(run, "cancelled")

        living = Thread(target=live)
        living.start()
        said = cancel("kaffi/spring-roast", settings)
        living.join(30)

    assert said == "kaffi/spring-roast: stopped; `reelmill run` makes the rest"
