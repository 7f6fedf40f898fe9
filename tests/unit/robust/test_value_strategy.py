"""Selection by value in floats: against the contract's integers, and on models of PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from market import robust
from market.contribution.grid import Grid, Step
from market.contribution.statistics import round_game, validation_statistics
from market.errors import InputError
from market.game import Payment, Purse, Rule, Scoring, Selection, Yardstick, judge
from market.robust import Measured
from market.utility import Derivatives, RootRows, negative_cross_entropy

F, C, ROWS = 5, 3, 60
Floats = np.ndarray


def rows_of(seed: int) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    y = generator.integers(0, C, ROWS)
    X = generator.normal(size=(C, F))[y] + generator.normal(size=(ROWS, F))
    return X, y


class Matrix(nn.Module):
    """X -> X W, W of (F, C) as the market has it."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(F, C, dtype=torch.float64))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return X @ self.weights


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_it_is_the_contracts_own_rule(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    X, y = rows_of(seed)
    grid = Grid(9, moves=Step.EXACT)
    model = grid.model(generator.normal(0, 0.1, (F, C)))
    slope = X.T @ (np.eye(C)[y] - X @ grid.weights(model)) / ROWS
    sent = [
        grid.quantise(sign * 0.2 * slope + generator.normal(0, 0.02, (F, C)))[0]
        for sign in generator.choice([-1, 1, 3], n)
    ]
    statistics = validation_statistics(X, y, C, grid)
    yardstick = Yardstick(ROWS, C, F * C, statistics.energy)
    purse = Purse(Payment.PER_ROUND, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1)
    rule = Rule(9, Scoring.IN_RUN, Selection.PROVEN_VALUE, Step.EXACT, 0, yardstick, purse)
    verdict = judge(round_game(statistics, model, sent), range(n), rule)

    deltas = np.stack([Q.reshape(-1) for Q in sent]) / 2.0**grid.scale_bits
    measure = RootRows(Matrix(), torch.as_tensor(X), torch.as_tensor(y), "squared-loss")
    weights = grid.weights(model).reshape(-1)
    found = robust.proven_value(deltas, measure(weights, deltas))
    assert found.selected is not None
    assert found.weights is not None
    assert found.selected.tolist() == verdict.selected
    expected = np.array(verdict.weights) / grid.lattice
    # Rounding of H and c, and of weights to 2**-20.
    np.testing.assert_allclose(found.weights, expected, rtol=2e-2, atol=1e-4)


def convolutions() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        net = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(3 * 16, C)
        )
    return net.double()


def measured(loss: str) -> tuple[nn.Module, Floats, Floats, torch.Tensor, torch.Tensor, Measured]:
    net = convolutions()
    generator = torch.Generator().manual_seed(1)
    X = torch.randn(40, 1, 6, 6, generator=generator, dtype=torch.float64)
    y = torch.randint(0, C, (40,), generator=generator)
    weights = torch.cat([p.detach().reshape(-1) for p in net.parameters()]).numpy()
    deltas = np.random.default_rng(2).normal(0, 1, (4, len(weights)))
    return net, weights, deltas, X, y, RootRows(net, X, y, loss)(weights, deltas)


def test_the_slope_of_a_network_is_its_derivative() -> None:
    net, _, deltas, X, y, found = measured("cross-entropy")
    slope = Derivatives(net, X, y, negative_cross_entropy).slope()
    np.testing.assert_allclose(found.linear, deltas @ slope, rtol=1e-6)
    assert np.linalg.eigvalsh(found.curvature).min() > -1e-9
    assert net.training


def test_the_errors_of_a_network_are_those_of_other_labels() -> None:
    """Where labels are drawn from what the model says, as the errors suppose."""
    net, weights, deltas, X, _, found = measured("cross-entropy")
    net.eval()
    with torch.no_grad():
        likely = torch.softmax(net(X), dim=1)
    generator = torch.Generator().manual_seed(5)
    values = []
    for _ in range(400):
        y = torch.multinomial(likely, 1, generator=generator)[:, 0]
        values.append(RootRows(net, X, y, "cross-entropy")(weights, deltas).linear)
    np.testing.assert_allclose(found.errors, np.std(values, axis=0), rtol=0.12)


def test_senders_of_nothing_do_not_lengthen_a_step_that_may_not() -> None:
    rows = np.array([[1.0], [1.0], [0.0], [0.0]])
    steep = Measured(20 * rows[:, 0], rows @ rows.T, np.full(4, 0.1))
    assert robust.proven_value(rows, steep).delta == pytest.approx([10.0])
    # Of four two are worth something: at most twice the mean of all, which is their own.
    assert robust.proven_value(rows, steep, extrapolate=False).delta == pytest.approx([1.0])


def test_nothing_moves_where_all_go_down() -> None:
    rows = np.array([[1.0], [2.0]])
    found = robust.proven_value(rows, Measured([-1.0, -2.0], np.eye(2), np.ones(2)))
    assert found.delta.tolist() == [0.0]
    assert found.selected is not None
    assert found.selected.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("linear", "curvature", "errors"),
    [
        (np.ones(3), np.eye(2), np.ones(3)),
        (np.ones(2), np.eye(2), np.ones(3)),
        (np.full(2, np.nan), np.eye(2), np.ones(2)),
        (np.ones((2, 2)), np.eye(2), np.ones(2)),
    ],
)
def test_measures_that_are_none_are_refused(
    linear: Floats, curvature: Floats, errors: Floats
) -> None:
    with pytest.raises(InputError):
        Measured(linear, curvature, errors)


def test_measures_of_other_deltas_and_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="2 deltas for 3"):
        robust.proven_value(np.ones((3, 1)), Measured(np.ones(2), np.eye(2), np.ones(2)))
    X, y = torch.zeros(0, F), torch.zeros(0, dtype=torch.int64)
    with pytest.raises(InputError, match="0 rows"):
        RootRows(Matrix(), X, y, "squared-loss")
    with pytest.raises(InputError, match="no loss"):
        RootRows(Matrix(), torch.ones(1, F), torch.ones(1, dtype=torch.int64), "hinge")
