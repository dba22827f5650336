"""A tiny checkpoint like Helios-Base: chunks that see the ones before."""

from pathlib import Path

from diffusers import (
    AutoencoderKLWan,
    HeliosPipeline,
    HeliosScheduler,
    HeliosTransformer3DModel,
)

from tests.tiny.texts import TEXT_WIDTH, make_umt5
from tests.tiny.vocabularies import make_t5_tokenizer
from tests.tiny.weights import fill


def build_helios(folder: Path) -> None:
    """Write the checkpoint."""
    tokenizer = make_t5_tokenizer()
    vae = AutoencoderKLWan(base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    transformer = HeliosTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        text_dim=TEXT_WIDTH,
        freq_dim=32,
        ffn_dim=32,
        num_layers=2,
        rope_dim=(4, 4, 4),
    )
    HeliosPipeline(
        tokenizer=tokenizer,
        text_encoder=make_umt5(tokenizer),
        vae=fill(vae, seed=50, louder={"quant_conv": 8.0, "decoder.conv_in": 0.5}),
        scheduler=HeliosScheduler(
            stages=1, stage_range=[0, 1], use_dynamic_shifting=True, time_shift_type="linear"
        ),
        transformer=fill(transformer, seed=51, louder={"norm_q": 4.0}),
    ).save_pretrained(folder)
