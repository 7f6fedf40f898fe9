"""Permutation sampling of Shapley values and every other semivalue, plain or antithetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.valuation.game import Floats, Game
from market.valuation.sampling import Marginals
from market.valuation.semivalue import beta_sizes, shapley_sizes

Orders = npt.NDArray[np.int64]
"""(m, n): row r lists the players in the order in which they join."""


@dataclass(frozen=True)
class Permutation(Marginals):
    """Marginal contributions along random orders (Castro, Gomez & Tejada, 2009).

    With `alpha` and `beta` other than 1 a marginal is weighted by its position, which estimates
    Beta-Shapley values (Kwon & Zou, 2022, arXiv 2110.14049). n - 1 evaluations a draw.
    """

    alpha: float = 1.0
    beta: float = 1.0

    @property
    def name(self) -> str:
        beta = "" if self.alpha == self.beta == 1 else f", Beta({self.alpha:g}, {self.beta:g})"
        return f"permutation{beta}"

    def cost(self, players: int) -> int:
        return max(players - 1, 1)

    def gains(
        self, game: Game, ends: tuple[float, float], rng: np.random.Generator, count: int
    ) -> Floats:
        return self._along(game, ends, random_orders(rng, count, game.players))

    def _along(self, game: Game, ends: tuple[float, float], orders: Orders) -> Floats:
        return marginals(game, ends, orders, _sizes(game.players, self.alpha, self.beta))


@dataclass(frozen=True)
class AntitheticPermutation(Permutation):
    """The mean along a random order and its reverse (Mitchell et al., 2022, arXiv 2104.12199).

    A player who joins early in one joins late in the other, so their errors tend to cancel; in
    the game of mean updates most of the variance goes. 2 (n - 1) evaluations a draw.
    """

    @property
    def name(self) -> str:
        return f"antithetic {super().name}"

    def cost(self, players: int) -> int:
        return max(2 * (players - 1), 1)

    def gains(
        self, game: Game, ends: tuple[float, float], rng: np.random.Generator, count: int
    ) -> Floats:
        orders = random_orders(rng, count, game.players)
        gains = self._along(game, ends, np.concatenate([orders, orders[:, ::-1]]))
        return (gains[:count] + gains[count:]) / 2


def random_orders(rng: np.random.Generator, count: int, players: int) -> Orders:
    """`count` uniformly random orders (count, n)."""
    return rng.permuted(np.tile(np.arange(players), (count, 1)), axis=1)


def marginals(game: Game, ends: tuple[float, float], orders: Orders, sizes: Floats) -> Floats:
    """(m, n): n p(k) times the marginal contribution of each player, who joins k others.

    Args:
        sizes: (n,), p: the semivalue's distribution of sizes.
    """
    m, n = orders.shape
    ranks = np.argsort(orders, axis=1)
    values = np.empty((m, n + 1))
    values[:, 0], values[:, n] = ends
    if n > 1:
        prefixes = ranks[:, None, :] <= np.arange(n - 1)[None, :, None]
        values[:, 1:n] = game.values(prefixes.reshape(-1, n)).reshape(m, n - 1)
    gains = np.empty((m, n))
    np.put_along_axis(gains, orders, np.diff(values, axis=1) * (n * sizes), axis=1)
    return gains


def _sizes(players: int, alpha: float, beta: float) -> Floats:
    if alpha == beta == 1:
        return shapley_sizes(players)
    return beta_sizes(players, alpha, beta)
