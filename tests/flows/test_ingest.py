"""Reading a brief: the good one, every kind of bad one, and everything that is wrong at once."""

import contextlib
import copy
import json
import os
import shutil
import socket
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from actors.fonts import FONTS
from flows.ingest import Ingested, ingest
from schemas.errors import BriefError
from tests.films import cut_off, draw_film, evenly

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20"><rect width="80" height="20"/></svg>'

Change = Callable[[dict[str, Any], Path], object]
"""Makes a brief wrong: gets its data and its folder."""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Return a folder with the Kaffi brief and its media, freshly drawn."""
    folder = tmp_path / "kaffi"
    draw_media(folder)
    (folder / "brief.yaml").write_text(KAFFI.read_text("utf-8"), "utf-8")
    return folder


def draw_media(folder: Path) -> None:
    """Draw what the Kaffi brief names."""
    (folder / "media").mkdir(parents=True)
    Image.new("RGB", (600, 400), "brown").save(folder / "media" / "coffee.png")
    (folder / "media" / "kaffi-logo.svg").write_text(LOGO)


def kaffi() -> dict[str, Any]:
    """Return the data of the Kaffi brief, times as texts."""
    text = KAFFI.read_text("utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (reads texts only)
    for scene in loaded["storyboard"]:
        scene["seconds"] = float(scene["seconds"])
    loaded["video"]["seed"] = int(loaded["video"]["seed"])
    loaded["budget"]["gpu_seconds"] = float(loaded["budget"]["gpu_seconds"])
    return loaded


def write(folder: Path, data: object) -> Path:
    """Write *data* as a brief in JSON, which is also YAML, and return its path."""
    path = folder / "brief.json"
    path.write_text(json.dumps(data, indent=2), "utf-8")
    return path


def refusal(path: Path) -> str:
    """Return what ingest says about a wrong brief; every line names file, line and a cure."""
    with pytest.raises(BriefError) as caught:
        ingest(path)
    for line in str(caught.value).splitlines():
        assert line.startswith(f"{path.parent}/")
        assert "; " in line
        assert line.isprintable()
    return str(caught.value)


def put(*path: str | int, value: Any) -> Change:
    """Return the change that puts *value* at *path*."""

    def change(data: dict[str, Any], _folder: Path) -> None:
        inside: Any = data
        for part in path[:-1]:
            inside = inside[part]
        inside[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """Return the change that takes away what stands at *path*."""

    def change(data: dict[str, Any], _folder: Path) -> None:
        inside: Any = data
        for part in path[:-1]:
            inside = inside[part]
        del inside[path[-1]]

    return change


def image(draw: Callable[[Path], object], name: str = "media/x.png") -> Change:
    """Return the change that makes a file and names it as the product's picture."""

    def change(data: dict[str, Any], folder: Path) -> None:
        draw(folder / name)
        data["products"][0]["images"] = [name]

    return change


def logo(text: str) -> Change:
    """Return the change that gives the brand an SVG of *text*."""

    def change(data: dict[str, Any], folder: Path) -> None:
        (folder / "media" / "x.svg").write_text(text)
        data["brand"]["logo"] = "media/x.svg"

    return change


def picture(width: int, height: int, **options: Any) -> Callable[[Path], object]:
    """Return a function that draws a picture."""
    return lambda path: Image.new("1", (width, height)).save(path, **options)


def animated(path: Path) -> None:
    """Draw two frames."""
    frames = [Image.new("RGB", (80, 80), color) for color in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def large(path: Path) -> None:
    """Make a file of 41 MB that takes no room."""
    with path.open("wb") as file:
        file.truncate(41_000_000)


def film(draw: Callable[[Path], object]) -> Change:
    """Return the change that makes a file and names it as a scene's video."""

    def change(data: dict[str, Any], folder: Path) -> None:
        draw(folder / "media" / "x.mp4")
        data["storyboard"][0] = {"id": "hero", "video": "media/x.mp4", "task": "restyle", "seconds": 1.0}

    return change


def sound(use: str, draw: Callable[[Path], object]) -> Change:
    """Return the change that makes a file and names it as the brief's music or voice."""

    def change(data: dict[str, Any], folder: Path) -> None:
        draw(folder / "media" / "x.wav")
        data["audio"][use] = "media/x.wav"

    return change


def draw_sound(path: Path, seconds: int) -> None:
    """Write *seconds* of a hum as a small WAV."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes([118, 138] * 4000) * seconds)


def instead_of_storyboard(**fields: Any) -> Change:
    """Return the change that puts *fields* in place of the storyboard."""

    def change(data: dict[str, Any], _folder: Path) -> None:
        del data["storyboard"]
        data.update(fields)

    return change


def presenting(**variant: Any) -> dict[str, Any]:
    """Return the Kaffi brief with a presenter who has something to say, and *variant* as its second."""
    data = kaffi()
    data["storyboard"][0] = {
        "id": "hero",
        "show": "presenter",
        "portrait": "media/coffee.png",
        "seconds": 2.0,
    }
    for words in data["locales"].values():
        words["voiceover"] = "Good morning."
    data["variants"] = [{"id": "a"}, {"id": "b", **variant}]
    return data


def sparse(path: Path) -> None:
    """Make a file of 600 MB that takes no room."""
    with path.open("wb") as file:
        file.truncate(600_000_000)


def link_out(path: Path) -> None:
    """Make a symbolic link to a picture outside the brief's folder."""
    picture(80, 80)(path.parents[2] / "outside.png")
    path.symlink_to(path.parents[2] / "outside.png")


def link_round(path: Path) -> None:
    """Make a symbolic link to itself."""
    path.symlink_to(path)


def leave_socket(path: Path) -> None:
    """Make a file that is no regular one."""
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)  # the whole path may be too long for a socket
        one.bind(path.name)
        os.chdir(here)


SHORT = evenly(30, Fraction(30))
SCENE = {"id": "more", "show": "product", "seconds": 1}
BAD_BRIEFS: dict[str, tuple[Change, str, str, str]] = {
    # what is done to the brief: the change, and the path, the value and the cure that the message names
    "no campaign": (drop("campaign"), "campaign", "is missing", "for example spring-roast"),
    "no brand": (drop("brand"), "brand", "is missing", "give name, logo and colors"),
    "a campaign of many words": (
        put("campaign", value="Spring Roast"), "campaign", "'Spring Roast'", "small letters"),
    "a number for a text": (
        put("campaign", value=2024), "campaign", "2024 is not a text", 'quote it: "2024"'),
    "nothing for a text": (put("campaign", value=None), "campaign", "an empty value", "spring-roast"),
    "a control character": (
        put("locales", "ar", "hook", value="a\u0000b"), "locales.ar.hook", r"'a\x00b' holds", "take it out"),
    "a text without end": (
        put("locales", "ar", "hook", value="x" * 601), "locales.ar.hook", "xxx…' has more than 600",
        "shorten it"),
    "a field that nearly exists": (
        put("products", 0, "image", value="x"), "products[0].image", "unknown field", "did you mean images?"),
    "a field of nothing": (put("zzz", value=1), "zzz", "unknown field", "known: campaign, objective"),
    "a field of a copy": (
        put("variants", 1, "locales", "en-US", "hok", value="x"),
        "variants[1].locales.en-US.hok", "unknown field", "did you mean hook?"),
    "an objective that nearly exists": (
        put("objective", value="sale"), "objective", "'sale' is unknown", "did you mean sales?"),
    "a camera that nearly exists": (
        put("storyboard", 0, "camera", value="push-in"),
        "storyboard[0].camera", "'push-in'", "did you mean push_in?"),
    "a colour by name": (
        put("brand", "colors", "primary", value="brown"), "brand.colors.primary", "'brown'", "#5B2"),
    "a colour lost to a comment": (
        put("brand", "colors", "text", value=None), "brand.colors.text", "an empty value", "in quotes"),
    "an unknown placement": (
        put("placements", 1, value="tiktok"), "placements[1]", "'tiktok' is no placement",
        "did you mean tiktok_in_feed? known: meta_reels, meta_stories"),
    "a placement twice": (
        put("placements", 1, value="meta_reels"), "placements[1]",
        "'meta_reels' stands already at placements[0]", "once"),
    "no placements": (put("placements", value=[]), "placements", "is empty", "[meta_reels]"),
    "one placement without a list": (
        put("placements", value="meta_reels"), "placements", "'meta_reels' is not a list", "[meta_reels]"),
    "an unknown locale": (
        put("locales", "xx-YY", value={}), "locales.xx-YY", "'xx-YY' is no locale", "BCP 47"),
    "a locale in small letters": (
        put("locales", "en-gb", value=kaffi()["locales"]["en-US"]), "locales.en-gb", "'en-gb'",
        "write en-GB"),
    "an empty locale": (put("locales", "ar", value=None), "locales.ar", "an empty value", "give a value"),
    "a product twice": (
        lambda data, _: data["products"].append(data["products"][0]),
        "products[1].id", "'HB-250' stands already at products[0].id", "give each its own"),
    "a variant twice": (
        put("variants", 1, "id", value="a"), "variants[1].id", "'a' stands already at", "give each its own"),
    "a scene twice": (
        put("storyboard", 1, "id", value="hero"), "storyboard[1].id", "stands already", "give each its own"),
    "a variant of another locale": (
        put("variants", 0, "locales", value={"zh-TW": {"hook": "x"}}),
        "variants[0].locales.zh-TW", "the brief has no locale 'zh-TW'", "did you mean zh-CN?"),
    "a variant of another scene": (
        put("variants", 0, "storyboard", value=[{"id": "heroes"}]),
        "variants[0].storyboard[0].id", "no scene 'heroes'", "did you mean hero?"),
    "a price without currency": (
        put("products", 0, "price", value="12.90"), "products[0].price", "'12.90' has no currency",
        "12.90 EUR"),
    "a decimal comma": (
        put("products", 0, "price", value="16,50 EUR"), "products[0].price",
        "'16,50 EUR' has a decimal comma", "12.90 EUR"),
    "a sale above the price": (
        put("products", 0, "sale_price", value="13.00 EUR"), "products[0].sale_price",
        "13.00 EUR is not below the price 12.90 EUR", "lower it"),
    "a sale in another currency": (
        put("products", 0, "sale_price", value="8.00 USD"), "products[0].sale_price", "8.00 USD",
        "one currency"),
    "a sale without a price": (
        lambda data, _: (data["products"][0].pop("price"), data["storyboard"].pop()),
        "products[0].sale_price", "'8.90 EUR' stands alone", "add price"),
    "a sale that ends without a zone": (
        put("products", 0, "sale_ends", value="2026-12-24T23:59:59"), "products[0].sale_ends",
        "'2026-12-24T23", "+01:00"),
    "a sale that ends with a number": (
        put("products", 0, "sale_ends", value=20261224), "products[0].sale_ends", "20261224", "+01:00"),
    "seconds below zero": (
        put("storyboard", 1, "seconds", value=-2), "storyboard[1].seconds", "-2 is not greater than 0",
        "give a length in seconds, for example 2.5"),
    "no seconds": (
        put("storyboard", 1, "seconds", value=0), "storyboard[1].seconds", "0 is not greater", "2.5"),
    "seconds in quotes": (
        put("storyboard", 1, "seconds", value="2.5"), "storyboard[1].seconds", "'2.5' is not a number",
        "without quotes"),
    "a field that no caption has": (
        put("storyboard", 0, "caption", value="{hok}"), "storyboard[0].caption", "{hok} is no field",
        "did you mean hook?"),
    "a caption's field in a hook": (
        put("locales", "ar", "hook", value="{cta}"), "locales.ar.hook",
        "{cta} is no field that may stand here",
        "known: id, title"),
    "an unknown field in a voice-over": (
        put("locales", "ar", "voiceover", value="{prize}"), "locales.ar.voiceover", "{prize}",
        "did you mean price?"),
    "a brace alone": (
        put("storyboard", 0, "caption", value="5 {"), "storyboard[0].caption", "'5 {' has a brace", "twice"),
    "a benefit without a text": (
        drop("locales", "ar", "benefit"), "storyboard[1].caption", "{benefit} has no value in ar",
        "give locales.ar.benefit, or take {benefit} out"),
    "a hook that a variant takes away": (
        put("variants", 1, "locales", "en-US", "hook", value=""), "storyboard[0].caption",
        "{hook} has no value in en-US", "give variants[1].locales.en-US.hook"),
    "a price that no product has": (
        lambda data, _: [data["products"][0].pop(name) for name in ("price", "sale_price")],
        "storyboard[2].caption", "{sale_price} has no value for product 'HB-250'", "give products[0].price"),
    "a title without a text": (
        drop("products", 0, "title", "ar"), "storyboard[2].caption", "{title} has no value in ar",
        "products[0].title.ar"),
    "a title that the end card shows by itself": (
        lambda data, _: (data.pop("storyboard"), data["products"][0]["title"].pop("ar")),
        "storyboard", "{title} has no value in ar", "products[0].title.ar"),
    "a description that is not there": (
        put("locales", "ar", "hook", value="{description}"), "locales.ar.hook", "{description} has no value",
        "give products"),
    "an end card first": (
        lambda data, _: data["storyboard"].append(SCENE), "storyboard[2].show", "'end_card' stands before",
        "to the end"),
    "two end cards": (
        put("storyboard", 1, "show", value="end_card"), "storyboard[1].show", "'end_card'",
        "keep the last one"),
    "a scene that shows nothing": (
        drop("storyboard", 0, "show"), "storyboard[0]", "gives nothing to show",
        "exactly one of show, image"),
    "a scene that shows two things": (
        put("storyboard", 0, "image", value="media/coffee.png"), "storyboard[0]", "gives show and image",
        "exactly one"),
    "a feed that is not there": (
        put("products", value={"feed": {"path": "feed.csv", "format": "csv"}}), "products.feed.path",
        "'feed.csv' is missing", "beside the brief"),
    "a feed by an unknown name": (
        put("products", value={"feed": {"path": "feed.csv", "format": "shopping"}}), "products.feed.format",
        "'shopping' is unknown", "known: auto, google_merchant_center"),
    "a sale that ends before it starts": (
        put("products", 0, "sale_starts", value="2026-12-25T00:00:00+01:00"), "products[0]",
        "the sale ends before it starts", "swap"),
    "a presenter without a face": (
        put("storyboard", 0, value={"id": "hello", "show": "presenter"}), "storyboard[0]",
        "a presenter without a face", "add portrait: PATH"),
    "a silent presenter": (
        put("storyboard", 0, value={"id": "hello", "show": "presenter", "portrait": "media/coffee.png"}),
        "storyboard[0]", "nothing to say in ar", "add voiceover"),
    "a video with nothing to do": (
        put("storyboard", 0, value={"id": "clip", "video": "a.mp4"}), "storyboard[0].video",
        "not shown as it is", "add task: restyle"),
    "a video of text": (
        film(lambda path: path.write_text("x")), "storyboard[0].video", "'x.mp4' is broken or no video",
        "use an MP4, MOV, MKV or WebM file"),
    "a playlist for a video": (
        film(lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")), "storyboard[0].video",
        "'x.mp4' is broken or no video", "use an MP4"),
    "a picture for a video": (
        film(picture(80, 80, format="PNG")), "storyboard[0].video", "'x.mp4' is broken or no video",
        "use an MP4"),
    "a video for a picture": (
        image(lambda path: draw_film(path, SHORT), "media/x.mp4"), "products[0].images[0]",
        "'x.mp4' is broken or no picture", "PNG"),
    "a film of two hours": (
        film(lambda path: draw_film(path, [Fraction(0), Fraction(7200)])), "storyboard[0].video",
        "'x.mp4' lasts 7200 s", "cut it to 600 s at most"),
    "half a film": (
        film(lambda path: cut_off(draw_film(path, SHORT))), "storyboard[0].video", "'x.mp4' is broken",
        "use an MP4"),
    "a film of 600 MB": (
        film(sparse), "storyboard[0].video", "'media/x.mp4' has 600.0 MB", "make it 500 MB at most"),
    "an empty film": (film(Path.touch), "storyboard[0].video", "'media/x.mp4' is empty", "again"),
    "a film out of the folder": (
        film(link_out), "storyboard[0].video", "'media/x.mp4' leaves the folder", "beside the brief"),
    "a film behind an address": (
        put("storyboard", 0, value={"id": "clip", "video": "https://x.example/a.m3u8", "task": "restyle"}),
        "storyboard[0].video", "'https://x.example/a.m3u8' is not fetched", "put the file beside"),
    "a film through a protocol": (
        put("storyboard", 0, value={"id": "clip", "video": "concat:a.mp4|b.mp4", "task": "restyle"}),
        "storyboard[0].video", "'concat:a.mp4|b.mp4' is missing", "beside the brief"),
    "a missing portrait": (
        put("storyboard", 0, value={"id": "hi", "show": "text", "portrait": "me.png"}),
        "storyboard[0].portrait", "'me.png' is missing", "beside the brief"),
    "a missing last frame": (
        put("storyboard", 0, "until", value="media/cofee.png"), "storyboard[0].until",
        "'media/cofee.png' is missing", "did you mean 'media/coffee.png'?"),
    "a missing subject": (
        put("storyboard", 0, value={"id": "two", "subjects": ["media/coffee.png", "b.png"]}),
        "storyboard[0].subjects[1]", "'b.png' is missing", "beside the brief"),
    "a task without a video": (
        put("storyboard", 0, "task", value="extend"), "storyboard[0].task", "without video",
        "add video: PATH"),
    "a text with a last frame": (
        put("storyboard", 0, value={"id": "sky", "show": "text", "until": "media/coffee.png"}),
        "storyboard[0].until", "without a first", "add image: PATH"),
    "a portrait of nobody": (
        put("storyboard", 0, "portrait", value="media/coffee.png"), "storyboard[0].portrait",
        "without presenter", "show: presenter"),
    "a card that keeps a look": (
        put("storyboard", 2, "keep", value="anna"), "storyboard[2].keep", "no look", "take keep out"),
    "a card that sounds": (
        put("storyboard", 2, "sound", value=True), "storyboard[2].sound", "no sound", "take sound out"),
    "an unknown painter": (
        put("storyboard", 0, value={"id": "sky", "show": "text", "still": "zimage"}),
        "storyboard[0].still", "no model that draws stills", "known:"),
    "a still for a product": (
        put("storyboard", 0, "still", value="x-image"), "storyboard[0].still", "no model that draws",
        "known"),
    "five subjects": (
        put("storyboard", 0, value={"id": "all", "subjects": ["media/coffee.png"] * 5}),
        "storyboard[0].subjects", "more than 4", ""),
    "watermark": (put("labels", "watermark", value="pixels"), "labels.watermark", "'pixels'", "take it out"),
    "a missing recording": (
        put("audio", "voice", value="a.wav"), "audio.voice", "'a.wav' is missing", "beside the brief"),
    "a missing recording of one locale": (
        put("audio", "voice", value={"ar": "a.wav"}), "audio.voice.ar", "'a.wav' is missing", "beside"),
    "a voice that nearly exists": (
        put("audio", "voice", value={"ar": "femal"}), "audio.voice.ar", "'femal' is neither a voice nor",
        "did you mean female? known: auto, female"),
    "a recording that is no sound": (
        put("audio", "voice", value="media/coffee.png"), "audio.voice", "'coffee.png' is no sound file",
        "use .mp3, .wav, .ogg, .opus, .m4a, .flac, or one of auto, female, male, none"),
    "a recording of text": (
        sound("voice", lambda path: path.write_text("x")), "audio.voice", "'x.wav' is broken or no sound",
        "use .mp3"),
    "a recording of nothing": (
        sound("voice", lambda path: draw_sound(path, 0)), "audio.voice", "'x.wav' is broken or no sound",
        "use .mp3"),
    "a recording of four minutes": (
        sound("voice", lambda path: draw_sound(path, 240)), "audio.voice",
        "'x.wav' lasts more than 180 s", "cut it"),
    "a recording out of the folder": (
        sound("voice", link_out), "audio.voice", "'media/x.wav' leaves the folder", "beside the brief"),
    "a recording behind an address": (
        put("audio", "voice", value="s3://b/x.wav"), "audio.voice", "'s3://b/x.wav' is not fetched",
        "put the file beside"),
    "a voice of a locale that is not there": (
        put("audio", "voice", value={"fr-FR": "auto"}), "audio.voice.fr-FR", "no locale 'fr-FR'",
        "known: en-US, zh-CN, ar"),
    "a voice of no locale": (
        put("audio", "voice", value={"frr-XX": "auto"}), "audio.voice.frr-XX", "'frr-XX' is no",
        "BCP 47"),
    "voices in a list": (
        put("audio", "voice", value=["auto"]), "audio.voice", "a list is not a mapping", "for each locale"),
    "a number for a voice": (
        put("audio", "voice", value={"ar": 5}), "audio.voice.ar", "5 is not", 'quote it: "5"'),
    "captions by yes": (
        put("audio", "captions", value=True), "audio.captions", "true is unknown", "known: auto, on, off"),
    "a recording for a presenter": (
        lambda data, folder: (
            data.update(presenting()),
            data["variants"].pop(),
            sound("voice", lambda path: draw_sound(path, 1))(data, folder)),
        "audio.voice", "'media/x.wav': no open pipeline", "the presenter speaks"),
    "music of a brand without": (
        put("audio", "music", value="brand"), "audio.music", "the brand has no music", "brand.music: PATH"),
    "music of a brand that is missing": (
        put("brand", "music", value="a.mp3"), "brand.music", "'a.mp3' is missing", "beside the brief"),
    "music of a brand that is no sound": (
        put("brand", "music", value="media/coffee.png"), "brand.music", "'coffee.png' is no sound", ".mp3"),
    "a family that nearly exists": (
        put("brand", "fonts", "heading", value="Noto Sanz"), "brand.fonts.heading",
        "'Noto Sanz' is neither a family nor a file", "did you mean Noto Sans? known: Noto Sans, Noto Serif"),
    "a missing font": (
        put("brand", "fonts", "body", value="media/own.ttf"), "brand.fonts.body",
        "'media/own.ttf' is missing", "beside the brief"),
    "a font for the web": (
        lambda data, folder: (
            (folder / "x.woff2").write_bytes(b"wOF2"), data["brand"]["fonts"].update(body="x.woff2")),
        "brand.fonts.body", "'x.woff2' is no font file", "use .ttf or .otf, or one of Noto Sans"),
    "a font of text": (
        lambda data, folder: (
            (folder / "x.ttf").write_text("x"), data["brand"]["fonts"].update(body="x.ttf")),
        "brand.fonts.body", "'x.ttf' cannot be used: is no font file", "give a TTF or OTF"),
    "a template that nearly exists": (
        instead_of_storyboard(template="testimonials"), "template", "'testimonials' is unknown",
        "did you mean testimonial?"),
    "a variant's template of nothing": (
        put("variants", 0, "template", value=""), "variants[0].template", "'' is unknown", "known: auto"),
    "a template beside a storyboard": (
        put("template", value="bumper"), "template", "'bumper' stands beside a storyboard", "take one of"),
    "a variant's template beside a storyboard": (
        put("variants", 1, "template", value="bumper"), "variants[1].template",
        "'bumper' stands beside a storyboard", "take one of"),
    "a template without what it needs": (
        lambda data, _: (
            [data.pop(name) for name in ("storyboard", "variants")], data.update(template="testimonial"),
            [data["locales"][tag].update(quote="Good") for tag in ("en-US", "zh-CN")]),
        "locales.ar.quote", "testimonial needs what a customer says", "choose another template"),
    "six features": (
        put("locales", "ar", "features", value=["x"] * 6), "locales.ar.features", "more than 5 items",
        "give a list of texts"),
    "features in one text": (
        put("locales", "ar", "features", value="Light, warm"), "locales.ar.features", "'Light, warm' is not",
        "[Hand-picked, Roasted today]"),
    "an empty feature": (
        put("locales", "ar", "features", value=["Light", " "]), "locales.ar.features[1]", "' ' is empty", ""),
    "a field in a feature": (
        put("locales", "ar", "features", value=["{hook}"]), "locales.ar.features[0]", "{hook} is no field",
        "known: id, title"),
    "a feature that is not there": (
        put("storyboard", 0, "caption", value="{feature2}"), "storyboard[0].caption",
        "{feature2} has no value in en-US, in zh-CN, in ar", "give locales.en-US.features[1]"),
    "a quote with a wrong field": (
        put("locales", "ar", "quote", value="{titel}"), "locales.ar.quote", "{titel}", "did you mean title?"),
    "an author that is not there": (
        lambda data, _: data["storyboard"][0].update(layout="quote", note="{author}"),
        "storyboard[0].note", "{author} has no value in en-US", "give locales.en-US.author"),
    "a layout that nearly exists": (
        put("storyboard", 0, "layout", value="headlines"), "storyboard[0].layout", "'headlines' is unknown",
        "did you mean headline?"),
    "a layout of a card": (
        put("storyboard", 2, "layout", value="offer"), "storyboard[2].layout", "a layout of its own",
        "take layout out"),
    "a note that nobody shows": (
        put("storyboard", 0, "note", value="x"), "storyboard[0].note", "without a layout that shows it",
        "write layout: quote or label"),
    "an offer without a price": (
        lambda data, _: (
            [data["products"][0].pop(name) for name in ("price", "sale_price")],
            data["storyboard"].pop(), data["storyboard"][0].update(layout="offer")),
        "storyboard[0].layout", "product 'HB-250' has none", "give its price"),
    "another model": (
        put("video", "model", value="wan"), "video.model", "'wan' is no model", "known models: auto, motion"),
    "a seed with a fraction": (
        put("video", "seed", value=1.5), "video.seed", "1.5 is not a whole", "for example 7"),
    "a cron of four fields": (
        put("schedule", value={"cron": "0 6 * *"}), "schedule.cron", "'0 6 * *' is no list of five",
        "0 6 * * 1"),
    "a minute that no hour has": (
        put("schedule", value={"cron": "61 6 * * *"}), "schedule.cron", "Bad minute", "0 6 * * 1"),
    "a day that no month has": (
        put("schedule", value={"cron": "0 6 31 4,6 *"}), "schedule.cron", "Bad day-of-month", "0 6 * * 1"),
    "a cron that Prefect refuses": (
        put("schedule", value={"cron": "0 6 * * 5L"}), "schedule.cron", "Prefect does not know", "0 6 * * 1"),
    "a zone that is a town": (
        put("schedule", value={"cron": "0 6 * * 1", "timezone": "Berlin"}), "schedule.timezone", "'Berlin'",
        "Europe/Berlin"),
    "a missing picture": (
        put("products", 0, "images", 0, value="media/cofee.png"), "products[0].images[0]",
        "'media/cofee.png' is missing", "did you mean 'media/coffee.png'?"),
    "a folder for a picture": (
        put("products", 0, "images", 0, value="media"), "products[0].images[0]",
        "'media' is no regular file", "give the path"),
    "an absolute path": (
        put("brand", "logo", value="/etc/passwd"), "brand.logo", "'/etc/passwd' is an absolute", "relative"),
    "a path of Windows": (
        put("brand", "logo", value="C:\\a.png"), "brand.logo", "is an absolute path", "relative"),
    "a path out of the folder": (
        put("brand", "logo", value="../x.svg"), "brand.logo", "'../x.svg' leaves the folder",
        "beside the brief"),
    "a path of a thousand names": (
        put("brand", "logo", value="x" * 300), "brand.logo", "is no usable path", "relative"),
    "a bucket": (
        put("brand", "logo", value="s3://b/x.png"), "brand.logo",
        "'s3://b/x.png' is not fetched here",
        "put the file beside the brief"),
    "an address": (
        put("storyboard", 0, "image", value="https://x.example/a.png"), "storyboard[0].image", "https",
        "beside"),
    "a picture of text": (
        image(lambda path: path.write_text("x")), "products[0].images[0]", "'x.png' is broken or no picture",
        "PNG, JPEG"),
    "an empty file": (image(Path.touch), "products[0].images[0]", "'media/x.png' is empty", "again"),
    "a small picture": (image(picture(63, 500)), "products[0].images[0]", "63 x 500 pixels", "64 or more"),
    "a picture of many pixels": (
        image(picture(9000, 9000)), "products[0].images[0]", "9000 x 9000, 81 megapixels",
        "40 megapixels at most"),
    "an animation": (image(animated), "products[0].images[0]", "is animated", "one frame"),
    "a large file": (image(large), "products[0].images[0]", "'media/x.png' has 41.0 MB", "40 MB at most"),
    "a link out of the folder": (
        image(link_out), "products[0].images[0]", "leaves the folder", "beside the brief"),
    "a link in a circle": (image(link_round), "products[0].images[0]", "is no usable path", "relative"),
    "a socket": (image(leave_socket), "products[0].images[0]", "no regular file", "path of a file"),
    "a drawing for a product": (
        put("products", 0, "images", 0, value="media/kaffi-logo.svg"), "products[0].images[0]", "no picture",
        "PNG"),
    "a logo of text": (
        logo(LOGO.replace("rect", "text")), "brand.logo", "'x.svg' uses <text>, which is not drawn",
        "into paths"),
    "a logo without a size": (logo(LOGO.replace("viewBox", "box")), "brand.logo", "has no size", "viewBox"),
    "a small logo": (
        lambda data, folder: (picture(60, 60)(folder / "a.png"), data["brand"].update(logo="a.png")),
        "brand.logo", "'a.png' has 60 x 60 pixels", "or an SVG"),
    "a mood that nearly exists": (
        put("audio", "music", value="upbeet"), "audio.music", "'upbeet'", "did you mean upbeat?"),
    "music that is no sound": (
        put("audio", "music", value="media/coffee.png"), "audio.music", "'coffee.png' is no sound file",
        ".mp3"),
    "missing music": (
        put("audio", "music", value="a.mp3"), "audio.music", "'a.mp3' is missing", "beside the brief"),
    "music of text": (
        sound("music", lambda path: path.write_text("x")), "audio.music", "'x.wav' is broken or no sound",
        "use .mp3"),
    "a missing brand file": (
        put("brand", value="kaffi.yml"), "brand", "'kaffi.yml' is missing", "beside the brief"),
    "a brand in a picture": (
        put("brand", value="media/coffee.png"), "brand", "is no YAML file", "path to a .yaml"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "where", "value", "cure"), BAD_BRIEFS.values(), ids=BAD_BRIEFS)
def test_a_wrong_brief_is_told_where_what_and_the_cure(
    campaign: Path, change: Change, where: str, value: str, cure: str
) -> None:
    """One thing is wrong: one line says so, two where it is wrong in two ways; and nothing is written."""
    data = kaffi()
    change(data, campaign)
    path = write(campaign, data)
    before = sorted(campaign.rglob("*"))

    said = refusal(path).splitlines()

    told = next((line for line in said if f": {where}: " in line and value in line), "")
    assert told, said
    assert cure in told
    assert sorted(campaign.rglob("*")) == before
    assert len(said) <= 2, said


def test_the_kaffi_brief_is_taken(campaign: Path) -> None:
    """With its files known by their content."""
    taken = ingest(campaign / "brief.yaml")

    picture_of = taken.sources["media/coffee.png"]
    assert picture_of.name == f"inputs/{picture_of.sha256}.png"
    assert (picture_of.width, picture_of.height) == (600, 400)
    assert taken.sources["media/kaffi-logo.svg"].name.endswith(".svg")
    assert (taken.sources["media/kaffi-logo.svg"].width, len(taken.sources)) == (80, 2)
    assert taken.folder == campaign
    assert taken.notes == ()


def test_the_brief_in_the_examples_is_taken() -> None:
    """It is what the README runs."""
    assert ingest(KAFFI).brief.campaign == "spring-roast"


def test_yaml_and_json_of_the_same_brief_have_the_same_hash(campaign: Path) -> None:
    """A brief is known by what it says, not by its file."""
    assert ingest(write(campaign, kaffi())).sha256 == ingest(campaign / "brief.yaml").sha256


def test_another_brief_has_another_hash(campaign: Path) -> None:
    """Whatever changes."""
    data = kaffi()
    data["video"]["seed"] += 1

    assert ingest(write(campaign, data)).sha256 != ingest(campaign / "brief.yaml").sha256


def test_a_brand_can_lie_in_a_file_of_its_own(campaign: Path) -> None:
    """The brief is the same as with the brand inline."""
    data = kaffi()
    (campaign / "brand.yaml").write_text(yaml.safe_dump(data["brand"], allow_unicode=True))
    data["brand"] = "brand.yaml"

    assert ingest(write(campaign, data)).sha256 == ingest(campaign / "brief.yaml").sha256


def test_what_is_wrong_in_a_brand_file_is_told_in_its_lines(campaign: Path) -> None:
    """Path as in the brief, file and line as in the brand file."""
    text = "name: Kaffi\ncolors:\n  primary: red\n  accent: '#FFFFFF'\nlogo: x.svg\n"
    (campaign / "brand.yaml").write_text(text)

    with pytest.raises(BriefError) as caught:
        ingest(write(campaign, kaffi() | {"brand": "brand.yaml"}))
    said = str(caught.value)

    assert "brand.yaml:3: brand.colors.primary: 'red'" in said
    assert "brand.yaml:5: brand.logo: 'x.svg' is missing" in said


def test_a_brand_file_that_cannot_be_read_is_told_at_the_brand(campaign: Path) -> None:
    """Together with what else is wrong."""
    (campaign / "brand.yaml").write_text("name: [")

    said = refusal(write(campaign, kaffi() | {"brand": "brand.yaml", "campaign": "X Y"}))

    assert ": brand: brand.yaml:" in said
    assert "not valid YAML" in said
    assert ": campaign: 'X Y'" in said


def test_everything_that_is_wrong_is_told_at_once(campaign: Path) -> None:
    """Shape, rules, texts and files together, in the order of the lines."""
    data = kaffi()
    for change in (
        put("campaign", value="Spring Roast"),
        put("brand", "logo", value="../logo.svg"),
        put("brand", "colors", "accent", value="red"),
        put("products", 0, "price", value="16,50 EUR"),
        put("products", 0, "images", value=["media/tea.png", "https://x.example/a.png"]),
        put("locales", "ar", "hook", value="{tilte}"),
        drop("locales", "zh-CN", "benefit"),
        put("placements", 0, value="reels"),
        put("variants", 1, "locales", value={"fr-FR": {}}),
        put("storyboard", 0, "seconds", value=-2),
        put("storyboard", 0, "camera", value="zoom"),
        put("storyboard", 1, "task", value="extend"),
        put("video", "modell", value="wan"),
        put("budget", "gpu_seconds", value="many"),
    ):
        change(data, campaign)

    said = refusal(write(campaign, data)).splitlines()

    assert [line.split(": ")[1] for line in said] == [
        "campaign",
        "brand.logo",
        "brand.colors.accent",
        "products[0].price",
        "products[0].images[0]",
        "products[0].images[1]",
        "locales.ar.hook",
        "placements[0]",
        "variants[1].locales.fr-FR",
        "storyboard[0].camera",
        "storyboard[0].seconds",
        "storyboard[1].caption",
        "storyboard[1].task",
        "video.modell",
        "budget.gpu_seconds",
    ]
    numbers = [int(line.removeprefix(f"{campaign}/brief.json:").split(":")[0]) for line in said]
    assert numbers == sorted(numbers)


def test_the_line_is_the_line_in_the_file(campaign: Path) -> None:
    """As an editor counts."""
    path = campaign / "brief.yaml"
    lines = path.read_text("utf-8").replace("seconds: 1.5", "seconds: -1.5").splitlines()
    path.write_text("\n".join(lines), "utf-8")
    number = next(n for n, line in enumerate(lines, 1) if "-1.5" in line)

    assert refusal(path).startswith(
        f"{path}:{number}: storyboard[2].seconds: -1.5 is not greater than 0; give"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe\x00", "is not UTF-8 text (byte 1); save it as UTF-8"),
        ("campaign: é".encode("utf-16"), "is not UTF-8"),
        (b"campaign: \xe9", "is not UTF-8 text (byte 11)"),
        (b"\x7fELF\x00\x01", "not valid YAML"),
        (b"a: " + b"x" * 10_000_000, "is longer than 256 kB; split it"),
        (b"a: " + b"[" * 10_000, "nested more than 24 deep"),
        (b"- campaign: x", "not a mapping"),
    ],
)
def test_a_file_that_is_no_brief_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    """With its name, in one line."""
    (tmp_path / "x.yaml").write_bytes(data)

    with pytest.raises(BriefError) as caught:
        ingest(tmp_path / "x.yaml")

    assert words in str(caught.value)
    assert "x.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_without_a_brief_is_refused(tmp_path: Path) -> None:
    """A folder, nothing, or a device."""
    with pytest.raises(BriefError, match=r"is no regular file; give the path of a brief"):
        ingest(tmp_path)
    with pytest.raises(BriefError, match=r"is missing; give the path of a brief"):
        ingest(tmp_path / "x.yaml")
    with pytest.raises(BriefError, match=r"is no regular file"):
        ingest(Path("/dev/zero"))


def test_sounds_and_fonts_can_be_files(campaign: Path) -> None:
    """Known by their content; of a recorded voice also the length, which decides where it fits."""
    data = kaffi()
    for name, seconds in (("song.WAV", 2), ("voice.wav", 3)):
        draw_sound(campaign / name, seconds)
    shutil.copy(FONTS["Inter"].place, campaign / "own.ttf")
    data["audio"] = {"music": "brand", "voice": {"ar": "voice.wav", "en": "male"}}
    data["brand"] |= {"music": "song.WAV", "fonts": {"heading": "own.ttf"}}

    sources = ingest(write(campaign, data)).sources

    suffixes = {"song.WAV": ".wav", "voice.wav": ".wav", "own.ttf": ".ttf"}
    for name, suffix in suffixes.items():
        assert sources[name].name == f"inputs/{sources[name].sha256}{suffix}"
    assert [sources[name].seconds for name in suffixes] == [0, pytest.approx(3, abs=0.01), 0]


def test_a_video_is_known_by_its_content_size_and_length(campaign: Path) -> None:
    """Its name says what it is, whatever its file is called."""
    data = kaffi()
    film(lambda path: draw_film(path, SHORT))(data, campaign)

    source = ingest(write(campaign, data)).sources["media/x.mp4"]

    assert source.name == f"inputs/{source.sha256}.mp4"
    assert (source.width, source.height) == (96, 64)
    assert source.seconds == pytest.approx(1, abs=0.05)


def test_a_variant_may_not_take_a_presenters_words(campaign: Path) -> None:
    """Someone would stand there with nothing to say."""
    data = presenting(locales={"ar": {"voiceover": " "}})

    said = refusal(write(campaign, data))

    assert "storyboard[0]: has a presenter with nothing to say in ar of variant 'b'; add voiceover" in said


def test_a_presenters_words_may_come_from_every_variant(campaign: Path) -> None:
    """What counts is what each ad says."""
    data = presenting(locales={"ar": {"voiceover": "b"}})
    data["locales"]["ar"].pop("voiceover")
    data["variants"][0]["locales"] = {"ar": {"voiceover": "a"}}

    assert ingest(write(campaign, data)).brief.storyboard[0].show == "presenter"


def test_a_benefit_may_come_from_every_variant(campaign: Path) -> None:
    """What counts is what each ad shows."""
    data = kaffi()
    text = data["locales"]["ar"].pop("benefit")
    for variant in data["variants"]:
        variant.setdefault("locales", {})["ar"] = {"benefit": text}

    assert ingest(write(campaign, data)).brief.locales["ar"].benefit == ""


def test_a_caption_that_a_variant_replaces_is_checked_where_it_stands(campaign: Path) -> None:
    """The variant's own line is the one to mend."""
    data = kaffi()
    data["variants"][1]["storyboard"] = [{"id": "hero", "caption": "{description}"}]

    assert ": variants[1].storyboard[0].caption: {description} has no value" in refusal(write(campaign, data))


def spots(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every part of *data*."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(spot for name, value in inside for spot in spots(value, (*path, name)))]


SPOTS = spots(kaffi())[1:]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**40),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["{hook}", "{", "media/coffee.png", "..", "\x00", "a" * 700, "12 EUR"]),
    st.sampled_from([[], {}, [[]], {"": {}}]),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.lists(st.sampled_from(["meta_reels", 1, None, {"id": "x"}]), max_size=3),
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(SPOTS), st.sampled_from("prd"), JUNK), min_size=1, max_size=4))
def test_any_change_of_a_brief_is_taken_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[tuple[str | int, ...], str, Any]]
) -> None:
    """Parts replaced, renamed and dropped: never another error than ours."""
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    if not folder.exists():
        draw_media(folder)
    data = kaffi()
    for path, how, junk in changes:
        mutate(data, path, how, junk)
    outcome: object
    try:
        outcome = ingest(write(folder, data))
    except BriefError as error:
        outcome = error

    assert isinstance(outcome, Ingested | BriefError)


def mutate(data: Any, path: tuple[str | int, ...], how: str, junk: Any) -> None:
    """Replace, rename or drop the part at *path*, if it is still there."""
    with contextlib.suppress(LookupError, TypeError):
        for part in path[:-1]:
            data = data[part]
        old = data[path[-1]]
        if how == "p" or not isinstance(data, dict):
            data[path[-1]] = copy.deepcopy(junk)
            return
        del data[path[-1]]
        if how == "r":
            data[str(junk)] = old
