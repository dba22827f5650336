"""Tokenizers that know letters only, made offline: every text gives its own ids."""

from string import printable

from transformers import GemmaTokenizer, PreTrainedTokenizerBase, Qwen2Tokenizer, T5TokenizerFast

LETTERS = [letter for letter in printable if not letter.isspace()]
BYTES = [f"<0x{value:02X}>" for value in range(256)]

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_t5_tokenizer() -> PreTrainedTokenizerBase:
    """Return a tokenizer of T5 and UMT5; their order of special tokens is fixed."""
    extras = 4
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(letter, -3.0) for letter in LETTERS]
    pieces += [(f"<extra_id_{extra}>", 0.0) for extra in reversed(range(extras))]
    return T5TokenizerFast(vocab=pieces, extra_ids=extras)


def make_gemma_tokenizer() -> PreTrainedTokenizerBase:
    """Return a tokenizer of Gemma; what is no letter of ASCII goes by its bytes."""
    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *LETTERS, *BYTES]
    return GemmaTokenizer(vocab=_numbered(names), merges=[], model_max_length=1024)


def make_qwen_tokenizer() -> PreTrainedTokenizerBase:
    """Return a tokenizer of Qwen with a chat template; each byte is a token."""
    tokenizer = Qwen2Tokenizer(vocab=_numbered(_byte_letters()), merges=[], model_max_length=1024)
    tokenizer.add_special_tokens(
        {"additional_special_tokens": ["<|im_start|>", "<|im_end|>", "<think>", "</think>"]}
    )
    tokenizer.chat_template = CHAT
    return tokenizer


def _numbered(names: list[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _byte_letters() -> list[str]:
    """Return the letters by which byte-level BPE writes the 256 bytes: printable ones as they are."""
    kept = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = 256 - len(kept)
    return [chr(byte) for byte in kept] + [chr(256 + place) for place in range(others)]
