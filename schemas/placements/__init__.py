"""The placement table: what each ad platform asks of a video, with source, date and certainty.

A row or a field of low certainty only warns. Loudness is ours where a platform is silent: -14 LUFS, true peak
at most -1 dBTP; so is a margin of 5 % of the shorter side where no safe zone is published. Numbers were read
on 2026-11-22 from the pages named in each row.
"""

from schemas.placements import google, regional, social, television
from schemas.placements.placement import FPS, Placement

__all__ = ["FPS", "PLACEMENTS", "Placement"]

_FIRST = (
    "meta_reels",
    "meta_stories",
    "meta_feed_square",
    "meta_feed_vertical",
    "tiktok_in_feed",
    "youtube_shorts",
    "youtube_bumper",
    "youtube_non_skippable",
    "youtube_in_stream",
    "snapchat",
    "linkedin_feed",
    "x_feed",
    "pinterest_standard",
)
"""Those that most campaigns use stand first in every list."""

_BY_NAME = {row.name: row for row in (*social.ROWS, *google.ROWS, *television.ROWS, *regional.ROWS)}

PLACEMENTS: dict[str, Placement] = {name: _BY_NAME[name] for name in _FIRST} | _BY_NAME
"""By name; dictionaries keep the first place of a key."""
