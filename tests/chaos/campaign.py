"""The campaign that is made again and again: 60 ads in five languages, one spoken, with drawn media."""

import re
import wave
from pathlib import Path

from PIL import Image

MODEL = "standin"
"""Stands for a model that needs a GPU and does not render at the size of delivery; the driver knows it."""
NAME = "chaos-co/storm"
ADS = 60

_BRIEF = """
campaign: storm
brand:
  name: Chaos Co
  logo: logo.png
  colors: {primary: "#123456", accent: "#FFB020", background: "#FFFFFF", text: "#101010"}
products:
  - {id: P-1, title: Thing, price: 5.00 USD, images: [thing.png]}
locales:
  en-US: {hook: Look at this, cta: Buy}
  de-DE: {hook: Sieh dir das an, cta: Kaufen}
  fr-FR: {hook: Regardez ceci, cta: Acheter}
  es-ES: {hook: Mira esto, cta: Comprar}
  it-IT: {hook: Guarda questo, cta: Comprare}
placements: PLACEMENTS
variants: VARIANTS
storyboard:
  - {id: look, show: product, camera: orbit, seconds: 0.9, caption: "{hook}"}
  - {id: near, image: near.png, camera: push_in, seconds: 0.8}
  - {id: mood, show: text, prompt: a calm evening, seconds: 0.7}
  - {id: calm, show: text, prompt: a calm sea, seconds: 0.6}
  - {id: card, show: end_card, seconds: 0.8, caption: "{title} {price}"}
video: {model: MODEL}
audio: {music: calm, voice: {en-US: voice.wav}}
"""


_PLACEMENTS = "[meta_feed_square, meta_reels, youtube_bumper, meta_feed_vertical]"
_VARIANTS = """
  - {id: a}
  - id: b
    locales: {en-US: {hook: B}, de-DE: {hook: B}, fr-FR: {hook: B}, es-ES: {hook: B}, it-IT: {hook: B}}
  - {id: c, locales: {de-DE: {cta: Los}}}
"""


def write_brief(
    folder: Path, *, model: str = "motion", placements: str = _PLACEMENTS, variants: str = _VARIANTS
) -> Path:
    """Draw the campaign's media into *folder* and return the path of its brief there."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(folder / "thing.png")
    Image.radial_gradient("L").resize((200, 200)).convert("RGB").save(folder / "near.png")
    Image.new("RGBA", (200, 80), "#FFB020").save(folder / "logo.png")
    with wave.open(str(folder / "voice.wav"), "wb") as voice:
        voice.setparams((1, 2, 8000, 0, "NONE", ""))
        voice.writeframes(bytes(n * n % 251 for n in range(32_000)))
    path = folder / f"{model}.yaml"
    words = {"MODEL": model, "PLACEMENTS": placements, "VARIANTS": variants}
    path.write_text(re.sub("|".join(words), lambda found: words[found[0]], _BRIEF))
    return path
