"""How checkpoints get to workers: proved whole, once a node, from a folder and from S3."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors import checkpoints
from actors.backends import VIDEO_MODELS
from actors.checkpoints import examine, open_checkpoint, ready
from actors.manifest import SUMS, check, seal
from schemas.errors import BlobDamagedError, SettingsError
from storage.blobs import open_blobs
from tests.checkpoints import TINY, draw_checkpoint, flip

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VIDEO_MODELS, "tiny", TINY)


@pytest.fixture(name="models")
def _models(tmp_path: Path) -> Path:
    draw_checkpoint(tmp_path / "models/tiny")
    return tmp_path / "models"


@pytest.fixture(name="cache")
def _cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(name="shelf")
def _shelf(models: Path, s3_place: str) -> str:
    """The sealed checkpoint in S3."""
    seal(models / "tiny")
    store = open_blobs(f"{s3_place}/tiny")
    for path in sorted(path for path in (models / "tiny").rglob("*") if path.is_file()):
        store.put(path.relative_to(models / "tiny").as_posix(), path)
    return s3_place


@pytest.fixture(name="hashed")
def _hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were hashed."""
    folders: list[Path] = []

    def count(folder: Path) -> list[str]:
        folders.append(folder)
        return check(folder)

    monkeypatch.setattr(checkpoints, "check", count)
    return folders


def print_of(models: Path) -> str:
    """Return the fingerprint of the sealed checkpoint."""
    return seal(models / "tiny")


def test_what_is_sealed_is_ready(models: Path) -> None:
    """Under the name that plans give it; what lies there unsealed is not."""
    before = ready(str(models))
    seal(models / "tiny")

    assert before == {}
    assert ready(str(models)) == {"tiny": f"tiny/1@{print_of(models)}"}
    assert ready(str(models), ("motion",)) == {}


def test_nothing_is_ready_where_nothing_is(tmp_path: Path) -> None:
    """The planner asks at every plan; a damaged listing is no reason to fail a plan of another model."""
    (tmp_path / "damaged/tiny").mkdir(parents=True)
    (tmp_path / "damaged/tiny" / SUMS).write_bytes(b"\xff\xfe")

    assert ready(str(tmp_path / "nowhere")) == {}
    assert ready(str(tmp_path / "damaged")) == {}


def test_looking_what_is_ready_loads_no_model_library() -> None:
    """It is part of every command that plans."""
    code = (
        "import sys, actors.checkpoints, actors.fetching;"
        "print(*({'torch', 'boto3', 'diffusers', 'transformers', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_a_folder_is_used_where_it_lies(models: Path, cache: Path) -> None:
    """A node that has it copies nothing."""
    folder = open_checkpoint(str(models), "tiny", print_of(models), cache)

    assert folder == models / "tiny"


def test_a_node_hashes_a_checkpoint_once(models: Path, cache: Path, hashed: list[Path]) -> None:
    """The next worker sees by size and times that nothing has changed."""
    wanted = print_of(models)
    with ThreadPoolExecutor(4) as pool:
        opened = [pool.submit(open_checkpoint, str(models), "tiny", wanted, cache) for _ in range(4)]
        folders = {one.result() for one in opened}

    assert folders == {models / "tiny"}
    assert hashed == [models / "tiny"]


def test_a_changed_file_is_found_by_the_next_worker(models: Path, cache: Path) -> None:
    """Also one of the same size; the message names it and the cure."""
    wanted = print_of(models)
    open_checkpoint(str(models), "tiny", wanted, cache)
    flip(models / "tiny" / WEIGHTS)

    with pytest.raises(BlobDamagedError, match="safetensors was changed") as caught:
        open_checkpoint(str(models), "tiny", wanted, cache)
    assert "`reelmill models fetch tiny`" in str(caught.value)


def test_a_planted_file_is_found_by_the_next_worker(models: Path, cache: Path) -> None:
    """Nothing new may be loaded beside what was proved."""
    wanted = print_of(models)
    open_checkpoint(str(models), "tiny", wanted, cache)
    (models / "tiny/transformer/modeling_tiny.py").write_text("import os\n")

    with pytest.raises(BlobDamagedError, match=r"modeling_tiny\.py is code"):
        open_checkpoint(str(models), "tiny", wanted, cache)


def test_another_checkpoint_than_planned_is_refused(models: Path, cache: Path) -> None:
    """Plans name the weights, for other weights make other pictures."""
    seal(models / "tiny")

    with pytest.raises(SettingsError, match="the plan was made for @0123456789ab"):
        open_checkpoint(str(models), "tiny", "0123456789ab", cache)


@pytest.mark.parametrize(
    ("name", "digits", "cure"),
    [
        ("other", "0123456789ab", "reelmill models fetch other"),
        ("tiny", "", "reelmill models fetch tiny"),
        ("../tiny", "0123456789ab", "names no checkpoint"),
        ("tiny", "../../../etc", "names no checkpoint"),
    ],
)
def test_a_checkpoint_that_is_not_there_names_the_cure(
    models: Path, cache: Path, name: str, digits: str, cure: str
) -> None:
    """Neither name nor fingerprint leads out of the folder."""
    with pytest.raises(SettingsError, match=cure):
        open_checkpoint(str(models), name, digits, cache)


def test_s3_is_fetched_once_a_node(shelf: str, models: Path, cache: Path, hashed: list[Path]) -> None:
    """Of several workers that start at once one fetches; a later one needs neither S3 nor hashing."""
    wanted = print_of(models)
    with ThreadPoolExecutor(3) as pool:
        opened = [pool.submit(open_checkpoint, shelf, "tiny", wanted, cache) for _ in range(3)]
        folders = {one.result() for one in opened}

    assert folders == {cache / f"models/tiny-{wanted}"}
    assert len(hashed) == 1
    assert ready(shelf) == {"tiny": f"tiny/1@{wanted}"}
    assert open_checkpoint("s3://nowhere/at-all", "tiny", wanted, cache) in folders
    assert not [path for path in (cache / "models").iterdir() if path.name.startswith(".part-")]


def test_a_fetched_copy_that_was_damaged_is_fetched_again(shelf: str, models: Path, cache: Path) -> None:
    """A cache can be made anew, so nobody has to mend it by hand."""
    wanted = print_of(models)
    folder = open_checkpoint(shelf, "tiny", wanted, cache)
    flip(folder / WEIGHTS)

    assert open_checkpoint(shelf, "tiny", wanted, cache) == folder
    assert check(folder) == []


def test_a_killed_fetch_is_gone_on_with(shelf: str, models: Path, cache: Path) -> None:
    """Whole files that it has brought are kept, half ones are not."""
    wanted = print_of(models)
    part = cache / f"models/.part-tiny-{wanted}"
    open_blobs(f"{shelf}/tiny").local(WEIGHTS, part)
    half = part / ".incoming-host.boot.1.1.1-x"
    half.mkdir()
    (half / "file").write_bytes(b"half")
    before = (part / WEIGHTS).stat().st_ino

    folder = open_checkpoint(shelf, "tiny", wanted, cache)

    assert check(folder) == []
    assert (folder / WEIGHTS).stat().st_ino == before
    assert not part.exists()


def test_a_worker_that_is_killed_while_fetching_hands_over(shelf: str, models: Path, cache: Path) -> None:
    """Its lock goes with it, and what it has brought is of use."""
    wanted = print_of(models)
    code = (
        "import sys, time; from pathlib import Path; from actors import checkpoints;"
        "checkpoints.check = lambda folder: print('all came', flush=True) or time.sleep(60);"
        f"checkpoints.open_checkpoint({shelf!r}, 'tiny', {wanted!r}, Path({str(cache)!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        said = worker.stdout.readline()
        worker.kill()

    folder = open_checkpoint(shelf, "tiny", wanted, cache)

    assert said == "all came\n"
    assert check(folder) == []


def test_damage_in_s3_leaves_nothing_behind(shelf: str, models: Path, cache: Path) -> None:
    """The bytes are those that S3 was given, but not those that were sealed."""
    wanted = print_of(models)
    other = draw_checkpoint(models / "other", value=2.0)
    open_blobs(f"{shelf}/tiny").put(WEIGHTS, other / WEIGHTS, replace=True)

    with pytest.raises(BlobDamagedError, match="safetensors was changed"):
        open_checkpoint(shelf, "tiny", wanted, cache)
    assert not (cache / f"models/tiny-{wanted}").exists()
    assert not (cache / f"models/.part-tiny-{wanted}").exists()


def test_what_s3_lacks_is_named(shelf: str, models: Path, cache: Path) -> None:
    """A file of the listing, or the whole checkpoint."""
    wanted = print_of(models)
    open_blobs(f"{shelf}/tiny").delete(WEIGHTS)

    with pytest.raises(BlobDamagedError, match="safetensors is missing in s3://"):
        open_checkpoint(shelf, "tiny", wanted, cache)
    with pytest.raises(SettingsError, match=r"no SHA256SUMS in .*/other"):
        open_checkpoint(shelf, "other", wanted, cache)


def test_s3_is_examined_without_fetching(shelf: str, models: Path) -> None:
    """By the SHA-256 that it keeps beside each object."""
    whole = examine(shelf, "tiny")
    store = open_blobs(f"{shelf}/tiny")
    store.delete("tokenizer/tokenizer.json")
    store.put_text("transformer/model.py", "import os\n")
    store.put(WEIGHTS, draw_checkpoint(models / "other", value=2.0) / WEIGHTS, replace=True)

    problems = examine(shelf, "tiny")

    assert whole == []
    assert [problem.partition(" ")[0] for problem in problems] == [
        "transformer/model.py",
        "tokenizer/tokenizer.json",
        WEIGHTS,
    ]


def test_without_a_cache_a_folder_of_the_user_serves(
    shelf: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers of other machines have no home folder of Reelmill."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    folder = open_checkpoint(shelf, "tiny", print_of(models), None)

    assert folder.is_relative_to(tmp_path)
    assert check(folder) == []
