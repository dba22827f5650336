"""Two recipes, told apart in words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from flows.difference import _tree, _walk, differences, print_differences
from schemas.plan import Ad, Given, Narration, Sound, Still
from schemas.sidecar import Recipe, Sidecar
from tests.compositions import draw_ad, draw_shot
from tests.storage import drawn

STILL = Still(source="inputs/a.png", source_sha256="a", scale=1, upscaler="lanczos", matte="", recipe=1)


def sidecar(ad: Ad | None = None, **changes: Any) -> Sidecar:
    """Return the sidecar of an ad of two shots, the first enlarged, and a voice."""
    still = changes.pop("still", STILL)
    base = draw_shot(still=still.key, **changes.pop("base", {}))
    large = draw_shot(still=still.key, width=640, base=base.key, upscaler="lanczos/1")
    card = draw_shot(show="end_card", given=Given(subjects=(still.key,)))
    narration = changes.pop("narration", drawn.NARRATION)
    sound = Sound(music="synth:calm", lufs=-14, true_peak_max=-1, voice=narration.key if narration else "")
    look = draw_ad().composition
    cuts = tuple(
        cut.model_copy(update={"shot": shot.key}) for cut, shot in zip(look.cuts, (large, card), strict=True)
    )
    ad = draw_ad(**{"cuts": cuts, "sound": sound, **changes.pop("look", {})}, **changes.pop("place", {}))
    recipe = Recipe(
        brief_sha256=changes.pop("brief", "b"),
        ad=ad,
        shots=(base, large, card),
        clips=(),
        stills=(still,),
        still_files=(),
        narration=narration,
    )
    versions = changes.pop("versions", {"torch": "2.13.0"})
    return Sidecar(
        recipe=recipe, asset=drawn.asset(ad), composed_from="", versions=versions, made_at="2026-11-23"
    )


def words(**changes: Any) -> list[str]:
    """Return how an ad with *changes* differs from one without."""
    return [str(difference) for difference in differences(sidecar(), sidecar(**changes))]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"look": {"price": "€9.90"}}, ["price: €8.90 -> €9.90"]),
        ({"place": {"locale": "zh-CN"}}, ["locale: en-US -> zh-CN"]),
        ({"place": {"variant": "b"}}, ["variant: a -> b"]),
        ({"base": {"seed": 7}}, ["shot 1: its base, seed: 1 -> 7"]),
        ({"base": {"prompt": "stormy"}}, ["shot 1: its base, prompt: calm -> stormy"]),
        ({"narration": None}, ["voice: Good morning. -> (none)"]),
        ({"brief": "c"}, ["brief: b -> c"]),
        ({"versions": {"torch": "2.14.0"}}, ["version of torch: 2.13.0 -> 2.14.0"]),
    ],
)
def test_a_change_is_told_in_words(changes: dict[str, Any], told: list[str]) -> None:
    """What people call it, then what it was and what it is; keys, which all change with it, are not told."""
    found = words(**changes)

    if changes.get("place", {}).get("locale"):
        assert set(told) <= set(found)
    elif "narration" in changes:
        assert found[-1] == told[0]
        assert all("sound" in line or "voice" in line for line in found)
    else:
        assert found == told


def test_a_still_is_told_by_what_it_is_in_every_shot_that_shows_it() -> None:
    """Its key is in three places; its picture is what changed."""
    found = words(still=STILL.model_copy(update={"source": "inputs/b.png"}))

    assert found == [
        f"{place}: inputs/a.png -> inputs/b.png"
        for place in (
            "shot 1: still, source",
            "shot 1: its base, still, source",
            "shot 2: given, subjects, 1, source",
        )
    ]


def test_a_scene_more_is_told_as_one() -> None:
    """And the shot that it shows."""
    cuts = sidecar().recipe.ad.composition.cuts

    found = words(look={"cuts": (*cuts, cuts[0].model_copy(update={"caption": "One more"}))})

    assert found[0] == "scene 3: (none) -> One more"
    assert len(found) == 2
    assert found[1].startswith("shot 3: (none) -> ")


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text and number."""
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, name))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path


def test_no_change_goes_untold_and_no_two_are_called_the_same() -> None:
    """Every text and number of a recipe, one after another, also those that later versions add."""
    tree = _tree(sidecar().recipe)

    names = []
    for path in _leaves(tree):
        changed = json.loads(json.dumps(tree))
        at: Any = changed
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = f"{at[path[-1]]}x" if isinstance(at[path[-1]], str) else at[path[-1]] + 1
        (found,) = _walk(tree, changed, "")
        names.append(found.what)

    assert len(names) > 100
    assert len(set(names)) == len(names)


def test_the_same_facts_are_printed_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """And whether the files are the same all the same."""
    one, other = sidecar(), sidecar(look={"button": "Buy"})

    print_differences(one, other, as_json=False)
    table = capsys.readouterr().out
    print_differences(one, other, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert "button" in table
    assert told["differences"] == [
        {"what": "button", "one": one.recipe.ad.composition.button, "other": "Buy"}
    ]
    assert told["same_file"]


def test_two_of_the_same_are_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    """No table of nothing."""
    print_differences(sidecar(), sidecar(), as_json=False)

    assert "are made from the same" in capsys.readouterr().out


def test_narrations_are_compared_by_what_they_say() -> None:
    """Text and voice."""
    said = Narration(text="Good evening.", locale="en-US", voice="hibari:heart@1", recipe=1)

    assert words(narration=said) == ["what the voice says: Good morning. -> Good evening."]
