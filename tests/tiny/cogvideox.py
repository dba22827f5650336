"""A tiny checkpoint like CogVideoX-2b."""

from pathlib import Path

from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
)

from tests.tiny.texts import TEXT_WIDTH, make_t5
from tests.tiny.vocabularies import make_t5_tokenizer
from tests.tiny.weights import fill


def build_cogvideox(folder: Path) -> None:
    """Write the checkpoint; CogVideoXPipeline and CogVideoXVideoToVideoPipeline load it."""
    tokenizer = make_t5_tokenizer()
    CogVideoXPipeline(
        tokenizer=tokenizer,
        text_encoder=make_t5(tokenizer),
        vae=_vae(),
        transformer=_transformer(),
        scheduler=CogVideoXDDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            prediction_type="v_prediction",
            rescale_betas_zero_snr=True,
            snr_shift_scale=3.0,
            timestep_spacing="trailing",
            set_alpha_to_one=True,
        ),
    ).save_pretrained(folder)


def _vae() -> AutoencoderKLCogVideoX:
    vae = AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        sample_height=480,
        sample_width=720,
    )
    return fill(vae, seed=60, louder={"decoder.conv_out": 0.5})


def _transformer() -> CogVideoXTransformer3DModel:
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=4,
        out_channels=4,
        time_embed_dim=8,
        text_embed_dim=TEXT_WIDTH,
        num_layers=2,
        sample_width=90,
        sample_height=60,
        sample_frames=49,
    )
    return fill(transformer, seed=61, louder={"norm_q": 4.0})
