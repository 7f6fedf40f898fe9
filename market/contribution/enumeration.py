"""Exact Shapley values of any coalition game by full enumeration: 2**n evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from market.errors import InputError

Game: TypeAlias = Callable[[frozenset[int]], Fraction | int]
"""Gives the value of a coalition of players 0, ..., n - 1."""

MAX_PLAYERS = 16


def shapley_by_enumeration(players: int, game: Game) -> list[Fraction]:
    """The Shapley value of each of `players` (Shapley, 1953).

    Each coalition is evaluated once. A game with v(empty) != 0 shares v(N) - v(empty).

    Raises:
        InputError: fewer than 1 or more than MAX_PLAYERS players.
    """
    if not 1 <= players <= MAX_PLAYERS:
        raise InputError(
            f"enumeration takes between 1 and {MAX_PLAYERS} players, got {players}",
            "use the closed form for larger games",
        )
    everyone = range(players)
    values = {
        frozenset(coalition): Fraction(game(frozenset(coalition)))
        for size in range(players + 1)
        for coalition in combinations(everyone, size)
    }
    shares = [Fraction(0)] * players
    for coalition, value in values.items():
        size = len(coalition)
        for player in everyone:
            if player not in coalition:
                orders = math.factorial(size) * math.factorial(players - size - 1)
                marginal = values[coalition | {player}] - value
                shares[player] += Fraction(orders, math.factorial(players)) * marginal
    return shares
