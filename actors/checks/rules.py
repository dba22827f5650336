"""The table of rules: each a function with a name, what it measures, who asks for it, and how hard it is."""

from typing import Literal, NamedTuple

from actors.checks import file_rules, picture_rules, sound_rules, stream_rules, text_rules
from actors.checks.case import Case, Judge
from schemas.media import Finding
from schemas.placements import Placement

Severity = Literal["reject", "warn"]

HOUSE = "house rule"
_FLASHING = "WCAG 2.2, 2.3.1 (2023-10-05); ITU-R BT.1702-3 (2023-02)"
_READING = "WCAG 2.2, 1.4.3 (2023-10-05)"
_DISCLOSURE = "GB 45438-2025 (2025-09-01), for all markets with a label"


class Rule(NamedTuple):
    """One rule."""

    judge: Judge
    asks: str = HOUSE
    """Who asks for it, where it is not the placement."""
    field: str = ""
    """The field of the placement that it stands on, which then is the source."""
    advice: bool = False
    """Whether it only warns, whoever asks."""

    @property
    def name(self) -> str:
        """As findings tell it."""
        return self.judge.__name__

    @property
    def measures(self) -> str:
        """One sentence for people."""
        return (self.judge.__doc__ or "").strip()

    def severity(self, placement: Placement) -> Severity:
        """Return how hard the rule is for an ad on *placement*: what the table doubts only warns."""
        return "warn" if self.advice or (self.field and placement.doubts(self.field)) else "reject"

    def source(self, placement: Placement) -> str:
        """Return who asks, and when that was read."""
        if not self.field:
            return self.asks
        return f"{placement.name}: {placement.source}, read {placement.read}"


WHOLE = Rule(file_rules.file_whole)
"""What breaks it is told as that alone: of half a file nothing else is worth telling."""

RULES = (
    WHOLE,
    Rule(file_rules.container_brand),
    Rule(file_rules.index_first),
    Rule(file_rules.bytes_most, field="bytes_max"),
    Rule(file_rules.bytes_least, field="bytes_min"),
    Rule(file_rules.stray_streams),
    Rule(file_rules.edit_list),
    Rule(file_rules.tags_private),
    Rule(file_rules.container_length),
    Rule(stream_rules.frame_size),
    Rule(stream_rules.pixels_square),
    Rule(stream_rules.rotation),
    Rule(stream_rules.frame_rate),
    Rule(stream_rules.frame_rate_taken, field="fps"),
    Rule(stream_rules.frame_rate_constant),
    Rule(stream_rules.frame_count),
    Rule(stream_rules.seconds_least, field="seconds_min"),
    Rule(stream_rules.seconds_most, field="seconds_max"),
    Rule(stream_rules.seconds_exact, field="lengths"),
    Rule(stream_rules.starts_with_keyframe),
    Rule(stream_rules.keyframe_distance),
    Rule(stream_rules.gops_closed),
    Rule(stream_rules.video_codec),
    Rule(stream_rules.video_profile, field="profiles"),
    Rule(stream_rules.pixel_format),
    Rule(stream_rules.progressive),
    Rule(stream_rules.bit_rate_least, field="kbps_min"),
    Rule(stream_rules.bit_rate_most, field="kbps_max"),
    Rule(stream_rules.colors_standard),
    Rule(stream_rules.colors_limited),
    Rule(stream_rules.dynamic_range),
    Rule(sound_rules.sound_present),
    Rule(sound_rules.sound_codec),
    Rule(sound_rules.sound_rate),
    Rule(sound_rules.sound_channels),
    Rule(sound_rules.sound_bit_rate, field="audio_kbps_min"),
    Rule(sound_rules.sound_length),
    Rule(sound_rules.sound_heard),
    Rule(sound_rules.sound_asked, field="sound"),
    Rule(sound_rules.loudness, field="lufs"),
    Rule(sound_rules.true_peak, field="true_peak_max"),
    Rule(sound_rules.sound_clipped),
    Rule(sound_rules.channels_alive),
    Rule(sound_rules.sound_gap),
    Rule(sound_rules.sound_offset),
    Rule(picture_rules.black_first),
    Rule(picture_rules.black_last),
    Rule(picture_rules.black_between),
    Rule(picture_rules.picture_moves),
    Rule(picture_rules.flashes, _FLASHING),
    Rule(picture_rules.red_flashes, _FLASHING),
    Rule(picture_rules.letterbox),
    Rule(picture_rules.pillarbox),
    Rule(picture_rules.windowbox),
    Rule(text_rules.text_in_safe_zone, field="insets"),
    Rule(text_rules.text_size),
    Rule(text_rules.text_contrast, _READING),
    Rule(text_rules.ai_label, _DISCLOSURE),
    Rule(text_rules.price_shown),
    Rule(text_rules.price_legible, advice=True),
)


def judge(case: Case) -> tuple[Finding, ...]:
    """Hold *case* against every rule; what rejects comes first."""
    rules = (WHOLE,) if any(WHOLE.judge(case)) else RULES
    findings = [
        Finding(
            rule=rule.name,
            measured=breach.measured,
            limit=breach.limit,
            source=rule.source(case.placement),
            severity=rule.severity(case.placement),
        )
        for rule in rules
        for breach in rule.judge(case)
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity))
