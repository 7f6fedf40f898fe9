"""What is settled before a project of either kind is created: money, keys, circuit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from circuits.shape import Shape
from market.chain.market import Market
from market.contribution.grid import Grid
from market.errors import FundsError, InputError, NotFoundError
from market.specification.amounts import NOBODY
from market.specification.conditions import DEVELOPMENT, Conditions
from zk.cache import sha256_file
from zk.keys import circuit_logrows
from zk.srs import Srs, add_srs, development_srs


def integer_gain(gain: float, grid: Grid) -> int:
    """In units of the integer utility.

    Raises:
        InputError: nothing is to be gained.
    """
    integer = int(gain * grid.utility_unit)
    if integer <= 0:
        raise InputError(
            "the validation rows give nothing to expect of a model",
            "check their labels, or name reward.expected_gain",
        )
    return integer


def announced_keys(market: Market, accounts: Sequence[str]) -> list[bytes]:
    """The encryption key that each account announced.

    Raises:
        NotFoundError: names those that have announced none.
    """
    found = {account: market.announcement(account) for account in accounts}
    silent_ones = [account for account, announced in found.items() if announced is None]
    if silent_ones:
        raise NotFoundError(
            f"no encryption key was announced by {', '.join(silent_ones)}",
            "each named account's operator runs `market announce` first",
        )
    return [announced.encryption_key for announced in found.values() if announced is not None]


def check_deposit(market: Market, specification: Conditions, deposit: int) -> None:
    """Before minutes of work: what the contract would refuse at the end."""
    show = specification.currency.show
    fees = specification.aggregator_fee * specification.rounds
    if deposit <= fees:
        raise InputError(
            f"a deposit of {show(deposit)} leaves nothing after {show(fees)} of fees",
            "deposit more, or lower reward.aggregator_fee",
        )
    held = market.holdings(specification.token, market.address)
    due = deposit + specification.owner_bond
    needed = due + 1 if specification.token == NOBODY else due  # and some gas
    if held < needed:
        raise FundsError(
            f"{market.address} holds {show(held)}, less than {show(due)} to deposit and gas",
            "send it more, or deposit less",
        )


def srs_for(specification: Conditions, shape: Shape) -> Srs:
    if specification.srs == DEVELOPMENT:
        return development_srs(circuit_logrows(shape))
    path = Path(specification.srs)
    if not path.is_file():
        raise InputError(f"no SRS file at {path}", 'name a file, or "development"')
    return add_srs(path.read_bytes(), sha256_file(path))
