"""More trainers than a round takes, half of them idle: taking turns on a real chain, to the wei."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from circuits.shape import FoldedShape
from market.aggregator.models import step
from market.chain.state import Phase, Standing
from market.contribution.claims import game_of
from market.contribution.grid import Grid
from market.contribution.statistics import ValidationStatistics, validation_statistics
from market.errors import ContractError
from market.game import Payment, Scoring, Selection, Step, judge
from market.judging import rule_of
from market.vectors import salted, triangle
from tests.e2e.stage import ETHER, Delta, Stage
from zk.commit import commit

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PARTICIPANTS, IDLE, SLOTS, ROUNDS = 200, 100, 8, 6
SHAPE = FoldedShape(slots=SLOTS, features=4, classes=2)
GRID = Grid(SLOTS, moves=Step.EXACT)
ROWS = 200
WINDOW = 3600


class Crowd(Stage):
    """A stage with an owner who can measure, and accounts that share one client."""

    def __init__(self, home: str) -> None:
        generator = np.random.default_rng(1)
        X = np.c_[generator.normal(size=(ROWS, 3)), np.ones(ROWS)]
        self.truth = generator.normal(size=(4, 2))
        y = (X @ self.truth).argmax(axis=1)
        self.measured: ValidationStatistics = validation_statistics(X, y, 2, GRID)
        super().__init__(home, SHAPE)  # type: ignore[arg-type]
        self.accounts: list[LocalAccount] = [Account.create() for _ in range(PARTICIPANTS)]
        for account in self.accounts:
            self.devnet.fund(account.address, ETHER)
        self.client = self.trainers[0]

    def _statistics(self) -> list[int]:
        found = self.measured
        return salted(
            [*triangle(found.H), *found.c.reshape(-1).tolist()], self.shape.statistics_length
        )

    def act_as(self, account: LocalAccount) -> None:
        self.client.connection.account = account

    def honest(self, seed: int, share: float) -> Delta:
        """A step of so large a share toward the truth, with noise of its own."""
        generator = np.random.default_rng(seed)
        wanted = share * (self.truth - self.truth.mean(axis=1, keepdims=True)) / 4
        noisy = wanted + 0.02 * generator.normal(size=self.truth.shape)
        vector = salted(GRID.quantise(noisy)[0].reshape(-1).tolist(), self.shape.vector_length)
        return replace(self.delta(seed), vector=vector, point=commit(vector, self.keys))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    stage = Crowd(tmp_path_factory.mktemp("crowd"))  # type: ignore[arg-type]
    yield stage
    stage.close()


def test_two_hundred_take_turns_and_every_wei_comes_back(crowd: Crowd) -> None:
    terms = replace(
        crowd.terms,
        participants=PARTICIPANTS,
        quorum=2,
        rounds=ROUNDS,
        max_retries=3,
        rows=ROWS,
        energy=crowd.measured.energy,
        selection=Selection.PROVEN_VALUE,
        scoring=Scoring.IN_RUN,
        step=Step.EXACT,
        payment=Payment.PER_GAIN,
        pot_cap_bps=3_333,
        expected_gain=GRID.utility_unit * 9 // 10,
        commit_seconds=WINDOW,
    )
    market, id = crowd.client, crowd.owner.create(terms, "spec", "model", ETHER)
    crowd.aggregator.bond(terms)
    joining = []
    for account in crowd.accounts:
        crowd.act_as(account)
        joining.append(market.join(terms)["gasUsed"])
    assert (
        max(joining[1:-1]) - min(joining[1:-1]) < 100
    )  # whoever comes, and however many are there
    assert market.project(id).phase is Phase.COMMIT
    assert market.project(id).active == PARTICIPANTS

    awake = crowd.accounts[IDLE:]
    model, turns, widths, openings = crowd.model, Counter[str](), [], 0
    commit_gas: list[int] = []
    while (state := market.project(id)).phase is Phase.COMMIT:
        openings += 1
        widths.append(state.draw.width)
        crowd.pass_by(1)  # the block that decides who is drawn
        drawn = [each for each in awake if market.is_drawn(id, each.address)]
        undrawn = next(each for each in awake if each not in drawn)
        crowd.act_as(undrawn)
        with pytest.raises(ContractError, match="not drawn"):
            market.commit(terms, state.round, bytes(range(32)))
        sent = {
            each.address: crowd.honest(1000 * openings + i, 0.5 ** (state.round + 1))
            for i, each in enumerate(drawn)
        }
        for each in drawn:
            crowd.act_as(each)
            turns[each.address] += 1
            delta = sent[each.address]
            made = market.commitment_of(
                each.address, id, state.round, delta.point, delta.cid, delta.salt
            )
            commit_gas.append(market.commit(terms, state.round, made)["gasUsed"])
        crowd.pass_by(WINDOW + 1)
        crowd.standby.advance(terms)
        if market.project(id).phase is Phase.COMMIT:  # too few: the arc widens
            assert market.project(id).draw.width >= min(2 * state.draw.width, 2**32)
            continue
        for each in drawn:
            crowd.act_as(each)
            delta = sent[each.address]
            market.reveal(terms, state.round, delta.point, delta.cid, delta.salt)
        standing = [account for account, _ in market.standing(id, state.epoch)]
        assert len(standing) == min(len(drawn), SLOTS)
        deltas = [sent[account] for account in standing]
        proven = crowd.prove(model, deltas)
        before = market.project(id)
        crowd.aggregator.settle(terms, crowd.settlement(proven))
        game = game_of(proven.claims, len(deltas))
        verdict = judge(game, [int(a, 16) for a in standing], rule_of(terms, before))
        found = market.settled(id)[-1]
        assert found.weights == tuple(verdict.weights)
        assert found.payouts == tuple(verdict.payouts)
        model = step(model, [each.vector for each in deltas], verdict.weights)
        assert market.project(id).model == commit(model, crowd.keys)

    assert market.project(id).phase is Phase.DONE
    assert openings >= 4
    # Half are idle: the first arc has half as many as there are slots, the later ones are wider.
    assert widths[-1] > widths[0]
    # In turns: nobody commits twice before the ring has come round.
    assert max(turns.values()) <= 1 + openings * max(widths) // 2**32 + 1
    assert all(
        market.trainer(id, each.address).standing is Standing.ACTIVE for each in crowd.accounts
    )

    everybody = [each.address for each in crowd.accounts]
    staff = [crowd.owner.address, crowd.aggregator.address, crowd.standby.address]
    due = {each: market.withdrawable(terms, each) for each in [*everybody, *staff]}
    assert all(due[each.address] >= terms.trainer_stake for each in crowd.accounts[:IDLE])
    for start in range(0, PARTICIPANTS, 50):
        crowd.owner.withdraw_for(terms, everybody[start : start + 50])
    crowd.owner.withdraw_for(terms, staff)
    paid = market.sums(id, "Withdrawn")
    put_in = ETHER + PARTICIPANTS * terms.trainer_stake + terms.aggregator_stake
    assert sum(paid.values()) == put_in
    assert market.locked(id) == 0
    # Parts of what was owed are of what the ones before have left, a unit short each.
    assert all(abs(paid[each] - amount) < PARTICIPANTS for each, amount in due.items() if amount)
    assert sum(paid[each] > terms.trainer_stake for each in everybody) >= 3 * SLOTS // 2
