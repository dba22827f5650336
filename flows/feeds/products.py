"""Turns the rows of a feed into products, each as a brief would write it, or says what is wrong with them."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from flows.brief_shape import shape_problems
from flows.feeds.report import BadRow
from flows.feeds.rows import Row
from flows.feeds.texts import from_html, neutral, shortened
from schemas.brief import EVERYWHERE, Product, in_locale
from schemas.errors import MediaError
from schemas.wording import SHOWN_MAX, shown

TITLE_MAX = 200
"""Characters: Meta's limit; Google's is 150."""
_DESCRIPTION_MAX = 600
"""Characters of any text of a brief; no ad shows more."""
PICTURES_MAX = 11
_WINDOW = re.compile(r"\s*([^/\s]\S*(?: \S+)?)\s*/\s*([^/\s]\S*(?: \S+)?)\s*")
_WINDOW_CURE = "write start/end with zones, for example 2026-11-01T00:00+0100/2026-12-24T23:59+0100"
_SHAPE = ("products", "list", 0)
_WHERE = "products[0]"


class Format(NamedTuple):
    """The columns of a kind of feed, by the field of a product that they fill."""

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...]


GOOGLE = Format(
    "google_merchant_center",
    {
        **{name: name for name in ("id", "title", "description", "link", "price", "sale_price")},
        "sale_starts": "sale_price_effective_date",
        "sale_ends": "sale_price_effective_date",
        "images": "image_link",
    },
    ("id", "title", "price", "image_link"),
)
"""Attributes of Google Merchant Center (product data specification, 2026)."""
META = GOOGLE._replace(name="meta_catalog")
"""Fields of a Meta catalog for products: the same names (Meta product data specifications, 2026)."""
PLAIN = Format("csv", {name: name for name in Product.model_fields}, ("id", "title", "images"))
FORMATS = {one.name: one for one in (GOOGLE, META, PLAIN)}


def format_of(name: str, columns: list[str]) -> Format:
    """Return the format called *name*, or for ``auto`` the one that *columns* are of. Raises MediaError."""
    if name == "auto":
        form = PLAIN if "images" in columns and "image_link" not in columns else GOOGLE
    else:
        form = FORMATS[name]
    titled = [column.partition(".")[0] for column in columns]
    if missing := [column for column in form.required if column not in titled]:
        has = ", ".join(filter(None, columns[:20]))
        raise MediaError(
            f"lacks the column {', '.join(missing)} of {form.name}; it has {has}: rename or add it"
        )
    return form


class Needs(NamedTuple):
    """What the texts of a brief ask of every product."""

    locales: tuple[str, ...]
    fields: Mapping[str, str]
    """The fields that texts use, each with the place of one that does."""


class Reader:
    """Makes products of rows."""

    def __init__(self, form: Format, needs: Needs) -> None:
        self.form = form
        self._needs = needs
        self.more_pictures = 0

    def product(self, row: Row) -> dict[str, Any] | list[BadRow]:
        """Return the product of *row* as a brief writes it, or everything that is wrong with the row."""
        data, faults = self._data(row)
        faults += self._lacks(row, data)
        told = {fault.column for fault in faults}
        try:
            Product.model_validate(data)
        except ValidationError as error:
            faults += [bad for bad in self._faults(row, data, error) if bad.column not in told]
        return faults or data

    def fault(self, line: int, product: Mapping[str, Any], where: str, told: tuple[str, str]) -> BadRow:
        """Return what is wrong at *where* in a *product*, such as ``images[1]``; *told* is (what, cure)."""
        field = where.partition("[")[0].partition(".")[0]
        column = self.form.columns.get(field, field)
        value = product.get(field, "")
        if isinstance(value, list):
            number = where.partition("[")[2].rstrip("]")
            value = value[int(number)] if number.isdigit() else ""
            if self.form is not PLAIN and number not in {"", "0"}:
                column = "additional_image_link"
        return _told(line, product.get("id", ""), column, value if isinstance(value, str) else "", *told)

    def _data(self, row: Row) -> tuple[dict[str, Any], list[BadRow]]:
        columns, values = self.form.columns, row.values
        data: dict[str, Any] = {
            "id": values.get("id", ""),
            "title": self._text(values, "title"),
            "description": self._text(values, "description"),
            "link": values.get("link", ""),
            "images": self._pictures(row),
        }
        faults = []
        for name in ("price", "sale_price"):
            if name in values:
                data[name] = values[name]
        try:
            data |= (
                _window(values.get("sale_price_effective_date", ""))
                if self.form is not PLAIN
                else {name: values[columns[name]] for name in ("sale_starts", "sale_ends") if name in values}
            )
        except ValueError as error:
            faults.append(bad_row(row, columns["sale_ends"], str(error), _WINDOW_CURE))
        if "sale_price" not in data:
            data = {name: value for name, value in data.items() if not name.startswith("sale_")}
        return data, faults

    def _text(self, values: Mapping[str, str], name: str) -> str | dict[str, str]:
        tidy = _tidy_description if name == "description" else neutral
        own = (
            {
                column.partition(".")[2]: tidy(value)
                for column, value in values.items()
                if column.startswith(f"{name}.")
            }
            if self.form is PLAIN
            else {}
        )
        text = tidy(values.get(name, ""))
        return {**({EVERYWHERE: text} if text else {}), **own} if own else text

    def _pictures(self, row: Row) -> list[str]:
        values = row.values
        if self.form is PLAIN:
            found = values.get("images", "").split(",")
        else:
            more = row.pictures or values.get("additional_image_link", "").split(",")
            found = [values.get("image_link", ""), *more]
        named = list(dict.fromkeys(one for each in found if (one := each.strip())))
        self.more_pictures += len(named) > PICTURES_MAX
        return named[:PICTURES_MAX]

    def _lacks(self, row: Row, data: Mapping[str, Any]) -> Iterator[BadRow]:
        """Yield what is empty and must not be."""
        for column in self.form.required:
            if not row.values.get(column) and not (column == "title" and isinstance(data["title"], dict)):
                yield bad_row(row, column, "is empty", f"give the product its {column}")
        for field in ("title", "description"):
            place = "the closing card" if field == "title" else self._needs.fields.get(field, "")
            for tag in self._needs.locales if place and (data[field] or field == "description") else ():
                text = in_locale(data[field], tag) if isinstance(data[field], dict) else data[field]
                if not text:
                    column = f"{field}.{tag}" if isinstance(data[field], dict) else field
                    yield bad_row(
                        row, column, f"is empty, and {place} shows it", "give it, or change the brief"
                    )
                    break
        place = self._needs.fields.get("price", "")
        if place and "price" not in data and "price" not in self.form.required:
            yield bad_row(row, "price", f"is empty, and {place} shows it", "give it, or change the brief")
        if isinstance(data["title"], str) and len(data["title"]) > TITLE_MAX:
            what = f"has {len(data['title'])} characters"
            yield bad_row(row, "title", what, f"write {TITLE_MAX} at most, better under 70")
        if data["link"] and not data["link"].lower().startswith(("https://", "http://")):
            yield bad_row(row, "link", "is no web address", "write https://host/path")

    def _faults(self, row: Row, data: Mapping[str, Any], error: ValidationError) -> Iterator[BadRow]:
        for _, problem in shape_problems(error, _SHAPE):
            field = problem.where.removeprefix(_WHERE).removeprefix(".") or "sale_price"
            yield self.fault(row.line, data, field, (problem.what, problem.cure))


def bad_row(row: Row, column: str, what: str, cure: str) -> BadRow:
    """Return what is wrong with *column* of *row*; *what* may begin with the value."""
    return _told(row.line, row.values.get("id", ""), column, row.values.get(column, ""), what, cure)


def _told(line: int, name: str, column: str, value: str, what: str, cure: str) -> BadRow:
    for start in (shown(value), value) if value else ():
        what = what.removeprefix(start).strip()
    return BadRow(
        line=line,
        id=neutral(name)[:SHOWN_MAX],
        column=column,
        value=neutral(value)[:SHOWN_MAX],
        reason=what,
        cure=cure,
    )


def _tidy_description(text: str) -> str:
    return shortened(neutral(from_html(text)), _DESCRIPTION_MAX)


def _window(text: str) -> dict[str, str]:
    """Return start and end of a sale (ISO 8601, ``start/end``). Raises ValueError."""
    if not text:
        return {}
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError("is no start/end")
    start, end = (_time(part) for part in match.groups())
    if start >= end:
        raise ValueError("ends before it starts")
    return {"sale_starts": start.isoformat(), "sale_ends": end.isoformat()}


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text.replace(" ", "", 1) if re.search(r"[0-9] [+-]", text) else text)
    except ValueError:
        raise ValueError("holds something that is no time") from None
    if time.tzinfo is None:
        raise ValueError("has a time without a zone")
    return time
