"""A tiny checkpoint like LTX-Video 0.9.7: 8 frames and 32 pixels a latent, a decoder with noise levels."""

from pathlib import Path

from diffusers import (
    AutoencoderKLLTXVideo,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXVideoTransformer3DModel,
)

from tests.tiny.texts import TEXT_WIDTH, make_t5
from tests.tiny.vocabularies import make_t5_tokenizer
from tests.tiny.weights import fill

_CHANNELS = 8


def build_condition(folder: Path) -> None:
    """Write the checkpoint."""
    tokenizer = make_t5_tokenizer()
    LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_vae(),
        text_encoder=make_t5(tokenizer),
        tokenizer=tokenizer,
        transformer=_transformer(),
    ).save_pretrained(folder)


def _vae() -> AutoencoderKLLTXVideo:
    vae = AutoencoderKLLTXVideo(
        latent_channels=_CHANNELS,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        timestep_conditioning=True,
    )
    return fill(vae, seed=20, louder={"encoder.conv_out": 2.0})


def _transformer() -> LTXVideoTransformer3DModel:
    transformer = LTXVideoTransformer3DModel(
        in_channels=_CHANNELS,
        out_channels=_CHANNELS,
        num_attention_heads=2,
        attention_head_dim=16,
        cross_attention_dim=32,
        num_layers=2,
        caption_channels=TEXT_WIDTH,
    )
    return fill(transformer, seed=21, louder={"norm_q": 4.0})
