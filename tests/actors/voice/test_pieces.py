"""Texts are cut into what is shown and what is said meanwhile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.voice.pieces import TEXT_MAX, clean, cut
from schemas.errors import GenerationError


def test_a_price_is_shown_while_its_words_are_said() -> None:
    """The written form stays whole, with its space and its stop."""
    pieces = cut("Maintenant 8,90 €, vite !", "fr-FR")

    assert [(piece.written, piece.said, piece.stop) for piece in pieces] == [
        ("Maintenant", "Maintenant", ""),
        ("8,90 €,", "huit euros quatre-vingt-dix", ","),
        ("vite !", "vite", "!"),
    ]


def test_what_cannot_be_said_stays_with_the_word_before() -> None:
    """Emoji and dashes are shown, and nobody says them."""
    pieces = cut("“Kaffi” – now 🎉 50% off…", "en-US")

    assert [piece.written for piece in pieces] == ["“Kaffi” –", "now 🎉", "50%", "off…"]
    assert [piece.said for piece in pieces] == ["Kaffi", "now", "fifty percent", "off"]


def test_words_of_chinese_come_from_the_cutter() -> None:
    """A segmenter cuts what stands between numbers; a price is one piece."""
    pieces = cut("只要89.90元！", "zh-CN", lambda text: [text])

    assert [(piece.written, piece.said) for piece in pieces] == [
        ("只要", "只要"),
        ("89.90元！", "八十九点九元"),
    ]


@settings(max_examples=150)
@given(st.text(max_size=80), st.sampled_from(("en-US", "es-ES", "hi-IN", "ja-JP", "de-DE", "ar-EG")))
def test_any_text_is_cut_without_loss_or_control_characters(text: str, locale: str) -> None:
    """Strangers' texts neither break the cutting nor bring characters that are not to be seen."""
    pieces = cut(text, locale)
    shown = "".join("".join(piece.written for piece in pieces).split())

    assert not pieces or "".join(clean(text).split()).endswith(shown)
    assert all(piece.said.strip() and "\x00" not in piece.said for piece in pieces)


def test_a_text_that_is_too_long_is_refused() -> None:
    """The message tells the length and the limit."""
    with pytest.raises(GenerationError, match=rf"{TEXT_MAX + 1} characters; .* at most {TEXT_MAX}"):
        cut("a" * (TEXT_MAX + 1), "en-US")
