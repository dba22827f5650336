"""A tiny checkpoint like LTX-2: pictures 8 frames and 32 pixels a latent, sound from a vocoder at 24 kHz."""

from pathlib import Path

from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2Pipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from tests.tiny.vocabularies import make_gemma_tokenizer
from tests.tiny.weights import fill

_CHANNELS = 8
_TEXT_WIDTH = 16
_TEXT_LAYERS = 2
_MELS = 16


def build_ltx2(folder: Path) -> None:
    """Write the checkpoint; LTX2Pipeline, LTX2ImageToVideoPipeline and LTX2ConditionPipeline load it."""
    tokenizer = make_gemma_tokenizer()
    LTX2Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.1),
        vae=_vae(),
        audio_vae=_audio_vae(),
        text_encoder=_text_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        connectors=_connectors(),
        transformer=_transformer(),
        vocoder=_vocoder(),
    ).save_pretrained(folder)


def _text_encoder(words: int) -> Gemma3ForConditionalGeneration:
    text = {
        "vocab_size": words,
        "hidden_size": _TEXT_WIDTH,
        "intermediate_size": 16,
        "num_hidden_layers": _TEXT_LAYERS,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 1024,
        "sliding_window": 512,
    }
    vision = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 16,
        "patch_size": 8,
    }
    config = Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    return fill(Gemma3ForConditionalGeneration(config), seed=30)


def _connectors() -> LTX2TextConnectors:
    connectors = LTX2TextConnectors(
        caption_channels=_TEXT_WIDTH,
        text_proj_in_factor=_TEXT_LAYERS + 1,
        video_connector_num_attention_heads=2,
        video_connector_attention_head_dim=_TEXT_WIDTH // 2,
        video_connector_num_layers=1,
        video_connector_num_learnable_registers=16,
        audio_connector_num_attention_heads=2,
        audio_connector_attention_head_dim=_TEXT_WIDTH // 2,
        audio_connector_num_layers=1,
        audio_connector_num_learnable_registers=16,
        rope_type="split",
    )
    return fill(connectors, seed=31, louder={"norm_q": 4.0})


def _transformer() -> LTX2VideoTransformer3DModel:
    transformer = LTX2VideoTransformer3DModel(
        in_channels=_CHANNELS,
        out_channels=_CHANNELS,
        num_attention_heads=2,
        attention_head_dim=16,
        cross_attention_dim=32,
        audio_in_channels=2 * _MELS // 4,
        audio_out_channels=2 * _MELS // 4,
        audio_num_attention_heads=2,
        audio_attention_head_dim=8,
        audio_cross_attention_dim=16,
        num_layers=2,
        caption_channels=_TEXT_WIDTH,
        rope_type="split",
        rope_double_precision=False,
    )
    return fill(transformer, seed=32, louder={"norm_q": 4.0})


def _vae() -> AutoencoderKLLTX2Video:
    vae = AutoencoderKLLTX2Video(
        latent_channels=_CHANNELS,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 16, 32),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )
    return fill(vae, seed=33, louder={"encoder.conv_out": 2.0})


def _audio_vae() -> AutoencoderKLLTX2Audio:
    vae = AutoencoderKLLTX2Audio(
        base_channels=8,
        ch_mult=(1, 1, 1),
        num_res_blocks=1,
        latent_channels=2,
        mel_bins=_MELS,
    )
    return fill(vae, seed=34)


def _vocoder() -> LTX2Vocoder:
    vocoder = LTX2Vocoder(
        in_channels=2 * _MELS,
        hidden_channels=32,
        upsample_kernel_sizes=[16, 15, 16],
        upsample_factors=[6, 5, 8],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3]],
    )
    return fill(vocoder, seed=35)
