"""Who is drawn: Python's ring and the contract's are one."""

from __future__ import annotations

from typing import Any

import pytest
from eth_tester import EthereumTester
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3 import Web3

from market.auditor.ring import KEPT, Arc, decisive, rank_of, seed_of
from market.chain.compile import Settings, compile_sources
from market.chain.state import EVERYBODY
from market.chain.toolchain import ROOT
from tests.contracts.chain import Provider

_HARNESS = "contracts/test/RingHarness.sol"
_OPEN_ZEPPELIN = {"@openzeppelin/": "node_modules/@openzeppelin/"}
_BLOCKS = KEPT + 40
_NOBODY_SEEDED = bytes(32)

slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.binary(min_size=32, max_size=32)


class Ring:
    """The contract's library on a chain that has forgotten its first hashes."""

    def __init__(self) -> None:
        self.tester = EthereumTester()
        web3 = Web3(Provider(self.tester))
        sources = {_HARNESS: (ROOT / _HARNESS).read_text()}
        foundry = Settings.from_foundry(ROOT / "contracts" / "foundry.toml")
        artifact = compile_sources(sources, foundry, base=ROOT, remappings=_OPEN_ZEPPELIN)[
            "RingHarness"
        ]
        factory = web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        sent = factory.constructor().transact({"from": web3.eth.accounts[0]})
        address = web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        self.calls: Any = web3.eth.contract(address, abi=artifact.abi).functions
        self.tester.mine_blocks(_BLOCKS)


@pytest.fixture(scope="module")
def ring() -> Ring:
    return Ring()


@st.composite
def arcs(draw: st.DrawFn) -> Arc:
    """One that a project may be in."""
    if draw(st.booleans()):
        return Arc(0, draw(st.sampled_from((0, EVERYBODY))), 0)
    start = draw(st.integers(0, EVERYBODY - 1))
    width = draw(st.one_of(st.integers(1, EVERYBODY), st.just(EVERYBODY)))
    return Arc(start, width, draw(st.integers(1, _BLOCKS)))


@slow
@given(
    arc=arcs(),
    active=st.integers(0, 1000),
    slots=st.integers(1, 32),
    committed=st.integers(0, 60),
    again=st.booleans(),
    seed=seeds,
)
def test_the_next_arc(
    ring: Ring, arc: Arc, active: int, slots: int, committed: int, again: bool, seed: bytes
) -> None:
    state = (seed, arc.seed_block, arc.start, arc.width)
    found, block = ring.calls.next(state, active, slots, committed, again).call()
    expected = arc.next(active, slots, committed, again, block)
    assert found[1:] == (expected.seed_block, expected.start, expected.width)
    assert found[0] == (seed if expected.seed_block == arc.seed_block else _NOBODY_SEEDED)


@slow
@given(
    arc=arcs(),
    seed=seeds.filter(any),
    accounts=st.lists(st.integers(1, 2**160 - 1), max_size=8),
    epoch=st.integers(0, 2**32 - 1),
)
def test_places_and_ranks(
    ring: Ring, arc: Arc, seed: bytes, accounts: list[int], epoch: int
) -> None:
    addresses = [Web3.to_checksum_address(f"0x{account:040x}") for account in accounts]
    state = (seed, arc.seed_block, arc.start, arc.width)
    covered, ranks = ring.calls.places(state, addresses, epoch).call()
    assert covered == [arc.covers(seed, address) for address in addresses]
    assert ranks == [rank_of(seed, epoch, address) for address in addresses]


@pytest.mark.parametrize("ago", [1, 2, KEPT - 1, KEPT, KEPT + 1, _BLOCKS - 2])
def test_the_seed_of_a_block_whose_hash_is_known_or_forgotten(ring: Ring, ago: int) -> None:
    id = bytes(range(32))
    _, now = ring.calls.seedOf(0, id).call()
    seed, _ = ring.calls.seedOf(now - ago, id).call()
    known = ring.tester.get_block_by_number(decisive(now - ago, now))["hash"]
    assert seed == seed_of(bytes.fromhex(known[2:]), id, now - ago)


def test_no_seed_while_the_block_that_decides_is_not_there(ring: Ring) -> None:
    _, now = ring.calls.seedOf(1, bytes(32)).call()
    for block in (0, now, now + 1):
        assert ring.calls.seedOf(block, bytes(32)).call()[0] == _NOBODY_SEEDED
