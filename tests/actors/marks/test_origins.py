"""Marks that pictures come with: read, kept in the ad's manifest, and taken into account."""

from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import pytest
from PIL import Image, PngImagePlugin

from actors.marks.certificates import credentials_of
from actors.marks.origins import origin_of
from actors.marks.signature import Ingredient, read_manifests, sign
from schemas.marks import SOURCE_TYPES, Origin, Signing
from tests.actors.marks.conftest import MARKS, Marked

_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {}'
    "</rdf:RDF></x:xmpmeta>"
)
_NAME = "Iptc4xmpExt:DigitalSourceType"
_ELEMENT = f">\n<{_NAME}>{SOURCE_TYPES}{{}}</{_NAME}></rdf:Description>"
_ATTRIBUTE = f'{_NAME}="{SOURCE_TYPES}{{}}"/>'


def _draw(path: Path, xmp: str = "") -> Path:
    picture = Image.linear_gradient("L").convert("RGB")
    told: dict[str, Any] = {"xmp": xmp.encode()} if xmp else {}
    if path.suffix == ".png" and xmp:
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp)
        told = {"pnginfo": info}
    picture.save(path, **told)
    return path


def _signed(path: Path, term: str) -> Path:
    """Sign the picture at *path* as some other program would."""
    own = credentials_of(Signing())
    created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPES + term}
    told = {
        "claim_generator_info": [{"name": "Dreamer", "version": "1"}],
        "title": "dream",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(own.algorithm.encode(), own.chain, own.key, None))
    out = BytesIO()
    c2pa.Builder(told).sign(signer, "image/png", BytesIO(path.read_bytes()), out)
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize("form", [_ELEMENT, _ATTRIBUTE])
def test_what_a_picture_says_in_xmp_is_heard(name: str, form: str, tmp_path: Path) -> None:
    """As an element or as an attribute, in every format that briefs take; nothing said is nothing heard."""
    told = _draw(tmp_path / name, _XMP.format(form.format("trainedAlgorithmicMedia")))
    mute = _draw(tmp_path / f"mute{told.suffix}")

    assert origin_of(told) == Origin(source="trainedAlgorithmicMedia")
    assert origin_of(mute) == Origin()


def test_a_signed_picture_is_kept_with_its_manifest(marked: Marked, tmp_path: Path) -> None:
    """The ad's manifest holds the picture's own, signature and all."""
    picture = _signed(_draw(tmp_path / "dream.png"), "trainedAlgorithmicMedia")
    came, path = origin_of(picture), tmp_path / "ad.mp4"
    path.write_bytes(marked.unsigned.read_bytes())
    parts = (Ingredient("given picture", "ab" * 32, came.source, picture), Ingredient("shot 1", "cd" * 32))
    sign(path, "key", MARKS, parts, credentials_of(Signing()))
    told = read_manifests(path) or {}
    ingredients = told["manifests"][told["active_manifest"]]["ingredients"]

    assert came == Origin(source="trainedAlgorithmicMedia", manifest=True)
    assert told["validation_state"] == "Valid"
    assert {one["title"]: bool(one.get("active_manifest")) for one in ingredients} == {
        "given picture": True,
        "shot 1": False,
    }
    assert len(told["manifests"]) == 2


def test_a_broken_manifest_tells_nothing(tmp_path: Path) -> None:
    """The word alone, or a manifest cut in the middle, stops nobody."""
    broken = _signed(_draw(tmp_path / "broken.png"), "trainedAlgorithmicMedia")
    data = broken.read_bytes()
    place = data.index(b"c2pa")
    broken.write_bytes(data[: place + 60] + bytes(40) + data[place + 100 :])
    word = tmp_path / "word.jpg"
    _draw(word)
    word.write_bytes(word.read_bytes() + b"c2pa")

    assert not origin_of(broken).manifest
    assert origin_of(word) == Origin()
