"""The Python client against the compiled contract, on an EVM inside the test process.

Proof verification is too slow there, and it words refusals in its own way: the forgery tests
settle and are refused on a real node.
"""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_tester import EthereumTester
from web3 import EthereumTesterProvider

from market.chain.artifact import load_artifact
from market.chain.connection import Connection
from market.chain.deploy import deploy
from market.chain.market import Market
from market.chain.refusal import Refusals
from market.chain.state import Announcement, Phase
from market.chain.terms import NEVER, Terms
from market.errors import ChainError, NotFoundError
from zk.field import Point

ETHER = 10**18
CID = "QmT5NvUtoM5nWFfrQdVrFtvGfKFmG7AHE8P34isapyhCxX"
GENERATOR = Point(1, 2)


class Chain:
    """One market on a fresh EVM, and funded accounts."""

    def __init__(self) -> None:
        self.tester = EthereumTester()
        self.provider = EthereumTesterProvider(self.tester)
        artifact = load_artifact("Market")
        deployer = Connection(self.provider, self.funded(), Refusals(artifact))
        self.contract = deploy(deployer, artifact)

    def funded(self, wei: int = 10 * ETHER) -> Account:
        account = Account.create()
        self.tester.send_transaction(
            {
                "from": self.tester.get_accounts()[0],
                "to": account.address,
                "value": wei,
                "gas": 21_000,
            }
        )
        return account

    def market(self, wei: int = 10 * ETHER) -> Market:
        return Market(self.provider, self.contract, self.funded(wei))

    def terms(self, owner: Market, aggregator: Market) -> Terms:
        return Terms(
            owner=owner.address,
            aggregator=aggregator.address,
            verifier=self.contract,  # any address with code: nothing is settled here
            verifier_code_hash=owner.code_hash(self.contract),
            circuit=bytes(range(32)),
            zero=GENERATOR,
            curvature=GENERATOR,
            target=GENERATOR,
            model=GENERATOR,
            slots=3,
            quorum=3,
            byzantine=0,
            rounds=4,
            max_retries=1,
            floor_bps=400,
            decay_bps=5000,
            join_seconds=1000,
            commit_seconds=1000,
            reveal_seconds=1000,
            settle_seconds=1000,
            learning_rate=2 * 10**7,
            aggregator_fee=10**15,
            trainer_stake=10**16,
            aggregator_stake=10**17,
            minimum_gain=-(2**70),
            target_utility=NEVER,
            specification=bytes(32),
            nonce=7,
        )


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_a_project_reads_back_as_it_was_created(chain: Chain) -> None:
    owner, aggregator = chain.market(), chain.market()
    terms = chain.terms(owner, aggregator)
    id = owner.create(terms, CID, CID, ETHER)

    created = owner.created(id)
    assert created.terms == terms
    assert (created.deposit, created.spec_cid, created.model_cid) == (ETHER, CID, CID)
    state = owner.project(id)
    assert state.phase is Phase.JOINING
    assert state.trainer_budget == ETHER - 4 * 10**15
    assert state.fee_budget == 4 * 10**15
    assert state.model == GENERATOR
    assert owner.locked(id) == ETHER


def test_a_project_that_does_not_exist(chain: Chain) -> None:
    anyone = chain.market()
    with pytest.raises(NotFoundError):
        anyone.project(bytes(32))
    with pytest.raises(NotFoundError):
        anyone.created(bytes(32))


def test_joining_committing_and_the_way_out(chain: Chain) -> None:
    owner, aggregator = chain.market(), chain.market()
    trainers = [chain.market() for _ in range(3)]
    terms = chain.terms(owner, aggregator)
    id = owner.create(terms, CID, CID, ETHER)
    aggregator.bond(terms)
    for trainer in trainers:
        trainer.join(terms)
    assert owner.trainers(id) == [trainer.address for trainer in trainers]

    point, salt = Point(3, 5), bytes(range(32))
    commitment = owner.commitment_of(trainers[0].address, id, 0, point, CID, salt)
    trainers[0].commit(terms, 0, commitment)
    assert owner.commitment_in(id, 0, trainers[0].address) == commitment
    assert owner.committed(id, 0) == [trainers[0].address]

    for _ in range(2):  # nobody else commits: one retry, then the end
        chain.tester.time_travel(owner.project(id).deadline + 1)
        owner.advance(terms)
    assert owner.project(id).phase is Phase.ABORTED
    assert owner.refund(id) == ETHER
    for actor, due in ((owner, ETHER), (aggregator, 10**17), *((t, 10**16) for t in trainers)):
        assert actor.withdrawable(terms, actor.address) == due
        actor.withdraw(terms)
    assert owner.locked(id) == 0


def test_announcements_the_newest_counts(chain: Chain) -> None:
    someone = chain.market()
    assert someone.announcement(someone.address) is None
    someone.announce(bytes(32), "", "/ip4/127.0.0.1/tcp/1")
    someone.announce(bytes(range(32)), "127.0.0.1:9092", "/ip4/127.0.0.1/tcp/2")
    assert someone.announcement(someone.address) == Announcement(
        bytes(range(32)), "127.0.0.1:9092", "/ip4/127.0.0.1/tcp/2"
    )


def test_another_contract_at_the_address_is_noticed(chain: Chain) -> None:
    with pytest.raises(ChainError, match="not this version of the market"):
        Market(chain.provider, chain.funded().address)
