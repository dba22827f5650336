"""Which market a locale is for, as licences name markets."""

import pytest

from schemas.regions import EU, regions_of


@pytest.mark.parametrize(
    ("locale", "regions"),
    [
        ("en-GB", ("GB", "UK")),
        ("de", ("DE", "EU")),
        ("de-CH", ("CH",)),
        ("de-CH-1901", ("CH",)),
        ("fr-FR", ("FR", "EU")),
        ("en", ("US",)),
        ("ko", ("KR",)),
        ("zh-Hant", ("TW",)),
        ("zh-Hans-SG", ("SG",)),
        ("sr-Latn", ("RS",)),
        ("ar", ("EG",)),
        ("ca", ("ES", "EU")),
        ("es-419", ()),
        ("en-001", ()),
        ("en-150", ("EU",)),
        ("eo", ()),
    ],
)
def test_a_locale_names_its_market(locale: str, regions: tuple[str, ...]) -> None:
    """Its territory, that of most speakers, or none for a part of the world."""
    assert regions_of(locale) == regions


def test_the_union_has_27_members() -> None:
    """On the day that the table names."""
    assert len(EU) == 27
    assert all(regions_of(f"en-{state}") == (state, "EU") for state in EU)
