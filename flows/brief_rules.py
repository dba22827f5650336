"""What must hold between the parts of a brief; read from the raw document, so that all is told at once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from actors.backends import VIDEO_MODELS
from schemas.brief import EVERYWHERE, NOTED, SHOWS, VOICES
from schemas.document import Document, Problem, join
from schemas.money import Money, parse_money
from schemas.wording import shown, suggestion

_LISTS_OF_NAMES = (
    "products[].id",
    "placements[]",
    "variants[].id",
    "variants[].storyboard[].id",
    "storyboard[].id",
)


def _is_no_card(scene: dict[str, Any]) -> bool:
    return scene.get("show") != "end_card"


_BESIDE: tuple[tuple[str, Callable[[dict[str, Any]], bool], str, str], ...] = (
    (
        "video",
        lambda scene: bool(scene.get("task")),
        "a video is restyled or extended, not shown as it is",
        "add task: restyle, extend or extend_back",
    ),
    ("task", lambda scene: bool(scene.get("video")), "a task stands without video", "add video: PATH"),
    (
        "until",
        lambda scene: bool(scene.get("image")) or scene.get("show") == "product",
        "a last frame stands without a first",
        "add image: PATH, or show: product",
    ),
    (
        "still",
        lambda scene: scene.get("show") == "text",
        "a still is drawn for a text only",
        "write show: text, or take still out",
    ),
    (
        "portrait",
        lambda scene: scene.get("show") == "presenter",
        "a portrait stands without presenter",
        "write show: presenter, or take portrait out",
    ),
    (
        "note",
        lambda scene: scene.get("layout") in NOTED,
        "a note stands without a layout that shows it",
        f"write layout: {' or '.join(NOTED)}, or take note out",
    ),
    ("layout", _is_no_card, "a closing card has a layout of its own", "take layout out"),
    ("keep", _is_no_card, "a closing card keeps no look", "take keep out"),
    ("sound", _is_no_card, "a closing card makes no sound", "take sound out"),
)
"""Fields of a scene, what must stand beside them, and what to say where it does not."""


def rule_problems(document: Document) -> Iterator[Problem]:
    """Yield every rule that *document* breaks; parts of the wrong shape are passed over."""
    for rule in _RULES:
        yield from rule(document)


def _unknown_model(document: Document) -> Iterator[Problem]:
    known = ("auto", *VIDEO_MODELS)
    for where, name in document.select("video.model"):
        if isinstance(name, str) and name not in known:
            what = f"{shown(name)} is no model of this version"
            yield Problem(where=where, what=what, cure=f"known models: {', '.join(known)}")


def _doubles(document: Document) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for pattern in _LISTS_OF_NAMES:
        for where, name in document.select(pattern):
            place = first.setdefault((where[: where.rindex("[")], str(name)), where)
            if place != where:
                cure = "give each its own" if where.endswith(".id") else "name it once"
                yield Problem(where=where, what=f"{shown(name)} stands already at {place}", cure=cure)


def _strangers(document: Document) -> Iterator[Problem]:
    """Find variants that change a locale or a scene that the brief does not have."""
    locales = [where.removeprefix("locales.") for where, _ in document.select("locales.*")]
    scenes = [name for _, name in document.select("storyboard[].id") if isinstance(name, str)]
    for where, changed in document.select("variants[].locales"):
        for name in changed if isinstance(changed, dict) else ():
            if name not in locales:
                what = f"the brief has no locale {shown(name)}"
                yield Problem(where=join(where, name), what=what, cure=suggestion(name, locales))
    for where, name in document.select("variants[].storyboard[].id"):
        if isinstance(name, str) and name not in scenes:
            cure = suggestion(name, scenes) if scenes else "give the brief a storyboard"
            yield Problem(where=where, what=f"the storyboard has no scene {shown(name)}", cure=cure)


def _unclear_scenes(document: Document) -> Iterator[Problem]:
    for where, scene in document.select("storyboard[]"):
        if not isinstance(scene, dict):
            continue
        given = [name for name in SHOWS if scene.get(name)]
        if len(given) != 1:
            what = f"gives {' and '.join(given) or 'nothing to show'}"
            yield Problem(where=where, what=what, cure=f"give exactly one of {', '.join(SHOWS)}")


def _half_told_scenes(document: Document) -> Iterator[Problem]:
    """Find fields of scenes that mean something only beside another."""
    for where, scene in document.select("storyboard[]"):
        if isinstance(scene, dict):
            for field, goes, what, cure in _BESIDE:
                if scene.get(field) and not goes(scene):
                    yield Problem(where=join(where, field), what=what, cure=cure)


def _silent_presenters(document: Document) -> Iterator[Problem]:
    """Find presenters without a face, and locales in which they have nothing to say."""
    presenters = [
        (where, scene)
        for where, scene in document.select("storyboard[]")
        if isinstance(scene, dict) and scene.get("show") == "presenter"
    ]
    for where, scene in presenters:
        if not scene.get("portrait"):
            yield Problem(where=where, what="has a presenter without a face", cure="add portrait: PATH")
    silent = [*_voiceless(document)] if presenters else []
    for where, _ in presenters if silent else ():
        what = f"has a presenter with nothing to say in {', '.join(silent)}"
        yield Problem(where=where, what=what, cure="add voiceover")


def _mimed_voices(document: Document) -> Iterator[Problem]:
    """Find recordings beside a presenter."""
    if not any(show == "presenter" for _, show in document.select("storyboard[].show")):
        return
    for where, voice in (*document.select("audio.voice"), *document.select("audio.voice.*")):
        if isinstance(voice, str) and voice not in VOICES:
            what = "no open pipeline of this version makes a portrait say a given recording"
            cure = "write auto; the presenter speaks with a voice of the model's own"
            yield Problem(where=where, what=f"{shown(voice)}: {what}", cure=cure)


def _strange_voices(document: Document) -> Iterator[Problem]:
    """Find voices for locales that the brief does not have; one for a language serves all its locales."""
    locales = [where.removeprefix("locales.") for where, _ in document.select("locales.*")]
    for where, voices in document.select("audio.voice"):
        for tag in voices if isinstance(voices, dict) else ():
            if tag not in {*locales, *(name.partition("-")[0] for name in locales), EVERYWHERE}:
                what = f"the brief has no locale {shown(tag)}"
                yield Problem(where=join(where, tag), what=what, cure=suggestion(tag, locales))


def _missing_music(document: Document) -> Iterator[Problem]:
    given = any(True for _, music in document.select("brand.music") if music)
    for where, music in document.select("audio.music"):
        if music == "brand" and not given:
            yield Problem(where=where, what="the brand has no music", cure="give brand.music: PATH")


def _two_storyboards(document: Document) -> Iterator[Problem]:
    """Find templates that are named beside a storyboard."""
    if not any(True for _ in document.select("storyboard[]")):
        return
    for where, name in (*document.select("template"), *document.select("variants[].template")):
        if name not in {None, "auto"}:
            what = f"{shown(name)} stands beside a storyboard"
            yield Problem(where=where, what=what, cure="take one of the two out")


def _unpriced_offers(document: Document) -> Iterator[Problem]:
    """Find scenes that show the price where a product has none."""
    unpriced = [
        product.get("id", where)
        for where, product in document.select("products[]")
        if isinstance(product, dict) and product.get("price") is None
    ]
    for where, layout in document.select("storyboard[].layout"):
        if layout == "offer" and unpriced:
            what = f"'offer' shows the price, and product {shown(unpriced[0])} has none"
            yield Problem(where=where, what=what, cure="give its price, or choose another layout")


def _voiceless(document: Document) -> Iterator[str]:
    """Yield the locales in which a variant says nothing, each with the variant's name where that took it."""
    variants = [one for _, one in document.select("variants[]") if isinstance(one, dict)] or [{}]
    for where, copy in document.select("locales.*"):
        tag = where.removeprefix("locales.")
        for variant in variants if isinstance(copy, dict) else ():
            locales = variant.get("locales")
            changed = locales.get(tag) if isinstance(locales, dict) else None
            own = changed if isinstance(changed, dict) and "voiceover" in changed else None
            if not str((own or copy).get("voiceover") or "").strip():
                yield f"{tag} of variant {shown(variant.get('id'))}" if own else tag
                break


def _unknown_painters(document: Document) -> Iterator[Problem]:
    painters = [name for name, entry in VIDEO_MODELS.items() if "still" in entry.tasks]
    for where, name in document.select("storyboard[].still"):
        if isinstance(name, str) and name not in painters:
            what = f"{shown(name)} is no model that draws stills"
            yield Problem(where=where, what=what, cure=suggestion(name, painters))


def _misplaced_cards(document: Document) -> Iterator[Problem]:
    scenes = list(document.select("storyboard[].show"))
    count = sum(1 for _ in document.select("storyboard[]"))
    cards = [where for where, show in scenes if show == "end_card"]
    for where in cards:
        if where != f"storyboard[{count - 1}].show":
            cure = "keep the last one" if len(cards) > 1 else "move it to the end"
            yield Problem(where=where, what="'end_card' stands before the end of the storyboard", cure=cure)


def _sales(document: Document) -> Iterator[Problem]:
    for where, product in document.select("products[]"):
        if not isinstance(product, dict) or product.get("sale_price") is None:
            continue
        field = join(where, "sale_price")
        if product.get("price") is None:
            yield Problem(where=field, what=f"{shown(product['sale_price'])} stands alone", cure="add price")
            continue
        price, sale = _money(product["price"]), _money(product["sale_price"])
        if price and sale:
            yield from _sale(field, price, sale)


def _sale(field: str, price: Money, sale: Money) -> Iterator[Problem]:
    if price.currency != sale.currency:
        what = f"{sale} is not in the currency of the price {price}"
        yield Problem(where=field, what=what, cure="give both in one currency")
    elif sale.amount >= price.amount:
        what = f"{sale} is not below the price {price}"
        yield Problem(where=field, what=what, cure="lower it, or take it out")
    elif sale.amount <= Decimal(0):
        yield Problem(where=field, what=f"{sale} is nothing", cure="give a price above zero, or take it out")


def _money(value: object) -> Money | None:
    try:
        money = parse_money(value)
    except ValueError:
        return None
    return money if isinstance(money, Money) else None


_RULES = (
    _unknown_model,
    _unknown_painters,
    _doubles,
    _strangers,
    _unclear_scenes,
    _half_told_scenes,
    _silent_presenters,
    _mimed_voices,
    _strange_voices,
    _missing_music,
    _two_storyboards,
    _unpriced_offers,
    _misplaced_cards,
    _sales,
)
