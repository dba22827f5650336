"""Tests of loading: what is no whole checkpoint of the right kind is refused, in a sentence."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from actors.backends import VIDEO_MODELS, Checkpoint
from actors.backends.diffusion.loading import compile_blocks, load_pipeline, quicken, sharing
from schemas.errors import GenerationError, SettingsError

ENTRY = VIDEO_MODELS["wan-vace-1.3b"]
CLASS = "WanVACEPipeline"


@pytest.fixture
def folder(tiny: Callable[[str], Path], tmp_path: Path) -> Path:
    """A checkpoint that may be spoiled."""
    return Path(shutil.copytree(tiny("wan_vace"), tmp_path / "checkpoint"))


def load(folder: Path | None, *, device: str = "cpu", full: tuple[str, ...] = ()) -> Any:
    """Load what lies in *folder* as a tiny VACE."""
    return load_pipeline(ENTRY, folder, CLASS, device=device, full=full)


def test_a_checkpoint_is_loaded_in_full_precision_for_the_cpu(folder: Path) -> None:
    """Its parts are there and it prints no bars."""
    pipe = load(folder)

    assert {part.dtype for part in (pipe.transformer, pipe.vae, pipe.text_encoder)} == {torch.float32}
    assert pipe._progress_bar_config == {"disable": True}


def test_a_checkpoint_is_loaded_in_half_precision_for_a_gpu(folder: Path) -> None:
    """But for the parts that are to stay whole."""
    pipe = load(folder, device="cuda", full=("vae",))

    assert (pipe.vae.dtype, pipe.text_encoder.dtype) == (torch.float32, torch.bfloat16)
    assert pipe.transformer.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16


def test_a_worker_asks_no_hub(folder: Path) -> None:
    """Nor runs code that comes with a checkpoint."""
    load(folder)

    assert (os.environ["HF_HUB_OFFLINE"], os.environ["DIFFUSERS_DISABLE_REMOTE_CODE"]) == ("1", "true")


def test_no_folder_is_refused() -> None:
    """The cure is told."""
    with pytest.raises(GenerationError, match=r"given no checkpoint: `reelmill models check wan-vace-1\.3b`"):
        load(None)


@pytest.mark.parametrize("left", [(), ("notes.txt",)])
def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path, left: tuple[str, ...]) -> None:
    """Whether it is there or not."""
    (tmp_path / "models").mkdir()
    for name in left:
        (tmp_path / "models" / name).touch()

    with pytest.raises(
        GenerationError, match=r"holds no checkpoint of diffusers: it has no model_index\.json"
    ):
        load(tmp_path / "models" if left else tmp_path / "nowhere")


def test_pickles_are_refused(folder: Path) -> None:
    """To load one runs what its author wrote into it."""
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    torch.save({}, weights.with_suffix(".bin"))
    weights.unlink()

    with pytest.raises(GenerationError, match=r"does not load as WanVACEPipeline: .*safetensors"):
        load(folder)


def test_pickles_of_a_text_encoder_are_refused(folder: Path) -> None:
    """The other library reads it, by the same rule."""
    weights = folder / "text_encoder" / "model.safetensors"
    torch.save({}, weights.with_name("pytorch_model.bin"))
    weights.unlink()

    with pytest.raises(GenerationError, match=r"does not load as WanVACEPipeline: .*safetensors"):
        load(folder)


def test_code_in_a_checkpoint_is_not_run(folder: Path) -> None:
    """A folder that asks for its own class is refused before that is looked at."""
    index = json.loads((folder / "model_index.json").read_text())
    index["transformer"] = ["evil", "Evil"]
    (folder / "model_index.json").write_text(json.dumps(index))
    marker = folder / "ran"
    (folder / "transformer" / "evil.py").write_text(f"open({str(marker)!r}, 'w')\nclass Evil: pass\n")

    with pytest.raises(GenerationError, match="does not load as WanVACEPipeline"):
        load(folder)
    assert not marker.exists()


def test_a_file_that_was_cut_short_is_refused(folder: Path) -> None:
    """The manifest says whose fault it is."""
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    with pytest.raises(GenerationError, match=r"`reelmill models check wan-vace-1\.3b` compares it"):
        load(folder)


def test_a_checkpoint_of_another_model_is_refused(tiny: Callable[[str], Path]) -> None:
    """Diffusers would load it, log a line, and fail in the middle of the first clip."""
    with pytest.raises(
        GenerationError, match=r"transformer of .* takes a WanVACETransformer3DModel: another"
    ):
        load(tiny("wan_t2v"))


@pytest.mark.parametrize("name", ["ftfy", "diffusers"])
def test_a_missing_library_is_named(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install, and where."""
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(
        SettingsError, match=rf"need {name}: pip install 'reelmill\[models\]' where workers run"
    ):
        load(folder)


def test_another_pipeline_of_the_same_parts_holds_no_weights_of_its_own(tiny: Callable[[str], Path]) -> None:
    """It is another way to use them."""
    entry = VIDEO_MODELS["wan-t2v-1.3b"]
    pipe = load_pipeline(entry, tiny("wan_t2v"), "WanPipeline", device="cpu")
    names = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")

    assert sharing(pipe, "WanVideoToVideoPipeline", names).transformer is pipe.transformer


class Switches:
    """A transformer that writes down what is switched on."""

    def __init__(self) -> None:
        self.on: list[Any] = []

    def enable_cache(self, config: Any) -> None:
        self.on.append(config.threshold)

    def compile_repeated_blocks(self) -> None:
        self.on.append("compiled")


def test_options_of_a_table_line_are_switched_on() -> None:
    """And nothing that it does not name."""
    line = Checkpoint(repo="a/b", commit="", gpu_bytes={}, steps=2, guidance=1.0)
    plain, quick = Switches(), Switches()
    for transformer, weights in (
        (plain, line),
        (quick, line.model_copy(update={"cache": "first_block:0.1", "compile": True})),
    ):
        quicken(transformer, weights)
        compile_blocks(transformer, weights)

    assert (plain.on, quick.on) == ([], [0.1, "compiled"])
    with pytest.raises(GenerationError, match="unknown step cache 'tea:1'; use first_block:THRESHOLD"):
        quicken(plain, line.model_copy(update={"cache": "tea:1"}))
