"""The verdict against the definitions, from claims listed as proofs state them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.claims import game_of
from market.contribution.exact import Integers, as_integers
from market.contribution.grid import Grid, Step
from market.contribution.statistics import ValidationStatistics, round_game, utility
from market.errors import InputError, ProofError
from market.game import Payment, Purse, Rule, Scoring, Selection, Yardstick, judge
from market.game.outliers import multi_krum
from market.game.payouts import divide, weigh
from market.game.purse import WORTH_UNITS
from market.game.shapley import shapley
from zk.field import R

FEATURES, CLASSES = 3, 2
BUDGET = 10**18 + 7
PURSE = Purse(Payment.PER_ROUND, 1, 3, 500, 10_000, BUDGET, BUDGET, 0, 0, 0, 1)
RULES = [
    (scoring, step)
    for scoring in Scoring
    for step in Step
    if (scoring, step) != (Scoring.SHAPLEY, Step.EXACT)
]


@dataclass(frozen=True)
class Round:
    """What a proof is about, as integers."""

    slots: int
    H: Integers
    c: Integers
    model: Integers
    deltas: list[Integers]

    def statistics(self, step: Step) -> ValidationStatistics:
        grid = Grid(self.slots, moves=step)
        return ValidationStatistics(self.H, self.c, grid, rows=5_000, energy=grid.utility_unit)

    def claims(self) -> list[int]:
        """<Z_i, H Z_j> and <D_i, D_j> for i <= j, <Z_i, c> between them, in the field."""
        stack = [self.model, *self.deltas]
        found = [
            inner(left, self.H.dot(right)) for i, left in enumerate(stack) for right in stack[i:]
        ]
        found += [inner(each, self.c) for each in stack]
        found += [
            inner(left, right) for i, left in enumerate(self.deltas) for right in self.deltas[i:]
        ]
        return [value % R for value in found]

    def rule(
        self,
        scoring: Scoring,
        step: Step,
        selection: Selection = Selection.PROVEN_VALUE,
        purse: Purse = PURSE,
    ) -> Rule:
        statistics = self.statistics(step)
        yardstick = Yardstick(
            statistics.rows, statistics.outputs, self.model.size, statistics.energy
        )
        return Rule(self.slots, scoring, selection, step, 1, yardstick, purse)


def inner(left: Integers, right: Integers) -> int:
    return sum(int(a) * int(b) for a, b in zip(left.reshape(-1), right.reshape(-1), strict=True))


@st.composite
def rounds(draw: st.DrawFn) -> Round:
    slots = draw(st.integers(3, 7))
    n = draw(st.integers(3, slots))

    def table(rows: int, columns: int, bound: int) -> Integers:
        entries = st.integers(-bound, bound)
        size = rows * columns
        flat = draw(st.lists(entries, min_size=size, max_size=size))
        return as_integers(flat).reshape(rows, columns)

    root = table(FEATURES, FEATURES, 2**7)
    return Round(
        slots=slots,
        H=as_integers(root.T.dot(root)),
        c=table(FEATURES, CLASSES, 2**36),
        model=table(FEATURES, CLASSES, 2**30),
        # Small ones make ties and zero deltas likely.
        deltas=[
            table(FEATURES, CLASSES, draw(st.sampled_from([0, 1, 2**14 - 1]))) for _ in range(n)
        ],
    )


@given(rounds(), st.sampled_from(Step))
def test_the_outputs_hold_the_game_of_the_round(played: Round, step: Step) -> None:
    game = game_of(played.claims(), len(played.deltas))
    assert game == round_game(played.statistics(step), played.model, played.deltas)
    assert utility(played.statistics(step), played.model) == game.U


@given(rounds(), st.sampled_from(RULES), st.sampled_from(Selection))
def test_the_model_moves_by_the_weights_and_the_gain_is_its_own(
    played: Round, chosen: tuple[Scoring, Step], selection: Selection
) -> None:
    scoring, step = chosen
    n, statistics = len(played.deltas), played.statistics(step)
    game = game_of(played.claims(), n)
    verdict = judge(game, range(n), played.rule(scoring, step, selection))
    moved = statistics.grid.step(played.model, played.deltas, verdict.weights)
    assert verdict.utility_before == utility(statistics, played.model)
    assert verdict.utility_after == utility(statistics, moved)
    assert verdict.mask == sum(2**slot for slot in verdict.selected)
    if step == Step.MEAN:
        mean = statistics.grid.step(played.model, [played.deltas[i] for i in verdict.selected])
        assert (moved == mean).all()
    for slot in range(n):
        if slot not in verdict.selected:
            assert verdict.weights[slot] == verdict.scores[slot] == verdict.payouts[slot] == 0
        if not played.deltas[slot].any():
            assert verdict.scores[slot] == 0
    if scoring == Scoring.IN_RUN:
        assert sum(verdict.scores) == verdict.utility_after - verdict.utility_before
    assert verdict.total == sum(verdict.payouts) <= BUDGET // 2


@given(rounds(), st.sampled_from(RULES))
def test_pay_is_by_the_lower_bound(played: Round, chosen: tuple[Scoring, Step]) -> None:
    n = len(played.deltas)
    game = game_of(played.claims(), n)
    purse = replace(PURSE, attendance_bps=0)
    verdict = judge(game, range(n), played.rule(*chosen, purse=purse))
    both = list(zip(verdict.scores, verdict.deviations, strict=True))
    bounds = [score - error for score, error in both]
    certain = sum(score - error for score, error in both if score > error)
    # Where too little is certain, what they seem to be worth.
    enough = 2 * certain >= sum(score for score in verdict.scores if score > 0)
    by = bounds if certain and enough else verdict.scores
    assert verdict.payouts == divide(BUDGET // 2, by, verdict.deviations)
    assert chosen[0] != Scoring.SHAPLEY or not any(verdict.deviations)


@given(
    rounds(),
    st.lists(st.integers(0, 2**160 - 1), min_size=7, max_size=7, unique=True),
)
def test_the_mean_game_is_among_the_selected(played: Round, accounts: list[int]) -> None:
    n, grid = len(played.deltas), Grid(played.slots)
    addresses = accounts[:n]
    game = game_of(played.claims(), n)
    rule = played.rule(Scoring.SHAPLEY, Step.MEAN, Selection.MULTI_KRUM)
    verdict = judge(game, addresses, rule)
    selected = multi_krum(game.K, 1, addresses).selected
    assert verdict.selected == selected
    values = shapley(game.among(selected).G, game.among(selected).b, grid.lattice)
    for slot, value in zip(selected, values.numerators, strict=True):
        assert verdict.scores[slot] == (value if played.deltas[slot].any() else 0)
    gain = verdict.utility_after - verdict.utility_before
    assert sum(values.numerators) == gain * values.denominator
    assert verdict.denominator == values.denominator


@given(rounds(), st.sampled_from(Step), st.sampled_from(Selection))
def test_leave_one_out_is_what_the_round_would_have_missed(
    played: Round, step: Step, selection: Selection
) -> None:
    n, statistics = len(played.deltas), played.statistics(step)
    verdict = judge(
        game_of(played.claims(), n),
        range(n),
        played.rule(Scoring.LEAVE_ONE_OUT, step, selection),
    )
    assert verdict.denominator == 1
    for slot in verdict.selected:
        others = [i for i in verdict.selected if i != slot]
        weights = None if step == Step.MEAN else [verdict.weights[i] for i in others]
        after = played.model
        if others:
            after = statistics.grid.step(after, [played.deltas[i] for i in others], weights)
        missed = verdict.utility_after - utility(statistics, after)
        assert verdict.scores[slot] == (missed if played.deltas[slot].any() else 0)


def walk(values: list[int], slots: int = 6) -> Round:
    """Deltas that are multiples of one; the model is `4 / H` of them away from the best."""
    ones = as_integers(np.ones((FEATURES, CLASSES), dtype=np.int64))
    unit = Grid(slots, moves=Step.EXACT).lattice
    return Round(
        slots=slots,
        H=as_integers(np.eye(FEATURES, dtype=np.int64) << 13),
        c=ones * (1000 * unit << 13),
        model=ones * 0,
        deltas=[ones * value for value in values],
    )


def test_a_poisoner_has_nothing_and_a_zero_delta_no_attendance() -> None:
    played = walk([500, 600, -900, 0, 400])
    rule = played.rule(Scoring.IN_RUN, Step.EXACT)
    verdict = judge(game_of(played.claims(), 5), [5, 4, 3, 2, 1], rule)
    assert verdict.selected == [0, 1, 3, 4]
    assert verdict.payouts[2] == verdict.payouts[3] == verdict.scores[3] == 0
    # 600 is clipped to the median of the three, 500.
    assert verdict.payouts[1] == pytest.approx(verdict.payouts[0], rel=1e-3)
    assert verdict.payouts[0] > verdict.payouts[4] > 0
    # The step goes the whole way: 1000 of (500 + 500 + 400).
    assert verdict.weights[0] == pytest.approx(2**20 * 1000 / 1400, rel=1e-4)


def test_three_times_the_delta_is_three_times_nothing() -> None:
    alike = walk([300] * 5)
    longer = walk([300] * 4 + [900])
    rule = alike.rule(Scoring.IN_RUN, Step.EXACT)
    even, long = (judge(game_of(played.claims(), 5), range(5), rule) for played in (alike, longer))
    assert long.payouts[4] == pytest.approx(even.payouts[4], rel=1e-3)


def test_where_nothing_moves_the_selected_have_the_attendance() -> None:
    played = walk([0, 0, 0])
    verdict = judge(game_of(played.claims(), 3), range(3), played.rule(Scoring.IN_RUN, Step.EXACT))
    assert verdict.utility_after == verdict.utility_before
    assert verdict.payouts == [BUDGET // 2 * 500 // 10_000 // 3] * 3


@given(rounds(), st.integers(1, 2**60), st.integers(1, 10_000))
def test_by_gain_the_pot_is_what_the_best_utility_is_worth(
    played: Round, expected: int, cap_bps: int
) -> None:
    n = len(played.deltas)
    game = game_of(played.claims(), n)
    purse = replace(
        PURSE,
        payment=Payment.PER_GAIN,
        round=0,
        attendance_bps=0,
        pot_cap_bps=cap_bps,
        expected_gain=expected << 80,
    )
    verdict = judge(game, range(n), played.rule(Scoring.IN_RUN, Step.EXACT, purse=purse))
    # Weights are rounded, which may cost all of a gain that is next to nothing.
    rise = min(max(verdict.utility_after - game.U, 0), purse.expected_gain)
    owed = BUDGET * rise // purse.expected_gain
    assert verdict.total <= min(owed, BUDGET * cap_bps // 10_000)
    assert verdict.gain_paid == verdict.total
    assert verdict.best_utility == max(verdict.utility_after, game.U)
    assert verdict.earned_total == sum(verdict.earned) <= rise * WORTH_UNITS // purse.expected_gain
    assert verdict.exhausted == (rise == purse.expected_gain)
    _, sure = weigh(verdict.scores, verdict.deviations)
    if not sure:
        # The pot waits; whose it is, is known.
        assert verdict.total == 0
    elif owed <= BUDGET * cap_bps // 10_000:
        assert verdict.earned_total == 0
    # The same gain once more is nothing new.
    later = replace(
        purse,
        round=1,
        initial_utility=game.U,
        best_utility=verdict.best_utility,
        gain_paid=verdict.gain_paid,
    )
    again = judge(game, range(n), played.rule(Scoring.IN_RUN, Step.EXACT, purse=later))
    assert again.total == again.earned_total == 0


def test_what_is_no_round_is_refused() -> None:
    two = walk([1, 2])
    with pytest.raises(InputError, match="at least 3"):
        judge(game_of(two.claims(), 2), [5, 4], two.rule(Scoring.SHAPLEY, Step.MEAN))
    with pytest.raises(InputError, match="3 trainers in a game of 2"):
        judge(game_of(two.claims(), 2), [5, 4, 3], two.rule(Scoring.IN_RUN, Step.MEAN))
    with pytest.raises(InputError, match="exact-shapley"):
        two.rule(Scoring.SHAPLEY, Step.EXACT)
    with pytest.raises(InputError, match="one row"):
        Yardstick(0, 1, 1, 1)


def test_a_curvature_that_no_rounding_has_is_refused() -> None:
    played = walk([3, 4, 5])
    game = game_of(played.claims(), 3)
    rule = played.rule(Scoring.IN_RUN, Step.EXACT)
    least = -(game.K[1][1] * FEATURES * CLASSES)
    game.G[1][1] = least
    judge(game, range(3), rule)
    game.G[1][1] = least - 1
    with pytest.raises(ProofError, match="delta 1"):
        judge(game, range(3), rule)


def test_another_number_of_claims_or_one_outside_the_field_is_refused() -> None:
    zero = as_integers(np.zeros((FEATURES, CLASSES), dtype=np.int64))
    identity = as_integers(np.eye(FEATURES, dtype=np.int64))
    claims = Round(4, identity, zero, zero, [zero + slot for slot in range(4)]).claims()
    for bad in (claims[:-1], [*claims, 0]):
        with pytest.raises(ProofError, match="claims about 4 deltas"):
            game_of(bad, 4)
    for bad in ([R, *claims[1:]], [-1, *claims[1:]]):
        with pytest.raises(ProofError, match="not below"):
            game_of(bad, 4)
