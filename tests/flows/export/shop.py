"""A finished campaign whose ads are real, tiny films, with its brief, for tests of exports."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from flows.export.exporting import Outcome, export_ads
from flows.export.request import read_request
from schemas.brief import Brief
from schemas.media import Asset, Finding, StoredFile
from schemas.plan import Ad, Cut, Plan
from schemas.settings import Settings
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from tests.compositions import PALETTE, draw_ad, draw_facts

CAMPAIGN = "kaffi/spring-roast"
SALE = {"price": "12.90 EUR", "sale_price": "8.90 EUR", "sale_ends": "2026-12-24T23:59:59+01:00"}


def draw_brief(*products: str, **changes: Any) -> Brief:
    """Return a brief of *products*, on sale; *changes* replace fields of every product."""
    return Brief.model_validate(
        {
            "campaign": "spring-roast",
            "objective": "sales",
            "brand": {"name": "Kaffi", "colors": PALETTE.model_dump()},
            "products": [
                {"id": name, "title": f"House Blend {name}", "images": ["cup.png"], **SALE, **changes}
                | {"link": f"https://kaffi.example/{name}"}
                for name in products
            ],
            "locales": {"en-US": {"hook": "Wake up to better coffee", "cta": "Shop now"}},
            "placements": ["meta_reels"],
        }
    )


def draw_ads(
    *products: str, placements: Sequence[str] = ("meta_reels",), variants: str = "a", **changes: Any
) -> tuple[Ad, ...]:
    """Return an ad for each product, placement and variant."""
    return tuple(
        draw_ad(placement, "en-US", variant, **changes).model_copy(update={"product": product})
        for product in products
        for placement in placements
        for variant in variants
    )


class Shop:
    """Makes campaigns without rendering, and exports them."""

    def __init__(self, settings: Settings, folder: Path, film: Path, patch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.folder = folder
        self.patch = patch
        self.blobs: BlobStore = open_blobs(settings.blobs)
        self.video = film.read_bytes()

    def make(
        self, ads: Sequence[Ad], brief: Brief | None = None, *, source: str = "", rejected: Sequence[str] = ()
    ) -> None:
        """Run the campaign of *ads* to its end; the keys *rejected* fail a check."""
        brief = brief or draw_brief(*dict.fromkeys(ad.product for ad in ads))
        with Catalog(self.settings.database_url) as catalog:
            run = catalog.start_run(_plan(ads), brief.model_dump_json(), source)
            for ad in ads:
                claim = catalog.claim("ad", ad.key, run)
                if not claim.made:
                    catalog.finish(claim.attempt, self._asset(ad, rejected=ad.key in rejected))
            catalog.end_run(run, "done")

    def export(self, **changes: Any) -> Outcome:
        """Export the campaign to the folder ``to``."""
        options: dict[str, Any] = {
            "to": str(self.folder / "to"),
            "platform": "meta",
            "settings": self.settings,
        }
        request = read_request((CAMPAIGN,), **(options | changes))
        return export_ads(request, self.settings, lambda _: None)

    def decide(self, ad: Ad, decision: Any) -> None:
        """Let a person decide about *ad*."""
        with Catalog(self.settings.database_url) as catalog:
            catalog.decide([ad.key], decision, "ann", "too dark")

    def _asset(self, ad: Ad, *, rejected: bool) -> Asset:
        file = self._store(f"ads/{ad.key}.mp4", self.video)
        captions = (self._store(f"ads/{ad.key}.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHi\n"),)
        self._store(f"ads/{ad.key}.json", b"{}")
        fault = Finding(rule="loudness", measured="-9", limit="-14", source="house", severity="reject")
        return Asset(
            ad=ad.key,
            file=file,
            facts=draw_facts(),
            captions=captions,
            findings=(fault,) if rejected else (),
            cpu_seconds=1,
        )

    def _store(self, name: str, content: bytes) -> StoredFile:
        path = self.folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return self.blobs.put(name, path, replace=True)


def files_of(outcome: Outcome) -> dict[str, bytes]:
    """Return every file of an export to a folder, by name."""
    root = Path(outcome.folder)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def manifest_of(outcome: Outcome) -> dict[str, Any]:
    """Return the manifest of an export to a folder."""
    manifest: dict[str, Any] = json.loads((Path(outcome.folder) / "manifest.json").read_text())
    return manifest


def sheet_of(outcome: Outcome, name: str) -> list[dict[str, str]]:
    """Return the rows of the sheet *name*, as a spreadsheet reads them."""
    with (Path(outcome.folder) / name).open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def names_in(archive: Path) -> list[str]:
    """Return the members of a zip archive that is whole."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return opened.namelist()


def _plan(ads: Sequence[Ad]) -> Plan:
    return Plan(campaign=CAMPAIGN, brief_sha256="b", stills=(), shots=(), ads=tuple(ads), notes=())


CUT = Cut(shot="scene", frames=6, caption="=1+1", end_card=False)
