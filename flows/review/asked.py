"""Reads what an address or a form asks for, bounded, and writes addresses that ask for it again."""

import re
from collections.abc import Iterator
from typing import NamedTuple, get_args
from urllib.parse import quote, urlencode

from pydantic import ValidationError
from starlette.datastructures import FormData, QueryParams

from flows.decisions import LINE_MAX
from flows.review.entrance import safe_next
from flows.review.trouble import PageError
from schemas.record import Record
from schemas.wording import shown, suggestion
from storage.gallery_rows import Filters, Status

PAGE_SIZE = 48
_PAGES_MAX = 100_000
KEYS_MAX = 200
"""Ads that a form may name one by one; more go by `all`."""
_KEY = re.compile(r"[0-9a-f]{64}")
_FIELDS = {
    "placement": "placements",
    "locale": "locales",
    "variant": "variants",
    "product": "products",
    "status": "statuses",
}
"""Names in the address, and in Filters."""
STATUSES: tuple[Status, ...] = get_args(Status)


class Chip(NamedTuple):
    """A filter that is set, and the address without it."""

    field: str
    value: str
    address: str


class Asked(Record):
    """Which ads a person looks at, and which page of them."""

    filters: Filters
    page: int = 1

    @property
    def offset(self) -> int:
        """How many ads the pages before this one have."""
        return (self.page - 1) * PAGE_SIZE

    def pairs(self, *, page: int = 1) -> list[tuple[str, str]]:
        """Return the query of an address that asks for this, for *page*."""
        pairs = [(name, value) for name, field in _FIELDS.items() for value in getattr(self.filters, field)]
        pairs += [("q", self.filters.text)] if self.filters.text else []
        pairs += [("runs", "all")] if self.filters.all_runs else []
        return pairs + ([("page", str(page))] if page > 1 else [])

    def query(self, *, page: int = 1) -> str:
        """Return the query with its question mark; empty where nothing is chosen."""
        text = urlencode(self.pairs(page=page))
        return f"?{text}" if text else ""

    @property
    def here(self) -> str:
        """The query of this page itself."""
        return self.query(page=self.page)

    @property
    def address(self) -> str:
        """The address of this page."""
        return campaign_address(self.filters.campaign) + self.here

    def at(self, page: int) -> str:
        """Return the address of another *page*."""
        return campaign_address(self.filters.campaign) + self.query(page=page)

    def only(self, status: str) -> str:
        """Return the address with *status* in place of the chosen ones; empty for any."""
        statuses = (status,) if status else ()
        return self._with(statuses=statuses)

    def chips(self) -> Iterator[Chip]:
        """Yield every filter that is set but the status, with the address without it."""
        for name, field in _FIELDS.items():
            values = getattr(self.filters, field)
            for value in values if name != "status" else ():
                rest = tuple(one for one in values if one != value)
                yield Chip(name, value, self._with(**{field: rest}))
        if self.filters.text:
            yield Chip("text", self.filters.text, self._with(text=""))
        if self.filters.all_runs:
            yield Chip("runs", "earlier runs too", self._with(all_runs=False))

    @property
    def bare(self) -> str:
        """The address with nothing chosen."""
        return campaign_address(self.filters.campaign)

    def _with(self, **changes: object) -> str:
        return self.model_copy(update={"filters": self.filters.model_copy(update=changes), "page": 1}).address


def read_asked(campaign: str, query: QueryParams) -> Asked:
    """Return what the *query* of an address asks for of *campaign*. Raises PageError."""
    values: dict[str, object] = {
        field: tuple(dict.fromkeys(one for one in query.getlist(name) if one))
        for name, field in _FIELDS.items()
    }
    for status in query.getlist("status"):
        if status and status not in STATUSES:
            raise PageError(400, f"status={shown(status)} is no status", suggestion(status, STATUSES))
    text = " ".join(query.get("q", "").split())
    try:
        filters = Filters(campaign=campaign, text=text, all_runs=query.get("runs") == "all", **values)
    except ValidationError as error:
        where = error.errors(include_url=False)[0]
        what = f"The filter {'.'.join(map(str, where['loc']))} cannot be used: {where['msg'].lower()}"
        raise PageError(400, what, "Go back, and choose fewer or shorter values.") from error
    return Asked(filters=filters, page=read_number("page", query.get("page", "1"), _PAGES_MAX))


def read_number(name: str, text: str, most: int) -> int:
    """Return the whole number in *text*. Raises PageError."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= most:
        raise PageError(400, f"{name}={shown(text)} is no number up to {most:,}", f"Use 1 up to {most:,}.")
    return int(text)


def read_key(text: str) -> str:
    """Return *text*, if it is the key of an ad. Raises PageError."""
    if not _KEY.fullmatch(text):
        cure = "Open the ad from its campaign; a key has 64 hexadecimal digits."
        raise PageError(404, f"{shown(text)} is no key of an ad", cure)
    return text


def read_keys(form: FormData) -> list[str]:
    """Return the ads that a form names one by one, each once. Raises PageError."""
    asked = [one for one in form.getlist("ad") if isinstance(one, str)]
    if len(asked) > KEYS_MAX:
        cure = "Select all that match the filters instead, or decide page by page."
        raise PageError(400, f"{len(asked):,} ads were named, and {KEYS_MAX} can be", cure)
    return [*dict.fromkeys(map(read_key, asked))]


def read_line(name: str, form: FormData, most: int = LINE_MAX) -> str:
    """Return the line of text that the field *name* of a form holds. Raises PageError."""
    text = form.get(name, "")
    line = " ".join(text.split()) if isinstance(text, str) else ""
    if len(line) > most or not line.isprintable():
        cure = f"Write one line of {most} characters at most, without control characters."
        raise PageError(422, f"The {name} cannot be kept as it is", cure)
    return line


def read_back(form: FormData, name: str = "back") -> str:
    """Return the page of ours to which a form leads; the list of campaigns for anything else."""
    text = form.get(name, "")
    return safe_next(text) if isinstance(text, str) else "/"


def campaign_address(campaign: str) -> str:
    """Return where the gallery of *campaign* is."""
    return f"/campaigns/{quote(campaign, safe='/')}"
