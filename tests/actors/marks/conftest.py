"""A small film, marked and signed: real files, real signatures."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from actors.marks import Marker
from actors.video import ffmpeg_path
from schemas.marks import Marks, Signing
from schemas.plan import Ad
from schemas.sidecar import Recipe
from storage.blobs import open_blobs
from tests.compositions import draw_ad

FFMPEG = ffmpeg_path(None)
MARKS = Marks(
    source="compositeWithTrainedAlgorithmicMedia",
    models=("kokoro@1", "wan & co/1@2"),
    aigc='Käffi "&" Söhne <GmbH>',
    signer="test",
)


class Marked(NamedTuple):
    """An ad whose file carries its marks."""

    ad: Ad
    bare: Path
    """Before it was marked."""
    unsigned: Path
    path: Path


def recipe_of(ad: Ad) -> Recipe:
    """Return a recipe of nothing but the ad."""
    shots = ad.model_copy(update={"composition": ad.composition.model_copy(update={"cuts": ()})})
    return Recipe(brief_sha256="b", ad=shots, shots=(), clips=(), stills=(), still_files=())


@pytest.fixture(scope="session", name="marked")
def _marked(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    folder = tmp_path_factory.mktemp("marked")
    bare, unsigned, path = (folder / f"{name}.mp4" for name in ("bare", "unsigned", "signed"))
    drawn = ["-f", "lavfi", "-i", "testsrc2=s=96x160:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    words = [*drawn, "-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"]
    subprocess.run([FFMPEG, "-v", "error", *words, str(bare)], check=True)
    ad = recipe_of(draw_ad(locale="zh-CN", marks=MARKS)).ad
    marker = Marker(Signing(), open_blobs(str(folder / "blobs")), folder)
    shutil.copy(bare, unsigned)
    marker.embed(unsigned, ad.composition)
    shutil.copy(unsigned, path)
    marker.sign(path, recipe_of(ad))
    return Marked(ad, bare, unsigned, path)
