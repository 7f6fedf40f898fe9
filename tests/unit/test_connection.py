"""A node that answers nonsense about a transaction."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account
from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from market.chain import connection
from market.chain.connection import Connection
from market.chain.refusal import Refusals
from market.errors import ChainError, ContractError

HASH = "0x" + 32 * "11"
REVERTED = {"transactionHash": HASH, "status": "0x0", "blockNumber": "0x1"}


class Node(JSONBaseProvider):
    """Has no receipt at first, and says of a transaction what a test gives it."""

    def __init__(self, said: Any) -> None:
        super().__init__()
        self.said = said
        self.looks = 0

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ARG002
        result: Any = "0x1"
        if method in ("eth_getTransactionByHash", "eth_sendRawTransaction"):
            self.looks += 1
            result = self.said
        elif method == "eth_getTransactionReceipt":
            result = REVERTED if self.looks else None
        return {"jsonrpc": "2.0", "id": 1, "result": result}


@pytest.mark.parametrize(
    "said", [7, "x", {"input": {}}, {"value": "coin"}, {"authorizationList": [7]}]
)
def test_nonsense_about_a_transaction_does_not_end_the_wait_for_its_receipt(
    said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_LOOK_SECONDS", 0.05)
    node = Node(said)
    with pytest.raises(ContractError, match="was reverted"):
        Connection(node, None, Refusals())._receipt(bytes.fromhex(HASH[2:]), b"raw")
    assert node.looks == 1


def test_nonsense_about_what_was_sent_is_the_nodes_error() -> None:
    sender: Any = Connection(Node("x"), Account.create(), Refusals())
    sender.web3.eth.get_block = lambda _: {"gasLimit": 30_000_000}
    call = SimpleNamespace(
        estimate_gas=lambda *_: 21_000,
        build_transaction=lambda given: {
            **{name: value for name, value in given.items() if name != "from"},
            "to": "0x" + 40 * "1",
        },
    )
    with pytest.raises(ChainError, match="answers nonsense"):
        sender.send(call)
