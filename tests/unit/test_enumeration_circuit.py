from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.enumeration import EnumerationStatement, coalitions
from circuits.shape import Shape
from market.contribution.enumeration import shapley_by_enumeration
from market.contribution.exact import as_integers
from market.contribution.grid import Grid
from market.contribution.statistics import ValidationStatistics, round_game
from market.game.shapley import shapley


@settings(max_examples=20)
@given(st.integers(3, 4), st.integers(0, 2**32 - 1))
def test_enumerated_utilities_give_the_closed_forms_shapley_values(slots: int, seed: int) -> None:
    shape = Shape(slots, 3, 2)
    generator = np.random.default_rng(seed)
    vectors = [generator.integers(-5, 6, length) for length in shape.input_lengths]
    half = vectors[0][:9].reshape(3, 3)
    vectors[0][:9] = (half + half.T).reshape(-1)
    with torch.no_grad():
        linear, quadratic, _ = EnumerationStatement(shape)(
            *(torch.tensor(vector[None], dtype=torch.float32) for vector in vectors)
        )
    members = coalitions(slots)[:, 1:]
    assert len(members) == len(linear) == len(quadratic) == 2**slots - 1
    H, c = vectors[0][:9].reshape(3, 3), vectors[1][:6].reshape(3, 2)
    model, *deltas = (as_integers(vector[:6]).reshape(3, 2) for vector in vectors[2:])
    before = 2 * int((c * model).sum()) - int((model * (H @ model)).sum())
    values = {frozenset[int](): Fraction(0)}
    for row, a, b in zip(members, linear.tolist(), quadratic.tolist(), strict=True):
        coalition = frozenset(int(i) for i in torch.nonzero(row).reshape(-1))
        k = len(coalition)
        values[coalition] = Fraction(2 * round(a), k) - Fraction(round(b), k * k) - before
    game = round_game(
        ValidationStatistics(as_integers(H), as_integers(c), Grid(slots), rows=1, energy=0),
        model,
        deltas,
    )
    # On the lattice of the slots b counts once more, and values lattice**2 times.
    lattice = Grid(slots).lattice
    closed = shapley(game.G, [lattice * b for b in game.b], lattice).fractions()
    assert [
        lattice**2 * value for value in shapley_by_enumeration(slots, values.__getitem__)
    ] == closed
