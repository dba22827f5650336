"""A tiny checkpoint like Stable Video Diffusion: a picture moves, no words are heard."""

from pathlib import Path

from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection

from tests.tiny.weights import fill

_WIDTH = 16


def build_svd(folder: Path) -> None:
    """Write the checkpoint. The picture encoder takes 224 pixels, to which the pipeline itself resizes."""
    StableVideoDiffusionPipeline(
        vae=_vae(),
        image_encoder=_image_encoder(),
        unet=_unet(),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            prediction_type="v_prediction",
            interpolation_type="linear",
            timestep_type="continuous",
            sigma_min=0.002,
            sigma_max=700.0,
            use_karras_sigmas=True,
            timestep_spacing="leading",
            steps_offset=1,
        ),
        feature_extractor=CLIPImageProcessorPil(size={"shortest_edge": 224}, crop_size=224),
    ).save_pretrained(folder)


def _image_encoder() -> CLIPVisionModelWithProjection:
    config = CLIPVisionConfig(
        hidden_size=_WIDTH,
        projection_dim=_WIDTH,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=224,
        patch_size=32,
    )
    return fill(CLIPVisionModelWithProjection(config), seed=70)


def _unet() -> UNetSpatioTemporalConditionModel:
    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64),
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        layers_per_block=1,
        num_attention_heads=(2, 2),
        cross_attention_dim=_WIDTH,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=14,
    )
    return fill(unet, seed=71)


def _vae() -> AutoencoderKLTemporalDecoder:
    vae = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D",) * 4,
        block_out_channels=(32, 32, 32, 32),
        latent_channels=4,
        layers_per_block=1,
    )
    return fill(vae, seed=72)
