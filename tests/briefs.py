"""Draws briefs for tests that ask models for things, without files: sources are made up."""

from pathlib import Path
from typing import Any

from flows.equipment import Equipment
from flows.ingest import Ingested
from schemas.brief import Brief, Scene
from schemas.media import Source

CARD = {"id": "card", "show": "end_card", "seconds": 1.3}
WORDS = {"id": "words", "show": "text", "prompt": "a calm sea", "seconds": 2}
PICTURE = {"id": "picture", "show": "product", "prompt": "a cup in the sun", "seconds": 2}


def here(*models: str, gpus: bool = True, mark: str = "0123456789ab", **weights: str) -> Equipment:
    """Return what a machine has where the weights of *models* lie; *mark* is their fingerprint."""
    return Equipment(models={name: f"{name}/1@{mark}" for name in models}, gpus=gpus, **weights)


def ask(*scenes: dict[str, Any], **changes: Any) -> Brief:
    """Return a brief of *scenes* and a closing card; *changes* replace its fields."""
    fields: dict[str, Any] = {
        "campaign": "asks",
        "brand": {"name": "Kaffi", "colors": {"primary": "#123456", "accent": "#FFB020"}},
        "products": [{"id": "P-1", "title": "Red cup", "price": "5.00 USD", "images": ["cup.png"]}],
        "locales": {"en-US": {"hook": "Look", "cta": "Buy", "voiceover": "This is the {title}."}},
        "placements": ["youtube_bumper"],
        "storyboard": [*scenes, CARD],
        "audio": {"voice": "none", "music": "none"},
    }
    return Brief.model_validate(fields | changes)


def taken(brief: Brief, *, seconds: float = 60.0, content: str = "") -> Ingested:
    """Return *brief* as if its files had been read: videos of *seconds*; *content* makes all files others."""
    sources = {path: _source(path, seconds, content) for scene in brief.storyboard for path in _paths(scene)}
    products = brief.products if isinstance(brief.products, tuple) else ()
    sources |= {path: _source(path, 0, content) for product in products for path in product.images}
    return Ingested(brief=brief, sha256="b", source=Path("brief.yaml"), sources=sources, notes=())


def _paths(scene: Scene) -> list[str]:
    return [path for path in (scene.image, scene.video, scene.until, scene.portrait, *scene.subjects) if path]


def _source(path: str, seconds: float, content: str) -> Source:
    name, kind = path.rsplit(".", maxsplit=1)
    video = kind == "mp4"
    sha256 = name + content
    size = {"width": 1920, "height": 1080}
    return Source(name=f"inputs/{sha256}.{kind}", sha256=sha256, seconds=seconds if video else 0.0, **size)
