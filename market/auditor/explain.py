"""Why an account was paid what it was paid for a round, from chain data alone.

Everything is computed again from the settlement's proven outputs, and compared with what the
contract reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from eth_utils.crypto import keccak

from market.auditor.arithmetic import Arithmetic
from market.auditor.draws import seed_in
from market.auditor.entries import Booked
from market.auditor.explanation import Explanation, GivenUp, Outcome
from market.auditor.ledger import Ledger
from market.auditor.proven import judge_again, verdicts
from market.auditor.rounds import Course, Opening, follow
from market.chain.logs import Created, Log, SettledRound, Settlement
from market.chain.market import Market
from market.contribution.claims import game_of
from market.errors import MarketError, NotFoundError
from market.game import Selection
from market.game.payouts import divide
from market.judging import rule_with

_REASONS = {
    "RoundOpened": "too few committed",
    "RevealOpened": "too few revealed",
    "Challenged": "too few reveals were left after a challenge",
    "SettlementOpened": "no aggregator settled it in time",
    "AuditOpened": "its yardstick was refuted",
}


@dataclass(frozen=True)
class ChainData:
    """What is read of the chain to explain something.

    Args:
        created: the project's creation.
        history: every event of it.
        settlement_of: the arguments of the `settle` call in a transaction.
        hash_of: hash of a block.
        verifier: address of the circuit's verifier.
    """

    created: Created
    history: list[Log]
    settlement_of: Callable[[str], Settlement]
    hash_of: Callable[[int], bytes]
    verifier: str | None = None

    @classmethod
    def read(cls, market: Market, id: bytes) -> ChainData:
        """Of one project.

        Raises:
            NotFoundError: there is no such project.
            ChainError: the node is dead.
        """
        created = market.created(id)
        terms = created.terms
        return cls(
            created,
            market.history(id),
            cache(lambda transaction: market.settlement(transaction, terms)),
            market.block_hash,
            market.verifier_of(terms.circuit, terms.verifier_code_hash),
        )


def explain(market: Market, id: bytes, round_number: int, account: str) -> Explanation:
    """Explains what `account` was paid for a round.

    Args:
        round_number: from 0.
        account: a trainer, or the aggregator that settled; in checksum form.

    Raises:
        NotFoundError: no such project or round, the round is not over, or the account is no
            participant.
        ChainError: the node is dead, or the settlement cannot be read back.
    """
    return explain_data(ChainData.read(market, id), round_number, account)


def explain_data(data: ChainData, round_number: int, account: str) -> Explanation:
    """As `explain`, from chain data at hand."""
    created, terms = data.created, data.created.terms
    course = follow(data.history, terms)
    openings = course.of_round(round_number)
    if not openings:
        raise NotFoundError(
            f"round {round_number} of 0x{created.id.hex()} was not opened",
            "rounds count from 0; see `market status`",
        )
    if account not in course.joined and account not in terms.aggregators:
        raise NotFoundError(
            f"{account} never took part in 0x{created.id.hex()}", "see `market status`"
        )
    ledger = Ledger.replay(created, data.history, verdicts(terms, data.settlement_of))
    newest = openings[-1]
    if newest.settled is not None:
        found = _settled(data, course, ledger, newest, account)
    elif newest.given_up is not None:
        found = _given_up(data, ledger, openings, newest.given_up, account)
    else:
        raise NotFoundError(
            f"round {round_number} is not settled yet", "wait for it; see `market status`"
        )
    return replace(found, slashed=_penalties(data.history, openings, account))


def _settled(
    data: ChainData, course: Course, ledger: Ledger, opening: Opening, account: str
) -> Explanation:
    booked = next(each for each in ledger.rounds if each.found.round == opening.round)
    found = booked.found
    settlement = data.settlement_of(found.transaction)
    explanation = Explanation(
        opening.round,
        account,
        Outcome.NOT_COMMITTED,
        0,
        found.transaction,
        compensation=booked.compensated(account),
        proof_hash=bytes(keccak(settlement.folded.rest)),
        verifier=data.verifier,
        verifier_code_hash=data.created.terms.verifier_code_hash,
    )
    if account not in found.trainers:
        outcome, transaction = _absent(data, course, opening, found, account)
        fee = data.created.terms.aggregator_fee if outcome is Outcome.FEE else 0
        return replace(explanation, outcome=outcome, payout=fee, transaction=transaction)
    slot = found.trainers.index(account)
    try:
        arithmetic = recompute(data.created, booked, settlement, slot)
        differences = _differences(arithmetic)
    except MarketError as error:
        arithmetic, differences = None, (f"the proven numbers are no game: {error.message}",)
    return replace(
        explanation,
        outcome=_present(booked, arithmetic, slot),
        payout=found.payouts[slot],
        arithmetic=arithmetic,
        differences=differences,
    )


def recompute(created: Created, booked: Booked, settlement: Settlement, slot: int) -> Arithmetic:
    """The numbers of a settled round, and the place of one slot in it.

    Raises:
        ProofError, InputError: the proven numbers are no game of its trainers.
    """
    terms, found = created.terms, booked.found
    verdict = judge_again(terms, settlement, found, booked.purse)
    game = game_of(settlement.claims, len(found.trainers))
    return Arithmetic(rule_with(terms, booked.purse), booked, game, verdict, slot)


def _differences(a: Arithmetic) -> tuple[str, ...]:
    """Where the contract says something else than the proven numbers."""
    found, verdict = a.booked.found, a.verdict
    attendance = a.booked.pot.attendance // a.attending if a.attending else 0
    present = a.likely[a.slot] > 0 if a.moved else a.is_selected
    by_score = divide(a.pot_paid, a.likely, verdict.deviations)[a.slot]
    computed = by_score + (attendance if present else 0)
    reported = {
        "the selection": (found.selected, verdict.mask),
        "the weights": (list(found.weights), verdict.weights),
        "the scores": (list(found.scores), verdict.scores),
        "the score's denominator": (found.denominator, verdict.denominator),
        "the payouts": (list(found.payouts), verdict.payouts),
        "this payout": (found.payouts[a.slot], computed),
        "the utilities": (
            (found.utility_before, found.utility_after),
            (verdict.utility_before, verdict.utility_after),
        ),
        "what others forfeited": (a.booked.compensation, a.booked.compensation_due),
    }
    return tuple(
        f"{what}: the contract says {said}, the proven numbers give {given}"
        for what, (said, given) in reported.items()
        if said != given
    )


def _present(booked: Booked, a: Arithmetic | None, slot: int) -> Outcome:
    """What became of a reveal that stood."""
    payout = booked.found.payouts[slot]
    if a is None:
        return Outcome.PAID if payout else Outcome.NO_CONTRIBUTION
    if not a.is_selected:
        by_value = a.rule.selection == Selection.PROVEN_VALUE
        return Outcome.DROPPED if by_value else Outcome.OUTLIER
    if a.pot_share:
        return Outcome.PAID
    if a.waits and a.likely[slot]:
        return Outcome.WAITING
    if payout:
        return Outcome.ATTENDANCE
    if a.game.K[slot][slot] == 0:
        return Outcome.ZERO_DELTA
    return Outcome.NOTHING_GAINED if a.likely[slot] else Outcome.NO_CONTRIBUTION


def _absent(
    data: ChainData, course: Course, opening: Opening, found: SettledRound, account: str
) -> tuple[Outcome, str]:
    """Why no reveal of the account was settled, and the transaction that says so."""
    if account == found.aggregator:
        return Outcome.FEE, found.transaction
    if account not in course.joined:
        return Outcome.STANDBY, found.transaction
    for outcome, reason in (
        (Outcome.SET_ASIDE, opening.set_aside),
        (Outcome.SURPLUS, opening.surplus),
        (Outcome.NOT_REVEALED, opening.silent),
    ):
        if account in reason:
            return outcome, reason[account]
    epoch, transaction = course.expelled.get(account, (opening.epoch + 1, ""))
    if epoch <= opening.epoch:
        return Outcome.EXPELLED, transaction
    if course.left.get(account, opening.epoch) < opening.epoch:
        return Outcome.LEFT, found.transaction
    silent = course.silent_before(account, opening.epoch)
    if silent is not None:
        return Outcome.SILENT, silent
    seed = seed_in(opening, data.created.id, data.hash_of)
    if not opening.arc.covers(seed, account):
        return Outcome.NOT_DRAWN, found.transaction
    return Outcome.NOT_COMMITTED, found.transaction


def _given_up(
    data: ChainData, ledger: Ledger, openings: list[Opening], log: Log, account: str
) -> Explanation:
    """Of a round without a settlement: what was forfeited goes to those whose reveal was opened."""
    claimed = {who: sent for opening in openings for who, sent in opening.claimed.items()}
    closing = ledger.closing
    forfeited = ledger.pools.forfeited if closing is None else closing.reported[2]
    before = data.history[: data.history.index(log)]
    phase = next((each.name for each in reversed(before) if each.name in _REASONS), "RoundOpened")
    given_up = GivenUp(_REASONS[phase], forfeited, len(claimed), closing is not None)
    shares = [share for share in ledger.shares if share.trainer == account]
    payout = 0
    if account in claimed and closing is not None:
        payout = shares[0].claim if shares else given_up.part
    return Explanation(
        openings[-1].round,
        account,
        Outcome.SHARED if account in claimed else Outcome.NOTHING_SHARED,
        payout,
        claimed.get(account, log.transaction),
        given_up=given_up,
        differences=tuple(
            f"this share: {share.reported} was credited, {share.gain + share.claim} is due"
            for share in shares
            if share.reported != share.gain + share.claim
        ),
    )


def _penalties(history: list[Log], openings: list[Opening], account: str) -> int:
    """Wei that the account lost for what it did in a round, whenever that was enforced."""
    epochs = {opening.epoch for opening in openings}
    total, epoch, penal = 0, -1, None
    for log in history:
        if log.name == "RoundOpened":
            epoch = log.args["epoch"]
        elif log.name == "Slashed" and log.args["account"] == account:
            of = penal.args["epoch"] if penal is not None else epoch
            total += log.args["amount"] if of in epochs else 0
        penal = log if log.is_penal else None
    return total
