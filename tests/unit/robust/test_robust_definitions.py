"""Each rule against its definition, written out or found by brute force."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from market import robust
from market.errors import InputError
from market.game.outliers import multi_krum as exact_multi_krum
from market.robust import rules
from market.robust.bulyan import mean_around_median
from market.robust.distances import CHUNK, cosine_distances, squared_distances
from market.robust.rules import RULES, Round, rule_named

Floats = npt.NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)


def rows_of(seed: int, n: int, d: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d))


@st.composite
def integer_rows(draw: st.DrawFn) -> tuple[int, npt.NDArray[np.int64]]:
    f = draw(st.integers(0, 2))
    n = draw(st.integers(2 * f + 3, 2 * f + 6))
    return f, draw(arrays(np.int64, (n, 3), elements=st.integers(-(2**20), 2**20)))


@given(integer_rows())
def test_multi_krum_is_the_markets_exact_one_on_integers(
    case: tuple[int, npt.NDArray[np.int64]],
) -> None:
    f, Q = case
    K = (Q.astype(object) @ Q.T.astype(object)).tolist()
    expected = exact_multi_krum(K, f, range(len(Q)))
    found = robust.multi_krum(Q, f)
    assert found.selected is not None
    nearest = sorted(expected.order[: len(Q) - f])
    assert found.selected.tolist() == nearest
    np.testing.assert_allclose(found.delta, Q[nearest].mean(axis=0))
    best = robust.krum(Q, f).selected
    assert best is not None
    assert expected.scores[best[0]] == min(expected.scores)


@given(seeds)
def test_bulyan_by_its_definition(seed: int) -> None:
    n, f, d = 8, 1, 3
    rows = rows_of(seed, n, d)
    left: list[int] = list(range(n))
    chosen: list[int] = []
    while len(chosen) < n - 2 * f:
        scores = []
        for i in left:
            nearest = sorted(float(((rows[i] - rows[j]) ** 2).sum()) for j in left if j != i)
            scores.append((sum(nearest[: max(len(left) - f - 2, f)]), sum(nearest)))
        chosen.append(left.pop(scores.index(min(scores))))
    expected = []
    for column in rows[chosen].T:
        nearest_first = column[np.argsort(np.abs(column - np.median(column)))]
        expected.append(nearest_first[: n - 4 * f].mean())
    found = robust.bulyan(rows, f)
    assert found.selected is not None
    assert found.selected.tolist() == sorted(chosen)
    np.testing.assert_allclose(found.delta, expected)


@given(seeds)
def test_bulyan_selects_no_clique_of_attackers(seed: int) -> None:
    """f attackers who send all but the same are near to each other, and to nobody else."""
    generator = np.random.default_rng(seed)
    rows = 1 + 0.1 * generator.normal(size=(11, 5))
    rows[:2] = -1 + 1e-6 * generator.normal(size=(2, 5))
    found = robust.bulyan(rows, 2).selected
    assert found is not None
    assert not {0, 1} & set(found.tolist())


@given(seeds, st.integers(1, 9))
def test_median_and_trimmed_mean_by_their_definitions(seed: int, n: int) -> None:
    rows, f = rows_of(seed, n, 3), (n - 1) // 2
    ordered = [sorted(column) for column in rows.T]
    medians = [(column[(n - 1) // 2] + column[n // 2]) / 2 for column in ordered]
    np.testing.assert_allclose(robust.coordinate_median(rows).delta, medians)
    trimmed = [np.mean(column[f : n - f]) for column in ordered]
    np.testing.assert_allclose(robust.trimmed_mean(rows, f).delta, trimmed)


def test_rules_by_coordinate_work_across_chunks() -> None:
    rows = rows_of(0, 7, CHUNK + 5)
    np.testing.assert_array_equal(robust.coordinate_median(rows).delta, np.median(rows, axis=0))
    np.testing.assert_allclose(
        robust.trimmed_mean(rows, 2).delta, np.sort(rows, axis=0)[2:5].mean(axis=0)
    )
    found = robust.bulyan(rows, 1)
    ends = mean_around_median(rows[found.selected][:, -7:], 3)
    np.testing.assert_allclose(found.delta[-7:], ends)


@given(seeds)
def test_no_point_near_has_a_smaller_sum_of_distances(seed: int) -> None:
    rows = rows_of(seed, 7, 3)
    found = robust.geometric_median(rows, tolerance=1e-13, iterations=2_000).delta

    def summed(z: Floats) -> float:
        return float(np.linalg.norm(rows - z, axis=1).sum())

    steps = np.random.default_rng(seed).normal(size=(50, 3))
    for size in (1e-2, 1e-1, 1.0):
        assert all(summed(found) <= summed(found + size * step) + 1e-6 for step in steps)


def test_the_geometric_median_of_a_majority_is_the_majority() -> None:
    rows = np.array([[1.0, 2.0]] * 4 + [[100.0, -7.0]] * 3)
    found = robust.geometric_median(rows)
    np.testing.assert_array_equal(found.delta, [1.0, 2.0])
    assert found.selected is not None
    assert found.selected.tolist() == [0, 1, 2, 3]


def test_norm_clipping_shortens_the_long() -> None:
    found = robust.norm_clipping([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], bound=1.0)
    np.testing.assert_allclose(found.delta, np.array([0.9, 1.2]) / 3)
    assert found.weights is not None
    np.testing.assert_allclose(found.weights, np.array([0.2, 1.0, 1.0]) / 3)


def test_centred_clipping_by_its_algorithm() -> None:
    rows, v, radius = rows_of(1, 5, 3), np.array([0.1, 0.2, 0.3]), 0.7
    expected = v
    for _ in range(3):
        pulls = [x - expected for x in rows]
        expected = expected + np.mean(
            [pull * min(1, radius / np.linalg.norm(pull)) for pull in pulls], axis=0
        )
    found = robust.centred_clipping(rows, v, radius, iterations=3)
    np.testing.assert_allclose(found.delta, expected)


def test_fltrust_by_its_algorithm() -> None:
    reference = np.array([2.0, 0.0])
    rows = np.array([[1.0, 0.0], [0.0, 5.0], [-3.0, 0.1], [4.0, 4.0]])
    found = robust.fltrust(rows, reference)
    trust = np.array([1.0, 0.0, 0.0, np.sqrt(0.5)])
    aligned = [np.array([2.0, 0.0]), np.array([np.sqrt(2.0), np.sqrt(2.0)])]
    expected = (trust[0] * aligned[0] + trust[3] * aligned[1]) / trust.sum()
    np.testing.assert_allclose(found.delta, expected)
    assert found.selected is not None
    assert found.selected.tolist() == [0, 3]
    nobody = robust.fltrust(-rows[:1], reference)
    assert not nobody.delta.any()


def test_three_sigma_drops_one_of_five_where_mean_and_deviation_cannot() -> None:
    distances = np.array([1.0, 1.1, 0.9, 1.05, 1e6])
    assert (distances - distances.mean()).max() < 3 * distances.std(ddof=1)
    directions = np.eye(5)
    found = robust.three_sigma(distances[:, None] * directions)
    assert found.selected is not None
    assert 4 not in found.selected
    assert {0, 1, 2, 3} == set(found.selected.tolist())


def test_foolsgold_gives_sybils_nothing_and_remembers() -> None:
    generator = np.random.default_rng(0)
    honest = np.eye(10)[:4] + 0.05 * generator.normal(size=(4, 10))
    sybil = np.tile(generator.normal(size=10), (3, 1)) + 1e-6 * generator.normal(size=(3, 10))
    found, history = robust.foolsgold(np.vstack([honest, sybil]))
    assert found.weights is not None
    assert found.weights[4:].sum() < 1e-6
    assert (found.weights[:4] > 0.1).all()
    # Sybils that differ in the second round are known by the first.
    second = np.vstack([honest, 0.2 * generator.normal(size=(3, 10))])
    later, total = robust.foolsgold(second, 20 * history)
    assert later.weights is not None
    assert later.weights[4:].max() < 0.05
    np.testing.assert_allclose(total, 20 * history + second)
    fresh, _ = robust.foolsgold(second)
    assert fresh.weights is not None
    assert fresh.weights[4:].max() > 0.05


def test_foolsgold_does_not_trust_who_sent_nothing() -> None:
    honest = np.eye(10)[:4] + 0.5 + 0.05 * np.random.default_rng(0).normal(size=(4, 10))
    found, history = robust.foolsgold(np.vstack([honest, np.zeros((2, 10))]))
    assert found.weights is not None
    assert found.weights[4:].tolist() == [0, 0]
    np.testing.assert_allclose(found.delta, robust.foolsgold(honest)[0].delta)
    # Nor once it has something to be compared by, if that is what the others have sent.
    later, _ = robust.foolsgold(np.vstack([honest, honest[:1], np.zeros((1, 10))]), history)
    assert later.weights is not None
    assert later.weights[5] == 0
    nobody, _ = robust.foolsgold(np.zeros((3, 4)))
    assert not nobody.delta.any()


def test_foolsgold_by_the_papers_algorithm() -> None:
    rows = rows_of(5, 6, 4)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cs = units @ units.T - np.eye(6)
    v = cs.max(axis=1)
    v = np.maximum(v, 0)
    pardoned = cs.copy()
    for i in range(6):
        for j in range(6):
            if i != j and v[i] < v[j]:
                pardoned[i, j] *= v[i] / v[j]
    alpha = np.clip(1 - np.maximum(pardoned.max(axis=1), 0), 0, 1)
    alpha = alpha / alpha.max()
    alpha[alpha == 1] = 0.99
    with np.errstate(divide="ignore"):
        alpha = np.clip(np.log(alpha / (1 - alpha)) + 0.5, 0, 1)
    found, _ = robust.foolsgold(rows)
    assert found.weights is not None
    np.testing.assert_allclose(found.weights, alpha / alpha.sum(), atol=1e-9)


def test_flame_drops_the_minority_direction_and_clips() -> None:
    generator = np.random.default_rng(0)
    base = generator.normal(size=20)
    rows = base + 0.1 * generator.normal(size=(9, 20))
    rows[:3] = -base + 0.1 * generator.normal(size=(3, 20))
    rows[8] *= 100  # in the right direction, and far too long
    found = robust.flame(rows)
    assert found.selected is not None
    assert len(found.selected) >= 5
    assert set(found.selected.tolist()) <= {3, 4, 5, 6, 7, 8}
    bound = np.median(np.linalg.norm(rows, axis=1))
    assert np.linalg.norm(found.delta) <= bound
    noisy = robust.flame(rows, noise=0.01, seed=7)
    np.testing.assert_array_equal(noisy.delta, robust.flame(rows, noise=0.01, seed=7).delta)
    assert (noisy.delta - found.delta).std() == pytest.approx(0.01 * bound, rel=0.5)


@given(seeds, st.floats(1e-8, 1e8), st.floats(0, 1e6))
def test_distances_keep_their_digits_beside_a_large_common_part(
    seed: int, scale: float, common: float
) -> None:
    rows = scale * (rows_of(seed, 5, 4) + common)
    rows[4] = rows[3] * (1 + 1e-7)  # nearly a copy
    expected = [[float(((x - y) ** 2).sum()) for y in rows] for x in rows]
    np.testing.assert_allclose(squared_distances(rows), expected, rtol=1e-8)


def test_cosine_distances_tell_near_copies_apart() -> None:
    angle = 1e-6
    rows = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)], [-2.0, 0.0], [0.0, 0.0]])
    found = cosine_distances(rows)
    assert found[0, 1] == pytest.approx(angle**2 / 2, rel=1e-6)
    assert found[0, 2] == pytest.approx(2.0)
    assert found[3].tolist() == [1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_by_name_plays_rounds(name: str) -> None:
    rule = rule_named(name, 1)
    for number in range(3):
        rows = 1 + 0.1 * rows_of(number, 7, 4)
        found = rule(rows, Round(np.zeros(4), tuple(range(7)), number))
        assert found.delta.shape == (4,)
        assert np.isfinite(found.delta).all()


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError, match="multi-krum"):
        rule_named("trust-me", 1)


def test_rules_with_a_memory_use_it() -> None:
    rows = 1 + 0.1 * rows_of(0, 5, 3)
    round_ = Round(np.zeros(3), (10, 11, 12, 13, 14), 1)
    clipping = rules.centred_clipping(radius=0.1, iterations=1)
    first = clipping(rows, round_).delta
    second = clipping(rows, round_).delta
    np.testing.assert_allclose(
        second, robust.centred_clipping(rows, first, 0.1, iterations=1).delta
    )
    gold = rules.foolsgold()
    gold(rows, round_)
    again = gold(rows[::-1], Round(np.zeros(3), (14, 13, 12, 11, 10), 2)).delta
    expected, _ = robust.foolsgold(rows[::-1], rows[::-1])
    np.testing.assert_allclose(again, expected.delta)
    with pytest.raises(InputError, match="different clients"):
        gold(rows, Round(np.zeros(3), (1, 1, 2, 3, 4), 3))


def test_fltrust_trains_its_reference_on_the_rounds_weights() -> None:
    weights = np.array([1.0, 2.0])
    rule = rules.fltrust(lambda w: 2 * w)
    rows = np.array([[1.0, 2.0], [-1.0, 0.0]])
    np.testing.assert_allclose(rule(rows, Round(weights, (0, 1))).delta, 2 * weights)
