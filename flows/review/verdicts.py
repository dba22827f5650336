"""Every check of an ad for people: what was measured, what is asked, by whom, and what came of it."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Literal, NamedTuple

from actors.checks.case import Case
from actors.checks.picture_rules import BLACK_SECONDS_MAX, FLASHES_MAX, FROZEN_SECONDS_MAX
from actors.checks.rules import RULES, Rule
from actors.checks.stream_rules import KEYFRAME_SECONDS_MAX
from actors.checks.text_rules import SIZE_MIN
from actors.layouts.contrast import READABLE
from flows.spoken import in_bytes
from schemas.facts import ContainerFacts
from schemas.media import Asset, Finding
from schemas.placements import PLACEMENTS
from schemas.plan import Composition

Outcome = Literal["held", "warned", "broken", "untold"]
"""``untold``: the ad was checked before this was measured, or nothing in it can break the rule."""
Measured = Callable[[Case], str]


class Verdict(NamedTuple):
    """What came of one check."""

    rule: str
    """In words, ``frame rate``."""
    about: str
    """What it measures, a sentence."""
    measured: str
    wanted: str
    """Empty where the sentence says it."""
    source: str
    outcome: Outcome


class Group(NamedTuple):
    """Checks of one part of the ad."""

    title: str
    verdicts: tuple[Verdict, ...]

    @property
    def troubles(self) -> int:
        """How many did not hold."""
        return sum(one.outcome in {"warned", "broken"} for one in self.verdicts)

    @property
    def held(self) -> int:
        """How many held."""
        return sum(one.outcome == "held" for one in self.verdicts)


def verdicts_of(asset: Asset, composition: Composition, placement: str) -> tuple[Group, ...]:
    """Return what came of every check of *asset*, made for *placement*, part by part.

    An ad for a placement that is no longer in the table has the verdicts that were noted, without the others.
    """
    findings = _by_rule(asset.findings)
    row = PLACEMENTS.get(placement)
    if row is None:
        noted = tuple(_noted(finding) for finding in asset.findings)
        return (Group("Noted when it was made", noted),) if noted else ()
    case = Case(asset.facts, composition, row)
    judged = [
        (_part(rule), verdict) for rule in RULES for verdict in _judged(rule, case, findings.get(rule.name))
    ]
    return tuple(
        Group(title, tuple(verdict for _, verdict in of_part))
        for title, of_part in groupby(judged, key=lambda pair: pair[0])
    )


def _by_rule(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def _judged(rule: Rule, case: Case, findings: list[Finding] | None) -> list[Verdict]:
    if findings:
        return [
            _noted(finding)._replace(about=rule.measures, source=rule.source(case.placement))
            for finding in findings
        ]
    measured, wanted = _MEASURED.get(rule.name, (_nothing, _nothing))
    known = not _is_old(case) or rule.name in _ALWAYS
    text = measured(case) if known else ""
    asked = wanted(case) if text else ""
    outcome: Outcome = "held" if text else "untold"
    return [Verdict(_words(rule.name), rule.measures, text, asked, rule.source(case.placement), outcome)]


def _noted(finding: Finding) -> Verdict:
    outcome: Outcome = "broken" if finding.severity == "reject" else "warned"
    return Verdict(_words(finding.rule), "", finding.measured, finding.limit, finding.source, outcome)


def _part(rule: Rule) -> str:
    return _PARTS[rule.judge.__module__.rpartition(".")[2]]


def _words(rule: str) -> str:
    return rule.replace("_", " ").replace("ai ", "AI ").capitalize().replace("Ai ", "AI ")


def _is_old(case: Case) -> bool:
    """Tell whether the ad was measured before there were facts of its container, pictures and texts."""
    return case.facts.container == ContainerFacts()


def _nothing(_: Case) -> str:
    return ""


def _say(text: str) -> Measured:
    return lambda _: text


def _tags(case: Case) -> str:
    stream = case.facts.stream
    return f"{stream.primaries}/{stream.transfer}/{stream.matrix}"


def _bars(case: Case) -> str:
    return "{} {} {} {} px".format(*case.facts.picture.bars) if any(case.facts.picture.bars) else "none"


def _smallest(case: Case) -> str:
    sizes = [seen.placed.size_px for seen in case.facts.texts]
    return f"{min(sizes):.0f} px is the smallest" if sizes else ""


def _faintest(case: Case) -> str:
    contrasts = [seen.contrast for seen in case.facts.texts]
    return f"{min(contrasts):.1f} : 1 is the lowest" if contrasts else ""


def _placed(case: Case) -> str:
    many = len(case.facts.texts)
    return f"{many} of {many} texts" if many else ""


def _label(case: Case) -> str:
    label = case.composition.marks.label if case.composition.marks else None
    return repr(label.text) if label else ""


def _prices(case: Case) -> str:
    return ", ".join(repr(seen.read) for seen in case.facts.prices)


def _wanted_prices(case: Case) -> str:
    return ", ".join(repr(seen.wanted) for seen in case.facts.prices)


def _loud(case: Case) -> str:
    return "silence" if case.silent else f"{case.facts.lufs:g} LUFS"


def _most(limit: float, unit: str) -> str:
    return f"at most {limit:,g} {unit}" if limit else ""


_PARTS = {
    "file_rules": "File",
    "stream_rules": "Video",
    "sound_rules": "Sound",
    "picture_rules": "Picture",
    "text_rules": "Texts and price",
}
_ALWAYS = {
    "index_first", "bytes_most", "bytes_least", "frame_size", "frame_rate", "frame_rate_taken", "frame_count",
    "seconds_least", "seconds_most", "seconds_exact", "keyframe_distance", "video_codec", "pixel_format",
    "bit_rate_least", "bit_rate_most", "sound_present", "sound_codec", "sound_rate", "sound_channels",
    "sound_heard", "loudness", "true_peak",
}  # fmt: skip
"""Measured since the first version."""
_MEASURED: dict[str, tuple[Measured, Measured]] = {
    "file_whole": (_say("whole"), _nothing),
    "container_brand": (lambda case: f"MP4, {case.facts.container.brand}", _nothing),
    "index_first": (lambda case: "before the media" if case.facts.moov_first else "", _nothing),
    "bytes_most": (
        lambda case: in_bytes(case.facts.bytes),
        lambda case: f"at most {in_bytes(case.placement.bytes_max)}" if case.placement.bytes_max else "",
    ),
    "bytes_least": (
        lambda case: in_bytes(case.facts.bytes) if case.placement.bytes_min else "",
        lambda case: f"at least {in_bytes(case.placement.bytes_min)}",
    ),
    "stray_streams": (lambda case: ", ".join(case.facts.container.streams), _nothing),
    "edit_list": (_say("none"), _nothing),
    "tags_private": (_say("none"), _nothing),
    "container_length": (lambda case: f"{case.facts.container.seconds:.3f} s", _nothing),
    "frame_size": (
        lambda case: f"{case.facts.width} x {case.facts.height}",
        lambda case: f"{case.composition.width} x {case.composition.height}",
    ),
    "pixels_square": (lambda case: case.facts.stream.sample_aspect, _say("1:1")),
    "rotation": (lambda case: f"{case.facts.stream.rotation} degrees", _say("0")),
    "frame_rate": (lambda case: f"{case.facts.fps:g} a second", lambda case: f"{case.composition.fps}"),
    "frame_rate_taken": (lambda case: f"{case.facts.fps:g} a second", lambda case: f"{case.placement.fps}"),
    "frame_rate_constant": (lambda case: f"{case.facts.frames} equal frames", _nothing),
    "frame_count": (lambda case: f"{case.facts.frames}", lambda case: f"{case.composition.frames}"),
    "seconds_least": (
        lambda case: f"{case.facts.seconds:.2f} s",
        lambda case: f"at least {case.placement.seconds_min:g} s",
    ),
    "seconds_most": (
        lambda case: f"{case.facts.seconds:.2f} s",
        lambda case: f"at most {case.placement.seconds_max:,g} s",
    ),
    "seconds_exact": (
        lambda case: f"{case.facts.seconds:.2f} s" if case.placement.lengths else "",
        lambda case: "one of " + ", ".join(f"{length:g}" for length in case.placement.lengths) + " s",
    ),
    "starts_with_keyframe": (_say("yes"), _nothing),
    "keyframe_distance": (
        lambda case: f"{case.facts.keyframe_seconds_max:g} s",
        _say(f"at most {KEYFRAME_SECONDS_MAX:g} s"),
    ),
    "gops_closed": (_say("all closed"), _nothing),
    "video_codec": (lambda case: case.facts.video_codec, _say("h264")),
    "video_profile": (
        lambda case: case.facts.stream.profile,
        lambda case: " or ".join(case.placement.profiles),
    ),
    "pixel_format": (lambda case: case.facts.pixel_format, _say("yuv420p")),
    "progressive": (_say("progressive"), _nothing),
    "bit_rate_least": (
        lambda case: f"{case.facts.kbps:,} kbit/s",
        lambda case: f"at least {case.placement.kbps_min:,}" if case.placement.kbps_min else "",
    ),
    "bit_rate_most": (
        lambda case: f"{case.facts.kbps:,} kbit/s" if case.placement.kbps_max else "",
        lambda case: _most(case.placement.kbps_max, "kbit/s"),
    ),
    "colors_standard": (_tags, _say("bt709 three times")),
    "colors_limited": (_say("limited range"), _nothing),
    "dynamic_range": (_say("standard"), _nothing),
    "sound_present": (lambda case: "one stream" if case.facts.audio_channels else "", _nothing),
    "sound_codec": (
        lambda case: f"{case.facts.audio_codec} {case.facts.heard.profile}".strip(),
        _say("aac LC"),
    ),
    "sound_rate": (lambda case: f"{case.facts.audio_rate:,} Hz", _say("48,000 Hz")),
    "sound_channels": (lambda case: f"{case.facts.audio_channels}", _say("2")),
    "sound_bit_rate": (
        lambda case: f"{case.facts.heard.kbps} kbit/s",
        lambda case: f"at least {case.placement.audio_kbps_min}" if case.placement.audio_kbps_min else "",
    ),
    "sound_length": (lambda case: f"{case.facts.heard.seconds:.2f} s", _nothing),
    "sound_heard": (_loud, _nothing),
    "sound_asked": (_loud, lambda case: case.placement.sound),
    "loudness": (
        _loud,
        lambda case: f"{case.composition.sound.lufs:g} ± {case.placement.lufs_tolerance:g} LUFS",
    ),
    "true_peak": (
        lambda case: f"{case.facts.true_peak:g} dBTP",
        lambda case: f"at most {case.composition.sound.true_peak_max:g} dBTP",
    ),
    "sound_clipped": (lambda case: f"{case.facts.heard.clipped} samples", _nothing),
    "channels_alive": (_say("both"), _nothing),
    "sound_gap": (lambda case: f"{case.facts.heard.gap:g} s", _nothing),
    "sound_offset": (lambda case: f"{case.facts.heard.offset:.3f} of full scale", _nothing),
    "black_first": (_say("a picture"), _nothing),
    "black_last": (_say("a picture"), _nothing),
    "black_between": (
        lambda case: f"{case.facts.picture.black_between:g} s",
        _say(f"at most {BLACK_SECONDS_MAX:g} s"),
    ),
    "picture_moves": (
        lambda case: f"{case.facts.picture.frozen:g} s",
        _say(f"at most {FROZEN_SECONDS_MAX:g} s"),
    ),
    "flashes": (lambda case: f"{case.facts.picture.flashes:g} in a second", _say(f"at most {FLASHES_MAX}")),
    "red_flashes": (
        lambda case: f"{case.facts.picture.red_flashes:g} in a second",
        _say(f"at most {FLASHES_MAX}"),
    ),
    "letterbox": (_bars, _nothing),
    "pillarbox": (_bars, _nothing),
    "windowbox": (_bars, _nothing),
    "text_in_safe_zone": (_placed, _say("all within it")),
    "text_size": (
        _smallest,
        lambda case: f"at least {SIZE_MIN * min(case.composition.width, case.composition.height):.0f} px",
    ),
    "text_contrast": (_faintest, _say(f"at least {READABLE} : 1")),
    "ai_label": (_label, _nothing),
    "price_shown": (_prices, _wanted_prices),
    "price_legible": (_prices, _nothing),
}
"""What was measured, in words, and what is asked, by rule; empty where nothing was, or the rule says it."""
