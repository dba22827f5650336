"""Records and their keys, errors, the placement table, settings."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas import errors
from schemas.errors import BlobConflictError, ReelmillError, ServiceError, SettingsError, StorageError
from schemas.placements import PLACEMENTS
from schemas.record import Keyed, content_key
from schemas.settings import read_settings

DESIGN_NAMES = [
    "meta_reels",
    "meta_stories",
    "meta_feed_square",
    "meta_feed_vertical",
    "tiktok_in_feed",
    "youtube_shorts",
    "youtube_bumper",
    "youtube_non_skippable",
    "youtube_in_stream",
    "snapchat",
    "linkedin_feed",
    "x_feed",
    "pinterest_standard",
]
ALL_ERRORS = [
    one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ReelmillError)
]


class Thing(Keyed):
    """A value with a key."""

    name: str
    size: int = 1


def test_same_content_has_the_same_key() -> None:
    """Whichever process asks, so that a rerun finds its files."""
    code = "from schemas.record import content_key; print(content_key({'b': [1, 'é'], 'a': None}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert Thing(name="a").key == Thing(size=1, name="a").key
    assert content_key({"a": None, "b": [1, "é"]}) == other.stdout.strip()


def test_other_content_has_another_key() -> None:
    """Every field counts."""
    assert len({Thing(name="a").key, Thing(name="b").key, Thing(name="a", size=2).key}) == 3


def test_a_changed_copy_has_a_key_of_its_own() -> None:
    """Though that of the original was read before."""
    thing = Thing(name="a")
    assert thing.key

    assert thing.model_copy(update={"name": "b"}).key == Thing(name="b").key != thing.key


def test_a_key_is_stable_across_versions() -> None:
    """It names files that must be found again next year."""
    assert content_key({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_records_are_frozen_and_closed() -> None:
    """A stage returns a new value."""
    with pytest.raises(ValidationError):
        Thing(name="a").name = "b"
    with pytest.raises(ValidationError):
        Thing(name="a", colour="red")


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_every_error_survives_pickling(kind: type[ReelmillError]) -> None:
    """Ray carries errors between machines."""
    again = pickle.loads(pickle.dumps(kind("what; cure")))  # noqa: S301 (our own bytes)

    assert type(again) is kind
    assert str(again) == "what; cure"
    assert again.retryable is kind.retryable


def test_only_what_may_pass_is_tried_again() -> None:
    """A store or a service that did not answer may answer later; a name that is taken stays taken."""
    assert {kind for kind in ALL_ERRORS if kind.retryable} == {StorageError, ServiceError}
    assert issubclass(BlobConflictError, StorageError)


def test_the_placements_of_the_design_are_known() -> None:
    """By these names, in this order, before all others."""
    assert list(PLACEMENTS)[: len(DESIGN_NAMES)] == DESIGN_NAMES


def test_ratios_are_in_lowest_terms() -> None:
    """As people say them."""
    assert {PLACEMENTS[name].ratio for name in DESIGN_NAMES} == {"9:16", "1:1", "4:5", "16:9", "2:3"}


def test_settings_work_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything lies in one folder below the current one."""
    monkeypatch.chdir(tmp_path)

    settings = read_settings({})

    assert settings.home == tmp_path / "reelmill-data"
    assert settings.database_url == f"sqlite:///{settings.home / 'catalog.sqlite'}"
    assert settings.blobs == str(settings.home / "blobs")
    assert settings.workers >= 1
    assert list(tmp_path.iterdir()) == []


def test_settings_are_read_from_the_environment(tmp_path: Path) -> None:
    """A bucket keeps its prefix; an empty variable counts as absent."""
    settings = read_settings(
        {
            "REELMILL_HOME": str(tmp_path),
            "REELMILL_BLOBS": "s3://b/p/",
            "RAY_ADDRESS": "",
            "REELMILL_WORKERS": "3",
        }
    )

    assert settings.blobs == "s3://b/p"
    assert settings.ray_address is None
    assert settings.workers == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REELMILL_BLOBS", "http://x"),
        ("REELMILL_BLOBS", "s3://"),
        ("REELMILL_WORKERS", "0"),
        ("REELMILL_WORKERS", "x"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """With its value."""
    with pytest.raises(SettingsError, match=f"{name}='{value}'"):
        read_settings({name: value})
