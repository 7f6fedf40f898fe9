"""What holds for many rules: equivariance, breakdown, refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from market import robust
from market.arrays import LARGEST
from market.errors import InputError
from market.robust import Measured
from market.robust.aggregate import Aggregate, check_deltas
from market.robust.rules import Round, fltrust

Floats = npt.NDArray[np.float64]
Function = Callable[[npt.ArrayLike], Aggregate]

N, F, D = 11, 2, 4
REFERENCE = np.array([1.0, -2.0, 0.5, 3.0])


def by_value(deltas: npt.ArrayLike) -> Aggregate:
    """U(d) = 2 <REFERENCE, d> - <d, d>, of which the server is all but sure."""
    rows = check_deltas(deltas)
    errors = 0.01 * np.abs(rows).sum(axis=1)
    measured = Measured(2 * rows @ REFERENCE[: rows.shape[1]], rows @ rows.T, errors)
    return robust.proven_value(rows, measured)


RULES: dict[str, Function] = {
    "mean": robust.mean,
    "krum": partial(robust.krum, f=F),
    "multi-krum": partial(robust.multi_krum, f=F),
    "bulyan": partial(robust.bulyan, f=F),
    "coordinate-median": robust.coordinate_median,
    "trimmed-mean": partial(robust.trimmed_mean, f=F),
    "geometric-median": robust.geometric_median,
    "norm-clipping": robust.norm_clipping,
    "centred-clipping": robust.centred_clipping,
    "fltrust": partial(robust.fltrust, reference=REFERENCE),
    "proven-value": by_value,
    "three-sigma": robust.three_sigma,
    "foolsgold": lambda deltas: robust.foolsgold(deltas)[0],
    "flame": robust.flame,
}
FROM_ZERO = {
    "norm-clipping",
    "centred-clipping",
    "fltrust",
    "proven-value",
    "foolsgold",
    "flame",
}
"""Rules for which the origin means something: they clip lengths or compare directions."""

ON_ROWS = {"fltrust", "proven-value"}
"""Rules that know what is good, and how long it is."""
BOUNDED = sorted(set(RULES) - ON_ROWS - {"mean", "norm-clipping", "foolsgold", "three-sigma"})


def honest_rows(seed: int, n: int = N) -> Floats:
    """Rows in general position, so that no rule has to break a tie."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=D) + 0.3 * generator.normal(size=(n, D))


seeds = st.integers(0, 2**32 - 1)
attacks = arrays(np.float64, (F, D), elements=st.floats(-1e9, 1e9))


@pytest.mark.parametrize("name", RULES)
@given(seed=seeds)
def test_the_order_of_clients_does_not_matter(name: str, seed: int) -> None:
    rows = honest_rows(seed)
    order = np.random.default_rng(seed).permutation(N)
    straight, permuted = RULES[name](rows), RULES[name](rows[order])
    np.testing.assert_allclose(permuted.delta, straight.delta, rtol=1e-6, atol=1e-9)
    if straight.selected is not None and permuted.selected is not None:
        assert sorted(order[permuted.selected]) == straight.selected.tolist()
    if straight.weights is not None and permuted.weights is not None:
        np.testing.assert_allclose(permuted.weights, straight.weights[order], atol=1e-5)


@pytest.mark.parametrize("name", sorted(set(RULES) - FROM_ZERO))
@given(seed=seeds, shift=arrays(np.float64, D, elements=st.floats(-100, 100)))
def test_a_common_shift_shifts_the_result(name: str, seed: int, shift: Floats) -> None:
    rows = honest_rows(seed)
    moved = RULES[name](rows + shift).delta
    np.testing.assert_allclose(moved, RULES[name](rows).delta + shift, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", RULES)
@given(seed=seeds, scale=st.floats(1e-3, 1e3))
def test_a_common_scale_scales_the_result(name: str, seed: int, scale: float) -> None:
    rows = honest_rows(seed)
    scaled = RULES[name](scale * rows).delta
    # What these rules know is not scaled here.
    expected = RULES[name](rows).delta * (1.0 if name in ON_ROWS else scale)
    np.testing.assert_allclose(scaled, expected, rtol=1e-5, atol=1e-9 * scale)


@pytest.mark.parametrize("name", sorted(set(RULES) - ON_ROWS - {"foolsgold"}))
@given(row=arrays(np.float64, D, elements=st.floats(-1e3, 1e3)))
def test_agreement_is_kept(name: str, row: Floats) -> None:
    """Those on rows rescale, and FoolsGold takes agreement for sybils: they are tested apart."""
    np.testing.assert_allclose(
        RULES[name](np.tile(row, (N, 1))).delta, row, rtol=1e-12, atol=1e-300
    )


@pytest.mark.parametrize("name", BOUNDED)
@given(seed=seeds, sent=attacks)
def test_f_arbitrary_rows_cannot_move_the_result_away(name: str, seed: int, sent: Floats) -> None:
    """The bound is the same however large the attack: a few times the honest rows' spread."""
    rows = honest_rows(seed)
    rows[:F] = sent
    honest = rows[F:]
    centre = honest.mean(axis=0)
    reach = np.linalg.norm(honest - centre, axis=1).max() + np.linalg.norm(centre)
    assert np.linalg.norm(RULES[name](rows).delta - centre) <= 4 * reach


@pytest.mark.parametrize("name", ["coordinate-median", "trimmed-mean", "bulyan"])
@given(seed=seeds, sent=attacks)
def test_rules_by_coordinate_stay_between_the_honest(name: str, seed: int, sent: Floats) -> None:
    rows = honest_rows(seed)
    rows[:F] = sent
    result, honest = RULES[name](rows).delta, rows[F:]
    slack = 1e-12 * np.abs(honest).max()
    assert (result >= honest.min(axis=0) - slack).all()
    assert (result <= honest.max(axis=0) + slack).all()


@given(seed=seeds, sent=attacks)
def test_the_geometric_median_keeps_its_proven_bound(seed: int, sent: Floats) -> None:
    """||z - c|| <= 2 (n - f) / (n - 2f) * max ||x - c|| for any c (Pillutla et al.)."""
    rows = honest_rows(seed)
    rows[:F] = sent
    centre = rows[F:].mean(axis=0)
    reach = np.linalg.norm(rows[F:] - centre, axis=1).max()
    z = robust.geometric_median(rows).delta
    assert np.linalg.norm(z - centre) <= 2 * (N - F) / (N - 2 * F) * reach * 1.001


@given(seed=seeds, sent=attacks, bound=st.floats(0.01, 10))
def test_a_clipped_mean_is_no_longer_than_its_bound(seed: int, sent: Floats, bound: float) -> None:
    rows = honest_rows(seed)
    rows[:F] = sent
    assert np.linalg.norm(robust.norm_clipping(rows, bound).delta) <= bound * (1 + 1e-9)
    centre = honest_rows(seed + 1)[0]
    moved = robust.centred_clipping(rows, centre, bound, iterations=1).delta
    assert np.linalg.norm(moved - centre) <= bound * (1 + 1e-9)


def test_one_row_moves_the_mean_anywhere() -> None:
    """Why the other rules exist."""
    rows = honest_rows(0)
    rows[0] = 1e9
    assert np.linalg.norm(robust.mean(rows).delta) > 1e8


@pytest.mark.parametrize("name", ["krum", "multi-krum", "bulyan", "three-sigma", "flame"])
def test_far_rows_are_not_selected(name: str) -> None:
    rows = honest_rows(3)
    rows[[4, 7]] = -50 * rows[[4, 7]]
    selected = RULES[name](rows).selected
    assert selected is not None
    assert not {4, 7} & set(selected.tolist())


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 10 * LARGEST])
def test_what_is_not_finite_is_refused_and_named(name: str, wrong: float) -> None:
    rows = honest_rows(0)
    rows[5, 2] = wrong
    with pytest.raises(InputError, match=r"slots \[5\]"):
        RULES[name](rows)


@pytest.mark.parametrize("name", RULES)
def test_entries_at_the_limit_do_not_overflow(name: str) -> None:
    rows = honest_rows(0)
    rows[0], rows[1] = LARGEST, -LARGEST
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(RULES[name](rows).delta).all()


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("shape", [(0, 3), (3,), (3, 0), (2, 2, 2)])
def test_other_shapes_are_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        RULES[name](np.zeros(shape))


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        (partial(robust.krum, f=2), 7),
        (partial(robust.multi_krum, f=2), 7),
        (partial(robust.bulyan, f=2), 11),
        (partial(robust.trimmed_mean, f=2), 5),
        (robust.three_sigma, 3),
        (robust.flame, 3),
        (lambda rows: robust.foolsgold(rows)[0], 2),
    ],
)
def test_preconditions_are_enforced(rule: Function, least: int) -> None:
    assert rule(honest_rows(0, least)).delta.shape == (D,)
    with pytest.raises(InputError, match=str(least)):
        rule(honest_rows(0, least - 1))


@pytest.mark.parametrize(
    "rule",
    [
        partial(robust.krum, f=-1),
        partial(robust.multi_krum, f=2, select=0),
        partial(robust.multi_krum, f=2, select=N - 1),
        partial(robust.geometric_median, smoothing=0.0),
        partial(robust.geometric_median, iterations=0),
        partial(robust.norm_clipping, bound=0.0),
        partial(robust.norm_clipping, bound=np.nan),
        partial(robust.centred_clipping, radius=-1.0),
        partial(robust.centred_clipping, iterations=0),
        partial(robust.centred_clipping, centre=np.zeros(D + 1)),
        partial(robust.fltrust, reference=np.zeros(D)),
        partial(robust.fltrust, reference=np.full(D, np.nan)),
        partial(robust.three_sigma, deviations=0.0),
        partial(robust.flame, noise=-1.0),
        partial(robust.foolsgold, history=np.zeros((N + 1, D))),
    ],
)
def test_options_out_of_range_are_refused(rule: Callable[[Floats], object]) -> None:
    with pytest.raises(InputError):
        rule(honest_rows(0))


@pytest.mark.parametrize("f", [1.5, "2", None, float("nan")])
@pytest.mark.parametrize("name", ["krum", "multi_krum", "bulyan", "trimmed_mean"])
def test_f_is_an_integer(name: str, f: object) -> None:
    with pytest.raises(InputError, match="f = "):
        getattr(robust, name)(honest_rows(0), f)


def test_foolsgold_is_not_stopped_for_good_by_one_who_sends_too_much() -> None:
    rows = honest_rows(0)
    rows[0] = LARGEST
    history = np.zeros_like(rows)
    for _ in range(4):
        _, history = robust.foolsgold(rows, history)
    assert np.abs(history).max() <= LARGEST
    # The direction is what counts, and is kept.
    np.testing.assert_allclose(history[0] / history[0, 0], np.ones(D))
    np.testing.assert_allclose(history[1:], 4 * rows[1:])


def test_a_server_that_trains_in_place_does_not_move_the_round() -> None:
    def train(weights: Floats) -> Floats:
        before = weights.copy()
        weights += REFERENCE
        return weights - before

    round = Round(np.zeros(D), tuple(range(N)))
    found = fltrust(train)(honest_rows(0), round)
    np.testing.assert_array_equal(round.weights, np.zeros(D))
    np.testing.assert_allclose(found.delta, robust.fltrust(honest_rows(0), REFERENCE).delta)
