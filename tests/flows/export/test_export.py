"""Exports to a folder: what is in them, what is held back, what is new, what is to be taken down."""

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.export import bundle as bundles
from flows.export.destination import MANIFEST
from flows.export.exporting import Outcome
from schemas.errors import BlobRefusedError, BriefError, SettingsError, StorageError
from schemas.plan import Ad
from storage.catalog import Catalog
from storage.folder import LocalBlobs
from storage.owner import Owner
from tests.flows.export.shop import (
    CAMPAIGN,
    CUT,
    Shop,
    draw_ads,
    draw_brief,
    files_of,
    manifest_of,
    names_in,
    sheet_of,
)

ADS = draw_ads("A", "B")
ONE, TWO = ADS


def _held(outcome: Outcome) -> dict[str, str]:
    return {held.listed.key: held.hold.kind for held in outcome.choice.held}


def _exported(outcome: Outcome) -> list[str]:
    return [one.listed.key for one in outcome.bundle.exported] if outcome.bundle else []


def test_an_export_holds_what_its_manifest_says(shop: Shop) -> None:
    """Videos, captions and thumbnails under readable names, the platform's sheet, and a checksum for each."""
    shop.make(ADS)

    outcome = shop.export(sidecars=True)
    files, manifest = files_of(outcome), manifest_of(outcome)

    told = [*manifest["files"], *(file for ad in manifest["ads"] for file in ad["files"])]
    assert {file["name"] for file in told} == files.keys() - {"manifest.json"}
    assert all(hashlib.sha256(files[file["name"]]).hexdigest() == file["sha256"] for file in told)
    assert [file["role"] for file in manifest["ads"][0]["files"]] == [
        "video",
        "captions",
        "thumbnail",
        "sidecar",
    ]
    assert [ad["key"] for ad in manifest["ads"]] == [ONE.key, TWO.key]
    assert manifest["ads"][0]["measured"]["video_codec"] == "h264"
    assert files[f"ads/{manifest['ads'][0]['name']}.jpg"][:3] == b"\xff\xd8\xff"
    row, _ = sheet_of(outcome, "meta-ads.csv")
    assert (row["Video File Name"], row["Title"]) == (f"{row['Ad Name']}.mp4", "House Blend A")
    assert (row["Link"], row["Call to Action"]) == ("https://kaffi.example/A", "SHOP_NOW")


def test_the_next_export_holds_what_is_new_and_tells_what_is_superseded(shop: Shop) -> None:
    """A changed text makes a new ad of its place; what lies there unchanged is not sent again."""
    shop.make(ADS)
    first = shop.export()
    nothing = shop.export()
    (new,) = draw_ads("B", cuts=(CUT,))
    shop.make((ONE, new))
    second = shop.export(pattern="{product}_r{revision}_{hash}")
    third = shop.export()

    assert _exported(first) == [ONE.key, TWO.key]
    assert (nothing.folder, nothing.choice.unchanged, _exported(nothing)) == ("", 2, [])
    assert _exported(second) == [new.key]
    assert [path.name for path in Path(second.folder, "ads").glob("*.mp4")] == [f"B_r02_{new.key[:8]}.mp4"]
    (gone,) = sheet_of(second, "withdrawn.csv")
    assert (gone["key"], gone["reason"]) == (TWO.key, f"superseded by {new.key[:8]}")
    assert gone["name"] == first.bundle.exported[1].name if first.bundle else False
    assert manifest_of(second)["withdrawn"] == [gone]
    assert (third.folder, third.choice.withdrawn) == ("", [])


def test_everything_or_what_was_made_since_a_day_can_be_exported_again(shop: Shop) -> None:
    """Filters narrow it; other placements than the platform's are left out."""
    shop.make(draw_ads("A", placements=("meta_reels", "meta_feed_square", "tiktok_in_feed"), variants="ab"))
    shop.export()

    counts = [
        len(_exported(shop.export(**changes)))
        for changes in (
            {"since": "ALL"},
            {"since": "2000-01-01"},
            {"since": "2999-01-01T00:00+01:00"},
            {"since": "ALL", "placements": ("meta_reels",)},
            {"since": "ALL", "locales": ("ar",)},
            {"platform": "tiktok"},
            {"platform": "generic"},
        )
    ]

    assert counts == [4, 4, 0, 2, 0, 2, 6]


ENDED = {"sale_ends": "2020-01-01T00:00:00+00:00"}
UNTRUE = {
    "rejected": ("decision", "rejected by ann"),
    "ended": ("sale", "it shows a sale that ended on 2020-01-01"),
    "dearer": ("price", "instead of \u20ac12.90, and dearer now costs \u20ac8.90 instead of \u20ac13.90"),
    "off": ("sale", "is not on now"),
    "sold-out": ("product", "sold-out is no longer among the products"),
    "stripped": ("marks", "it has no XMP"),
    "lost": ("missing", "is not in"),
    "damaged": ("damaged", "is not what was made"),
}
"""What becomes of products after their first export, and why their ads are then held back."""
NOWS: dict[str, dict[str, Any]] = {
    "ended": ENDED,
    "dearer": {"price": "13.90 EUR"},
    "off": {"sale_price": None, "sale_ends": None},
}


def _change_all(shop: Shop, ads: dict[str, Ad]) -> None:
    """Let what UNTRUE says happen."""
    briefs = [draw_brief(name, **NOWS.get(name, {})) for name in ads if name != "sold-out"]
    products = {product.id: product for brief in briefs for product in brief.products}  # type: ignore[union-attr]
    shop.patch.setattr("flows.export.holding.products_now", lambda *_: products)
    shop.patch.setattr(
        "flows.export.packing.mark_problems",
        lambda _, ad: ("it has no XMP",) if ad.product == "stripped" else (),
    )
    shop.decide(ads["rejected"], "rejected")
    shop.blobs.delete(f"ads/{ads['lost'].key}.mp4")
    shop.blobs.put_text(f"ads/{ads['damaged'].key}.mp4", "other bytes", replace=True)


def test_an_ad_that_is_not_true_any_more_is_held_back_and_taken_down(shop: Shop) -> None:
    """Nothing of it is written; where it was exported before, it is to be taken down; the rest goes out."""
    ads = {ad.product: ad for ad in draw_ads("good", *UNTRUE)}
    brief = draw_brief(*ads)
    products = {product.id: product for product in brief.products}  # type: ignore[union-attr]
    shop.patch.setattr("flows.export.holding.products_now", lambda *_: products)
    shop.make([*ads.values()], brief, source="/briefs/brief.yaml")
    shop.export(to=str(shop.folder / "earlier"))
    _change_all(shop, ads)

    fresh = shop.export()
    later = shop.export(to=str(shop.folder / "earlier"), since="ALL")

    rows = {row["product"]: row for row in sheet_of(fresh, "held-back.csv")}
    assert _exported(fresh) == [ads["good"].key]
    assert {name: row["why"] for name, row in rows.items()} == {
        name: kind for name, (kind, _) in UNTRUE.items()
    }
    assert all(reason in rows[name]["reason"] for name, (_, reason) in UNTRUE.items())
    assert {name.split("_")[2] for name in files_of(fresh) if name.startswith("ads/")} == {"good"}
    assert {one.ad.product for one in later.choice.withdrawn} == UNTRUE.keys() - {"lost", "damaged"}


def test_what_failed_a_check_or_nobody_approved_is_held_back(shop: Shop) -> None:
    """A decision that is taken back is none."""
    three = draw_ads("C", "D")
    shop.make((*ADS, *three), rejected=[ONE.key])
    shop.decide(TWO, "approved")
    shop.decide(three[0], "approved")
    shop.decide(three[0], "withdrawn")

    outcome = shop.export(approved_only=True)

    assert _held(outcome) == {ONE.key: "check", three[0].key: "approval", three[1].key: "approval"}
    assert _exported(outcome) == [TWO.key]


def test_an_ad_of_old_without_marks_is_held_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real check of marks, on a file that carries none."""
    from actors import marks  # noqa: PLC0415 (it reads signatures)

    monkeypatch.setattr("flows.export.packing.mark_problems", marks.mark_problems)
    shop.make(ADS)

    assert set(_held(shop.export()).values()) == {"marks"}


def test_archives_hold_the_files_and_sheets_lie_beside(shop: Shop) -> None:
    """An ad that no part can hold is held back; a second packing has the same bytes."""
    ads = draw_ads(*(f"P{n}" for n in range(5)))
    shop.make(ads)
    size = len(shop.video) * 3
    shop.patch.setattr("flows.export.request.SPLIT_MIN", 1)

    parts = shop.export(archive="zip", split=f"{size}B")
    again = shop.export(archive="zip", split=f"{size}B", since="ALL")
    small = shop.export(archive="zip", split="100B", since="ALL")

    archives = sorted(Path(parts.folder).glob("*.zip"))
    manifest = manifest_of(parts)
    assert len(archives) > 1
    assert all(path.stat().st_size <= size for path in archives)
    packed = {name for path in archives for name in names_in(path)}
    assert packed == {file["name"] for ad in manifest["ads"] for file in ad["files"]}
    assert not Path(parts.folder, "ads").exists()
    assert [p.read_bytes() for p in archives] == [
        p.read_bytes() for p in sorted(Path(again.folder).glob("*.zip"))
    ]
    assert set(_held(small).values()) == {"size"}


KILLED_AT = ("video 1", "thumbnail 2", "sheet", "manifest", "catalog")


def _killer(when: str) -> Callable[[], None]:
    """Return what lets this process be killed, as by kill -9, at a moment of an export."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def arm() -> None:
        put, seen = LocalBlobs.put, []

        def counted(self: LocalBlobs, name: str, path: Path, *, replace: bool = False) -> Any:
            seen.append(name)
            kinds = {"video 1": ".mp4", "thumbnail 2": ".jpg", "sheet": ".csv", "manifest": "manifest.json"}
            ending = kinds.get(when, "never")
            if (
                replace
                and name.endswith(ending)
                and sum(one.endswith(ending) for one in seen) == (2 if "2" in when else 1)
            ):
                die()
            return put(self, name, path, replace=replace)

        LocalBlobs.put = counted  # type: ignore[method-assign]
        if when == "catalog":
            Catalog.finish_export = die  # type: ignore[method-assign]

    return arm


def test_a_killed_export_is_gone_on_with(shop: Shop) -> None:
    """Killed at any moment, it ends as if nothing had happened: nothing lies there twice or half."""
    shop.make(ADS)
    undisturbed = shop.export(to=str(shop.folder / "undisturbed"))
    for when in KILLED_AT:
        to = shop.folder / when
        child = os.fork()
        if child == 0:
            _killer(when)()
            shop.export(to=str(to))
            os._exit(0)
        _, status = os.waitpid(child, 0)

        outcome = shop.export(to=str(to))

        assert os.WIFSIGNALED(status), when
        assert [path.name for path in to.iterdir()] == [Path(outcome.folder).name], when
        first, second = files_of(outcome), files_of(undisturbed)
        assert first.keys() == second.keys(), when
        assert all(content == second[name] for name, content in first.items() if name != MANIFEST), when
        assert manifest_of(outcome)["ads"] == manifest_of(undisturbed)["ads"], when
        assert shop.export(to=str(to)).folder == "", when


def test_while_one_exports_another_waits_and_what_failed_is_gone_on_with(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that gives up leaves the export to the next."""
    shop.make(ADS)
    to = str((shop.folder / "to").resolve())
    with Catalog(shop.settings.database_url) as catalog:
        owner = Owner.here()
        held = catalog.begin_export(to, "meta", "{}", owner)
        with pytest.raises(SettingsError, match="is being written"):
            shop.export()
        catalog.drop_export(held.export, owner)
    with monkeypatch.context() as broken:
        broken.setattr(bundles, "_put", _gives_up)
        with pytest.raises(StorageError):
            shop.export()

    outcome = shop.export()

    assert _exported(outcome) == [ONE.key, TWO.key]
    assert [path.name for path in (shop.folder / "to").iterdir()] == [Path(outcome.folder).name]


def _gives_up(*_: object) -> None:
    raise StorageError("the line is down")


def test_links_in_the_destination_are_not_followed(shop: Shop) -> None:
    """Neither the folder of an export nor what lies in it leads elsewhere."""
    shop.make(ADS)
    elsewhere = shop.folder / "elsewhere"
    elsewhere.mkdir()
    named = shop.export(dry=True).choice.chosen[0].name
    put = LocalBlobs.put

    def trap(self: LocalBlobs, name: str, path: Path, *, replace: bool = False) -> Any:
        link = self.root / "ads" / f"{named}.mp4"
        if replace and name == f"ads/{named}.mp4":
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(elsewhere / "stolen")
        return put(self, name, path, replace=replace)

    shop.patch.setattr(LocalBlobs, "put", trap)
    outcome = shop.export()
    shop.patch.setattr(
        LocalBlobs, "sweep", lambda self, **_: (self.root.mkdir(), (self.root / "ads").symlink_to(elsewhere))
    )

    assert not Path(outcome.folder, "ads", f"{named}.mp4").is_symlink()
    with pytest.raises(BlobRefusedError, match="is a link"):
        shop.export(since="ALL")
    assert [*elsewhere.iterdir()] == []


def test_what_others_keep_at_the_destination_stays(shop: Shop) -> None:
    """Only the export's own folder is written and cleared."""
    shop.make(ADS)
    (shop.folder / "to").mkdir()
    (shop.folder / "to" / "notes.txt").write_text("mine")

    first = shop.export()
    before = files_of(first)
    shop.export(since="ALL")

    assert (shop.folder / "to" / "notes.txt").read_text() == "mine"
    assert files_of(first) == before


def test_an_export_nobody_can_make_says_so(shop: Shop) -> None:
    """A campaign that is not there, on a dry run too, which makes no database."""
    (shop.settings.home / "catalog.sqlite").rename(shop.folder / "catalog.sqlite")
    with pytest.raises(BriefError, match="no campaigns yet"):
        shop.export(dry=True)

    assert not (shop.settings.home / "catalog.sqlite").exists()
    with pytest.raises(BriefError, match=f"unknown '{CAMPAIGN}'; known: none"):
        shop.export()


def test_texts_of_a_brief_run_nothing_in_a_sheet(shop: Shop) -> None:
    """They come from feeds of strangers."""
    (ad,) = draw_ads("A", cuts=(CUT,))
    shop.make((ad,), draw_brief("A", title="@SUM(A1)", description="x"))

    (row,) = sheet_of(shop.export(), "meta-ads.csv")

    assert (row["Body"], row["Title"]) == ("'=1+1", "'@SUM(A1)")
