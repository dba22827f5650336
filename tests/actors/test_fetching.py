"""How checkpoints come: from the hub at a commit, from a folder and from S3, told, checked and sealed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from actors.backends import VIDEO_MODELS, Checkpoint
from actors.checkpoints import examine, ready
from actors.fetching import fetch
from actors.manifest import SUMS, check, seal
from schemas.errors import BlobConflictError, BlobDamagedError, SettingsError, StorageError
from storage.blobs import open_blobs
from tests.checkpoints import COMMIT, TINY, draw_checkpoint, flip
from tests.hubs import Hub, serve_hub

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VIDEO_MODELS, "tiny", TINY)


@pytest.fixture(name="models")
def _models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return draw_checkpoint(tmp_path / "downloaded")


@pytest.fixture(name="hub")
def _hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with the checkpoint, and with what lies beside it in real repositories."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}
    files |= {
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "assets/teaser.png": b"a picture",
        "all_in_one.safetensors": b"the same weights once more",
        "transformer/diffusion_pytorch_model.bin": b"a pickle",
        "transformer/diffusion_pytorch_model.fp16.safetensors": b"the same in fewer bits",
        "transformer/modeling_tiny.py": b"import os\n",
        "transformer_full/diffusion_pytorch_model.safetensors": b"a part that the index does not name",
    }
    with serve_hub(Hub(files)) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}",
        )
        monkeypatch.setattr(constants, "DEFAULT_ETAG_TIMEOUT", 2)
        yield hub


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def bring(source: object, models: object, said: list[str] | None = None, revision: str = "") -> str:
    """Fetch the tiny checkpoint."""
    cache = Path(str(models)) if "://" not in str(models) else Path(str(source)).parent / "cache"
    say = (said if said is not None else []).append
    return fetch("tiny", str(source), str(models), revision=revision, cache=cache, say=say)


def test_the_hub_gives_what_a_pipeline_loads_and_no_more(hub: Hub, models: Path, folder: Path) -> None:
    """Never pickles or code, nor weights that the index does not name; the result is sealed."""
    fingerprint = bring("hub", models)

    assert check(models / "tiny") == []
    assert fingerprint == seal(folder)
    assert ready(str(models)) == {"tiny": f"tiny/1@{fingerprint}"}
    assert not [
        path for path in hub.asked if path.endswith((".bin", ".py", ".png", "full", "one.safetensors"))
    ]
    assert [path.name for path in models.iterdir() if path.name.startswith(".part")] == []


def test_licence_regions_and_size_are_told_before(hub: Hub, models: Path) -> None:
    """A person can stop before gigabytes have come."""
    said: list[str] = []
    bring("hub", models, said)

    assert said[0] == "tiny: licence Apache-2.0"
    assert "EU, KR" in said[1]
    assert said[2] == f"makers/tiny at {COMMIT[:12]}: 6 files, 0.0 GB"
    assert len(hub.files) == 13


@pytest.mark.parametrize("revision", ["main", "v1.0", COMMIT[:12], COMMIT.upper()])
def test_only_a_commit_pins_what_comes(models: Path, revision: str) -> None:
    """A branch or a tag may name other files tomorrow."""
    with pytest.raises(SettingsError, match="40 hex digits"):
        bring("hub", models, revision=revision)


def test_a_model_whose_commit_nobody_reviewed_asks_for_one(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table does not guess."""
    weights = Checkpoint(repo="makers/tiny", commit="", gpu_bytes={}, steps=1, guidance=1.0)
    monkeypatch.setitem(VIDEO_MODELS, "tiny", TINY.model_copy(update={"weights": weights}))

    with pytest.raises(SettingsError, match="the table has none for 'tiny'"):
        bring("hub", models)


def test_other_bytes_than_the_hub_lists_are_caught(hub: Hub, models: Path) -> None:
    """A mirror or a proxy may answer; weights and settings are held to the listing, of the same size too."""
    true = hub.files[WEIGHTS]
    hub.lies = {WEIGHTS: true[:-1] + b"\x01", "transformer/config.json": b"[]"}

    with pytest.raises(BlobDamagedError, match="HF_ENDPOINT") as caught:
        bring("hub", models)
    hub.lies = {}

    assert WEIGHTS in str(caught.value)
    assert "transformer/config.json" in str(caught.value)
    assert not (models / "tiny").exists()
    assert bring("hub", models)


def test_a_hub_that_changed_a_commit_is_caught_by_what_was_sealed(hub: Hub, models: Path) -> None:
    """Its listing agrees with its bytes, but not with the first fetch; what is there stays."""
    fingerprint = bring("hub", models)
    weights = models / "tiny" / WEIGHTS
    true = weights.read_bytes()
    flip(weights)
    hub.files[WEIGHTS] = true[:-1] + b"\x01"

    with pytest.raises(
        BlobConflictError, match=r"diffusion_pytorch_model\.safetensors was changed"
    ) as caught:
        bring("hub", models)

    assert fingerprint in str(caught.value)
    assert [problem.partition(" ")[0] for problem in check(models / "tiny")] == [WEIGHTS]


def test_a_second_fetch_mends_and_leaves_what_is_whole(hub: Hub, models: Path) -> None:
    """What is whole is not asked for again."""
    fingerprint = bring("hub", models)
    flip(models / "tiny" / WEIGHTS)

    mended = bring("hub", models)
    asked = len(hub.asked)
    said: list[str] = []
    bring("hub", models, said)

    assert mended == fingerprint
    assert check(models / "tiny") == []
    assert len(hub.asked) == asked
    assert "already, and whole" in said[-1]


@pytest.mark.parametrize(
    ("status", "error", "cure"), [(503, StorageError, "HF_ENDPOINT"), (403, SettingsError, "HF_TOKEN")]
)
def test_a_hub_that_does_not_give_names_the_cure(
    hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception], cure: str
) -> None:
    """One that is away, which is asked some times, and one that wants the licence accepted first."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    hub.status = status

    with pytest.raises(error, match=cure):
        bring("hub", models)
    assert not (models / "tiny").exists()


def test_a_commit_that_the_hub_lacks_is_named(hub: Hub, models: Path) -> None:
    """With the page where commits stand."""
    with pytest.raises(SettingsError, match=r"has no commit ffff.*commits/main"):
        bring("hub", models, revision="f" * 40)
    assert hub.asked


def test_a_folder_is_copied_without_what_is_refused(folder: Path, models: Path) -> None:
    """What was left out is told; the source is left as it is."""
    (folder / "transformer/diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("[core]\n")
    said: list[str] = []

    fingerprint = bring(folder, models, said)

    assert check(models / "tiny") == []
    assert ready(str(models)) == {"tiny": f"tiny/1@{fingerprint}"}
    assert [line for line in said if ".git" in line and line.startswith("left out")]
    assert [line for line in said if "diffusion_pytorch_model.bin" in line and line.startswith("left out")]
    assert not (folder / SUMS).exists()


def test_a_folder_of_links_is_copied_as_files(folder: Path, models: Path) -> None:
    """So the hub's own cache can be a source."""
    blob = folder.parent / "blob"
    (folder / WEIGHTS).replace(blob)
    (folder / WEIGHTS).symlink_to(blob)

    bring(folder, models)

    assert not (models / "tiny" / WEIGHTS).is_symlink()
    assert check(models / "tiny") == []


def test_a_sealed_folder_must_be_whole(folder: Path, models: Path) -> None:
    """Who sealed it meant other bytes."""
    seal(folder)
    flip(folder / WEIGHTS)

    with pytest.raises(BlobDamagedError, match="was changed"):
        bring(folder, models)
    assert not (models / "tiny").exists()


def test_what_is_there_unsealed_is_not_replaced(folder: Path, models: Path) -> None:
    """Somebody put it there by hand."""
    draw_checkpoint(models / "tiny", value=3.0)

    with pytest.raises(BlobConflictError, match="reelmill models seal"):
        bring(folder, models)


def test_half_a_checkpoint_is_refused(folder: Path, models: Path) -> None:
    """Before it is sealed."""
    (folder / "tokenizer/tokenizer.json").unlink()

    with pytest.raises(BlobDamagedError, match="folder tokenizer/ is missing"):
        bring(folder, models)
    assert not (models / "tiny").exists()


def test_a_disk_without_room_is_told_before(
    folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after an hour of copying."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())

    with pytest.raises(SettingsError, match="REELMILL_MODELS to a larger disk"):
        bring(folder, models)


def test_a_folder_goes_to_s3_and_back(folder: Path, models: Path, s3_place: str) -> None:
    """Without a copy on the way; the listing comes last, and both ends have the same fingerprint."""
    there = bring(folder, s3_place)
    again = bring(folder, s3_place)
    back = bring(f"{s3_place}/tiny", models)

    assert there == again == back
    assert examine(s3_place, "tiny") == []
    assert check(models / "tiny") == []
    assert not (folder / SUMS).exists()


def test_the_hub_goes_to_s3(hub: Hub, folder: Path, s3_place: str) -> None:
    """Through a folder beside the cache, of which nothing is left."""
    assert hub.files
    cache = folder.parent / "cache"

    fingerprint = fetch("tiny", "hub", s3_place, revision="", cache=cache, say=print)

    assert ready(s3_place) == {"tiny": f"tiny/1@{fingerprint}"}
    assert [path.name for path in _files(cache)] == [".lock-fetch-tiny"]


def test_what_is_sealed_in_s3_is_not_replaced_but_mended(folder: Path, s3_place: str) -> None:
    """Other weights under the name would change what plans mean by it."""
    fingerprint = bring(folder, s3_place)
    open_blobs(f"{s3_place}/tiny").delete(WEIGHTS)
    mended = bring(folder, s3_place)
    other = draw_checkpoint(folder.parent / "other", value=2.0)

    with pytest.raises(BlobConflictError, match="nothing was changed"):
        bring(other, s3_place)
    assert mended == fingerprint
    assert examine(s3_place, "tiny") == []


def test_a_model_without_weights_has_nothing_to_fetch(models: Path) -> None:
    """Those that have are named."""
    with pytest.raises(SettingsError, match=r"these have: .*tiny"):
        fetch("motion", "hub", str(models), revision="", cache=models, say=print)
