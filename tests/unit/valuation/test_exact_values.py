from __future__ import annotations

import numpy as np
import pytest

from market.valuation import (
    QuadraticSums,
    exact_banzhaf,
    exact_beta_shapley,
    exact_shapley,
    leave_one_out,
    quadratic_game,
    quadratic_leave_one_out,
    quadratic_shapley,
)
from market.valuation.known import (
    KnownGame,
    airport,
    random_quadratic,
    shoes,
    spanning_tree,
    voting,
)

GAMES = {
    "voting": voting([4, 3, 2, 1, 1]),
    "majority": voting([1] * 7),
    "airport": airport([1, 1, 2, 3, 5, 8, 8]),
    "glove": shoes(1, 2),
    "shoes": shoes(3, 5),
    "tree": spanning_tree(8),
    **{f"quadratic {n}": random_quadratic(n, n) for n in (1, 2, 3, 4, 9, 12)},
}


@pytest.mark.parametrize("known", GAMES.values(), ids=GAMES)
def test_enumeration_gives_the_known_values(known: KnownGame) -> None:
    np.testing.assert_allclose(exact_shapley(known.game).values, known.shapley, atol=1e-9)


def test_published_values() -> None:
    np.testing.assert_allclose(GAMES["glove"].shapley, [2 / 3, 1 / 6, 1 / 6], atol=1e-12)
    np.testing.assert_allclose(GAMES["majority"].shapley, 1 / 7, atol=1e-12)
    # A majority of 7 turns on 3 of the 6 others: C(6, 3) / 2^6.
    banzhaf = exact_banzhaf(GAMES["majority"].game).values
    np.testing.assert_allclose(banzhaf, 20 / 64, atol=1e-12)


def test_beta_one_one_is_shapley() -> None:
    known = GAMES["airport"]
    values = exact_beta_shapley(known.game, 1, 1).values
    np.testing.assert_allclose(values, known.shapley, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_quadratic_leave_one_out_is_that_of_the_game(n: int) -> None:
    rng = np.random.default_rng(n)
    G, b = rng.normal(size=(n, n)), rng.normal(size=n)
    closed = quadratic_leave_one_out(QuadraticSums.of_matrix(G, b))
    np.testing.assert_allclose(closed.values, leave_one_out(quadratic_game(G, b)).values, atol=1e-9)


def test_responses_give_the_same_values_as_the_matrix() -> None:
    rng = np.random.default_rng(5)
    residuals, responses = rng.normal(size=(11, 3)), rng.normal(size=(6, 11, 3))
    G = np.einsum("itc,jtc->ij", responses, responses) / 11
    b = np.einsum("itc,tc->i", responses, residuals) / 11
    np.testing.assert_allclose(
        quadratic_shapley(QuadraticSums.of_responses(residuals, responses)).values,
        quadratic_shapley(QuadraticSums.of_matrix(G, b)).values,
        atol=1e-9,
    )
