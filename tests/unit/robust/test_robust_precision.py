"""At a million parameters, float32 distances between whole weights pick the wrong client."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from flwr.app import Array, ArrayRecord, RecordDict
from flwr.serverapp.strategy.multikrum import select_multikrum

from market import robust
from market.game.outliers import multi_krum as exact_multi_krum

N, D, F = 6, 1_000_000, 1
UNIT = 2.0**-20


def integer_deltas(attacker: int) -> npt.NDArray[np.int64]:
    """Honest deltas share most of their direction; the attacker flips its sign. In units of
    2^-20, so that exact integers say who should be dropped.
    """
    generator = np.random.default_rng(attacker)
    Q = generator.integers(-40, 41, D) + generator.integers(-20, 21, (N, D))
    Q[attacker] = -Q[attacker]
    return Q


def test_float32_on_weights_keeps_sign_flippers_and_float64_on_deltas_drops_them() -> None:
    weights = np.random.default_rng(0).normal(0, 1, D)
    base = (np.round(weights / UNIT) * UNIT).astype(np.float32)
    right = []
    for attacker in range(4):
        Q = integer_deltas(attacker)
        K = (Q.astype(np.float64) @ Q.T.astype(np.float64)).astype(np.int64)  # exact below 2^53
        expected = exact_multi_krum(K.tolist(), F, range(N))
        assert expected.order[-F:] == [attacker]

        trained = base + (Q * UNIT).astype(np.float32)
        replies = [RecordDict({"arrays": ArrayRecord({"w": Array(row)})}) for row in trained]
        kept = {id(reply) for reply in select_multikrum(replies, F, N - F)}
        right.append(id(replies[attacker]) not in kept)

        deltas = trained.astype(np.float64) - base
        found, best = robust.multi_krum(deltas, F).selected, robust.krum(deltas, F).selected
        assert found is not None
        assert best is not None
        assert found.tolist() == sorted(expected.order[:-F])
        assert expected.scores[best[0]] == min(expected.scores)
    assert not all(right), "Flower's multi-Krum is right by now: say so in docs/robustness.md"
