"""Tests of Stable Video Diffusion on a tiny checkpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.errors import GenerationError
from tests.tiny.runs import apart, draw_shot, draw_still, load, render


@pytest.fixture(scope="module")
def svd(tiny: Callable[[str], Path]) -> Any:
    """The tiny model."""
    return load("svd", tiny)


def shot(**more: Any) -> Any:
    """A shot of a picture."""
    return draw_shot("svd", 25, show="image", still="a", **more)


def test_it_makes_the_asked_length_and_size_twice_the_same(svd: Any, tmp_path: Path) -> None:
    """A shot can be made again."""
    still = draw_still(tmp_path / "a.png", 1)
    first, second = (render(svd, shot(), still=still) for _ in range(2))

    assert first.shape == (25, 64, 64, 3)
    assert np.array_equal(first, second)


def test_the_picture_and_the_seed_show_and_words_do_not(svd: Any, tmp_path: Path) -> None:
    """It has no text encoder."""
    one, other = (draw_still(tmp_path / f"{n}.png", n) for n in (1, 2))
    plain = render(svd, shot(), still=one)

    assert apart(plain, render(svd, shot(), still=other)) > 1
    assert apart(plain, render(svd, shot(seed=8), still=one)) > 1
    assert np.array_equal(plain, render(svd, shot(prompt="a bird"), still=one))


def test_fewer_pictures_are_decoded_at_once_where_memory_is_short(
    svd: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clip stays as long; only where the parts meet do pixels change."""
    asked = []
    kind = type(svd.pipe)
    decode = kind.decode_latents
    monkeypatch.setattr(kind, "decode_latents", lambda *args: asked.append(args[3]) or decode(*args))
    made = render(svd, shot(), shrink=1, still=draw_still(tmp_path / "a.png", 1))

    assert asked == [12]
    assert len(made) == 25


def test_a_shot_without_a_picture_is_refused(svd: Any) -> None:
    """It can make nothing of words."""
    with pytest.raises(GenerationError, match="needs a still"):
        render(svd, shot())


def test_another_length_is_refused(svd: Any, tmp_path: Path) -> None:
    """It was taught 25 pictures and no other number."""
    with pytest.raises(GenerationError, match="svd makes"):
        render(svd, draw_shot("svd", 14, still="a"), still=draw_still(tmp_path / "a.png", 1))
