"""The table of placements as people read it."""

import pytest

from flows.placement_rows import print_placements
from schemas.placements import PLACEMENTS


def test_every_placement_has_a_row_with_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """Lengths as ranges or one by one; a star where the source is doubtful."""
    print_placements(as_json=False)
    lines = capsys.readouterr().out.splitlines()
    rows = {name: next(line for line in lines if f" {name} " in line).split("\u2502") for name in PLACEMENTS}
    cells = {name: [cell.strip() for cell in row] for name, row in rows.items()}

    assert {"1920x1080", "16:9", "25", "6, 15, 20, 30, 60", "4000-", "required"} <= {*cells["amazon_olv"]}
    assert {"30", "5-60", "516-", "500"} <= {*cells["pangle"]}
    for name, row in PLACEMENTS.items():
        seconds = next(cell for cell in cells[name][5:6])
        assert seconds.endswith("*") == (
            row.certainty == "low" or bool({"seconds_min", "seconds_max", "lengths"} & {*row.doubtful})
        )
    assert "--json" in lines[-1]
