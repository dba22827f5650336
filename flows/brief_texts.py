"""Checks the fields in the texts of a brief: that each exists, and has a value wherever it is used."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from schemas.brief import in_locale
from schemas.document import Document, Problem, join
from schemas.money import parse_locale
from schemas.template import (
    CAPTION_FIELDS,
    COPY_FIELDS,
    FEATURE_FIELDS,
    PRICE_FIELDS,
    PRODUCT_FIELDS,
    fields_of,
)
from schemas.wording import shown, suggestion

_COPY = (*COPY_FIELDS, "voiceover")
_CAPTIONS = ("caption", "note")
_ALLOWED = (
    *(
        (f"{start}.*.{name}", PRODUCT_FIELDS)
        for start in ("locales", "variants[].locales")
        for name in (*_COPY, "features[]")
    ),
    *(
        (f"{start}[].{name}", CAPTION_FIELDS)
        for start in ("storyboard", "variants[].storyboard")
        for name in _CAPTIONS
    ),
)
_PLACES_MAX = 4
"""Places that one message names."""


def text_problems(document: Document) -> Iterator[Problem]:
    """Yield every text of *document* with a field that does not exist, or has no value where it is used."""
    yield from _unknown_fields(document)
    yield from _empty_fields(document)


def fields_used(document: Document) -> dict[str, str]:
    """Return which fields of a product the texts of *document* use, each with the place of one that does.

    Whoever uses a sale price needs a price; so does the layout of an offer.
    """
    used: dict[str, str] = {}
    for pattern, _ in _ALLOWED:
        for where, text in document.select(pattern):
            for field in _fields(text, PRODUCT_FIELDS):
                used.setdefault("price" if field in PRICE_FIELDS else field, where)
    for where, layout in document.select("storyboard[].layout"):
        if layout == "offer":
            used.setdefault("price", where)
    return used


def field_problems(where: str, text: str, allowed: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with the fields of *text*, which stands at *where* and may use *allowed* ones."""
    try:
        names = fields_of(text)
    except ValueError:
        cure = "write fields as {title}, and a brace itself twice"
        yield Problem(where=where, what=f"{shown(text)} has a brace that is no field", cure=cure)
        return
    for name in dict.fromkeys(names):
        if name not in allowed:
            what = f"{{{name[:40]}}} is no field that may stand here"
            yield Problem(where=where, what=what, cure=suggestion(name, allowed))


def _unknown_fields(document: Document) -> Iterator[Problem]:
    for pattern, allowed in _ALLOWED:
        for where, text in document.select(pattern):
            if isinstance(text, str):
                yield from field_problems(where, text, allowed)


def _empty_fields(document: Document) -> Iterator[Problem]:
    texts = _Texts(document)
    gaps: dict[tuple[str, str], dict[str, str]] = {}
    for variant in texts.variants:
        for tag in texts.locales:
            copy = texts.copy(variant, tag)
            for where, text, allowed in (*texts.captions(variant), *copy.values()):
                for field in _fields(text, allowed):
                    gaps.setdefault((where, field), {}).update(texts.gaps(field, tag, copy))
    for (where, field), places in gaps.items():
        if places:
            yield _empty_field(where, field, places)


def _empty_field(where: str, field: str, places: dict[str, str]) -> Problem:
    more = f" and {len(places) - _PLACES_MAX} more" if len(places) > _PLACES_MAX else ""
    cures = list(dict.fromkeys(places.values()))[:_PLACES_MAX]
    return Problem(
        where=where,
        what=f"{{{field}}} has no value {', '.join(list(places)[:_PLACES_MAX])}{more}",
        cure=f"give {', '.join(cures)}, or take {{{field}}} out",
    )


class _Part(NamedTuple):
    """A mapping inside a list of the brief."""

    where: str
    data: dict[str, Any]


class _Used(NamedTuple):
    """A text that is shown or said, and the fields that it may use."""

    where: str
    text: object
    fields: tuple[str, ...]


class _Texts:
    """The texts of a brief as its ads use them, and what their fields hold."""

    def __init__(self, document: Document) -> None:
        data = document.data
        self.locales = {
            tag: copy for tag, copy in _mappings(data.get("locales")).items() if parse_locale(tag)
        }
        self.products = _parts(data.get("products"), "products")
        self.variants = _parts(data.get("variants"), "variants") or [_Part("", {})]
        self.scenes = _parts(data.get("storyboard"), "storyboard")
        self.known: dict[tuple[str, str], dict[str, str]] = {}

    def captions(self, variant: _Part) -> Iterator[_Used]:
        """Yield the captions and notes of *variant*'s storyboard."""
        if not self.scenes:  # every template closes with the title
            yield _Used("storyboard", "{title}", PRODUCT_FIELDS)
        changes = {
            str(change.data.get("id")): change
            for change in _parts(variant.data.get("storyboard"), join(variant.where, "storyboard"))
        }
        for scene in self.scenes:
            change = changes.get(str(scene.data.get("id")), scene)
            for name in _CAPTIONS:
                part = scene if change.data.get(name) is None else change
                yield _Used(join(part.where, name), part.data.get(name), CAPTION_FIELDS)

    def copy(self, variant: _Part, tag: str) -> dict[str, _Used]:
        """Return the texts of *variant* in the locale *tag*, by name."""
        changed = _mappings(variant.data.get("locales")).get(tag, {})
        texts: dict[str, _Used] = {}
        for name in (*_COPY, "features"):
            own = name in changed
            where = join(join(join(variant.where, "locales") if own else "locales", tag), name)
            value = (changed if own else self.locales[tag]).get(name)
            if name == "features":
                texts |= _features(where, value)
            else:
                texts[name] = _Used(where, value, PRODUCT_FIELDS)
        return texts

    def gaps(self, field: str, tag: str, copy: dict[str, _Used]) -> dict[str, str]:
        """Return where *field* has no value in the locale *tag*, each with the path that would give one."""
        if field in copy:
            text = copy[field]
            return {} if str(text.text or "").strip() else {f"in {tag}": text.where}
        if (field, tag) not in self.known:
            self.known[field, tag] = dict(self._product_gaps(field, tag))
        return self.known[field, tag]

    def _product_gaps(self, field: str, tag: str) -> Iterator[tuple[str, str]]:
        for where, product in self.products:
            value = product.get(field)
            name = shown(product.get("id", where))
            if field in PRICE_FIELDS and product.get("price") is None:
                yield f"for product {name}", f"{where}.price"
            elif field in {"title", "description"} and isinstance(value, dict) and _is_blank(value, tag):
                yield f"in {tag} for product {name}", join(f"{where}.{field}", tag)
            elif field == "description" and not value:
                yield f"for product {name}", f"{where}.description"


def _features(where: str, value: object) -> dict[str, _Used]:
    """Return the features in the list *value*, by the names that captions have for them."""
    given = value if isinstance(value, list) else []
    return {
        field: _Used(join(where, n), given[n] if n < len(given) else None, PRODUCT_FIELDS)
        for n, field in enumerate(FEATURE_FIELDS)
    }


def _is_blank(text: dict[Any, Any], tag: str) -> bool:
    return not str(in_locale(text, tag) or "").strip()


def _fields(text: object, known: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(text, str):
        return
    try:
        names = fields_of(text)
    except ValueError:
        return
    yield from (name for name in dict.fromkeys(names) if name in known)


def _mappings(data: object) -> dict[str, dict[str, Any]]:
    """Return the mappings that *data* holds by name."""
    if not isinstance(data, dict):
        return {}
    return {name: value for name, value in data.items() if isinstance(value, dict)}


def _parts(data: object, where: str) -> list[_Part]:
    """Return the mappings that the list *data* holds."""
    if not isinstance(data, list):
        return []
    return [_Part(join(where, n), item) for n, item in enumerate(data) if isinstance(item, dict)]
