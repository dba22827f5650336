"""Tells the story of a JSON file with MoviePy 2: python moviepy_peer.py STORY OUT."""

import json
import sys
from pathlib import Path
from typing import Any

from moviepy import (
    AudioFileClip,
    ColorClip,
    CompositeVideoClip,
    ImageClip,
    TextClip,
    VideoClip,
    VideoFileClip,
    vfx,
)

SMALL, LARGE = 44, 88


def main(story: dict[str, Any], to: str) -> None:
    """Compose and encode."""
    size, fps = (story["width"], story["height"]), story["fps"]
    layers: list[VideoClip] = []
    begin = 0
    for number, cut in enumerate(story["cuts"]):
        layers.append(_scene(cut, begin / fps, story["transition"] / fps if number else 0))
        begin += cut["frames"]
    card = (begin - story["cuts"][-1]["frames"]) / fps
    end = begin / fps
    layers.append(ColorClip((size[0], 760), _rgb(story["primary"])).with_opacity(0.7).with_duration(card))
    layers.append(ImageClip(story["logo"]).with_duration(end).with_position((120, 290)))
    begin = 0
    for cut in story["cuts"]:
        top = 1000 if cut["card"] else 470
        layers.append(_text(story, cut["caption"], LARGE, top, begin / fps, cut["frames"] / fps))
        begin += cut["frames"]
    for text, top in (("price", 1130), ("old_price", 1230), ("button", 1330), ("disclaimer", 1430)):
        layers.append(_text(story, story[text], SMALL, top, card, end - card))
    film = CompositeVideoClip(layers, size=size).with_duration(end)
    film.with_audio(AudioFileClip(story["sound"])).write_videofile(
        to,
        fps=fps,
        codec="libx264",
        preset=story["preset"],
        audio_codec="aac",
        audio_bitrate="192k",
        threads=1,
        temp_audiofile=f"{to}.m4a",
        ffmpeg_params=[
            *("-crf", str(story["crf"]), "-profile:v", "high", "-bf", "2", "-g", str(fps)),
            *("-flags", "+cgop", "-x264-params", "cpu-independent=1", "-movflags", "+faststart"),
        ],
        logger=None,
    )


def _scene(cut: dict[str, Any], begin: float, fade: float) -> VideoClip:
    scene = VideoFileClip(cut["clip"], audio=False).with_start(begin)
    return scene.with_effects([vfx.CrossFadeIn(fade)]) if fade else scene


def _text(story: dict[str, Any], text: str, size: int, top: int, begin: float, seconds: float) -> VideoClip:
    written = TextClip(
        text=text,
        font_size=size,
        color=story["light"],
        size=(story["width"] - 240, None),
        method="caption",
        text_align="left",
    )
    placed = written.with_start(begin).with_duration(seconds).with_position((120, top))
    return placed.with_effects([vfx.CrossFadeIn(0.3)])


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color.removeprefix("#")))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
