"""Tiny pipelines with random weights: each is built on disk and loads like the real checkpoint."""

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from actors.manifest import seal


class Family(NamedTuple):
    """How one tiny checkpoint is made."""

    builder: str
    """``module:function``; called with the folder to write."""
    pipeline: str
    """The diffusers class that its model_index.json names."""


FAMILIES = {
    "wan_vace": Family("tests.tiny.wan:build_vace", "WanVACEPipeline"),
    "wan_t2v": Family("tests.tiny.wan:build_t2v", "WanPipeline"),
    "wan22_t2v": Family("tests.tiny.wan:build_t2v_two_experts", "WanPipeline"),
    "wan22_ti2v": Family("tests.tiny.wan:build_ti2v", "WanPipeline"),
    "wan_i2v": Family("tests.tiny.wan:build_i2v_clip", "WanImageToVideoPipeline"),
    "wan22_i2v": Family("tests.tiny.wan:build_i2v_two_experts", "WanImageToVideoPipeline"),
    "ltx_condition": Family("tests.tiny.ltx:build_condition", "LTXConditionPipeline"),
    "ltx2": Family("tests.tiny.ltx2:build_ltx2", "LTX2Pipeline"),
    "z_image": Family("tests.tiny.images:build_z_image", "ZImagePipeline"),
    "flux2_klein": Family("tests.tiny.images:build_flux2_klein", "Flux2KleinPipeline"),
    "helios": Family("tests.tiny.helios:build_helios", "HeliosPipeline"),
    "cogvideox": Family("tests.tiny.cogvideox:build_cogvideox", "CogVideoXPipeline"),
    "svd": Family("tests.tiny.svd:build_svd", "StableVideoDiffusionPipeline"),
}


def build(family: str, folder: Path) -> Path:
    """Write the tiny checkpoint of *family* into *folder*, sealed with SHA256SUMS; return the folder.

    The same family gives the same bytes. Raises KeyError for a family that is not in FAMILIES.
    """
    module, _, name = FAMILIES[family].builder.partition(":")
    getattr(import_module(module), name)(folder)
    seal(folder)
    return folder
