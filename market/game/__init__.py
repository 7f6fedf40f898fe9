"""How a round is valued: who is selected, what each contributed, and what that is paid.

`judge` is the contract's arithmetic, integer for integer; docs/contribution.md derives it. One file
a rule; `market.game.rules` names them as terms do, `market.game.verdict` has the tables.
"""

from market.contribution.grid import Step
from market.game.purse import Payment, Purse
from market.game.rules import Rule, Scoring, Selection, Yardstick
from market.game.verdict import Verdict, judge

__all__ = [
    "Payment",
    "Purse",
    "Rule",
    "Scoring",
    "Selection",
    "Step",
    "Verdict",
    "Yardstick",
    "judge",
]
