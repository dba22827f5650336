"""Tests of takes: how a long shot is cut, and how its parts join."""

import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from actors.backends import VIDEO_MODELS, FrameRule
from actors.backends.diffusion.takes import Picture, Take, cut, gap_of, joined, jump_of
from schemas.errors import GenerationError

RULES = {
    name: entry.frames for name, entry in VIDEO_MODELS.items() if entry.frames.context and entry.frames.most
}
RULE = FrameRule(fps=16, step=4, offset=1, most=25, context=5)
LONG = RULE.model_copy(update={"most": 81})
SIDE = 32


def scene(number: int, *, seed: int = 1, bright: float = 0.0) -> Picture:
    """A picture of a soft scene at the time *number*: it slides by a pixel a picture."""
    across = np.arange(SIDE) + number
    draw = np.random.default_rng(seed)
    waves = [np.sin(2 * np.pi * (across / SIDE + draw.random())) for _ in range(3)]
    row = 128 + 60 * np.stack(waves, axis=-1) + bright
    return np.broadcast_to(np.clip(row, 0, 255).astype(np.uint8), (SIDE, SIDE, 3)).copy()


def filmed(take: Take, **look: float) -> list[Picture]:
    """What a model that goes on rightly makes of *take*."""
    bright = look.get("bright", 0.0)
    return [scene(n, bright=bright) for n in range(take.start, take.start + take.frames)]


def shoot(
    frames: int,
    make: Callable[[Take, list[Picture]], list[Picture]],
    given: list[Picture] | None = None,
) -> list[Picture]:
    """Return the pictures of a shot that *make* makes by RULE."""
    given = given or []
    takes = cut(frames, RULE, given=len(given))
    return list(joined(takes, make, frames, given, RULE.context))


@pytest.mark.parametrize("name", RULES)
def test_takes_cover_every_length_exactly(name: str) -> None:
    """Each is legal and no longer than the model makes; the last ends where the shot does."""
    rule = RULES[name]
    for frames in range(rule.legal(1), 4 * rule.most, rule.step):
        takes = list(cut(frames, rule))

        assert all(rule.legal(take.frames) == take.frames <= rule.most for take in takes)
        assert takes[0].start == takes[0].context == 0
        assert all(b.start + b.context == a.start + a.frames for a, b in pairwise(takes))
        assert all(take.frames > take.context for take in takes)
        assert takes[-1].start + takes[-1].frames == frames
        assert [take.last for take in takes] == [False] * (len(takes) - 1) + [True]


@pytest.mark.parametrize("name", RULES)
def test_smaller_takes_cover_the_same_length(name: str) -> None:
    """A GPU with too little memory gets more of them."""
    rule = RULES[name]
    half = rule.legal(rule.most // 2)
    takes = list(cut(rule.legal(3 * rule.most), rule, most=half))

    assert max(take.frames for take in takes) == half
    assert takes[-1].start + takes[-1].frames == rule.legal(3 * rule.most)


@pytest.mark.parametrize("frames", range(1, 120))
def test_a_length_that_is_not_legal_is_made_a_little_longer(frames: int) -> None:
    """The surplus, less than a step, is cut off at the end; nothing is asked for that cannot be made."""
    takes = list(cut(frames, RULE))

    assert 0 <= takes[-1].start + takes[-1].frames - frames < RULE.step
    assert all(RULE.legal(take.frames) == take.frames for take in takes)


def test_a_shot_without_a_limit_is_one_take() -> None:
    """The model sees to its length itself."""
    assert list(cut(960, FrameRule())) == [Take(0, 0, 960, 0, last=True)]


@pytest.mark.parametrize("frames", [1, 7, 25, 26, 45, 90, 101])
def test_exactly_the_asked_pictures_come(frames: int) -> None:
    """In order, whatever the takes are."""
    made = shoot(frames, lambda take, _: filmed(take))

    assert len(made) == frames
    assert max(np.abs(p.astype(int) - scene(n)).max() for n, p in enumerate(made)) <= 2


@pytest.mark.parametrize("count", [24, 26])
def test_a_model_that_miscounts_is_found_out(count: int) -> None:
    """More than were asked for is as wrong as fewer: it began elsewhere."""
    with pytest.raises(GenerationError, match=f"{count} pictures came where 25 were asked for"):
        shoot(25, lambda _, __: [scene(n) for n in range(count)])


def test_a_take_sees_the_pictures_that_it_repeats() -> None:
    """Just those of the end of the one before, as they were sent."""
    seen: list[tuple[Take, list[Picture]]] = []

    def make(take: Take, before: list[Picture]) -> list[Picture]:
        seen.append((take, before))
        return filmed(take)

    made = shoot(65, make)

    assert [len(before) for _, before in seen] == [0, 5, 5]
    for take, before in seen[1:]:
        assert np.abs(np.stack(before).astype(int) - made[take.start : take.start + 5]).max() <= 3


def test_a_take_of_other_colours_is_brought_to_those_before() -> None:
    """Models drift in colour; what a take repeats tells by how much."""
    made = shoot(45, lambda take, _: filmed(take, bright=9.0 * take.number))

    assert abs(made[-1].mean() - scene(44).mean()) < 1.5


def test_a_take_dissolves_out_of_the_one_before() -> None:
    """It begins with the very picture that was there, and is itself where the overlap ends."""
    other = [scene(n, bright=0.0) // 8 * 8 for n in range(45)]
    made = shoot(45, lambda take, _: filmed(take) if not take.number else other[take.start :])

    assert np.array_equal(made[20], scene(20))
    shares = [np.abs(made[n].astype(float) - scene(n)).mean() for n in range(20, 26)]
    assert shares == sorted(shares)


def test_given_pictures_come_first() -> None:
    """An extension begins with the very picture that the video ends with."""
    given = [scene(n) for n in range(5)]
    made = shoot(25, lambda take, _: [scene(n, bright=2.0) for n in range(take.frames)], given)

    assert np.array_equal(made[0], given[0])
    assert len(made) == 25


def test_a_jump_is_made_once_more_and_then_refused() -> None:
    """Another attempt draws from another seed; a shot that jumps all the same is no shot."""
    attempts: list[int] = []

    def make(take: Take, _: list[Picture]) -> list[Picture]:
        attempts.append(take.attempt)
        return [scene(n, seed=1 + take.number) for n in range(take.start, take.start + take.frames)]

    with pytest.raises(GenerationError, match=r"another scene begins at frame 20: .*use another seed"):
        shoot(45, make)
    assert attempts == [0, 0, 1]


def test_a_second_attempt_that_joins_is_taken() -> None:
    """Nobody hears of the first."""

    def make(take: Take, _: list[Picture]) -> list[Picture]:
        lost = take.number == 1 and take.attempt == 0
        return [scene(n, seed=2 if lost else 1) for n in range(take.start, take.start + take.frames)]

    made = shoot(45, make)

    assert np.abs(made[-1].astype(int) - scene(44)).max() <= 2


def test_a_jump_right_behind_the_joint_is_found() -> None:
    """What is repeated was right, and then something else goes on."""
    pictures = [scene(n) for n in range(5)] + [scene(n, seed=3) for n in range(5, 25)]

    assert jump_of(pictures, 5, start=20).startswith("the picture jumps at frame 25: by ")
    assert jump_of([scene(n) for n in range(25)], 5) == ""


def test_a_scene_that_moves_fast_is_no_jump() -> None:
    """What is usual in the take itself counts."""
    fast = [scene(7 * n) for n in range(25)]

    assert jump_of(fast, 5) == ""
    assert gap_of(fast, fast[:5]) == ""


def test_another_scene_that_a_dissolve_would_hide_is_found() -> None:
    """Over many pictures each step of it is small."""
    before, made = [scene(0)] * 9, [scene(0, seed=2)] * 33

    assert "another scene begins at frame 72" in gap_of(made, before, 72)


def test_a_minute_takes_no_more_memory_than_seconds() -> None:
    """Two takes are held at most, however many there are."""

    def most(frames: int) -> int:
        tracemalloc.start()
        for _ in joined(cut(frames, LONG), lambda take, _: filmed(take), frames, [], LONG.context):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few, many = most(LONG.legal(240)), most(LONG.legal(60 * 16))

    assert many < 1.1 * few
    assert many < 3 * LONG.most * SIDE * SIDE * 3


def test_nothing_is_made_before_it_is_asked_for() -> None:
    """The encoder takes pictures as they come."""
    made: list[int] = []

    def make(take: Take, _: list[Picture]) -> list[Picture]:
        made.append(take.number)
        return filmed(take)

    pictures: Iterator[Picture] = joined(cut(65, RULE), make, 65, [], RULE.context)
    next(pictures)

    assert made == [0]
