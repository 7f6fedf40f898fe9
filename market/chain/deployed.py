"""What markets of either version have in common beside their events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from web3 import Web3
from web3.types import TxReceipt

from market.chain.events import Events
from market.chain.token import Token
from market.specification.amounts import NATIVE, NOBODY, Currency

T = TypeVar("T")


class DeployedMarket(Events):
    """The account, the money, and the ways to call one deployed market."""

    @property
    def address(self) -> str:
        """Address of the signing account."""
        return self.connection.address

    def aggregator_stake(self, id: bytes, account: str) -> int:
        """Wei at stake of a named aggregator."""
        return int(self._call(self._contract.functions.aggregatorStake(id, account)))

    def credit(self, id: bytes, account: str) -> int:
        """Wei credited to the account and not withdrawn; stakes not included."""
        return int(self._call(self._contract.functions.credit(id, account)))

    def currency(self, token: str) -> Currency:
        """What amounts of a token, or of the native coin for `NOBODY`, are written in.

        Raises:
            InputError: the address is not a token's.
        """
        return NATIVE if token == NOBODY else Token(self.connection, token).currency()

    def balance(self, account: str) -> int:
        """Wei that the account holds."""
        checked = Web3.to_checksum_address(account)
        return int(self.connection.ask(lambda: self.web3.eth.get_balance(checked)))

    def _call(self, function: Any) -> Any:
        return self._read(function, lambda found: found)

    def _read(self, function: Any, parse: Callable[[Any], T]) -> T:
        """A view's answer; one that `parse` takes for none is the node's nonsense."""
        return self.connection.ask(lambda: parse(function.call(block_identifier=self._block)))

    def _send(self, function: Any) -> TxReceipt:
        return self.connection.send(function)
