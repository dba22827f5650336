"""How a list is cut into pages: how many there are, and which numbers stand under it."""

from flows.review.trouble import PageError

_AROUND = 2


def last_page(number: int, total: int, size: int) -> int:
    """Return the last page of *total* things, *size* a page. Raises PageError where *number* is beyond it."""
    last = max(1, -(-total // size))
    if number > last:
        raise PageError(404, f"There is no page {number:,}: the last one is {last:,}", "Go to page 1.")
    return last


def pages_around(number: int, last: int) -> tuple[int, ...]:
    """Return the pages to offer from page *number* of *last*, in order; 0 stands for those left out."""
    near = range(number - _AROUND, number + _AROUND + 1)
    offered = sorted({1, last, *(page for page in near if 1 <= page <= last)})
    numbers: list[int] = []
    for page in offered:
        if numbers and page > numbers[-1] + 1:
            numbers.append(0 if page > numbers[-1] + 2 else page - 1)
        numbers.append(page)
    return tuple(numbers)
