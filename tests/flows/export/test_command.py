"""`reelmill export`, `approve` and `reject` as people and scripts meet them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows import cli
from tests.flows.export.shop import CAMPAIGN, CUT, Shop, draw_ads

ADS = draw_ads("A", "B")
Command = Callable[..., tuple[int, Any, str]]


@pytest.fixture(name="reelmill")
def _reelmill(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command with --json in the shop; return its exit code, what it printed and its complaints."""
    shop.make(ADS)
    monkeypatch.setenv("REELMILL_HOME", str(shop.settings.home))

    def run(*words: str) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["reelmill", *words, "--json"])
        code = cli._run_command()
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else None, told.err

    return run


def test_what_people_decide_decides_what_is_exported(reelmill: Command, shop: Shop) -> None:
    """Approved by the start of a key, asked for first without writing anything; status tells it too."""
    one, two = ADS
    to = ("--to", str(shop.folder / "to"), "--for", "meta")
    code, decided, _ = reelmill("approve", one.key[:10], "--by", "ann", "--comment", "good")
    reelmill("reject", two.key, "--by", "bob")
    _, status, _ = reelmill("status", CAMPAIGN)
    _, dry, _ = reelmill("export", CAMPAIGN, *to, "--status", "approved", "--dry-run")
    written = (shop.folder / "to").exists()
    done, told, _ = reelmill("export", CAMPAIGN, *to)

    assert (code, [(row["ad"], row["decision"], row["by"]) for row in decided]) == (
        0,
        [(one.key, "approved", "ann")],
    )
    assert {row["key"]: row["decision"] for row in status} == {one.key: "approved", two.key: "rejected"}
    assert ([ad["key"] for ad in dry["ads"]], dry["folder"], written) == ([one.key], "", False)
    assert (done, [ad["key"] for ad in told["ads"]]) == (0, [one.key])
    assert [(row["key"], row["why"]) for row in told["held_back"]] == [(two.key, "decision")]
    assert {file["name"] for file in told["files"]} <= {path.name for path in Path(told["folder"]).iterdir()}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("approve", "abcdef0123"), "'abcdef0123': no ad has a key that begins so; give 6 digits"),
        (("reject", "%", "a"), "'%': no ad has a key"),
        (("approve", ADS[0].key, "--comment", "a\x1b[2J"), "--comment: "),
        (
            ("export", "kaffi/none", "--to", "x", "--for", "meta"),
            "unknown 'kaffi/none'; known: kaffi/spring-roast",
        ),
        (
            ("export", CAMPAIGN, "--to", "x", "--for", "meta", "--name", "{x}"),
            "--name: '{x}' has the unknown field",
        ),
    ],
)
def test_wrong_input_ends_with_2_and_a_cure(
    reelmill: Command, words: tuple[str, ...], complaint: str
) -> None:
    """Nothing is written or decided, not even for the ads that are there."""
    code, told, complaints = reelmill(*words)

    assert (code, told) == (2, None)
    assert complaint in complaints


def test_an_ad_that_could_not_be_written_ends_with_1(
    reelmill: Command, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holding back is no failure, this is one."""
    other = shop.blobs.put_text("ads/other.mp4", "something else")
    monkeypatch.setattr("flows.export.destination._Folder.copy", lambda *_: other)

    code, told, _ = reelmill("export", CAMPAIGN, "--to", str(shop.folder / "to"), "--for", "generic")

    assert (code, {row["why"] for row in told["held_back"]}) == (1, {"unwritten"})


def test_a_changed_ad_replaces_the_old_one_and_needs_a_look_of_its_own(reelmill: Command, shop: Shop) -> None:
    """What people approved was the other picture; it is listed to be taken down once the new one goes out."""
    one, two = ADS
    to = ("--to", str(shop.folder / "to"), "--for", "meta")
    reelmill("approve", one.key, two.key, "--by", "ann")
    reelmill("export", CAMPAIGN, *to)
    code, asked, _ = reelmill("change", one.key[:10], "--hook", "Hello", "--seed", "other", "--by", "bob")
    (new,) = draw_ads("A", cuts=(CUT,))
    shop.make((new, two))
    _, held, _ = reelmill("export", CAMPAIGN, *to, "--status", "approved")
    reelmill("approve", new.key, "--by", "ann")
    _, told, _ = reelmill("export", CAMPAIGN, *to, "--status", "approved")
    _, back, _ = reelmill("change", new.key, "--take-back")

    assert (code, [(row["ad"], row["hook"], row["by"]) for row in asked]) == (0, [(one.key, "Hello", "bob")])
    assert [(row["key"], row["why"]) for row in held["held_back"]] == [(new.key, "approval")]
    assert [ad["key"] for ad in told["ads"]] == [new.key]
    assert [(row["key"], row["reason"]) for row in held["withdrawn"]] == [
        (one.key, f"superseded by {new.key[:8]}")
    ]
    assert [(row["seed"], row["hook"], row["product"]) for row in back] == [(None, "", "A")]
