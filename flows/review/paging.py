"""Which numbers of pages stand under a list."""

_AROUND = 2


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
