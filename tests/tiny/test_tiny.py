"""Tests of the tiny checkpoints: they load as the real ones do, and are the same each time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.tiny import FAMILIES, build

LARGEST_BYTES = 10_000_000

DEAF = ("svd",)
"""Families that hear no words."""
STILLS = ("z_image", "flux2_klein")
LOOKING = ("wan_i2v", "wan22_i2v", "svd")
"""Families that need a picture."""


@pytest.mark.parametrize("family", FAMILIES)
def test_it_loads_from_its_folder_alone(family: str, tiny: Callable[[str], Path]) -> None:
    """Nothing is fetched, nothing is unpickled, and the folder itself names the class."""
    pipeline = _load(tiny(family))

    assert type(pipeline).__name__ == FAMILIES[family].pipeline


@pytest.mark.parametrize("family", FAMILIES)
def test_two_builds_give_the_same_bytes(family: str, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """The fingerprint of a tiny checkpoint can stand in a plan."""
    first = tiny(family)
    second = build(family, tmp_path / family)

    assert (first / "SHA256SUMS").read_bytes() == (second / "SHA256SUMS").read_bytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_tiny(family: str, tiny: Callable[[str], Path]) -> None:
    """Tests can copy it, spoil it and send it about."""
    folder = tiny(family)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    assert size < LARGEST_BYTES


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in DEAF])
def test_words_show_in_its_pictures(family: str, tiny: Callable[[str], Path]) -> None:
    """A test that a prompt was sent proves something."""
    pipeline = _load(tiny(family))
    car = _draw(pipeline, family, "a red car")
    bird = _draw(pipeline, family, "a blue bird")

    assert np.abs(car - bird).mean() > 0.005


def test_its_index_names_only_safe_classes(tiny: Callable[[str], Path]) -> None:
    """The folder asks for no code of its own."""
    index = json.loads((tiny("wan_vace") / "model_index.json").read_text())
    sources = {part[0] for part in index.values() if isinstance(part, list) and part[0]}

    assert sources == {"diffusers", "transformers"}


def _load(folder: Path) -> Any:
    from diffusers import DiffusionPipeline  # noqa: PLC0415 (collecting tests loads no torch)

    return DiffusionPipeline.from_pretrained(str(folder), local_files_only=True, use_safetensors=True)


def _draw(pipeline: Any, family: str, prompt: str) -> NDArray[np.float32]:
    """Return what *prompt* gives from one seed and two steps, 0..1."""
    import torch  # noqa: PLC0415 (collecting tests loads no torch)

    torch.set_num_threads(1)
    pipeline.set_progress_bar_config(disable=True)
    given = {"image": Image.new("RGB", (64, 64), (200, 90, 30))} if family in LOOKING else {}
    output = pipeline(
        prompt=prompt,
        height=64,
        width=64,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
        return_dict=False,
        **given,
        **({} if family in STILLS else {"num_frames": 9}),
    )
    return np.asarray(output[0])
