"""Checkpoints for tests of how they travel: files of the right kinds that no library has to load."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from actors.backends import Checkpoint, Entry

REPO = "makers/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

TINY = Entry(
    path="tests.models:Nobody",
    revision="tiny/1",
    tasks=("text", "image"),
    gpus=1,
    cpus=1,
    memory_bytes=1_000_000_000,
    seconds=1.0,
    licence="Apache-2.0",
    excludes=("EU", "KR"),
    short_side=480,
    weights=Checkpoint(
        repo=REPO,
        commit=COMMIT,
        gpu_bytes={"bf16": 24_000_000_000, "offload": 13_000_000_000},
        steps=2,
        guidance=5.0,
    ),
    note="for tests",
)


def draw_checkpoint(folder: Path, *, value: float = 1.0) -> Path:
    """Write a small checkpoint whose weights are *value* into *folder*, not sealed; return the folder."""
    index = {
        "_class_name": "WanPipeline",
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "tokenizer": ["transformers", "T5TokenizerFast"],
        "safety_checker": [None, None],
    }
    texts = {
        "model_index.json": json.dumps(index),
        "README.md": "# Tiny\n",
        "LICENSE": "Apache-2.0\n",
        "tokenizer/tokenizer.json": json.dumps({"words": ["cup", "kaffee", "コーヒー"]}),
        "transformer/config.json": "{}",
    }
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    weights = {f"blocks.{layer}.weight": np.full((8, 8), value, np.float32) for layer in range(2)}
    save_file(weights, folder / "transformer" / "diffusion_pytorch_model.safetensors")
    return folder


def flip(path: Path, place: int = -5) -> None:
    """Change one bit of the byte at *place* of the file *path*."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
