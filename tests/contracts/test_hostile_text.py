"""Text that a stranger put on chain and that is no text: the contract limits its length alone."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from market.chain.market import Market
from market.chain.state import Announcement
from tests.contracts.rounds import Delta, Open, commit_all, reveal_all, settle

NO_TEXT = b"\xff\xfe" + 44 * b"\xc3"  # as long as a CID; no UTF-8 from the first byte on


def send(market: Market, call: Any, text: str) -> None:
    """Sends the call with `NO_TEXT` in the place of an argument."""
    data = bytes.fromhex(call._encode_transaction_data()[2:])
    assert data.count(text.encode()) == 1
    account = market.connection.account
    assert account is not None
    eth = market.web3.eth
    signed = account.sign_transaction(
        {
            "to": market.contract_address,
            "nonce": eth.get_transaction_count(account.address),
            "gas": 2_000_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
            "chainId": market.connection.chain_id,
            "value": 0,
            "data": data.replace(text.encode(), NO_TEXT),
        }
    )
    receipt = eth.wait_for_transaction_receipt(eth.send_raw_transaction(signed.raw_transaction))
    assert receipt["status"] == 1


def test_a_content_id_that_is_no_text_hides_nobodys_reveal(open_: Open) -> None:
    """Or one trainer could make every round unreadable, and cost the aggregator its stake."""
    deltas = [Delta.of(seed) for seed in range(4)]
    liar = open_.trainers[3]
    commit_all(open_, [*deltas[:3], None])
    words = (liar.address, open_.id, 0, (deltas[3].point.x, deltas[3].point.y))
    kinds = ["address", "bytes32", "uint256", "(uint256,uint256)", "bytes32", "bytes32"]
    commitment = bytes(keccak(encode(kinds, [*words, keccak(NO_TEXT), deltas[3].salt])))
    liar.commit(open_.terms, 0, commitment)
    reveal_all(open_, [*deltas[:3], None], commits=False)
    point = (deltas[3].point.x, deltas[3].point.y)
    send(
        liar,
        liar._contract.functions.reveal(
            open_.terms.to_abi(), 0, point, deltas[3].cid, deltas[3].salt
        ),
        deltas[3].cid,
    )

    reveals = open_.owner.reveals(open_.id, 0)
    assert [each.cid for each in reveals[:3]] == [each.cid for each in deltas[:3]]
    assert reveals[3].point == deltas[3].point
    assert reveals[3].cid.startswith(r"\xff\xfe")
    settle(open_, deltas)
    assert len(open_.owner.settled(open_.id)) == 1
    assert len(open_.owner.history(open_.id)) > 10


def test_an_announcement_that_is_no_text_can_be_read(open_: Open) -> None:
    liar = open_.trainers[0]
    place = 46 * "x"
    send(liar, liar._contract.functions.announce(bytes(range(32)), "", place), place)
    found = open_.owner.announcement(liar.address)
    assert found == Announcement(bytes(range(32)), "", r"\xff\xfe" + 44 * r"\xc3")
