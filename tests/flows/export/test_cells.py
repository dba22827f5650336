"""Sheets that spreadsheets open without running anything."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.export.cells import SheetWriter, neutral


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("\t=1", "'=1"),
        ("\r\n+1", "'+1"),
        ("-31%", "'-31%"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1", "'\uff1d1"),
        ("a\x00b\x1b[2J\u202e", "ab[2J"),
        ("two\nlines", "two lines"),
        ("Wach auf", "Wach auf"),
    ],
)
def test_a_cell_stays_text(text: str, cell: str) -> None:
    """Formulas get an apostrophe, control characters go."""
    assert neutral(text) == cell


@settings(max_examples=30)
@given(st.lists(st.text(max_size=20), min_size=2, max_size=2))
def test_no_text_breaks_out_of_its_cell(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """What is read again is what was written, and begins no formula."""
    folder = tmp_path_factory.mktemp("cells")
    with SheetWriter(folder, "ads", ["a", "b"]) as sheet:
        sheet.write(texts)

    with sheet.paths[0].open(encoding="utf-8-sig", newline="") as file:
        heads, row = csv.reader(file)

    assert heads == ["a", "b"]
    assert row == [neutral(text) for text in texts]
    assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in row)


def test_a_full_sheet_is_followed_by_another(tmp_path: Path) -> None:
    """Each with its heads; without a row there is none."""
    with SheetWriter(tmp_path, "ads", ["n"], rows_max=2, marked=False) as sheet:
        for n in range(5):
            sheet.write([str(n)])
    with SheetWriter(tmp_path, "none", ["n"]) as empty:
        pass

    assert [path.read_text().split() for path in sheet.paths] == [
        ["n", "0", "1"],
        ["n", "2", "3"],
        ["n", "4"],
    ]
    assert [path.name for path in sheet.paths] == ["ads.csv", "ads-2.csv", "ads-3.csv"]
    assert empty.paths == []
