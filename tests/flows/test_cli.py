"""The command line as people and scripts meet it: what it prints, what it touches, how it ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def reelmill(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        env={**os.environ, "REELMILL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_help_loads_nothing_heavy() -> None:
    """It answers at once, because commands import what they need."""
    code = "import flows.cli, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert not {"torch", "ray", "prefect", "sqlalchemy", "skia", "av", "numpy"} & set(loaded.split())


def test_plan_tells_all_and_touches_nothing(home: Path) -> None:
    """Machines get one object with shots and ads."""
    ended = reelmill(home, "plan", KAFFI, "--json")
    told = json.loads(ended.stdout)

    assert ended.returncode == 0
    assert len(told["ads"]) == 30
    assert {"key", "placement", "locale", "variant", "product", "shots"} <= set(told["ads"][0])
    assert {key for ad in told["ads"] for key in ad["shots"]} == {shot["key"] for shot in told["shots"]}
    assert not home.exists()


def test_a_wrong_brief_ends_with_2_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    """Its problems stand on standard error, nothing on standard output."""
    brief = tmp_path / "brief.yaml"
    brief.write_text(KAFFI.read_text("utf-8").replace("meta_reels", "meta_reel"), "utf-8")
    ended = reelmill(home, "run", brief)

    assert ended.returncode == 2
    assert "placements[0]" in ended.stderr
    assert "meta_reels" in ended.stderr
    assert "media/coffee.png" in ended.stderr
    assert ended.stdout == ""
    assert not home.exists()


def test_one_wrong_brief_of_two_starts_neither(home: Path, tmp_path: Path) -> None:
    """What is refused is refused before anything runs."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("- not a mapping\n")
    ended = reelmill(home, "run", KAFFI, wrong)

    assert ended.returncode == 2
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (["dance"], "No such command"),
        (["plan"], "Missing argument"),
        (["plan", "no-such-file.yaml"], "is missing"),
        (["weights", "fetch", "nonsense"], "known: spanx2"),
        (["status", "nobody/nothing"], "no campaigns yet"),
    ],
)
def test_wrong_usage_names_the_cure(home: Path, arguments: list[str], cure: str) -> None:
    """Nobody has to read the source."""
    ended = reelmill(home, *arguments)

    assert cure in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["models", "placements", "schema", "status"])
def test_facts_come_as_json(home: Path, command: str) -> None:
    """Every table is there for machines."""
    ended = reelmill(home, command, *([] if command == "schema" else ["--json"]))

    assert ended.returncode == 0
    assert json.loads(ended.stdout) is not None


def test_models_say_what_they_can(home: Path) -> None:
    """The names of the facts are fixed."""
    models = json.loads(reelmill(home, "models", "--json").stdout)

    assert {"name", "tasks", "gpus", "licence", "ready"} <= set(models[0])
    assert models[0]["name"] == "motion"


def test_an_unusable_setting_ends_with_3(tmp_path: Path) -> None:
    """The environment is wrong, not the brief; the variable is named."""
    environ = os.environ | {"REELMILL_HOME": str(tmp_path), "REELMILL_BLOBS": "gs://bucket"}
    ended = subprocess.run(
        [sys.executable, "-m", "flows.cli", "run", str(KAFFI)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    assert "REELMILL_BLOBS" in ended.stderr


def test_doctor_looks_at_everything(home: Path) -> None:
    """Each finding has a cure where something is missing; weights are not fetched here."""
    ended = reelmill(home, "doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(ended.stdout)}

    good = ("ffmpeg", "drawing library", "fonts", "disk", "clock", "database", "blobs", "Ray", "Prefect")
    assert {what: findings[what]["state"] for what in good} == dict.fromkeys(good, "ok")
    assert findings["small weights"]["cure"] == "reelmill weights fetch"


def test_two_briefs_of_one_campaign_are_refused(home: Path, tmp_path: Path) -> None:
    """They would fight over the same ads."""
    again = tmp_path / "again"
    shutil.copytree(KAFFI.parent, again)
    ended = reelmill(home, "run", KAFFI, again / "brief.yaml")

    assert ended.returncode == 2
    assert ended.stderr.count("'kaffi/spring-roast' is named by another brief of this command too") == 2
    assert not home.exists()


@pytest.mark.parametrize(
    ("share", "cure"),
    [
        ("kaffi/spring-roast", "use brand/name=N"),
        ("a/b=0", "use brand/name=N"),
        ("a/b=2", "these are: kaffi/"),
    ],
)
def test_a_share_that_cannot_be_is_refused(home: Path, share: str, cure: str) -> None:
    """Before anything is started."""
    ended = reelmill(home, "run", KAFFI, "--share", share)

    assert ended.returncode == 2
    assert cure in ended.stderr
    assert not home.exists()


def test_cancelling_what_is_not_there_names_what_is(home: Path) -> None:
    """Nothing is created for it."""
    ended = reelmill(home, "cancel", "kaffi/spring")

    assert ended.returncode == 2
    assert "no campaigns yet" in ended.stderr
    assert not home.exists()
