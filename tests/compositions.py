"""Compositions and shots for tests, drawn without a planner."""

from typing import Any

from schemas.brief import Palette
from schemas.media import Facts
from schemas.placements import PLACEMENTS
from schemas.plan import Ad, BrandKit, Composition, Cut, Shot, Sound

PALETTE = Palette(primary="#5B2A1E", accent="#FF6A3D", background="#FFF6EC", text="#2B1A12")

COPY = {
    "en-US": ("Wake up to better coffee", "House Blend 250 g", "Shop now", "While stocks last."),
    "zh-CN": ("唤醒清晨的好咖啡", "招牌拼配咖啡豆 250 克", "立即购买", "售完即止。"),
    "ar": ("استيقظ على قهوة أفضل", "خلطة البيت ٢٥٠ غرام", "تسوق الآن", "حتى نفاد الكمية."),
}


def draw_composition(placement: str = "meta_reels", locale: str = "en-US", **changes: Any) -> Composition:
    """Return a scene of 30 frames and an end card of 45, with everything written on them."""
    place = PLACEMENTS[placement]
    hook, title, button, disclaimer = COPY[locale]
    values: dict[str, Any] = {
        "width": place.width,
        "height": place.height,
        "safe": place.safe,
        "locale": locale,
        "cuts": (
            Cut(shot="scene", frames=30, caption=hook, end_card=False),
            Cut(shot="card", frames=45, caption=title, end_card=True),
        ),
        "kit": BrandKit(name="Kaffi", palette=PALETTE, heading="Noto Sans", body="Noto Sans", logo=""),
        "price": "€8.90",
        "old_price": "€12.90",
        "button": button,
        "disclaimer": disclaimer,
        "sound": Sound(music="synth:upbeat", lufs=-14.0, true_peak_max=-1.0),
        "fonts": "fonts",
        "recipe": 1,
    }
    return Composition(**(values | changes))


def draw_ad(placement: str = "meta_reels", locale: str = "en-US", variant: str = "a", **changes: Any) -> Ad:
    """Return an ad of that composition."""
    return Ad(
        campaign="kaffi/spring-roast",
        product="HB-250",
        locale=locale,
        placement=placement,
        variant=variant,
        composition=draw_composition(placement, locale, **changes),
    )


def draw_shot(**changes: Any) -> Shot:
    """Return a small shot of moving colours that the built-in model makes."""
    values: dict[str, Any] = {
        "show": "text",
        "still": "",
        "prompt": "calm",
        "camera": "hold",
        "palette": PALETTE,
        "width": 64,
        "height": 96,
        "frames": 6,
        "seed": 1,
        "model": "motion/2",
    }
    return Shot(**(values | changes))


def draw_facts(**changes: Any) -> Facts:
    """Return what is measured on a good ad."""
    values: dict[str, Any] = {
        "width": 1080, "height": 1920, "fps": 30, "frames": 180, "seconds": 6, "video_codec": "h264",
        "pixel_format": "yuv420p", "audio_codec": "aac", "audio_rate": 48_000, "audio_channels": 2,
        "lufs": -14, "true_peak": -2, "kbps": 4000, "bytes": 30, "moov_first": True,
        "keyframe_seconds_max": 2,
    }  # fmt: skip
    return Facts(**values | changes)
