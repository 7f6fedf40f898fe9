"""The Python client against the compiled contract, on an EVM inside the test process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hexbytes import HexBytes

from market.chain.market import Market
from market.chain.state import Announcement, Phase, Standing
from market.chain.terms import Terms
from market.errors import ChainError, ContractError, FundsError, NotFoundError
from market.specification.amounts import NOBODY
from tests.contracts.chain import ACCEPTS_ALL, CID, CIRCUIT, ETHER, GENERATOR, Chain
from tests.contracts.rounds import Open, reveal_all, settle, towards_target
from zk.field import Point


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
    assert (state.aggregator, state.stakes) == (NOBODY, 0)
    assert owner.locked(id) == ETHER


def test_a_project_that_does_not_exist(chain: Chain) -> None:
    anyone = chain.market()
    with pytest.raises(NotFoundError):
        anyone.project(bytes(32))
    with pytest.raises(NotFoundError):
        anyone.created(bytes(32))


def offices(market: Market, id: bytes) -> list[str]:
    """The holders of the office in their order; the last holds it."""
    return [log.args["aggregator"] for log in market.history(id) if log.name == "TookOffice"]


def test_joining_leaving_committing_and_the_way_out(chain: Chain) -> None:
    owner, aggregator = chain.market(), chain.market()
    early, *trainers = [chain.market() for _ in range(4)]
    terms = chain.terms(owner, aggregator)
    id = owner.create(terms, CID, CID, ETHER)
    aggregator.bond(terms)
    assert owner.aggregator_stake(id, aggregator.address) == terms.aggregator_stake
    assert offices(owner, id) == [aggregator.address]
    early.join(terms)
    early.exit(terms)
    for trainer in trainers:
        trainer.join(terms)
    assert owner.joined(id) == [each.address for each in (early, *trainers)]
    assert owner.trainer(id, early.address).standing is Standing.LEAVING
    assert [left.trainer for left in owner.leaving(id)] == [early.address]

    point, salt = Point(3, 5), bytes(range(32))
    commitment = owner.commitment_of(trainers[0].address, id, 0, point, CID, salt)
    trainers[0].commit(terms, 0, commitment)
    assert owner.commitment_in(id, 0, trainers[0].address) == commitment
    assert owner.committed(id, 0) == [trainers[0].address]
    assert owner.project(id).pending == 2

    for _ in range(3):  # nobody else commits: one retry, then nobody shows a reveal
        chain.pass_deadline(owner, id)
        owner.advance(terms)
    assert owner.project(id).phase is Phase.ABORTED
    assert owner.refund(id) == ETHER
    due = {owner.address: ETHER, aggregator.address: terms.aggregator_stake}
    due |= {each.address: terms.trainer_stake for each in trainers}
    assert owner.withdrawable(terms, early.address) == 0, "it waits for its delay"
    chain.tester.time_travel(owner.leaving(id)[0].free_at + 1)
    chain.tester.mine_block()
    due[early.address] = terms.trainer_stake
    for account, amount in due.items():
        assert owner.withdrawable(terms, account) == amount
    owner.withdraw(terms)
    owner.withdraw_for(terms, [*due])
    assert owner.sums(id, "Withdrawn") == due
    assert owner.locked(id) == 0


def test_a_round_is_settled_and_read_back(open_: Open) -> None:
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    settle(open_, deltas)
    market, id, terms = open_.owner, open_.id, open_.terms
    [found] = market.settled(id)
    assert found.aggregator == open_.aggregators[0].address
    assert found.trainers == tuple(each.address for each in open_.trainers)
    assert market.project(id).round == 1
    assert market.settlement(found.transaction, terms).folded.rest == b"proof"
    credits = market.credits(id)
    assert credits == {
        account: market.credit(id, account)
        for account in (*found.trainers, open_.aggregators[0].address)
    }
    assert credits[open_.aggregators[0].address] == terms.aggregator_fee
    with pytest.raises(ChainError, match="shows no call of settle"):
        market.settlement(market.history(id)[0].transaction)


def test_a_settlement_within_a_multicall_is_found(open_: Open) -> None:
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    settle(open_, deltas, within_multicall=True)
    [found] = open_.owner.settled(open_.id)
    assert open_.owner.settlement(found.transaction, open_.terms).folded.rest == b"proof"


def test_challenged_answered_and_set_aside(open_: Open) -> None:
    market, id, terms = open_.owner, open_.id, open_.terms
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    open_.aggregators[0].challenge(terms, 0, 0b1001)
    state = market.project(id)
    assert state.phase is Phase.ANSWER
    assert state.accused_slots == (0, 3)
    [challenge] = market.challenged(id)
    assert (challenge.aggregator, challenge.accused) == (open_.aggregators[0].address, 0b1001)
    with pytest.raises(ContractError, match="not the delta committed to in slot 0"):
        open_.trainers[0].answer(terms, 0, 0, deltas[1].packed, deltas[0].quotient)
    with pytest.raises(ContractError, match="not challenged"):
        open_.trainers[1].answer(terms, 0, 1, deltas[1].packed, deltas[1].quotient)
    open_.trainers[0].answer(terms, 0, 0, deltas[0].packed, deltas[0].quotient)
    assert market.answered(id, 0) == [(open_.trainers[0].address, deltas[0].packed)]

    open_.chain.pass_deadline(market, id)
    market.advance(terms)
    [aside] = market.set_aside(id)
    assert aside.trainer == open_.trainers[3].address
    assert [reveal.trainer for reveal in market.reveals(id, 0)] == [
        each.address for each in open_.trainers[:3]
    ]
    assert len(market.all_reveals(id)) == 4
    assert market.trainer(id, aside.trainer).standing is Standing.EXPELLED
    assert market.project(id).phase is Phase.SETTLE


def test_a_successor_takes_the_office(open_: Open) -> None:
    reveal_all(open_, towards_target(4))
    open_.chain.pass_deadline(open_.owner, open_.id)
    open_.trainers[0].advance(open_.terms)
    assert offices(open_.owner, open_.id) == [each.address for each in open_.aggregators]
    assert open_.owner.project(open_.id).aggregator == open_.aggregators[1].address
    assert open_.owner.sums(open_.id, "Slashed") == {
        open_.aggregators[0].address: open_.terms.aggregator_stake
    }


def test_funding(open_: Open) -> None:
    before = open_.owner.project(open_.id).trainer_budget
    open_.trainers[0].fund(open_.terms, 5)
    assert open_.owner.project(open_.id).trainer_budget == before + 5
    assert open_.owner.funded(open_.id) == 5


def test_who_cannot_pay_is_told_before_anything_is_sent(open_: Open) -> None:
    stake = open_.terms.trainer_stake
    with pytest.raises(FundsError, match=f"less than the {stake} to pay and gas"):
        open_.chain.market(stake).join(open_.terms)


def test_a_circuits_verifier_is_deployed_once(chain: Chain) -> None:
    first, second = chain.market(), chain.market()
    code_hash = chain.terms(first, second).verifier_code_hash
    known = first.verifier_of(CIRCUIT, code_hash)
    assert known is not None
    spent = second.balance(second.address)
    assert second.deploy_verifier(CIRCUIT, ACCEPTS_ALL) == known
    assert second.balance(second.address) == spent
    assert first.verifier_of(bytes(32), code_hash) is None
    assert second.deploy_verifier(bytes(32), ACCEPTS_ALL) != known


def test_announcements_the_newest_counts(chain: Chain) -> None:
    someone = chain.market()
    assert someone.announcement(someone.address) is None
    someone.announce(bytes(32), "", "/ip4/127.0.0.1/tcp/1")
    someone.announce(bytes(range(32)), "127.0.0.1:9092", "/ip4/127.0.0.1/tcp/2")
    assert someone.announcement(someone.address) == Announcement(
        bytes(range(32)), "127.0.0.1:9092", "/ip4/127.0.0.1/tcp/2"
    )


def test_another_contract_at_the_address_is_noticed(chain: Chain) -> None:
    with pytest.raises(ChainError, match="not this version of the Market"):
        Market(chain.provider, chain.funded().address)


def test_a_market_with_a_foreign_referee_is_noticed(chain: Chain) -> None:
    """Its code is the market's, with another address where the immutables stand."""
    honest = chain.market()
    code = bytes(honest.web3.eth.get_code(honest.contract_address))
    referee = bytes.fromhex(str(honest._call(honest._contract.functions.referee()))[2:])
    forged = code.replace(referee, bytes.fromhex(honest.contract_address[2:]))
    assert forged != code
    size = len(forged).to_bytes(2, "big")
    # PUSH2 size, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN
    creation = b"\x61" + size + bytes.fromhex("80600a5f395ff3") + forged
    account = chain.funded()
    sent = account.sign_transaction(
        {
            "nonce": 0,
            "gas": 8_000_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
            "chainId": honest.connection.chain_id,
            "value": 0,
            "data": HexBytes(creation),
        }
    )
    mined = honest.web3.eth.wait_for_transaction_receipt(
        honest.web3.eth.send_raw_transaction(sent.raw_transaction)
    )
    with pytest.raises(ChainError, match="not this version of the Referee"):
        Market(chain.provider, str(mined["contractAddress"]))


def test_terms_of_another_project_name_another_id(chain: Chain) -> None:
    owner, aggregator = chain.market(), chain.market()
    terms: Terms = chain.terms(owner, aggregator)
    assert owner.id_of(terms) != owner.id_of(chain.terms(owner, aggregator, nonce=8))


@pytest.mark.parametrize("view", ["project", "trainer"])
def test_a_state_that_no_contract_has_is_the_nodes_nonsense(
    open_: Open, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    market = open_.owner
    asked = (open_.id, open_.trainers[0].address)[: 1 if view == "project" else 2]
    _, *others = market._contract.functions[view](*asked).call()
    answer = SimpleNamespace(call=lambda **_: (200, *others))
    functions = SimpleNamespace(**{view: lambda *_: answer})
    monkeypatch.setattr(market, "_contract", SimpleNamespace(functions=functions))
    with pytest.raises(ChainError, match="answers nonsense"):
        getattr(market, view)(*asked)
