"""What a closed project owes to each trainer, by the order in which they were paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market.chain.market import Market
from market.game.purse import arrears


@dataclass(frozen=True)
class Owed:
    """Of a closed project, before anybody has withdrawn.

    Args:
        wei: in all.
        earned: units of each trainer.
        due: wei that each could withdraw, if it came first.
    """

    wei: int
    earned: dict[str, int]
    due: dict[str, int]

    @classmethod
    def of(cls, market: Market, id: bytes, accounts: Iterable[str]) -> Owed:
        listed, terms = list(accounts), market.created(id).terms
        return cls(
            market.project(id).owed,
            {each: market.trainer(id, each).earned for each in listed},
            {each: market.withdrawable(terms, each) for each in listed},
        )

    def paid(self, market: Market, id: bytes) -> dict[str, int]:
        """Wei that each must have been paid, to the unit: who came later has of what was left."""
        order = [log.args["trainer"] for log in market.history(id) if log.name == "Shared"]
        assert sorted(order) == sorted(each for each, units in self.earned.items() if units)
        last = dict(
            zip(order, arrears(self.wei, [self.earned[each] for each in order]), strict=True)
        )
        total = sum(self.earned.values())
        return {
            each: due - (self.wei * self.earned[each] // total if total else 0) + last.get(each, 0)
            for each, due in self.due.items()
        }
