"""Where checkpoints lie and what models run on, as the environment says."""

from pathlib import Path

import pytest

from schemas.errors import SettingsError
from schemas.settings import read_settings, secret


def test_checkpoints_lie_in_the_cache_unless_told(tmp_path: Path) -> None:
    """They can be fetched again; a cluster takes them from S3, or from a disk that all share."""
    home = {"REELMILL_HOME": str(tmp_path)}

    assert read_settings(home).models == str(tmp_path / "cache/models")
    assert read_settings(home | {"REELMILL_MODELS": "s3://bucket/models/"}).models == "s3://bucket/models"
    assert read_settings(home | {"REELMILL_MODELS": "~/m"}).models == str(Path("~/m").expanduser())


def test_models_run_on_gpus_unless_told() -> None:
    """The processor is for tests and tiny models."""
    assert read_settings({}).device == "auto"
    assert read_settings({"REELMILL_DEVICE": "cpu"}).device == "cpu"


def test_the_review_page_exports_to_a_place_that_the_operator_chooses(tmp_path: Path) -> None:
    """Nobody in a browser says where files are written."""
    home = {"REELMILL_HOME": str(tmp_path)}

    assert read_settings(home).exports == str(tmp_path / "exports")
    assert read_settings(home | {"REELMILL_EXPORTS": "s3://bucket/out/"}).exports == "s3://bucket/out"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REELMILL_EXPORTS", "ftp://x"),
        ("REELMILL_MODELS", "gs://bucket"),
        ("REELMILL_MODELS", "s3://"),
        ("REELMILL_DEVICE", "tpu"),
    ],
)
def test_a_place_or_device_that_cannot_be_is_named(name: str, value: str) -> None:
    """The variable, its value, and what it may be."""
    with pytest.raises(SettingsError, match=f"{name}='{value}': use "):
        read_settings({name: value})


def test_a_key_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in no settings, which travel and are printed."""
    monkeypatch.setenv("SOME_KEY", " abc\n")

    assert secret("SOME_KEY") == "abc"
    assert secret("SOME_OTHER_KEY") == ""


def test_a_key_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So are keys handed to containers, where every process may read the variables of its parent."""
    path = tmp_path / "key"
    path.write_text("abc\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(path))

    assert secret("SOME_KEY") == "abc"

    path.unlink()
    with pytest.raises(SettingsError, match=r"SOME_KEY_FILE='.*key' cannot be read"):
        secret("SOME_KEY")
