"""Tiny checkpoints of models of stills: Z-Image and FLUX.2 klein."""

from pathlib import Path

from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)

from tests.tiny.texts import TEXT_WIDTH, make_qwen3
from tests.tiny.vocabularies import make_qwen_tokenizer
from tests.tiny.weights import fill

_BLOCKS = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (8, 8, 8, 8),
    "layers_per_block": 1,
    "norm_num_groups": 2,
}


def build_z_image(folder: Path) -> None:
    """Write a checkpoint like Z-Image-Turbo."""
    tokenizer = make_qwen_tokenizer()
    transformer = ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=TEXT_WIDTH,
        axes_dims=[4, 6, 6],
        axes_lens=[1024, 64, 64],
    )
    vae = AutoencoderKL(
        latent_channels=16,
        sample_size=1024,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
        **_BLOCKS,
    )
    ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=fill(vae, seed=40),
        text_encoder=make_qwen3(tokenizer, layers=2),
        tokenizer=tokenizer,
        transformer=fill(transformer, seed=41, louder={"norm_q": 4.0}),
    ).save_pretrained(folder)


def build_flux2_klein(folder: Path) -> None:
    """Write a checkpoint like FLUX.2-klein-4B; its words come from the layers 9, 18 and 27 of Qwen3."""
    tokenizer = make_qwen_tokenizer()
    transformer = Flux2Transformer2DModel(
        in_channels=32,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * TEXT_WIDTH,
        timestep_guidance_channels=32,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        vae=fill(AutoencoderKLFlux2(latent_channels=8, **_BLOCKS), seed=42),
        text_encoder=make_qwen3(tokenizer, layers=28),
        tokenizer=tokenizer,
        transformer=fill(transformer, seed=43, louder={"norm_q": 4.0}),
        is_distilled=True,
    ).save_pretrained(folder)
