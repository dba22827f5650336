"""Tables for people, lines for machines: what comes from a brief stays text."""

import json

import pytest

from flows.tables import print_line, print_rows

ROW = {
    "product": "[red]x[/red]",
    "state": "failed",
    "sizes": ("a", "b"),
    "ready": True,
    "why": "no\x1b[2J قهوة",
}


@pytest.mark.parametrize("many", [1, 300])
def test_cells_are_shown_and_not_obeyed(many: int, capsys: pytest.CaptureFixture[str]) -> None:
    """No markup and no control characters, in a drawn table and in a long one."""
    print_rows([ROW] * many, title="[bold]t\x1b[0m")
    out = capsys.readouterr().out

    assert out.count("[red]x[/red]") == many
    assert out.count("a b") == many
    assert "no\\u001b[2J قهوة" in out
    assert "[bold]t\\u001b[0m" in out
    assert "\x1b" not in out


def test_columns_of_a_long_table_stand_under_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Wide characters take two places."""
    print_rows([{"name": "咖啡", "state": "done"}] + [{"name": "x", "state": "done"}] * 300)
    head, wide, narrow, *_ = capsys.readouterr().out.splitlines()

    assert (head, wide, narrow) == ("name  state", "咖啡  done", "x     done")


def test_an_empty_table_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to list."""
    print_rows([])

    assert capsys.readouterr().out.strip() == ""


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is in it."""
    print_line({"event": "result", "error": "a\nb\u2028c"})
    out = capsys.readouterr().out

    assert out.splitlines() == [out.strip()]
    assert json.loads(out)["error"] == "a\nb\u2028c"
