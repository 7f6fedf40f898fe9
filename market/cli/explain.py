"""The command that answers "why was I paid this?"."""

from __future__ import annotations

import sys
import textwrap
from decimal import Decimal
from fractions import Fraction
from typing import Any

import click
from web3 import Web3

from market.auditor.arithmetic import Arithmetic, utility_unit
from market.auditor.explain import explain as explain_payout
from market.auditor.explanation import Explanation
from market.auditor.words import paragraph
from market.chain.market import project_id
from market.cli.context import Settings, shared_options
from market.errors import InputError
from market.game import Step
from market.game.clipping import ONE
from market.game.payouts import CAP
from market.game.purse import BASIS_POINTS, Purse
from market.specification.amounts import Currency


@click.command(epilog="Example: market explain 0x5c... 0 0xAB...")
@shared_options
@click.argument("project")
@click.argument("round_number", metavar="ROUND", type=click.IntRange(0, 254))
@click.argument("address")
def explain(settings: Settings, project: str, round_number: int, address: str) -> None:
    """Say why ADDRESS was paid what it was for ROUND (from 0) of PROJECT, and show the arithmetic.

    From the chain alone; exit code 1 if a recomputation disagrees with the contract.
    """
    id = project_id(project)
    if not Web3.is_address(address):
        raise InputError(f"{address[:80]!r} is not an address", "name a trainer or an aggregator")
    market = settings.market(signing=False)
    terms = market.created(id).terms
    if terms.is_measured:
        raise InputError(
            "the project trains a network: what a measured round pays is not explained yet",
            "`market audit` repeats its proofs, parts and losses",
        )
    found = explain_payout(market, id, round_number, Web3.to_checksum_address(address))
    currency, unit = market.currency(terms.token), utility_unit(terms)
    settings.output.result("\n".join(render(found, currency, unit)), to_json(found, currency, unit))
    if not found.agrees:
        sys.exit(1)


def render(found: Explanation, currency: Currency, unit: int) -> list[str]:
    """The explanation for people."""
    lines = [
        f"{found.account} in round {found.round}: {currency.show(found.payout)} "
        f"({found.payout:,} units)",
        "",
        *textwrap.wrap(paragraph(found, currency, unit), 88, break_long_words=False),
        "",
    ]
    if found.arithmetic is not None:
        lines += _arithmetic(found.arithmetic, found.payout)
    if found.given_up is not None and found.given_up.claimants:
        shared, among = found.given_up.forfeited, found.given_up.claimants
        lines.append(f"  share       {shared:,} // {among} = {found.given_up.part:,}")
    if found.compensation:
        lines.append(f"  forfeited   {found.compensation:,} of what others lost, evenly")
    lines.append(f"  transaction {found.transaction}")
    if found.proof_hash is not None and found.verifier_code_hash is not None:
        lines.append(f"  proof       keccak256 0x{found.proof_hash.hex()}")
        where = found.verifier or "nowhere in the registry"
        lines.append(f"  verifier    {where}, code hash 0x{found.verifier_code_hash.hex()}")
    lines += [f"  DISAGREES   {difference}" for difference in found.differences]
    if found.agrees:
        lines.append("  A recomputation from the chain agrees.")
    return lines


def _arithmetic(a: Arithmetic, payout: int) -> list[str]:
    lines = [
        *_money(a),
        f"  proven      slot {a.slot} of {len(a.trainers)}: <D, D_j> {_row(a.game.K[a.slot])}",
        f"              <D, H D_j> {_row(a.game.G[a.slot])}",
        f"              2 <c - H w, D> = {a.linear}, U(w) = {a.game.U}",
    ]
    if a.rule.step != Step.MEAN:
        lines.append(f"  clipped     to {a.clipped[a.slot]} of {ONE}")
    lines += _selection(a)
    if not a.is_selected:
        return lines
    lines.append(f"  weight      {a.clipped[a.slot]} * {a.step} >> 32 = {a.weight}")
    lines.append(
        f"  score       {a.score} = {_decimal(a.score)} units of utility, "
        f"its {a.rule.scoring.title}"
    )
    if any(a.verdict.deviations):
        lines.append(
            f"  error       2 * {a.weight} * {a.sigma[a.slot]} = {a.verdict.deviations[a.slot]}, "
            f"which leaves {a.sure[a.slot]}"
        )
    pot, total, attendance = a.pot_paid, sum(a.likely), a.booked.pot.attendance
    if total:
        lines.append(
            f"  pot         {pot:,} * {a.likely[a.slot]} // {total}, at most {CAP} * {pot:,} // "
            f"{a.capped_by} each: {a.pot_share:,}"
        )
    lines.append(
        f"  attendance  {attendance:,} among {a.attending}: {a.attendance_share:,}",
    )
    lines.append(f"  payout      {a.pot_share:,} + {a.attendance_share:,} = {payout:,}")
    if a.is_per_gain:
        lines.append(
            f"  held back   {a.verdict.earned[a.slot]} of the round's {a.booked.pot.worth}, in "
            f"2**-23 of the expected gain"
        )
    return lines


def _money(a: Arithmetic) -> list[str]:
    purse, pot = a.rule.purse, a.booked.pot
    if not a.is_per_gain:
        left = purse.rounds - purse.round
        return [
            f"  budget      {purse.left:,} left // {left} rounds = {purse.largest:,}, of it "
            f"{pot.attendance:,} attendance"
        ]
    initial = _initial(a)
    return [
        f"  budget      {purse.budget:,}, of it {purse.for_gain:,} for a gain of "
        f"{purse.expected_gain}",
        f"              best gain so far {pot.best - initial}, by it {pot.fresh:,} are new; at "
        f"most {purse.budget * purse.pot_cap_bps // BASIS_POINTS:,}: pot {pot.pot:,}",
    ]


def _initial(a: Arithmetic) -> int:
    """Utility of the model before round 0."""
    purse: Purse = a.rule.purse
    return a.verdict.utility_before if purse.round == 0 else purse.initial_utility


def _selection(a: Arithmetic) -> list[str]:
    """Who was left out, and by what."""
    if a.krum is not None:
        lines = [
            f"  multi-Krum  score {a.krum.scores[a.slot]}, rank {a.krum.order.index(a.slot) + 1} "
            f"of {len(a.trainers)}"
        ]
        scored = zip(a.trainers, a.krum.scores, strict=True)
        return [*lines, *(f"              {trainer} {score}" for trainer, score in scored)]
    lines = [f"  in          {len(a.verdict.selected)} of {len(a.trainers)}, by proven value"]
    for departure in a.departures:
        lines.append(
            f"              without {a.trainers[departure.slot]}: value {departure.value}, "
            f"standard error {departure.error}"
        )
    return lines


def to_json(found: Explanation, currency: Currency, unit: int) -> dict[str, Any]:
    """The explanation as JSON; numbers that may not fit a double are texts."""
    value: dict[str, Any] = {
        "round": found.round,
        "account": found.account,
        "outcome": found.outcome.name.lower(),
        "reason": found.outcome.value,
        "words": paragraph(found, currency, unit),
        "payout_wei": str(found.payout),
        "compensation_wei": str(found.compensation),
        "slashed_wei": str(found.slashed),
        "transaction": found.transaction,
        "agrees": found.agrees,
        "differences": list(found.differences),
    }
    if found.given_up is not None:
        value["given_up"] = {
            "reason": found.given_up.reason,
            "forfeited_wei": str(found.given_up.forfeited),
            "claimants": found.given_up.claimants,
            "closed": found.given_up.closed,
        }
    if found.proof_hash is not None and found.verifier_code_hash is not None:
        value["proof_keccak256"] = "0x" + found.proof_hash.hex()
        value["verifier"] = found.verifier
        value["verifier_code_hash"] = "0x" + found.verifier_code_hash.hex()
    if found.arithmetic is not None:
        value |= _numbers(found.arithmetic, unit)
    return value


def _numbers(a: Arithmetic, unit: int) -> dict[str, Any]:
    purse, pot = a.rule.purse, a.booked.pot
    return {
        "purse": {
            "payment": purse.payment.method,
            "budget_wei": str(purse.budget),
            "left_wei": str(purse.left),
            "gain_paid_wei": str(purse.gain_paid),
            "pot_wei": str(pot.pot),
            "fresh_wei": str(pot.fresh),
            "attendance_wei": str(pot.attendance),
            "best_utility": str(pot.best),
            "worth": pot.worth,
        },
        "proven": {
            "slot": a.slot,
            "trainers": list(a.trainers),
            "gram": [str(entry) for entry in a.game.K[a.slot]],
            "curvature": [str(entry) for entry in a.game.G[a.slot]],
            "linear": str(a.linear),
            "utility": str(a.game.U),
        },
        "selection": {
            "rule": a.rule.selection.method,
            "selected": a.is_selected,
            "krum_scores": [str(score) for score in a.krum.scores] if a.krum else None,
            "left_out": [
                {
                    "trainer": a.trainers[departure.slot],
                    "value": str(departure.value),
                    "error": str(departure.error),
                }
                for departure in a.departures
            ],
        },
        "value": {
            "rule": a.rule.scoring.method,
            "clipped": a.clipped[a.slot] / ONE,
            "weight": str(a.weight),
            "numerator": str(a.score.numerator),
            "denominator": str(a.score.denominator),
            "error_numerator": str(a.error.numerator),
            "decimal": _decimal(a.score),
            "loss": float(a.score / (2 * unit)),
            "loss_error": float(a.error / (2 * unit)),
            "loss_of_round": float(Fraction(a.gain, 2 * unit)),
        },
        "shares": {
            "pot_share_wei": str(a.pot_share),
            "score_weight": str(a.likely[a.slot]),
            "score_weights": str(sum(a.likely)),
            "capped_by": a.capped_by,
            "held_back_wei": str(a.held_back),
            "attendance_share_wei": str(a.attendance_share),
            "attending": a.attending,
            "earned": a.verdict.earned[a.slot],
        },
    }


def _row(entries: list[int]) -> str:
    return "[" + ", ".join(str(entry) for entry in entries) + "]"


def _decimal(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.10g}"
