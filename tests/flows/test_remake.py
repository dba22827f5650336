"""Making an ad again from its sidecar: the same bytes, other bytes, and what stands in the way."""

import hashlib
import json
import os
from collections.abc import Iterator
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.backends import VIDEO_MODELS
from actors.composer import Composer
from actors.likeness import Likeness
from actors.video import DELIVERY
from actors.workshop import Workshop
from flows.remake import Remade, print_remade, remake
from schemas.errors import BriefError
from schemas.layout import Box
from schemas.plan import Ad, Given, Shot, Sound, Still
from schemas.settings import Settings, read_settings
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import open_blobs
from tests.compositions import draw_ad, draw_shot

WIDTH, HEIGHT, FRAMES = 180, 320, 12


class Made:
    """A small ad of two shots, one of a picture, as a worker made it; with its home."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = read_settings({"REELMILL_HOME": str(home)})
        self.blobs = open_blobs(self.settings.blobs)
        self.input = _store_picture(self.settings)
        still = Still(
            source=self.input,
            source_sha256=self.input[7:71],
            scale=1,
            upscaler="lanczos",
            matte="",
            recipe=2,
        )
        size: dict[str, Any] = {"width": WIDTH, "height": HEIGHT, "frames": FRAMES + 8}
        model = VIDEO_MODELS["motion"].revision
        shots = (
            draw_shot(**size, model=model, show="product", still=still.key, camera="push_in"),
            draw_shot(**size, model=model, seed=2),
        )
        self.ad = _ad(shots)
        worker = Workshop(self.blobs, None, home / "scratch")
        files = (worker.prepare(still, 0),)
        clips = tuple(worker.generate(shot, 0) for shot in shots)
        recipe = Recipe(
            brief_sha256="b", ad=self.ad, shots=shots, clips=clips, stills=(still,), still_files=files
        )
        self.asset = worker.compose(recipe, None)

    @property
    def name(self) -> str:
        """Of the sidecar."""
        return f"ads/{self.ad.key}.json"

    def tell(self, **changes: Any) -> None:
        """Change what the sidecar says."""
        sidecar = Sidecar.model_validate_json(self.blobs.read_text(self.name)).model_copy(update=changes)
        self.blobs.put_text(self.name, sidecar.model_dump_json(), replace=True)


def _store_picture(settings: Settings) -> str:
    path = settings.home / "picture.png"
    path.parent.mkdir(parents=True)
    Image.linear_gradient("L").resize((90, 120)).convert("RGB").save(path)
    name = f"inputs/{hashlib.sha256(path.read_bytes()).hexdigest()}.png"
    open_blobs(settings.blobs).put(name, path)
    return name


def _ad(shots: tuple[Shot, ...]) -> Ad:
    look = draw_ad().composition
    cuts = tuple(
        cut.model_copy(update={"shot": shot.key, "frames": FRAMES, "caption": "Hi"})
        for cut, shot in zip(look.cuts, shots, strict=True)
    )
    return draw_ad(
        cuts=cuts,
        width=WIDTH,
        height=HEIGHT,
        safe=Box(left=10, top=10, right=WIDTH - 10, bottom=HEIGHT - 10),
        disclaimer="",
        sound=Sound(music="synth:calm", lufs=-14.0, true_peak_max=-1.0),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The ad, made once; what a test changes it puts back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "nice", lambda _: 0)
        made = Made(tmp_path_factory.mktemp("made") / "home")
        sidecar = made.blobs.read_text(made.name)
        yield made
        made.blobs.put_text(made.name, sidecar, replace=True)


@pytest.fixture(autouse=True)
def _as_it_was(made: Made) -> Iterator[None]:
    sidecar = made.blobs.read_text(made.name)
    yield
    made.blobs.put_text(made.name, sidecar, replace=True)


def _files(made: Made) -> dict[str, bytes]:
    root = Path(made.settings.blobs)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_same_machine_makes_the_same_bytes_again(made: Made, tmp_path: Path) -> None:
    """Still, shots and ad, without a catalog; nothing stored is touched, the new ad is where it is wanted."""
    before = _files(made)

    again = remake(made.ad.key[:8], made.settings, to=tmp_path / "new.mp4")

    assert (again.equal, again.same, again.lacks) == (True, True, ())
    assert [(part.part.split()[0], part.same) for part in again.parts] == [
        ("still", True),
        ("shot", True),
        ("shot", True),
    ]
    assert hashlib.sha256((tmp_path / "new.mp4").read_bytes()).hexdigest() == made.asset.file.sha256
    assert _files(made) == before
    assert not list((made.settings.cache / "remake").iterdir())
    assert not Path(made.settings.database_url.removeprefix("sqlite:///")).exists()


def test_what_comes_out_otherwise_is_compared(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another encoder writes other bytes of the same pictures, and another version is named."""
    coarser = partialmethod(Composer.draw, encoding=DELIVERY.model_copy(update={"crf": 20}))
    monkeypatch.setattr(Composer, "draw", coarser)
    told = json.loads(made.blobs.read_text(made.name))["versions"]
    made.tell(versions={**told, "numpy": "1.0"})

    again = remake(made.ad.key, made.settings, from_clips=True)
    print_remade(again, as_json=False)
    said = capsys.readouterr().out

    assert again.picture is not None
    assert not again.equal
    assert again.same
    assert 0.98 < again.picture.worst <= again.picture.ssim <= 1.0
    assert again.picture.frames == 2 * FRAMES
    assert [(one.what, one.one) for one in again.versions] == [("version of numpy", "1.0")]
    assert "SSIM" in said
    assert "The same ad by the limits" in said


def test_what_is_gone_is_named_with_its_cure(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    """The input, the model's version, weights that nobody has; nothing is made then."""
    sidecar = Sidecar.model_validate_json(made.blobs.read_text(made.name))
    old = sidecar.recipe.shots[1].model_copy(update={"model": "motion/0"})
    still = sidecar.recipe.stills[0].model_copy(update={"source": "inputs/gone.png", "matte": "u2netp@0"})
    cut = sidecar.recipe.shots[0].model_copy(update={"given": Given(until="e" * 64)})
    made.tell(recipe=sidecar.recipe.model_copy(update={"shots": (cut, old), "stills": (still,)}))

    again = remake(made.ad.key, made.settings)
    print_remade(again, as_json=False)
    said = capsys.readouterr().out

    assert not again.same
    assert "motion/0" in said
    assert "inputs/gone.png is gone: run its brief again" in said
    assert "u2netp@0" in said
    assert "does not hold eeeeeeeeeeee" in said
    assert said.count("cannot be made again") == 5


def test_clips_that_are_gone_are_named_too(made: Made) -> None:
    """Where they are to be taken as they are."""
    sidecar = Sidecar.model_validate_json(made.blobs.read_text(made.name))
    gone = sidecar.recipe.clips[0].model_copy(
        update={"file": sidecar.recipe.clips[0].file.model_copy(update={"name": "clips/gone.mp4"})}
    )
    made.tell(recipe=sidecar.recipe.model_copy(update={"clips": (gone, *sidecar.recipe.clips[1:])}))

    again = remake(made.ad.key, made.settings, from_clips=True)

    assert again.lacks == (
        "clips/gone.mp4 is gone or damaged: leave --from-clips out, and it is made again too",
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("0" * 64, "no ad"),
        ("xyz", "no key"),
        ("missing.json", "cannot be read"),
        ("bad.json", "no sidecar that"),
    ],
)
def test_what_names_no_ad_is_refused(
    asked: str, words: str, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of nothing, no key, no file, another file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text('{"recipe": 1}')

    with pytest.raises(BriefError, match=words):
        remake(asked, made.settings)


@pytest.mark.parametrize(("sound_db", "same"), [(None, True), (-60.0, True), (-10.0, False), (0.0, False)])
def test_an_ad_without_its_sound_is_not_the_same(sound_db: float | None, same: bool) -> None:  # noqa: FBT001
    """0 dB says that the sounds have nothing in common; None that neither has any."""
    picture = Likeness(ssim=1.0, worst=1.0, worst_frame=0, frames=30)
    found = Remade(ad="a" * 64, label="", picture=picture, sound_db=sound_db)

    assert found.same is same
