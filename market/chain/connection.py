"""One account's connection to an EVM node: reads, transactions, and every way they fail."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.exceptions import (
    ContractCustomError,
    ContractLogicError,
    TimeExhausted,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.providers import JSONBaseProvider
from web3.types import BlockIdentifier, TxReceipt

from market.chain.refusal import Refusals
from market.chain.text import tolerant_codec
from market.errors import ChainError, ContractError, DeadlineError, FundsError

RECEIPT_SECONDS = 120.0
_POLL_SECONDS = 0.02
_LOOK_SECONDS = 2.0
"""Between looks whether a transaction is still known."""
_GAS_MARGIN = 1.2
_RETRIES = 3
TRANSACTION_GAS = 1 << 24
"""The most that a transaction may ask for where EIP-7825 holds."""

_NONSENSE = (ValueError, TypeError, KeyError)
"""web3 takes an answer's types on trust: a wrong one fails somewhere in its formatters."""

T = TypeVar("T")


class Connection:
    """Talks to the node at `rpc`, and signs as `account` if one is given.

    Args:
        rpc: http or https URL, or a web3 provider of another kind.
        account: signs transactions; reading needs none.
        refusals: decodes the contract's errors.

    Raises:
        ChainError: nobody answers at `rpc`.
    """

    def __init__(
        self, rpc: str | JSONBaseProvider, account: LocalAccount | None, refusals: Refusals
    ) -> None:
        self.rpc = shown(rpc) if isinstance(rpc, str) else type(rpc).__name__
        self.account = account
        self._refusals = refusals
        # Not on the newest block: on a quiet chain its time is before deadlines that have passed.
        # A chain inside this process knows no other.
        self._estimate_on: BlockIdentifier = "pending" if isinstance(rpc, str) else "latest"
        if isinstance(rpc, str):
            rpc = HTTPProvider(rpc, request_kwargs={"timeout": 30})
        self.web3 = Web3(rpc)
        self.web3.codec = tolerant_codec()
        self.chain_id: int = self.ask(lambda: self.web3.eth.chain_id)

    @property
    def address(self) -> str:
        """Address of the signing account.

        Raises:
            ChainError: there is none.
        """
        if self.account is None:
            raise ChainError("this needs an account", "give --key FILE")
        return str(self.account.address)

    def ask(self, question: Callable[[], T]) -> T:
        """The answer to a read-only question, asked again if the connection breaks.

        Raises:
            ChainError: the node does not answer, or answers nonsense.
            ContractError: the contract refused.
        """
        for attempt in range(_RETRIES):
            try:
                return question()
            except requests.RequestException as error:
                if attempt == _RETRIES - 1:
                    raise ChainError(
                        f"no Ethereum node answers at {self.rpc}", "check --rpc, or start the node"
                    ) from error
                time.sleep(0.2 * (attempt + 1))
            except Web3Exception as error:
                raise self._translate(error) from error
            except _NONSENSE as error:
                raise self._nonsense(error) from error
        raise AssertionError("unreachable")

    def now(self) -> int:
        """Unix seconds that the next block will have at least.

        A quiet chain's newest block is old, and a test chain's clock may run ahead.
        """
        newest = int(self.ask(lambda: self.web3.eth.get_block("latest"))["timestamp"])
        return max(newest, int(time.time()))

    def send(self, call: Any, value: int = 0) -> TxReceipt:
        """Signs and sends a contract call or constructor, and waits for its receipt.

        Args:
            call: a bound web3 contract function.
            value: wei sent along.

        Raises:
            ContractError: the contract refuses it; nothing was sent.
            FundsError: the account cannot pay value and gas.
            ChainError: the node does not answer.
            DeadlineError: the transaction was not mined in time.
        """
        account, sender = self.account, self.address
        if account is None:
            raise ChainError("this needs an account", "give --key FILE")
        gas = self.ask(
            lambda: call.estimate_gas({"from": sender, "value": value}, self._estimate_on)
        )
        block = self.ask(lambda: self.web3.eth.get_block("latest"))
        tip = 10**9
        fee = 2 * int(block.get("baseFeePerGas", 0)) + tip
        transaction = self.ask(
            lambda: call.build_transaction(
                {
                    "from": sender,
                    "value": value,
                    "gas": gas_limit(int(gas), int(block["gasLimit"])),
                    "nonce": self.web3.eth.get_transaction_count(account.address, "pending"),
                    "chainId": self.chain_id,
                    "maxFeePerGas": fee,
                    "maxPriorityFeePerGas": tip,
                }
            )
        )
        signed = account.sign_transaction(transaction)
        try:
            self.web3.eth.send_raw_transaction(signed.raw_transaction)
        except requests.RequestException:
            pass  # it may have arrived: the receipt tells
        except Web3Exception as error:
            raise self._translate(error) from error
        except _NONSENSE as error:
            raise self._nonsense(error) from error
        return self._receipt(bytes(signed.hash), bytes(signed.raw_transaction))

    def _receipt(self, transaction: bytes, raw: bytes) -> TxReceipt:
        """Waits for it; one that the chain took back with its block is sent again."""
        deadline = time.monotonic() + RECEIPT_SECONDS
        while True:
            try:
                receipt: TxReceipt = self.ask(
                    lambda: self.web3.eth.wait_for_transaction_receipt(
                        HexBytes(transaction), timeout=_LOOK_SECONDS, poll_latency=_POLL_SECONDS
                    )
                )
                break
            except (TimeExhausted, TransactionNotFound) as error:
                if time.monotonic() > deadline:
                    raise DeadlineError(
                        f"transaction 0x{transaction.hex()} was not mined in "
                        f"{RECEIPT_SECONDS:.0f} s",
                        "check the node, then run the command again",
                    ) from error
            with contextlib.suppress(Web3Exception, requests.RequestException, *_NONSENSE):
                try:
                    self.web3.eth.get_transaction(HexBytes(transaction))
                except TransactionNotFound:
                    self.web3.eth.send_raw_transaction(HexBytes(raw))
        if receipt["status"] != 1:
            raise ContractError(f"transaction 0x{transaction.hex()} was reverted")
        return receipt

    def _translate(self, error: Web3Exception) -> Exception:
        if isinstance(error, TimeExhausted | TransactionNotFound):
            return error
        if isinstance(error, ContractCustomError | ContractLogicError):
            try:
                data = bytes.fromhex(str(error.data or "").removeprefix("0x"))
            except ValueError:
                data = b""
            return self._refusals.translate(data)
        text = str(error)
        if "nsufficient funds" in text:
            return FundsError(
                f"{self.address} cannot pay for the transaction", "send it some native coin"
            )
        if isinstance(error, Web3RPCError):
            return ChainError(f"the node at {self.rpc} refused: {text[:200]}")
        return self._nonsense(error)

    def _nonsense(self, error: Exception) -> ChainError:
        return ChainError(f"the node at {self.rpc} answers nonsense: {str(error)[:200]}")


def gas_limit(estimate: int, of_block: int) -> int:
    """What a transaction asks for: the estimate and a margin, as far as the chain allows one.

    Publishing a delta of 40,000 entries takes nearly all that a transaction may.
    """
    return max(estimate, min(int(estimate * _GAS_MARGIN), of_block, TRANSACTION_GAS))


def shown(rpc: str) -> str:
    """What messages say of an RPC URL: providers put their users' secrets into the rest of it."""
    try:
        url = urlsplit(rpc)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host:
        start = rpc.partition("/")[0]
        return start if start.replace(".", "").isalnum() else "the given URL"
    named = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{named}" + (f":{port}" if port else "")
