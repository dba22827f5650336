"""The models as people and scripts meet them: the table, and the care of checkpoints."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.backends import VIDEO_MODELS, Checkpoint, Service
from actors.manifest import SUMS, check
from flows.cli import cli
from flows.doctor import LOOKS, examine
from schemas.settings import read_settings
from tests.checkpoints import COMMIT, TINY, draw_checkpoint, flip
from tests.hubs import Hub, serve_hub

ROOT = Path(__file__).parents[2]
HOSTED = TINY.model_copy(
    update={
        "revision": "hosted/1",
        "gpus": 0,
        "excludes": (),
        "weights": None,
        "service": Service(
            key="TINY_API_KEY", model="tiny", concurrency=1, credits_per_second=5, credits_max=100
        ),
    }
)


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A table with a model of each kind, and a home of its own; afterwards the table is as it was."""
    whole = dict(VIDEO_MODELS)
    VIDEO_MODELS.clear()
    VIDEO_MODELS.update(motion=whole["motion"], tiny=TINY, hosted=HOSTED)
    monkeypatch.setenv("REELMILL_HOME", str(tmp_path / "home"))
    for name in ("REELMILL_MODELS", "TINY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    VIDEO_MODELS.clear()
    VIDEO_MODELS.update(whole)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return draw_checkpoint(tmp_path / "downloaded")


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    """Where checkpoints lie by default."""
    return tmp_path / "home/cache/models/tiny"


def reelmill(*arguments: object) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(cli, list(map(str, arguments)), standalone_mode=False)


def table() -> dict[str, dict[str, object]]:
    """Return the rows for machines, by name."""
    rows = json.loads(reelmill("models", "--json").stdout)
    return {row["name"]: row for row in rows}


def test_the_table_tells_what_is_ready(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that are there, a key that is set, or nothing that is needed."""
    before = {name: row["ready"] for name, row in table().items()}
    reelmill("models", "fetch", "tiny", "--from", folder)
    monkeypatch.setenv("TINY_API_KEY", "key")

    rows = table()

    assert before == {"motion": True, "tiny": False, "hosted": False}
    assert {name: row["ready"] for name, row in rows.items()} == {
        "motion": True,
        "tiny": True,
        "hosted": True,
    }
    assert str(rows["tiny"]["revision"]).startswith("tiny/1@")
    assert rows["tiny"]["excludes"] == ["EU", "KR"]
    assert rows["tiny"]["commit"] == COMMIT


def test_the_table_fits_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Licence and regions stand beside each other; long names are folded."""
    weights = Checkpoint(
        repo="Wan-AI/Wan2.1-VACE-1.3B-diffusers",
        commit=COMMIT,
        gpu_bytes={"bf16": 24_000_000_000, "offload": 13_000_000_000},
        steps=50,
        guidance=5.0,
    )
    tasks = ("text", "image", "first_last", "restyle", "extend", "extend_back", "long", "subjects", "keep")
    long = TINY.model_copy(update={"tasks": tasks, "weights": weights, "excludes": ("EU", "GB", "KR")})
    monkeypatch.setitem(VIDEO_MODELS, "tiny", long)
    monkeypatch.setattr("flows.tables._PIPED_WIDTH", 100)
    reelmill("models", "fetch", "tiny", "--from", folder)

    told = reelmill("models").stdout

    assert max(map(len, told.splitlines())) <= 100
    for word in ("built", "first_last", "subjects", "EU,", "offload", "weights"):
        assert word in told


def test_a_checkpoint_is_fetched_checked_and_found_whole(folder: Path, place: Path) -> None:
    """Licence and place are told on the way."""
    fetched = reelmill("models", "fetch", "tiny", "--from", folder)
    checked = reelmill("models", "check")

    assert "licence Apache-2.0" in fetched.stdout
    assert str(place) in fetched.stdout
    assert checked.stdout == "tiny: whole\n"
    assert checked.return_value == 0


def test_a_check_names_what_is_wrong_and_fails(folder: Path, place: Path) -> None:
    """A script hears it by the exit code, a person by the names."""
    reelmill("models", "fetch", "tiny", "--from", folder)
    flip(place / "transformer/diffusion_pytorch_model.safetensors")
    (place / "tokenizer/tokenizer.json").unlink()
    (place / "transformer/model.bin").write_bytes(b"a pickle")

    checked = reelmill("models", "check", "tiny")

    assert checked.return_value == 1
    assert "tiny: tokenizer/tokenizer.json is missing" in checked.stderr
    assert "diffusion_pytorch_model.safetensors was changed" in checked.stderr
    assert "model.bin may be a pickle" in checked.stderr


def test_checking_what_was_never_fetched_names_the_cure() -> None:
    """By name it is a failure, without a name there is nothing to check."""
    named = reelmill("models", "check", "tiny")
    unnamed = reelmill("models", "check")

    assert named.return_value == 1
    assert "is no folder" in named.stderr or SUMS in named.stderr
    assert unnamed.return_value == 0
    assert "reelmill models fetch NAME" in unnamed.stdout


def test_a_folder_is_sealed_in_place(folder: Path) -> None:
    """For who lays checkpoints down without Reelmill."""
    told = reelmill("models", "seal", folder)

    assert check(folder) == []
    assert "sealed, @" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (["check", "motion"], "these are: tiny"),
        (["check", "nobody"], "these are: tiny"),
        (["fetch", "nobody"], "these have: tiny"),
        (["fetch", "tiny", "--revision", "main"], "40 hex digits"),
        (["fetch", "tiny", "--from", "nowhere"], "is no folder"),
        (["seal", "nowhere"], "is no folder"),
    ],
)
def test_wrong_usage_of_models_names_the_cure(arguments: list[str], cure: str) -> None:
    """One sentence, no traceback."""
    ended = reelmill("models", *arguments)

    assert cure in str(ended.exception)


def test_the_hub_is_found_by_its_own_variable(folder: Path, tmp_path: Path) -> None:
    """HF_ENDPOINT names a mirror; the whole way from the command line, in a process of its own."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    code = (
        "from actors.backends import VIDEO_MODELS; from tests.checkpoints import TINY;"
        "from flows.cli import main; VIDEO_MODELS['tiny'] = TINY; main()"
    )
    with serve_hub(Hub(files)) as hub:
        environ = os.environ | {
            "HF_ENDPOINT": hub.url,
            "HF_HUB_OFFLINE": "0",
            "HF_HOME": str(tmp_path / "hf"),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-c", code, "models", "fetch", "tiny"]
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)

    assert ended.returncode == 0, ended.stderr
    assert check(tmp_path / "home/cache/models/tiny") == []


def test_without_the_extra_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's library comes with the models."""
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", None)

    ended = reelmill("models", "fetch", "tiny")

    assert "pip install 'reelmill[models]'" in str(ended.exception)


def test_the_doctor_looks_at_models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody needs one; who has one needs the libraries."""
    before = _finding()
    reelmill("models", "fetch", "tiny", "--from", folder)
    after = _finding()
    monkeypatch.setattr("flows.doctor.machine.find_spec", lambda name: None if name == "ftfy" else name)
    lacking = _finding()

    assert before.state == "ok"
    assert not before.needed
    assert "no checkpoints" in before.found
    assert after.found.startswith("tiny/1@")
    assert lacking.state == "failed"
    assert "ftfy" in lacking.found


def _finding():  # noqa: ANN202 (of the doctor)
    (finding,) = examine(read_settings(), [look for look in LOOKS if look.what == "models"])
    return finding
