"""Ads with one defect each, by what is wrong with them: the rule that must name it, and how they are made."""

import struct
from collections.abc import Callable

import av
import numpy as np

from schemas.markets import label_of
from schemas.marks import Marks
from schemas.placements import PLACEMENTS
from schemas.plan import Sound
from tests.actors.checks.studio import (
    COLORS,
    RATE,
    RATE_KEPT,
    SQUARE,
    TINY,
    WIDE,
    Film,
    Sent,
    Studio,
    Wave,
    blinking,
    chord,
    flat,
    plan,
    priced,
    slide,
    tuned,
    write,
)

Make = Callable[[Studio], Sent]

_H264 = "h264_metadata="
_OPEN = "open-gop=1:scenecut=0:bframes=3:b-adapt=0"
LABEL = label_of("zh-CN")
_SILENT = Sound(music="", lufs=-14, true_peak_max=-1)


def _remuxed(*options: str, frames: int = 60, inputs: tuple[str, ...] = ()) -> Make:
    return lambda studio: Sent(
        studio.remuxed(*options, source=studio.base(frames), inputs=inputs), plan(frames)
    )


def _encoded(frames: int = 60, **options: object) -> Make:
    return lambda studio: Sent(studio.film(slide(frames), **options), plan(frames))


def _heard(change: Callable[[Wave], Wave], seconds: float = 2) -> Make:
    frames = round(seconds * 30)
    return lambda studio: Sent(
        studio.film(slide(frames, TINY), change(chord(seconds).copy())), plan(frames, size=TINY)
    )


def _seen(change: Callable[[Film], Film], frames: int = 60, card: int = 15) -> Make:
    return lambda studio: Sent(studio.film(change(slide(frames).copy())), plan(frames, card=card))


def _sized(size: tuple[int, int]) -> Make:
    return lambda studio: Sent(studio.film(slide(60, size)), plan())


def _bytes(change: Callable[[bytearray], object]) -> Make:
    return lambda studio: Sent(studio.edited(change), plan())


def _limited(name: str, **limits: float) -> Make:
    """Return the plain ad for a placement *name* that the test gives other *limits*."""

    def make(studio: Studio) -> Sent:
        PLACEMENTS[name] = PLACEMENTS["meta_reels"].model_copy(update={"name": name, **limits})
        return Sent(studio.base(), plan(60, name))

    return make


def _text(text: str, **changes: object) -> Make:
    def make(studio: Studio) -> Sent:
        film = slide(60, low=20, high=90).copy()
        placed = write(film, text, **({"at": (30, 90)} | changes))
        return Sent(studio.film(film, crf=12), plan(), (placed,))

    return make


def _labelled(**changes: object) -> Make:
    """Return an ad of 3 s whose plan has a label; with *changes* to how it is written, none leaves it out."""

    def make(studio: Studio) -> Sent:
        film = slide(90, low=20, high=90).copy()
        told = {"at": (30, 90), "size": 20, "span": (0, 75)} | changes
        texts = () if changes.get("size") == 0 else (write(film, LABEL.text, **told),)
        marks = Marks(source="compositeWithTrainedAlgorithmicMedia", label=LABEL, signer="test")
        return Sent(studio.film(film, crf=12), plan(90, marks=marks), texts)

    return make


def _late(by: str) -> str:
    """Return the filter that shows frames later *by* ticks."""
    return f"setts=pts=PTS+{by}:dts=DTS+{by}"


# Sounds.


def _with_spikes(wave: Wave) -> Wave:
    wave[5_000::20_000] += np.float32(1.2)
    wave[5_001::20_000] -= np.float32(1.2)
    return wave


def _clipped(wave: Wave) -> Wave:
    wave[30_000:30_200] = 1.4
    wave[30_200:30_400] = -1.4
    return wave


def _one_sided(side: int) -> Callable[[Wave], Wave]:
    def change(wave: Wave) -> Wave:
        wave = wave * np.float32(2**0.5)
        wave[:, side] = 0
        return wave

    return change


def _muted(begin: float, end: float) -> Callable[[Wave], Wave]:
    def change(wave: Wave) -> Wave:
        wave = wave * np.float32(1.0)
        wave[round(begin * RATE) : round(end * RATE)] = 0
        return wave

    return change


def _six_channels(wave: Wave) -> Wave:
    return np.concatenate([wave * np.float32(0.63), wave * np.float32(0.3), wave * np.float32(0.63)], axis=1)


# Pictures.


def _black(begin: int, end: int) -> Callable[[Film], Film]:
    def change(film: Film) -> Film:
        film[begin:end] = 0
        return film

    return change


def _frozen(begin: int, end: int) -> Callable[[Film], Film]:
    def change(film: Film) -> Film:
        film[begin:end] = film[begin]
        return film

    return change


def _barred(rows: int, columns: int) -> Callable[[Film], Film]:
    def change(film: Film) -> Film:
        framed = np.zeros_like(film)
        inner = (slice(rows, film.shape[1] - rows), slice(columns, film.shape[2] - columns))
        framed[(slice(None), *inner)] = film[(slice(None), *inner)]
        return framed

    return change


def _flashing(rate: float, area: tuple[slice, slice] = (slice(None),) * 2) -> Callable[[Film], Film]:
    return lambda film: blinking(film, np.full_like(film, 250), rate, area=area)


def _inverting(film: Film) -> Film:
    """Return a board of large squares whose black and white change places five times a second."""
    rows, columns = np.indices(film.shape[1:3]) // 90
    board = np.where((rows + columns)[..., None] % 2, 230, 25).astype(np.uint8)
    boards = np.broadcast_to(board, film.shape)
    return blinking(boards, 255 - boards, 5)


def _red(film: Film) -> Film:
    """Return a grey film that turns red, equally bright, five times a second."""
    return blinking(np.full_like(film, 128), flat((255, 0, 0)), 5)


# Bytes.


def _replace(old: bytes, new: bytes) -> Callable[[bytearray], object]:
    def change(data: bytearray) -> None:
        place = data.index(old)
        data[place : place + len(old)] = new

    return change


def _poke(box: bytes, offset: int, form: str, value: int) -> Callable[[bytearray], object]:
    """Return a change that writes *value* at *offset* behind the name of the first such *box*."""
    return lambda data: struct.pack_into(form, data, data.index(box) + 4 + offset, value)


def _cut(share: float) -> Callable[[bytearray], object]:
    def change(data: bytearray) -> None:
        del data[int(len(data) * share) :]

    return change


def _scribble(data: bytearray) -> None:
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 400] = bytes(range(200)) * 2


def _hide_frames(data: bytearray) -> None:
    place = data.index(b"elst") + 4 + 8 + 4
    struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + 512 * 5)


def _with_cover(studio: Studio) -> Sent:
    cover = studio.folder / "cover.png"
    if not cover.exists():
        import skia  # noqa: PLC0415 (one test draws a picture file)

        skia.Image.fromarray(np.full((64, 64, 4), 200, np.uint8)).save(str(cover), skia.kPNG)
    options = ("-map", "0", "-map", "1", "-disposition:v:1", "attached_pic")
    return Sent(studio.remuxed(*options, also=cover), plan())


def _with_subtitles(studio: Studio) -> Sent:
    words = studio.folder / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    options = ("-map", "0", "-map", "1", "-c:s", "mov_text")
    return Sent(studio.remuxed(*options, also=words), plan())


def _with_chapters(studio: Studio) -> Sent:
    words = studio.folder / "chapters.txt"
    words.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n")
    return Sent(studio.remuxed("-map", "0", "-map_chapters", "1", also=words), plan())


def _late_start(studio: Studio) -> Sent:
    """Return the second half of a film whose groups are open."""
    whole = studio.film(slide(90), g=45, flags_v="+bitexact", **{"x264-params": _OPEN})
    path = whole.with_suffix(".half.mp4")
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as to:
        streams = {stream: to.add_stream_from_template(stream) for stream in source.streams}
        packets = [packet for packet in source.demux() if packet.dts is not None]
        video = [packet for packet in packets if packet.stream.type == "video"]
        key = [packet for packet in video if packet.is_keyframe][1]
        begin = video.index(key)
        shift = key.pts
        sound = [packet for packet in packets if packet.stream.type == "audio"]
        kept = [packet for packet in video[begin:] if packet.pts >= shift]
        for packet in kept:
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        for packet in [*kept, *(packet for packet in sound if packet.pts < 1.5 * RATE)]:
            packet.stream = streams[packet.stream]
            to.mux(packet)
    return Sent(path, plan(45))


def _barely_too_long(studio: Studio) -> Sent:
    return Sent(studio.film(slide(181, TINY)), plan(181, "youtube_bumper", card=60, size=TINY))


DEFECTS: dict[str, tuple[str, Make]] = {
    # The file.
    "cut off at 60 %": ("file_whole", _bytes(_cut(0.6))),
    "last bytes missing": ("file_whole", _bytes(_cut(0.99))),
    "scribbled over in the middle": ("file_whole", _bytes(_scribble)),
    "quicktime": ("container_brand", lambda s: Sent(s.remuxed(to="mov"), plan())),
    "matroska with the name of an mp4": ("container_brand", lambda s: Sent(s.remuxed(to="matroska"), plan())),
    "index last": ("index_first", _remuxed("-movflags", "0")),
    "too large": ("bytes_most", _limited("tiny", bytes_max=20_000)),
    "too small": ("bytes_least", _limited("huge", bytes_min=50_000_000)),
    "timecode track": ("stray_streams", _remuxed("-timecode", "00:00:00:00")),
    "subtitle track": ("stray_streams", _with_subtitles),
    "second sound": ("stray_streams", _remuxed("-map", "0", "-map", "0:a")),
    "second picture": ("stray_streams", _remuxed("-map", "0", "-map", "0:v")),
    "cover": ("stray_streams", _with_cover),
    "chapters": ("stray_streams", _with_chapters),
    "late sound by an edit list": (
        "edit_list",
        lambda s: Sent(
            s.remuxed(
                "-map", "0:v", "-map", "1:a", "-t", "2", inputs=("-i", str(s.base()), "-itsoffset", "0.08")
            ),
            plan(),
        ),
    ),
    "frames hidden by an edit list": ("edit_list", _bytes(_hide_frames)),
    "title with a path": ("tags_private", _remuxed("-metadata", "title=/home/anna/kaffi/final_v7.mp4")),
    "comment with a Windows path": (
        "tags_private",
        _remuxed("-metadata", r"comment=from C:\Users\Anna\ad.aep"),
    ),
    "stream with a file address": (
        "tags_private",
        _remuxed("-metadata:s:v", "handler_name=file:///srv/render/shot.mov"),
    ),
    "container a second longer": ("container_length", _bytes(_poke(b"mvhd", 16, ">I", 3000))),
    # Size and time.
    "two columns too many": ("frame_size", _sized((272, 480))),
    "wide in place of tall": ("frame_size", _sized(WIDE)),
    "square in place of tall": ("frame_size", _sized(SQUARE)),
    "pixels of 4:3": (
        "pixels_square",
        _remuxed("-bsf:v", f"{_H264}sample_aspect_ratio=4/3", "-aspect", "3:4"),
    ),
    "pixels of 16:11": (
        "pixels_square",
        _encoded(vf=f"scale=out_color_matrix=bt709:out_range=tv,{COLORS},setsar=16/11"),
    ),
    "turned by 90": ("rotation", _remuxed(inputs=("-display_rotation", "90"))),
    "turned by 180": ("rotation", _remuxed(inputs=("-display_rotation", "180"))),
    "25 frames a second": ("frame_rate", lambda s: Sent(s.film(slide(60), fps=25), plan())),
    "29.97 frames a second": ("frame_rate", lambda s: Sent(s.film(slide(60), fps=29.97), plan())),
    "60 frames a second": (
        "frame_rate",
        lambda s: Sent(s.film(slide(90), fps=60, g=60), plan(90, card=15)),
    ),
    "planned at 30 where 25 are taken": (
        "frame_rate_taken",
        lambda s: Sent(s.film(slide(180, TINY), **RATE_KEPT), plan(180, "amazon_olv", fps=30, size=TINY)),
    ),
    "one frame twice as long": (
        "frame_rate_constant",
        _remuxed("-bsf:v", _late("if(gte(N\\,30)\\,512\\,0)")),
    ),
    "last frame four times as long": (
        "frame_rate_constant",
        _remuxed("-bsf:v", "setts=pts=PTS:dts=DTS:duration=if(eq(N\\,59)\\,2048\\,512)"),
    ),
    "unsteady frames": (
        "frame_rate_constant",
        _remuxed("-bsf:v", _late("90*eq(mod(trunc(PTS/512)\\,3)\\,1)")),
    ),
    "one frame missing": ("frame_count", lambda s: Sent(s.film(slide(59)), plan())),
    "two frames too many": ("frame_count", lambda s: Sent(s.film(slide(62)), plan())),
    "bumper of 6.03 s": ("seconds_most", _barely_too_long),
    "non-skippable ad of 15.1 s": (
        "seconds_most",
        lambda s: Sent(s.film(slide(453, TINY)), plan(453, "youtube_non_skippable", size=TINY)),
    ),
    "snap of 2 s": ("seconds_least", lambda s: Sent(s.film(slide(), chord(2, -16)), plan(60, "snapchat"))),
    "television ad of 7 s": (
        "seconds_exact",
        lambda s: Sent(s.film(slide(175, TINY), fps=25, **RATE_KEPT), plan(175, "amazon_olv", size=TINY)),
    ),
    # The video stream.
    "first frame no keyframe": ("starts_with_keyframe", _late_start),
    "one keyframe in 3 s": ("keyframe_distance", _encoded(90, g=300)),
    "keyframes 2.5 s apart": ("keyframe_distance", _encoded(90, g=75, **{"x264-params": "scenecut=0"})),
    "open groups of pictures": (
        "gops_closed",
        _encoded(flags_v="+bitexact", **{"x264-params": _OPEN}),
    ),
    "hevc": (
        "video_codec",
        _encoded(
            c_v="libx265",
            preset="ultrafast",
            profile_v=None,
            **{"x265-params": "log-level=0:keyint=30:open-gop=0:bframes=0"},
        ),
    ),
    "mpeg-4": (
        "video_codec",
        _encoded(c_v="mpeg4", flags_v="+bitexact", profile_v=None, preset=None, crf=None, bf=0, q_v=4),
    ),
    "baseline profile": ("video_profile", _encoded(profile_v="baseline", bf=0)),
    "444": ("pixel_format", _encoded(pix_fmt="yuv444p", profile_v="high444")),
    "422": ("pixel_format", _encoded(pix_fmt="yuv422p", profile_v="high422")),
    "10 bits": ("pixel_format", _encoded(pix_fmt="yuv420p10le", profile_v="high10")),
    "interlaced": ("progressive", _encoded(flags_v="+bitexact+cgop+ildct+ilme", **{"x264-params": "tff=1"})),
    "too few bits": (
        "bit_rate_least",
        lambda s: Sent(s.film(slide(150, TINY)), plan(150, "tiktok_reservation", size=TINY)),
    ),
    "too many bits": ("bit_rate_most", _limited("thin", kbps_max=50)),
    "no colour tags": (
        "colors_standard",
        _remuxed("-bsf:v", f"{_H264}colour_primaries=2:transfer_characteristics=2:matrix_coefficients=2"),
    ),
    "tags of standard definition": (
        "colors_standard",
        _remuxed("-bsf:v", f"{_H264}colour_primaries=6:transfer_characteristics=6:matrix_coefficients=6"),
    ),
    "matrix of standard definition": ("colors_standard", _remuxed("-bsf:v", f"{_H264}matrix_coefficients=5")),
    "tag of PQ": ("dynamic_range", _remuxed("-bsf:v", f"{_H264}transfer_characteristics=16")),
    "tag of HLG": ("dynamic_range", _remuxed("-bsf:v", f"{_H264}transfer_characteristics=18")),
    "wide gamut": ("dynamic_range", _remuxed("-bsf:v", f"{_H264}colour_primaries=9:matrix_coefficients=9")),
    "full range": ("colors_limited", _remuxed("-bsf:v", f"{_H264}video_full_range_flag=1")),
    # The sound.
    "no sound": ("sound_present", _remuxed("-an")),
    "mp3": ("sound_codec", _encoded(c_a="libmp3lame")),
    "ac-3": ("sound_codec", _encoded(c_a="ac3")),
    "lossless sound": ("sound_codec", _encoded(c_a="alac", b_a=None)),
    "44.1 kHz": ("sound_rate", _encoded(ar=44_100)),
    "96 kHz": ("sound_rate", _encoded(ar=96_000)),
    "mono": ("sound_channels", _heard(lambda wave: tuned(wave[:, :1]))),
    "six channels": ("sound_channels", _heard(_six_channels)),
    "thin sound": (
        "sound_bit_rate",
        lambda s: Sent(s.film(slide(90), chord(3, -16), b_a="64k"), plan(90, "snapchat")),
    ),
    "sound that ends early": ("sound_length", _heard(lambda wave: wave[: round(1.6 * RATE)])),
    "sound that ends late": ("sound_length", _heard(lambda wave: np.concatenate([wave, wave[: RATE // 3]]))),
    "silent": ("sound_heard", _heard(np.zeros_like)),
    "silent by plan where sound is asked": (
        "sound_asked",
        lambda s: Sent(
            s.film(slide(150, TINY), np.zeros((5 * RATE, 2), np.float32), **RATE_KEPT),
            plan(150, "tiktok_in_feed", sound=_SILENT, size=TINY),
        ),
    ),
    "2 dB too loud": ("loudness", _heard(lambda wave: wave * np.float32(10**0.1))),
    "3 dB too quiet": ("loudness", _heard(lambda wave: wave * np.float32(10**-0.15))),
    "peaks": ("true_peak", _heard(_with_spikes)),
    "clipped": ("sound_clipped", _heard(_clipped)),
    "left channel dead": ("channels_alive", _heard(_one_sided(0))),
    "right channel dead": ("channels_alive", _heard(_one_sided(1))),
    "hole in the sound": ("sound_gap", _heard(_muted(1.0, 2.8), 4)),
    "sound of the first half alone": ("sound_gap", _heard(_muted(2.0, 4), 4)),
    "direct current": ("sound_offset", _heard(lambda wave: wave + np.float32(0.05))),
    # The picture.
    "black beginning": ("black_first", _seen(_black(0, 4))),
    "black tail": ("black_last", _seen(_black(50, 60))),
    "one black frame at the end": ("black_last", _seen(_black(59, 60))),
    "black hole": ("black_between", _seen(_black(20, 42))),
    "all black": ("black_first", _seen(_black(0, 60))),
    "frozen middle": ("picture_moves", _seen(_frozen(15, 68), 90)),
    "frozen from the start": ("picture_moves", _seen(_frozen(0, 60), 60, 0)),
    "flash of 5 Hz": ("flashes", _seen(_flashing(5))),
    "flash of 4.3 Hz in a third of the picture": (
        "flashes",
        _seen(_flashing(4.3, (slice(0, 160), slice(None)))),
    ),
    "flash of 15 Hz": ("flashes", _seen(_flashing(15))),
    "squares that change places": ("flashes", _seen(_inverting)),
    "red flash": ("red_flashes", _seen(_red)),
    "letterbox": ("letterbox", _seen(_barred(60, 0))),
    "narrow letterbox": ("letterbox", _seen(_barred(16, 0))),
    "pillarbox": ("pillarbox", _seen(_barred(0, 30))),
    "bars all around": ("windowbox", _seen(_barred(50, 30))),
    # The texts.
    "text under the controls": ("text_in_safe_zone", _text("Buy today", at=(30, 400))),
    "text over the edge of the safe zone": ("text_in_safe_zone", _text("Good morning coffee", at=(20, 100))),
    "Arabic text too far to the right": (
        "text_in_safe_zone",
        _text("قهوة طازجة", at=(190, 100)),
    ),
    "tiny text": ("text_size", _text("While stocks last", size=7, color="#FFFFFF")),
    "grey on grey": ("text_contrast", _text("Good morning", color="#7A7A7A")),
    "text of the picture's colour": ("text_contrast", _text("Good morning", color="#303030")),
    # What the brief says.
    "no label": ("ai_label", _labelled(size=0)),
    "small label": ("ai_label", _labelled(size=15)),
    "short label": ("ai_label", _labelled(span=(0, 45))),
    "late label": ("ai_label", _labelled(span=(15, 90))),
    "another price": ("price_shown", priced("€8.99", "€8.90")),
    "another currency": ("price_shown", priced("$8.90", "€8.90")),
    "the price of before": ("price_shown", priced("12,90 €", "8,90 €")),
    "a digit too many": ("price_shown", priced("18,90 €", "8,90 €")),
    "no price at all": ("price_shown", priced("Now only", "€8.90")),
    "a currency that is not read": ("price_legible", priced("₪45.90", "₪45.90")),
}
