"""Chooses and orders the rows of a feed."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flows.feeds.rows import column_name
from schemas.brief import Choice, Feed
from schemas.errors import MediaError
from schemas.money import Money, parse_money
from schemas.wording import refusal, shown, suggestion

AVAILABILITIES = (
    "in_stock", "out_of_stock", "preorder", "backorder", "available_for_order", "discontinued",
)  # fmt: skip
"""Those of Google and Meta (product data specifications, 2026)."""
_RUN_TOGETHER = {name.replace("_", ""): name for name in AVAILABILITIES}
PRICES = frozenset({"price", "sale_price"})

OrderKey = tuple[tuple[int, Any, Any], ...]


def availability(written: str) -> str:
    """Return the availability that *written* spells: ``in stock`` and ``In-Stock`` are ``in_stock``."""
    plain = "".join(char for char in written.lower() if char not in " _-")
    return _RUN_TOGETHER.get(plain, written)


class Selection:
    """What a brief asks of the rows of a feed."""

    def __init__(self, feed: Feed) -> None:
        self._choices = [_Chosen(column_name(name), choice) for name, choice in feed.select.items()]
        self._sort = [(column_name(key.removeprefix("-")), key.startswith("-")) for key in feed.sort]
        self._group = column_name(feed.group_by) if feed.group_by else ""

    def refuse_unknown(self, columns: Iterable[str]) -> None:
        """Raise MediaError for a column that the feed does not have."""
        known = tuple(name for name in columns if name)
        wanted = {
            **{choice.column: "select" for choice in self._choices},
            **{name: "sort" for name, _ in self._sort},
            **({self._group: "group_by"} if self._group else {}),
        }
        for name, place in wanted.items():
            if name not in known:
                raise MediaError(
                    f"{place} names the column {shown(name)}, which is not there; {suggestion(name, known)}"
                )

    def takes(self, values: Mapping[str, str]) -> bool:
        """Tell whether a row with *values* is chosen. Raises ValueError where one of them is unclear."""
        return all(choice.takes(values.get(choice.column, "")) for choice in self._choices)

    def group(self, values: Mapping[str, str]) -> str:
        """Return the group of a row; empty where it stands alone."""
        return values.get(self._group, "") if self._group else ""

    def order_key(self, values: Mapping[str, str]) -> OrderKey:
        """Return what a row is ordered by; the empty ones come last, whichever way the others go."""
        return tuple(_order(values.get(name, ""), price=name in PRICES) for name, _ in self._sort)

    def unclear(self, values: Mapping[str, str]) -> Iterator[tuple[str, Exception]]:
        """Yield the columns that decide and cannot be read, with what is wrong: ``what; cure``."""
        for choice in self._choices:
            try:
                choice.read(values.get(choice.column, ""))
            except ValueError as error:
                yield choice.column, error

    @property
    def orders(self) -> bool:
        """Whether the rows come in another order than the feed's."""
        return bool(self._sort)

    def ordered(self, rows: list[Any], key: Any) -> list[Any]:  # noqa: ANN401 (what *key* takes)
        """Return *rows* in order; those that are alike keep the feed's."""
        for n, (_, downwards) in reversed([*enumerate(self._sort)]):
            there = [row for row in rows if key(row)[n][0] < _EMPTY]
            empty = [row for row in rows if key(row)[n][0] == _EMPTY]
            there.sort(key=lambda row, n=n: key(row)[n], reverse=downwards)  # type: ignore[misc]
            rows = there + empty
        return rows


_NUMBER, _TEXT, _EMPTY = 0, 1, 2


def _order(value: str, *, price: bool) -> tuple[int, Any, Any]:
    if not value:
        return _EMPTY, "", ""
    if price:
        try:
            money = _money(value)
        except ValueError:
            return _TEXT, value, ""
        return _NUMBER, money.amount, money.currency
    number = _decimal(value)
    return (_TEXT, value.casefold(), "") if number is None else (_NUMBER, number, "")


class _Chosen:
    """What one column must hold."""

    def __init__(self, column: str, choice: Choice) -> None:
        self.column = column
        self._any, self._none = (
            frozenset(map(self._plain, given)) for given in (choice.any_of, choice.none_of)
        )
        self._contains = [text.casefold() for text in choice.contains]
        self._min, self._max = (self._bound(one) if one else None for one in (choice.min, choice.max))

    def takes(self, value: str) -> bool:
        """Tell whether *value* is chosen. Raises ValueError for a price that decides and is none."""
        plain = self._plain(value)
        if (self._any and plain not in self._any) or plain in self._none:
            return False
        if self._contains and not any(text in value.casefold() for text in self._contains):
            return False
        return self._in_range(value)

    def read(self, value: str) -> Money | Decimal | None:
        """Return the number that *value* holds. Raises ValueError where a price or availability is none."""
        if self.column == "availability" and value and availability(value) not in AVAILABILITIES:
            raise refusal(f"{shown(value)} is unknown", suggestion(value, AVAILABILITIES))
        if self._min is None and self._max is None:
            return None
        return _money(value) if self.column in PRICES and value else _decimal(value)

    def _plain(self, value: str) -> str:
        return (availability(value) if self.column == "availability" else value).strip().casefold()

    def _bound(self, text: str) -> Money | Decimal:
        """Read a bound; a bare number is one in any currency. Raises MediaError."""
        number = _decimal(text)
        try:
            return _money(text) if number is None else number
        except ValueError as error:
            cure = "write a number, or a price such as 10.00 EUR"
            raise MediaError(
                f"select has the bound {shown(text)} for {self.column}, which is no number; {cure}"
            ) from error

    def _in_range(self, value: str) -> bool:
        if self._min is None and self._max is None:
            return True
        found = self.read(value)
        return found is not None and _reaches(found, self._min, 1) and _reaches(found, self._max, -1)


def _reaches(found: Money | Decimal, bound: Money | Decimal | None, sign: int) -> bool:
    if bound is None:
        return True
    if isinstance(found, Money) and isinstance(bound, Money) and found.currency != bound.currency:
        return False
    return sign * _amount(found) >= sign * _amount(bound)


def _amount(value: Money | Decimal) -> Decimal:
    return value.amount if isinstance(value, Money) else value


def _money(value: str) -> Money:
    money = parse_money(value)
    assert isinstance(money, Money)  # noqa: S101 (it raises for all else)
    return money


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and len(value) <= 40 else None  # noqa: PLR2004 (no number is longer)
