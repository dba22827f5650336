"""Readable file names of finished ads: ASCII, bounded, never colliding."""

import unicodedata
from functools import cache

from schemas.placements import PLACEMENTS
from schemas.plan import Ad

_LENGTH_MAX = 128


def file_stem(ad: Ad) -> str:
    """Return ``<brand>_<campaign>_<product>_<locale>_<placement>_<ratio>_<length>_v<variant>_<hash>``.

    The hash is the start of the ad's key, so two ads never share a name.
    """
    brand, campaign = ad.campaign.split("/")
    placement = PLACEMENTS[ad.placement]
    parts = (
        brand,
        campaign,
        ad.product,
        ad.locale,
        ad.placement.replace("_", "-"),
        placement.ratio.replace(":", "x"),
        f"{ad.composition.seconds:g}s",
        f"v{ad.variant}",
    )
    stem = "_".join(_plain(part) for part in parts)
    return f"{stem[: _LENGTH_MAX - 13]}_{ad.key[:8]}"


@cache
def _plain(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(char if char.isalnum() or char in "-." else "-" for char in ascii_only) or "x"
