"""What loading lets pass: each fault is drawn into a tiny checkpoint, which then loads and is refused."""

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, LlamaModel

from actors.backends.diffusion.soundness import check_loading, check_pipeline, check_tokenizer, check_weights
from actors.headers import read_header
from actors.manifest import check
from schemas.errors import GenerationError, MediaError

TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors"
ENCODER = "text_encoder/model.safetensors"


@pytest.fixture(name="whole")
def _whole(tiny: Callable[[str], Path]) -> Path:
    return tiny("wan_vace")


@pytest.fixture(name="folder")
def _folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of the checkpoint, to be spoiled."""
    return Path(shutil.copytree(whole, tmp_path / "wan"))


def load(folder: Path) -> Any:
    """Load the pipeline as back-ends do."""
    return DiffusionPipeline.from_pretrained(str(folder), use_safetensors=True, local_files_only=True)


def edit_config(folder: Path, part: str, **changes: object) -> None:
    """Change settings of a part."""
    path = folder / part / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_weights(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change the tensors of a file."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_whole_checkpoint_passes(whole: Path, dtype: torch.dtype) -> None:
    """Whatever type its weights are loaded as; tied weights count as there."""
    pipeline = DiffusionPipeline.from_pretrained(str(whole), dtype=dtype)

    check_pipeline(pipeline, whole, "wan")


@pytest.mark.parametrize("family", ["ltx2", "z_image"])
def test_other_families_pass(family: str, tiny: Callable[[str], Path]) -> None:
    """Some have text encoders whose weights are renamed while loading."""
    folder = tiny(family)

    check_pipeline(load(folder), folder, family)


def test_parts_that_were_not_loaded_are_passed_over(whole: Path) -> None:
    """The text encoder may be elsewhere."""
    pipeline = DiffusionPipeline.from_pretrained(str(whole), text_encoder=None, tokenizer=None)

    check_pipeline(pipeline, whole, "wan")


def test_a_layer_too_many_in_the_settings_is_found(folder: Path) -> None:
    """It loads with random numbers in it, and a line in a log."""
    edit_config(folder, "transformer", num_layers=3)

    with pytest.raises(GenerationError, match=r"transformer: its files lack blocks\.2\..*random") as caught:
        check_pipeline(load(folder), folder, "wan")
    assert "model 'wan'" in str(caught.value)
    assert "`reelmill models check wan`" in str(caught.value)


def test_a_layer_too_few_in_the_settings_is_found(folder: Path) -> None:
    """It loads without a word, and the picture misses what the layer did."""
    edit_config(folder, "transformer", num_layers=1, vace_layers=[0])

    with pytest.raises(GenerationError, match=r"transformer: its settings leave out blocks\.1\."):
        check_pipeline(load(folder), folder, "wan")


def test_a_layer_too_few_of_a_text_encoder_is_found(folder: Path) -> None:
    """The library lets it pass, for a file may hold a decoder too."""
    edit_config(folder, "text_encoder", num_layers=1)

    with pytest.raises(GenerationError, match=r"text_encoder: its settings leave out encoder\.block\.1\."):
        check_pipeline(load(folder), folder, "wan")


def test_a_layer_too_many_of_a_text_encoder_is_found(folder: Path) -> None:
    """Prompts would be led by random numbers."""
    edit_config(folder, "text_encoder", num_layers=3)

    with pytest.raises(GenerationError, match=r"text_encoder: its files lack encoder\.block\.2\."):
        check_pipeline(load(folder), folder, "wan")


def test_what_a_text_encoder_does_not_need_may_stay(folder: Path) -> None:
    """Many files hold a head or a decoder beside it."""
    edit_weights(folder / ENCODER, lambda tensors: tensors.update({"lm_head.weight": torch.ones(2, 2)}))

    check_pipeline(load(folder), folder, "wan")


@pytest.mark.parametrize(("layers", "reason"), [(2, ""), (1, "leave out"), (3, "files lack")])
def test_a_file_of_a_whole_language_model_serves_as_text_encoder(
    tmp_path: Path, layers: int, reason: str
) -> None:
    """Its names have a prefix then, and its head is left over; that a layer is left over is found."""
    sizes = {"vocab_size": 64, "hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(num_hidden_layers=2, **sizes)).save_pretrained(tmp_path)
    encoder = LlamaModel.from_pretrained(str(tmp_path), num_hidden_layers=layers)

    with pytest.raises(GenerationError, match=reason) if reason else nullcontext():
        check_weights("text_encoder", encoder, tmp_path, "wan")


def test_a_weight_that_is_lost_is_found(folder: Path) -> None:
    """One of a thousand is enough."""
    name = "blocks.1.attn1.to_q.weight"
    edit_weights(folder / TRANSFORMER, lambda tensors: tensors.pop(name))

    with pytest.raises(GenerationError, match=rf"its files lack {name}"):
        check_pipeline(load(folder), folder, "wan")


def test_a_weight_of_another_shape_is_found(tmp_path: Path) -> None:
    """Libraries can be told to draw it anew in the shape that they want."""
    save_file({"weight": torch.ones(4, 2), "bias": torch.ones(4)}, tmp_path / "model.safetensors")

    with pytest.raises(GenerationError, match=r"weight is \[4, 2\] in its files and \[4, 3\]"):
        check_weights("vae", torch.nn.Linear(3, 4), tmp_path, "wan")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_found(folder: Path, value: float) -> None:
    """One makes every frame black."""
    name = "blocks.0.attn1.to_q.weight"
    edit_weights(folder / TRANSFORMER, lambda tensors: tensors[name].view(-1)[3:4].fill_(value))

    with pytest.raises(GenerationError, match=rf"{name} holds values that are no finite numbers"):
        check_pipeline(load(folder), folder, "wan")


def test_a_lost_vocabulary_is_found(folder: Path) -> None:
    """Without tokenizer.json the library makes an empty one, and every word is unknown."""
    (folder / "tokenizer/tokenizer.json").unlink()

    with pytest.raises(GenerationError, match=r"tokenizer: it has .* its vocabulary is lost"):
        check_pipeline(load(folder), folder, "wan")


def test_a_truncated_vocabulary_is_found(folder: Path) -> None:
    """A third of it is left; the text encoder has rows for all."""
    path = folder / "tokenizer/tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["vocab"] = told["model"]["vocab"][: len(told["model"]["vocab"]) // 3]
    told["added_tokens"] = told["added_tokens"][:3]
    path.write_text(json.dumps(told))

    with pytest.raises(GenerationError, match="its vocabulary is lost"):
        check_pipeline(load(folder), folder, "wan")


def test_a_vocabulary_of_another_language_is_found(folder: Path) -> None:
    """It is as large as it should be, and knows no letter of a plain sentence."""
    path = folder / "tokenizer/tokenizer.json"
    told = json.loads(path.read_text())
    vocabulary = told["model"]["vocab"]
    told["model"]["vocab"] = [
        [chr(0x4E00 + place) if len(piece) == 1 and piece.isalpha() else piece, score]
        for place, (piece, score) in enumerate(vocabulary)
    ]
    path.write_text(json.dumps(told))

    with pytest.raises(GenerationError, match="does not know"):
        check_pipeline(load(folder), folder, "wan")


def test_more_words_than_rows_are_found(whole: Path) -> None:
    """The first rare word would end the process that asks for its row."""
    pipeline = load(whole)
    pipeline.tokenizer.add_tokens(["reelmill"])

    with pytest.raises(GenerationError, match="has no row"):
        check_tokenizer("tokenizer", pipeline.tokenizer, pipeline.text_encoder, "wan")


def test_what_the_library_tells_of_loading_is_heard() -> None:
    """Where a back-end loads its parts one by one."""
    check_loading("vae", {"missing_keys": [], "unexpected_keys": set(), "mismatched_keys": []}, "wan")

    with pytest.raises(GenerationError, match="vae: loading told of missing keys: conv_in"):
        check_loading("vae", {"missing_keys": ["conv_in"]}, "wan")


def test_only_the_listing_finds_a_flipped_byte(folder: Path) -> None:
    """It loads, and looks sound: that is why every byte is hashed before."""
    path = folder / TRANSFORMER
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    check_pipeline(load(folder), folder, "wan")

    assert [problem.partition(" ")[0] for problem in check(folder)] == [TRANSFORMER]


def test_shards_are_read_by_their_index(folder: Path) -> None:
    """Large parts lie in several files."""
    part = folder / "transformer"
    tensors = load_file(folder / TRANSFORMER)
    (folder / TRANSFORMER).unlink()
    names = sorted(tensors)
    halves = {"one.safetensors": names[: len(names) // 2], "two.safetensors": names[len(names) // 2 :]}
    for file, held in halves.items():
        save_file({name: tensors[name] for name in held}, part / file, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": {name: file for file, held in halves.items() for name in held}}
    (part / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))

    check_pipeline(load(folder), folder, "wan")


def test_a_header_tells_names_shapes_and_types(tmp_path: Path) -> None:
    """Without reading a weight."""
    save_file({"a": torch.ones(2, 3), "b": torch.zeros(4, dtype=torch.bfloat16)}, tmp_path / "x.safetensors")

    header = read_header(tmp_path / "x.safetensors")

    assert {name: tuple(tensor) for name, tensor in header.items()} == {
        "a": ("F32", (2, 3)),
        "b": ("BF16", (4,)),
    }


@pytest.mark.parametrize("cut", [-1, 100, 9, 4, 0])
def test_a_cut_file_is_told(tmp_path: Path, cut: int) -> None:
    """Wherever it was cut."""
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.ones(8, 8)}, path)
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(MediaError, match="fetch it again"):
        read_header(path)
