"""What must hold between the parts of a brief; read from the raw document, so that all is told at once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from actors.backends import VIDEO_MODELS
from schemas.brief import SHOWS, VOICES
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
_NOT_YET: tuple[tuple[str, Callable[[Any], bool], str, str], ...] = (
    ("products.feed", bool, "feeds are not read in this version", "list the products in the brief"),
    (
        "storyboard[].show",
        lambda value: value == "presenter",
        "presenters are not rendered in this version",
        "show product, text, end_card or image: PATH",
    ),
    (
        "storyboard[].video",
        bool,
        "videos are not rendered in this version",
        "show a picture with image: PATH",
    ),
    ("storyboard[].task", bool, "tasks on videos are not rendered in this version", "take task out"),
    (
        "storyboard[].subjects",
        bool,
        "subjects are not rendered in this version",
        "show one picture with image: PATH",
    ),
    ("storyboard[].until", bool, "last frames are not rendered in this version", "take until out"),
    ("storyboard[].keep", bool, "kept likenesses are not rendered in this version", "take keep out"),
    ("storyboard[].sound", bool, "generated sound is not rendered in this version", "take sound out"),
    ("storyboard[].still", bool, "generated stills are not rendered in this version", "take still out"),
    (
        "labels.ai",
        lambda value: value == "always",
        "visible AI labels are not rendered in this version",
        "write auto; no ad of this version is made by generative AI",
    ),
    (
        "audio.voice",
        lambda value: isinstance(value, str) and value not in VOICES,
        "voices from files are not rendered in this version",
        "write auto or none",
    ),
)


def rule_problems(document: Document) -> Iterator[Problem]:
    """Yield every rule that *document* breaks; parts of the wrong shape are passed over."""
    for rule in (_not_yet, _unknown_model, _doubles, _strangers, _unclear_scenes, _misplaced_cards, _sales):
        yield from rule(document)


def _not_yet(document: Document) -> Iterator[Problem]:
    for pattern, asks, what, cure in _NOT_YET:
        for where, value in document.select(pattern):
            if asks(value):
                start = "" if isinstance(value, dict | list) else f"{shown(value)}: "
                yield Problem(where=where, what=f"{start}{what}", cure=cure)


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
