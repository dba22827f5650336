"""Weights and music through the blob store: what a plan names reaches every worker, whole."""

import hashlib
from pathlib import Path

import pytest

from actors import weights
from actors.shelf import store_weights, take_folder, take_weights
from actors.weights import Weights
from schemas.errors import SettingsError, StorageError
from schemas.plan import Narration, Plan, Still
from storage.blobs import BlobStore
from tests.compositions import draw_ad, draw_shot

TRACK = b"a song"


def item(name: str, content: bytes, **changes: object) -> Weights:
    """Return an item of the manifest that holds *content*."""
    facts = {
        "name": name,
        "package": "tiny 1.0",
        "wheel_sha256": "",
        "members": (),
        "kind": "copy",
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "MIT",
        "licence_source": "",
    }
    return Weights.model_validate(facts | changes)


SPAN, MATTE = item("span", b"a network"), item("matte", b"another network")
PACK = item("music", b"a listing", kind="music", files={"calm/song.opus": hashlib.sha256(TRACK).hexdigest()})
SPEAKER = b"a speaker"
VOICE = item(
    "voice",
    b"another listing",
    kind="kokoro",
    files={
        "net.onnx": hashlib.sha256(b"a voice").hexdigest(),
        "voices/ann.bin": hashlib.sha256(SPEAKER).hexdigest(),
    },
)
SAID = Narration(text="Hello.", locale="en-US", voice=VOICE.revision.replace("@", ":ann@"), recipe=1)
SONG = f"pack:calm/song@{PACK.sha256[:12]}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two networks, a pack of one track and a voice, which are the manifest."""
    monkeypatch.setattr(weights, "MANIFEST", {one.name: one for one in (SPAN, MATTE, PACK, VOICE)})
    for path, content in (
        (SPAN.place, b"a network"),
        (MATTE.place, b"another network"),
        (f"{PACK.place}/calm/song.opus", TRACK),
        (f"{VOICE.place}/net.onnx", b"a voice"),
        (f"{VOICE.place}/voices/ann.bin", SPEAKER),
    ):
        target = tmp_path / "weights" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return tmp_path / "weights"


def a_plan(
    *, upscaler: str = "", matte: str = "", music: str = "synth:calm", clip: str = "", interpolator: str = ""
) -> Plan:
    """Return a plan of one still, one shot and one ad that need these."""
    still = Still(source="", source_sha256="", scale=2, upscaler=upscaler, matte=matte, recipe=1)
    enlarged = {"base": "b" * 64, "upscaler": f"{clip or 'lanczos'}/1", "interpolator": f"{interpolator}/1"}
    shot = draw_shot(**enlarged) if clip or interpolator else draw_shot()
    ad = draw_ad()
    sound = ad.composition.sound.model_copy(update={"music": music})
    look = ad.composition.model_copy(update={"sound": sound})
    return Plan(
        campaign="kaffi/spring",
        brief_sha256="",
        stills=(still,),
        shots=(shot,),
        ads=(ad.model_copy(update={"composition": look}),),
        notes=(),
    )


@pytest.mark.parametrize(
    ("needs", "revision", "content"),
    [
        ({"upscaler": SPAN.revision}, SPAN.revision, b"a network"),
        ({"clip": SPAN.revision}, SPAN.revision, b"a network"),
        ({"interpolator": MATTE.revision}, MATTE.revision, b"another network"),
        ({"matte": MATTE.revision}, MATTE.revision, b"another network"),
        ({"music": SONG}, SONG, TRACK),
    ],
)
def test_what_a_plan_names_reaches_a_worker(
    folder: Path, blobs: BlobStore, tmp_path: Path, needs: dict[str, str], revision: str, content: bytes
) -> None:
    """Through a folder of blobs as through S3, and nothing else goes there."""
    store_weights(a_plan(**needs), folder, blobs)

    assert take_weights(revision, blobs, tmp_path / "cache").read_bytes() == content
    assert len(list(blobs.names("weights/"))) == 1


def test_a_plan_that_names_nothing_stores_nothing(folder: Path, blobs: BlobStore) -> None:
    """Lanczos, the synthesiser and the brief's own music need no weights."""
    store_weights(a_plan(upscaler="lanczos", clip="lanczos", interpolator="repeat"), folder, blobs)
    store_weights(a_plan(upscaler="none", music="inputs/an@odd name.mp3"), folder, blobs)

    assert not list(blobs.names("weights/"))


def test_what_the_store_has_need_not_be_here(folder: Path, blobs: BlobStore, tmp_path: Path) -> None:
    """Another machine put it there."""
    plan = a_plan(upscaler=SPAN.revision)
    store_weights(plan, folder, blobs)

    store_weights(plan, tmp_path / "empty", blobs)

    assert take_weights(SPAN.revision, blobs, tmp_path / "cache").read_bytes() == b"a network"


def test_what_is_nowhere_is_named_with_the_cure(folder: Path, blobs: BlobStore) -> None:
    """The pack by its own name, as the command knows it."""
    (folder / PACK.place / "calm/song.opus").unlink()

    with pytest.raises(SettingsError, match=r"neither in .* run `reelmill weights fetch music`"):
        store_weights(a_plan(music=SONG), folder, blobs)


def test_a_damaged_file_is_not_stored(folder: Path, blobs: BlobStore) -> None:
    """Its hash is looked at each time, not only when it was fetched."""
    (folder / SPAN.place).write_bytes(b"half a netw")

    with pytest.raises(SettingsError, match="damaged: delete it"):
        store_weights(a_plan(upscaler=SPAN.revision), folder, blobs)
    assert not list(blobs.names("weights/"))


def test_a_damaged_blob_is_not_taken_and_mended_by_the_next_run(
    folder: Path, blobs: BlobStore, tmp_path: Path
) -> None:
    """A worker never loads other bytes than the manifest's."""
    (tmp_path / "other").write_bytes(b"other bytes")
    blobs.put(f"weights/{SPAN.place}", tmp_path / "other")
    with pytest.raises(StorageError, match="damaged"):
        take_weights(SPAN.revision, blobs, tmp_path / "cache")

    store_weights(a_plan(upscaler=SPAN.revision), folder, blobs)

    assert take_weights(SPAN.revision, blobs, tmp_path / "cache").read_bytes() == b"a network"


@pytest.mark.parametrize(
    "revision",
    ["span@000000000000", "magic@1", f"pack:../../etc/passwd@{PACK.sha256[:12]}", "pack:calm/song@0"],
)
def test_a_revision_of_another_version_is_refused(
    folder: Path, blobs: BlobStore, tmp_path: Path, revision: str
) -> None:
    """Worker and planner run different versions."""
    assert folder.exists()

    with pytest.raises(SettingsError, match="one version of Reelmill on all machines"):
        take_weights(revision, blobs, tmp_path)


def test_a_voice_reaches_the_worker_with_all_its_files(
    folder: Path, blobs: BlobStore, tmp_path: Path
) -> None:
    """In a folder as `reelmill weights fetch` makes it; voices from a package or a recording have none."""
    recorded = SAID.model_copy(update={"voice": "inputs/a.wav"})
    packaged = SAID.model_copy(update={"voice": "hibari:heart@123456789012"})
    plan = a_plan().model_copy(update={"narrations": (SAID, recorded, packaged)})
    store_weights(plan, folder, blobs)

    taken = take_folder(SAID.engine, blobs, tmp_path / "cache")

    assert set(blobs.names("weights/")) == {f"weights/{VOICE.place}/{path}" for path in VOICE.files}
    assert (taken / VOICE.place / "voices" / "ann.bin").read_bytes() == SPEAKER
    assert (taken / VOICE.place / "net.onnx").read_bytes() == b"a voice"


def test_a_file_that_was_damaged_since_it_was_seen_whole_is_not_given_out(
    folder: Path, blobs: BlobStore, tmp_path: Path
) -> None:
    """Its hash is not read each time, but whenever it is touched."""
    store_weights(a_plan(upscaler=SPAN.revision), folder, blobs)
    take_weights(SPAN.revision, blobs, tmp_path / "cache")
    blobs.put_text(f"weights/{SPAN.place}", "a netwerk", replace=True)

    with pytest.raises(StorageError, match="damaged"):
        take_weights(SPAN.revision, blobs, tmp_path / "cache")
