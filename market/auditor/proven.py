"""What the numbers that a settlement proved decide."""

from __future__ import annotations

from collections.abc import Callable

from market.auditor.ledger import VerdictOf
from market.chain.logs import SettledRound, Settlement
from market.chain.terms import Terms
from market.contribution.claims import game_of
from market.errors import MarketError
from market.game import Purse, Verdict, judge
from market.judging import rule_with


def verdicts(terms: Terms, settlement_of: Callable[[str], Settlement]) -> VerdictOf:
    """Judges settlements by their proven numbers.

    Args:
        settlement_of: the arguments of the `settle` call in a transaction.
    """

    def verdict_of(found: SettledRound, purse: Purse) -> Verdict | None:
        try:
            return judge_again(terms, settlement_of(found.transaction), found, purse)
        except MarketError:
            return None

    return verdict_of


def judge_again(terms: Terms, settlement: Settlement, found: SettledRound, purse: Purse) -> Verdict:
    """The verdict of a settlement's proven numbers.

    Raises:
        ProofError, InputError: they are no game of its trainers.
    """
    game = game_of(settlement.claims, len(found.trainers))
    accounts = [int(account, 16) for account in found.trainers]
    return judge(game, accounts, rule_with(terms, purse))
