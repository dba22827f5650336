"""Measures a finished ad and holds it against its plan, its placement and the house's rules."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from actors.checks.case import SILENCE, Case
from actors.checks.hearing import Heard, hear
from actors.checks.pictures import Looks, look
from actors.checks.prices import seen_prices
from actors.checks.rules import judge
from actors.checks.stream import read_streams
from actors.checks.tags import COLOR_TAGS, STANDARD
from actors.reading import TextReader
from schemas.errors import MediaError
from schemas.facts import HeardFacts, StreamFacts
from schemas.layout import PlacedText
from schemas.media import Facts, Finding
from schemas.placements import PLACEMENTS
from schemas.plan import Ad, Composition

_DEAF = Heard("", 0, 0, SILENCE, SILENCE, HeardFacts())


def check_ad(
    path: Path,
    ad: Ad,
    ffmpeg_exe: str,
    *,
    texts: Sequence[PlacedText] = (),
    still_cuts: Collection[int] = (),
    reader: TextReader | None = None,
) -> tuple[Facts, tuple[Finding, ...]]:
    """Measure the finished *path*, and return what it is and which rules it breaks, rejects first.

    *texts* are those that should be seen; *still_cuts* are the numbers, from 0, of the cuts whose picture may
    stand still besides end cards; *reader* reads the price, where there is one. Raises CheckError where the
    file cannot be measured.
    """
    moving = list(_moving(ad.composition, still_cuts))
    facts = measure_ad(path, ffmpeg_exe, texts=texts, moving=moving)
    if reader is not None and not facts.container.damage:
        prices = seen_prices(path, texts, ad.composition.price, reader, ad.composition.fps)
        facts = facts.model_copy(update={"prices": tuple(prices)})
    return facts, judge_ad(facts, ad)


def judge_ad(facts: Facts, ad: Ad) -> tuple[Finding, ...]:
    """Return which rules an ad breaks that is measured already: one of its twin's bytes."""
    return judge(Case(facts, ad.composition, PLACEMENTS[ad.placement]))


def measure_ad(
    path: Path, ffmpeg_exe: str, *, texts: Sequence[PlacedText] = (), moving: Sequence[range] = ()
) -> Facts:
    """Measure what a finished ad is; *moving* are the frames in which the picture has to change.

    Raises CheckError where there is nothing to measure.
    """
    streams = read_streams(path)
    looks = look(path, fps=streams.fps, moving=moving, texts=texts)
    damage = streams.container.damage or looks.damage
    try:
        heard = hear(path, ffmpeg_exe)
    except MediaError as error:
        heard, damage = _DEAF, damage or str(error)
    undecoded = streams.frames - streams.hidden - looks.frames
    if undecoded > 0 and not damage:
        damage = f"{undecoded} of {streams.frames} frames do not decode"
    return Facts(
        width=streams.width,
        height=streams.height,
        fps=streams.fps,
        frames=streams.frames,
        seconds=streams.seconds,
        video_codec=streams.codec,
        pixel_format=streams.pixel_format,
        audio_codec=heard.codec,
        audio_rate=heard.rate,
        audio_channels=heard.channels,
        lufs=heard.lufs,
        true_peak=heard.true_peak,
        kbps=streams.kbps,
        bytes=path.stat().st_size,
        moov_first=streams.moov_first,
        keyframe_seconds_max=streams.keyframe_seconds_max,
        container=streams.container.model_copy(update={"damage": damage}),
        stream=_agreed(streams.stream, looks),
        picture=looks.facts,
        heard=heard.facts,
        texts=looks.texts,
    )


def _agreed(stream: StreamFacts, looks: Looks) -> StreamFacts:
    """Return what header and frames tell of the stream; of two that differ, what is not as it should be."""
    colors = zip(COLOR_TAGS, looks.colors, strict=True)
    return stream.model_copy(
        update={
            "rotation": looks.rotation,
            "interlaced": looks.interlaced or stream.interlaced,
            "full_range": looks.full_range or stream.full_range,
            **{name: color for name, color in colors if color != STANDARD},
        }
    )


def _moving(composition: Composition, still_cuts: Collection[int]) -> Iterator[range]:
    """Yield the frames of the cuts in which the picture moves."""
    for number, (begin, cut) in enumerate(composition.timeline):
        if not cut.end_card and number not in still_cuts:
            yield range(begin, begin + cut.frames)
