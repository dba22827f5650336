"""Exports to S3, against a real server: copied there by it, read back, what does not hold is not counted."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flows.export.bucket import Bucket
from schemas.media import StoredFile
from storage.blobs import open_blobs
from storage.s3 import S3Blobs
from tests.flows.export.shop import Shop, draw_ads

ADS = draw_ads("A", "B")


@pytest.fixture(name="s3_shop")
def _s3_shop(shop: Shop, s3_place: str) -> Shop:
    """A shop whose ads lie in S3 too."""
    shop.settings = shop.settings.model_copy(update={"blobs": f"{s3_place}/blobs"})
    shop.blobs = open_blobs(shop.settings.blobs)
    shop.make(ADS)
    return shop


@cache
def _at(where: str) -> S3Blobs:
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    return S3Blobs(bucket, prefix)


def _objects(where: str) -> dict[str, StoredFile]:
    names = _at(where).names("")
    return {name: file for name in names if (file := _at(where).measure(name))}


def _manifest(where: str) -> Any:
    return json.loads(_at(where).read_text("manifest.json"))


def test_ads_in_s3_are_copied_by_the_server_and_sent_from_a_folder(
    s3_shop: Shop, s3_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either way the objects are what the manifest says, measured on what is stored."""
    sent: list[str] = []
    put = S3Blobs.put

    def seen(self: S3Blobs, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        sent.append(name)
        return put(self, name, path, replace=replace)

    monkeypatch.setattr(S3Blobs, "put", seen)
    copied = s3_shop.export(to=f"{s3_place}/to")
    copied_sent = sent.copy()
    s3_shop.settings = s3_shop.settings.model_copy(update={"blobs": str(s3_shop.folder / "blobs")})
    s3_shop.blobs = open_blobs(s3_shop.settings.blobs)
    local = draw_ads("C")
    s3_shop.make(local)
    streamed = s3_shop.export(to=f"{s3_place}/to")

    assert not [name for name in copied_sent if name.endswith((".mp4", ".srt"))]
    assert [name.rpartition(".")[2] for name in sent if local[0].key[:8] in name] == ["mp4", "srt", "jpg"]
    for outcome, count in ((copied, 2), (streamed, 1)):
        objects, manifest = _objects(outcome.folder), _manifest(outcome.folder)
        told = [*manifest["files"], *(file for ad in manifest["ads"] for file in ad["files"])]
        assert len(manifest["ads"]) == count
        assert objects.keys() == {file["name"] for file in told} | {"manifest.json"}
        assert all(objects[file["name"]].sha256 == file["sha256"] for file in told)


def test_an_object_that_does_not_hold_is_not_in_the_manifest(
    s3_shop: Shop, s3_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes again with the next export."""
    copy = Bucket.copy

    def spoiled(self: Bucket, name: str, file: StoredFile, source: Any, path: Path) -> StoredFile:
        copied = copy(self, name, file, source, path)
        if ADS[0].key[:8] not in name:
            return copied
        self._store.put_text(name, "something else", replace=True)
        return self._measured(copied)

    monkeypatch.setattr(Bucket, "copy", spoiled)
    broken = s3_shop.export(to=f"{s3_place}/to")
    monkeypatch.setattr(Bucket, "copy", copy)
    mended = s3_shop.export(to=f"{s3_place}/to")

    assert [held.hold.kind for held in broken.choice.held] == ["unwritten"]
    assert [ad["key"] for ad in _manifest(broken.folder)["ads"]] == [ADS[1].key]
    assert not [name for name in _objects(broken.folder) if ADS[0].key[:8] in name]
    assert [ad["key"] for ad in _manifest(mended.folder)["ads"]] == [ADS[0].key]
