"""Tiny checkpoints of the Wan family: 2.1 and 2.2, text and image to video, VACE."""

from pathlib import Path

from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

from tests.tiny.texts import TEXT_WIDTH, make_umt5
from tests.tiny.vocabularies import make_t5_tokenizer
from tests.tiny.weights import fill

_SHAPE = {
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "text_dim": TEXT_WIDTH,
    "freq_dim": 32,
    "ffn_dim": 32,
    "num_layers": 2,
}

_SHARP = {"norm_q": 4.0}
"""Attention that picks a few tokens; a mean over all of them would tell prompts hardly apart."""


def build_t2v(folder: Path) -> None:
    """Write a checkpoint like Wan2.1-T2V."""
    WanPipeline(**_common(), transformer=_transformer(16, seed=11)).save_pretrained(folder)


def build_t2v_two_experts(folder: Path) -> None:
    """Write a checkpoint like Wan2.2-T2V-A14B: one expert for high noise, one for low."""
    WanPipeline(
        **_common(),
        transformer=_transformer(16, seed=11),
        transformer_2=_transformer(16, seed=12),
        boundary_ratio=0.875,
    ).save_pretrained(folder)


def build_ti2v(folder: Path) -> None:
    """Write a checkpoint like Wan2.2-TI2V-5B: 48 channels, sides a multiple of 32, a time for each token."""
    vae = fill(
        AutoencoderKLWan(
            base_dim=4,
            decoder_base_dim=4,
            z_dim=48,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            is_residual=True,
            in_channels=12,
            out_channels=12,
            patch_size=2,
            latents_mean=[0.0] * 48,
            latents_std=[1.0] * 48,
            scale_factor_spatial=16,
            temperal_downsample=[False, True, True],
        ),
        seed=10,
    )
    WanPipeline(
        **_common() | {"vae": vae},
        transformer=_transformer(48, seed=11, out_channels=48),
        expand_timesteps=True,
    ).save_pretrained(folder)


def build_i2v_clip(folder: Path) -> None:
    """Write a checkpoint like Wan2.1-I2V-14B: the picture goes through CLIP too; there is no last frame."""
    WanImageToVideoPipeline(
        **_common(),
        transformer=_transformer(36, seed=13, out_channels=16, image_dim=TEXT_WIDTH, added_kv_proj_dim=24),
        image_encoder=_clip(),
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32),
    ).save_pretrained(folder)


def build_i2v_two_experts(folder: Path) -> None:
    """Write a checkpoint like Wan2.2-I2V-A14B: two experts, no CLIP, first and last frame."""
    WanImageToVideoPipeline(
        **_common(),
        transformer=_transformer(36, seed=13, out_channels=16),
        transformer_2=_transformer(36, seed=14, out_channels=16),
        boundary_ratio=0.9,
    ).save_pretrained(folder)


def build_vace(folder: Path) -> None:
    """Write a checkpoint like Wan2.1-VACE-1.3B: 16 channels to draw, 96 to be led by."""
    transformer = fill(
        WanVACETransformer3DModel(**_SHAPE, vace_layers=[0, 1], vace_in_channels=96),
        seed=15,
        louder=_SHARP
        | {"vace_patch_embedding": 8.0, "vace_blocks.0.proj_out": 3.0, "vace_blocks.1.proj_out": 3.0},
    )
    WanVACEPipeline(**_common(), transformer=transformer).save_pretrained(folder)


def _common() -> dict[str, object]:
    tokenizer = make_t5_tokenizer()
    return {
        "tokenizer": tokenizer,
        "text_encoder": make_umt5(tokenizer),
        "vae": fill(
            AutoencoderKLWan(base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1),
            seed=10,
            louder={"quant_conv": 8.0, "decoder.conv_in": 0.5},
        ),
        "scheduler": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    }


def _transformer(channels: int, *, seed: int, **more: int) -> WanTransformer3DModel:
    return fill(WanTransformer3DModel(in_channels=channels, **_SHAPE, **more), seed=seed, louder=_SHARP)


def _clip() -> CLIPVisionModel:
    config = CLIPVisionConfig(
        hidden_size=TEXT_WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
    )
    return fill(CLIPVisionModel(config), seed=16)
