"""The gate: what a finished ad is, and which rules of its placement, its plan or the house it breaks.

`check_ad` is the way in; `RULES` is the table of what it holds ads against.
"""

from actors.checks.gate import check_ad, judge_ad, measure_ad
from actors.checks.rules import HOUSE, RULES, Rule

__all__ = ["HOUSE", "RULES", "Rule", "check_ad", "judge_ad", "measure_ad"]
