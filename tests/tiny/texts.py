"""Tiny text encoders."""

from transformers import (
    PreTrainedTokenizerBase,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)

from tests.tiny.weights import fill

TEXT_WIDTH = 32

_T5_SHAPE = {
    "d_model": TEXT_WIDTH,
    "d_kv": 8,
    "d_ff": 32,
    "num_layers": 2,
    "num_heads": 4,
    "feed_forward_proj": "gated-gelu",
    "dropout_rate": 0.0,
}


def make_t5(tokenizer: PreTrainedTokenizerBase) -> T5EncoderModel:
    """Return a T5 encoder for the words of *tokenizer*."""
    return fill(T5EncoderModel(T5Config(vocab_size=len(tokenizer), **_T5_SHAPE)), seed=1)


def make_umt5(tokenizer: PreTrainedTokenizerBase) -> UMT5EncoderModel:
    """Return a UMT5 encoder for the words of *tokenizer*."""
    return fill(UMT5EncoderModel(UMT5Config(vocab_size=len(tokenizer), **_T5_SHAPE)), seed=2)


def make_qwen3(tokenizer: PreTrainedTokenizerBase, *, layers: int) -> Qwen3ForCausalLM:
    """Return a Qwen3 of *layers* layers for the words of *tokenizer*."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=32,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
    )
    return fill(Qwen3ForCausalLM(config), seed=3)
