"""File names of ads: after the team's pattern, safe everywhere, never the same twice."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.name_patterns import DEFAULT_PATTERN, read_pattern
from flows.naming import STEM_MAX, file_stem, market_of
from schemas.errors import BriefError
from tests.compositions import draw_ad

AD = draw_ad()
PATTERNS = (
    DEFAULT_PATTERN,
    "{product}.{hash}",
    "{hash}-{campaign}",
    "{market}_{brand}-{product}_r{revision}_{hash}",
)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{brand}", "has {hash} 0 times; give {hash} once"),
        ("{hash}{hash}", "has {hash} 2 times"),
        ("{brnd}_{hash}", "unknown field 'brnd'; did you mean brand?"),
        ("{brand.upper}_{hash}", "unknown field"),
        ("{hash:>8}", "how a field is written"),
        ("{hash", "is no pattern"),
        ("../{hash}", "character '/'"),
        ("{hash} \u00e4", "character ' '"),
        ("x" * 41 + "{hash}", "too long"),
    ],
)
def test_a_wrong_pattern_is_told_its_fault_and_the_cure(pattern: str, words: str) -> None:
    """Before anything is exported."""
    with pytest.raises(BriefError) as caught:
        read_pattern(pattern)

    assert str(caught.value).startswith("--name: ")
    assert words in str(caught.value)


@given(st.sampled_from(PATTERNS), st.text(max_size=60), st.text(min_size=1, max_size=200))
def test_whatever_brief_and_feed_say_a_name_is_safe(pattern: str, brand: str, product: str) -> None:
    """ASCII, bounded, in its folder; no device, no option, no formula, nothing hidden."""
    ad = AD.model_copy(update={"campaign": f"{brand}/spring", "product": product})

    name = file_stem(ad, read_pattern(pattern), revision=7)

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]", name)
    assert len(name) <= STEM_MAX
    assert name.split(".")[0].lower() not in {"con", "aux", "nul", "com1"}
    assert ad.key[:8] in name


def test_a_name_says_what_the_pattern_asks_for() -> None:
    """Other scripts are transliterated, and a device's name of Windows is not left alone."""
    coffee = AD.model_copy(update={"campaign": "咖啡 Käse/spring-roast", "product": "CON"})

    assert file_stem(AD) == f"kaffi_spring-roast_HB-250_en-US_meta-reels_9x16_2.5s_va_{AD.key[:8]}"
    assert file_stem(coffee, "{brand}_{market}_r{revision}_{hash}", revision=2).startswith(
        "KaFei-Kase_US_r02_"
    )
    assert file_stem(coffee, "{product}.{hash}").startswith("x-CON.")
    assert [market_of(tag) for tag in ("de", "pt-BR", "es-419")] == ["DE", "BR", "world"]
