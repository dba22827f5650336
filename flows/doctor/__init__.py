"""`reelmill doctor`: looks at what Reelmill needs, and says the cure for what is missing."""

from collections.abc import Sequence

from flows.doctor import machine, marks, servers, stores, team
from flows.doctor.findings import Finding, Look, side_by_side
from flows.tables import print_json, print_rows
from schemas.settings import Settings

LOOKS: tuple[Look, ...] = (
    *machine.LOOKS,
    *stores.LOOKS,
    *servers.LOOKS,
    *marks.LOOKS,
    *team.LOOKS,
)
"""Everything that is looked at, in the order in which people read it."""


def examine(settings: Settings, looks: Sequence[Look] = LOOKS) -> list[Finding]:
    """Take all *looks*; one that fails or hangs is a finding, not an exception."""
    return side_by_side(looks, settings)


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print *findings* as a table or as JSON."""
    rows = [finding.model_dump() for finding in findings]
    print_json(rows) if as_json else print_rows(rows)
