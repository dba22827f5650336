"""Good ads that look or sound nearly like a defect, by what they are."""

from collections.abc import Callable

import numpy as np

from actors.sound import write_wav
from actors.video import DELIVERY, ffmpeg_path
from actors.video_writer import VideoWriter
from schemas.markets import label_of
from schemas.marks import Marks
from schemas.placements import PLACEMENTS
from schemas.plan import Sound
from tests.actors.checks.studio import (
    RATE,
    RATE_KEPT,
    SQUARE,
    TALL,
    TINY,
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

_PORTRAIT = (270, 336)
_SILENT = Sound(music="", lufs=-14, true_peak_max=-1)
_SPOKEN = Sound(music="", lufs=-14, true_peak_max=-1, voice="words")


def _on(placement: str, size: tuple[int, int], seconds: float, **options: object) -> Make:
    """Return a plain ad for *placement*, as loud as it asks."""

    def make(studio: Studio) -> Sent:
        row = PLACEMENTS[placement]
        film = slide(round(seconds * row.fps), size)
        return Sent(
            studio.film(film, chord(seconds, row.lufs), fps=row.fps, **options),
            plan(len(film), placement, size=size),
        )

    return make


def _seen(
    draw: Callable[[], Film], *, card: int = 15, still_cuts: tuple[int, ...] = (), **options: object
) -> Make:
    def make(studio: Studio) -> Sent:
        film = draw()
        return Sent(studio.film(film, **options), plan(len(film), card=card), still_cuts=still_cuts)

    return make


def _heard(change: Callable[[Wave], Wave], seconds: float = 2, **changes: object) -> Make:
    frames = round(seconds * 30)
    return lambda studio: Sent(
        studio.film(slide(frames, TINY), change(chord(seconds).copy())), plan(frames, size=TINY, **changes)
    )


def _written(text: str, low: int = 20, high: int = 90, **changes: object) -> Make:
    def make(studio: Studio) -> Sent:
        film = slide(60, low=low, high=high).copy()
        placed = write(film, text, **({"at": (30, 90)} | changes))
        return Sent(studio.film(film, crf=12), plan(), (placed,))

    return make


def _labelled(studio: Studio) -> Sent:
    """Return an ad whose label stays 2 s, in letters of just 5 % of the shorter side."""
    film, label = slide(90, low=20, high=90).copy(), label_of("zh-CN")
    placed = write(film, label.text, at=(30, 90), size=15.7, span=(0, 60))
    marks = Marks(source="compositeWithTrainedAlgorithmicMedia", label=label, signer="test")
    return Sent(studio.film(film, crf=12), plan(90, marks=marks), (placed,))


def _written_by_the_product(studio: Studio) -> Sent:
    """Return a film that the product's own encoder wrote."""
    path = studio.folder / "product.mp4"
    write_wav(path.with_suffix(".wav"), chord(2))
    rows, columns = np.indices((480, 270))
    with VideoWriter(
        path, width=270, height=480, fps=30, encoding=DELIVERY,
        sound=path.with_suffix(".wav"), ffmpeg_exe=ffmpeg_path(None),
    ) as writer:  # fmt: skip
        for number in range(60):
            luma = (120 + 60 * np.sin((columns + 3 * number) / 25) * np.cos(rows / 30)).astype(np.uint8)
            writer.write(np.concatenate([luma.ravel(), np.full(270 * 240, 128, np.uint8)]))
    return Sent(path, plan())


# Pictures.


def _dark() -> Film:
    return slide(low=14, high=60)


def _night() -> Film:
    """Return a lit window of which sky and ground sink into black."""
    film = slide().astype(np.float32)
    y = np.linspace(-1, 1, film.shape[1])[None, :, None, None]
    return (film * np.clip(1.15 - np.abs(y) ** 1.5 * 1.2, 0, 1)).astype(np.uint8)


def _on_black() -> Film:
    """Return a bottle that sways before black."""
    film = flat((4, 4, 4))
    for number, frame in enumerate(film):
        left = 100 + round(20 * np.sin(number / 8))
        frame[140:340, left : left + 70] = slide()[number, 140:340, left : left + 70]
    return film


def _on_white() -> Film:
    return 255 - _on_black() // 2


def _faded(begin: int, frames: int, to: tuple[int, int, int]) -> Film:
    """Return a film that fades to a colour from frame *begin* on, and back after *frames*."""
    film = slide().astype(np.float32)
    share = np.clip(1 - np.abs(np.arange(60) - begin - frames / 2) / (frames / 2), 0, 1)[:, None, None, None]
    return (film * (1 - share) + np.array(to) * share).astype(np.uint8)


def _ending_in(color: tuple[int, int, int]) -> Film:
    film = slide().astype(np.float32)
    share = np.clip((np.arange(60) - 30) / 30, 0, 1)[:, None, None, None]
    return (film * (1 - share) + np.array(color) * share).astype(np.uint8)


def _cuts(every: int) -> Film:
    """Return scenes, bright and dark in turns, that change after *every* frames."""
    return blinking(slide(), 255 - slide(low=180, high=250, speed=3), 15 / every)


def _small_flash() -> Film:
    return blinking(slide(), flat((250, 250, 250)), 5, area=(slice(0, 200), slice(0, 120)))


def _soft_flicker() -> Film:
    """Return light that changes by less than a tenth of white, like a fire."""
    return blinking(flat((150, 120, 90)) + slide() // 8, flat((158, 127, 95)) + slide() // 8, 6)


def _grain() -> Film:
    noise = np.random.default_rng(1).integers(-18, 18, (60, 480, 270, 1))
    return np.clip(slide() + noise, 0, 255).astype(np.uint8)


def _stripes() -> Film:
    """Return fine stripes that pan."""
    columns = np.indices((480, 270))[1]
    return np.stack(
        [np.repeat(np.where((columns + 2 * n) // 6 % 2, 210, 60)[..., None], 3, -1) for n in range(60)]
    ).astype(np.uint8)


def _red() -> Film:
    """Return a red cloth in the wind."""
    film = slide().copy()
    film[..., 0] = 200
    film[..., 1:] //= 8
    return film


def _still_card() -> Film:
    film = slide(75).copy()
    film[15:] = film[15]
    return film


def _growing_word() -> Film:
    """Return a still picture on which a small bar grows: text that comes in."""
    film = np.repeat(slide()[:1], 60, axis=0)
    for number, frame in enumerate(film):
        frame[200:214, 60 : 62 + 2 * number] = 255
    return film


def _slow_push() -> Film:
    """Return a picture that slides by a third of a pixel a frame."""
    return slide(70, speed=1)[np.arange(60) // 3]


def _half_bar() -> Film:
    """Return a picture whose foot alone is black: a table."""
    film = slide().copy()
    film[:, 400:] = 6
    return film


# Sounds.


def _with_pause(begin: float, end: float) -> Callable[[Wave], Wave]:
    def change(wave: Wave) -> Wave:
        wave[round(begin * RATE) : round(end * RATE)] = 0
        return wave

    return change


def _swelling(wave: Wave) -> Wave:
    ramp = np.linspace(0.02, 1, len(wave), dtype=np.float32)[:, None] ** 2
    return tuned(wave * ramp)


def _spoken(wave: Wave) -> Wave:
    """Return words with long pauses between them."""
    wave[round(0.5 * RATE) : round(2.6 * RATE)] = 0
    return tuned(wave)


def _wide_stereo(wave: Wave) -> Wave:
    return tuned(wave * np.array([1.0, 0.15], np.float32))


def _as_planned_silent(studio: Studio) -> Sent:
    return Sent(studio.film(slide(), np.zeros((2 * RATE, 2), np.float32)), plan(sound=_SILENT))


GOOD: dict[str, Make] = {
    "reels": lambda s: Sent(s.base(), plan()),
    "by the product's encoder": _written_by_the_product,
    "stories": _on("meta_stories", TALL, 2),
    "feed, square": _on("meta_feed_square", SQUARE, 2),
    "feed, 4:5": _on("meta_feed_vertical", _PORTRAIT, 2),
    "tiktok": _on("tiktok_in_feed", TALL, 5),
    "shorts": _on("youtube_shorts", TALL, 2),
    "bumper of exactly 6 s": _on("youtube_bumper", TINY, 6),
    "snapchat of 3 s at -16 LUFS": _on("snapchat", TALL, 3),
    "x, baseline": _on("x_feed", SQUARE, 2, profile_v="baseline", bf=0),
    "pinterest": _on("pinterest_standard", (250, 374), 4),
    "amazon, 25 frames a second": _on("amazon_olv", TINY, 6, **RATE_KEPT),
    "broadcast at -23 LUFS": _on("broadcast_de", TINY, 6, **RATE_KEPT),
    "without edit lists": lambda s: Sent(
        s.film(slide(), movflags="+faststart+negative_cts_offsets", use_editlist=0), plan()
    ),
    "title with slashes": lambda s: Sent(
        s.remuxed("-metadata", "title=Kaffi 1/2 price and/or more, https://kaffi.example/spring/roast"),
        plan(),
    ),
    "dark scene": _seen(_dark),
    "night": _seen(_night),
    "product on black": _seen(_on_black),
    "product on white": _seen(_on_white),
    "black foot": _seen(_half_bar),
    "slow fade to the brand's colour": _seen(lambda: _ending_in((91, 42, 30))),
    "fade through black": _seen(lambda: _faded(20, 12, (0, 0, 0))),
    "fade through white": _seen(lambda: _faded(10, 30, (255, 255, 255))),
    "six cuts a second": _seen(lambda: _cuts(5)),
    "two cuts a second": _seen(lambda: _cuts(15)),
    "small flash": _seen(_small_flash),
    "soft flicker": _seen(_soft_flicker),
    "grain": _seen(_grain, crf=28),
    "fine stripes": _seen(_stripes),
    "red cloth": _seen(_red),
    "still end card of 2 s": _seen(_still_card, card=60),
    "camera that holds": _seen(lambda: np.repeat(slide()[:1], 60, axis=0), card=0, still_cuts=(0,)),
    "words come in over a still picture": _seen(_growing_word, card=0),
    "slow push": _seen(_slow_push, card=0),
    "pause in the music": _heard(_with_pause(1, 2), 4),
    "music that ends early": _heard(_with_pause(2.8, 4), 4),
    "swelling music": _heard(_swelling),
    "voice alone with pauses": _heard(_spoken, 4, sound=_SPOKEN),
    "uneven channels": _heard(_wide_stereo),
    "silent by plan": _as_planned_silent,
    "white on dark": _written("Good morning"),
    "dark on light": _written("Good morning", low=170, high=250, color="#1A1A1A"),
    "Arabic": _written("قهوة طازجة"),
    "Chinese": _written("唤醒清晨"),
    "label about AI": _labelled,
    "brand's colour": _written("Shop now", low=10, high=40, color="#FF8A5D"),
    "just inside the safe zone": _written("Now", at=(17, 70), size=24),
    "price in dollars": priced("$1,299.00", "$1,299.00"),
    "price in euros after the number": priced("8,90\u00a0€", "8,90\u00a0€"),
    "price in francs": priced("CHF\u00a012.90", "CHF\u00a012.90"),
}
