"""Predicts what a round's circuit costs, and chooses its configuration before anything is built.

Rows are exact: they are counted from the statement as the engine lays it out. Sizes and gas follow
from the number of columns; their constants are measured (docs/decisions/0011), and
tests/e2e/test_planner.py holds them against real keys and proofs.
"""

from __future__ import annotations

from dataclasses import dataclass

from circuits.shape import DELTA_BOUND, FoldedShape, Shape
from market.errors import InputError
from zk.plan import SPARE_ROWS, Plan

GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Bounds:
    """What a configuration has to fit.

    Args:
        memory_bytes: of the prover.
        code_bytes: of a contract (EIP-170).
        gas: of a settlement's verification.
        logrows: the highest circuit there is an SRS for.
    """

    memory_bytes: int = 24 * GIBIBYTE
    code_bytes: int = 24_576
    gas: int = 16_000_000
    logrows: int = 24


@dataclass(frozen=True)
class Forecast:
    """What one configuration of a shape's circuit costs.

    Args:
        plan: the configuration.
        rows: that the statement fills.
        logrows: of the circuit's height.
        memory_bytes: largest resident memory of the prover.
        proof_bytes: length of a proof, points included.
        code_bytes: of the verifier.
        verify_gas: of a transaction that verifies one proof and does nothing else.
    """

    plan: Plan
    rows: int
    logrows: int
    memory_bytes: int
    proof_bytes: int
    code_bytes: int
    verify_gas: int

    def excess(self, bounds: Bounds) -> str:
        """What does not fit, in words; empty if everything does."""
        found = []
        if self.logrows > bounds.logrows:
            found.append(f"2**{self.logrows} rows, above 2**{bounds.logrows}")
        if self.memory_bytes > bounds.memory_bytes:
            found.append(
                f"{self.memory_bytes / GIBIBYTE:.1f} GiB to prove, "
                f"above {bounds.memory_bytes / GIBIBYTE:.1f}"
            )
        if self.code_bytes > bounds.code_bytes:
            found.append(f"{self.code_bytes} bytes of verifier, above {bounds.code_bytes}")
        if self.verify_gas > bounds.gas:
            found.append(f"{self.verify_gas} gas to verify, above {bounds.gas}")
        return "; ".join(found)


def choose(shape: Shape, bounds: Bounds | None = None) -> Forecast:
    """The lowest circuit of this shape that fits, and of those with the same height the cheapest.

    Raises:
        InputError: none fits; says what the nearest one exceeds.
    """
    bounds = bounds or Bounds()
    forecasts = [forecast(shape, plan) for plan in candidates(shape)]
    fitting = [each for each in forecasts if not each.excess(bounds)]
    if not fitting:
        nearest = min(forecasts, key=lambda each: each.code_bytes)
        raise InputError(
            f"no circuit of {shape.slots} slots and {shape.features} x {shape.classes} "
            f"parameters fits: {nearest.excess(bounds)}",
            "use fewer slots, features or classes",
        )
    return min(fitting, key=lambda each: (each.logrows, each.verify_gas))


def candidates(shape: Shape) -> list[Plan]:
    """Configurations whose constants are known.

    More inner columns make lower circuits whose verifiers are larger: of the round statement with
    two, none of five slots or more can be deployed.
    """
    if isinstance(shape, FoldedShape):
        return [Plan(inner, freivalds=False) for inner in _FOLDED]
    return [Plan()]


def forecast(shape: Shape, plan: Plan) -> Forecast:
    """What `plan` makes of `shape`.

    Raises:
        InputError: a configuration that `candidates` does not list.
    """
    if plan not in candidates(shape):
        raise InputError(f"{plan} is no configuration of {type(shape).__name__}")
    rows = filled_rows(shape, plan.inner_columns)
    tallest = max(rows, 2 * DELTA_BOUND - 1, *shape.input_lengths)
    logrows = (tallest + SPARE_ROWS - 1).bit_length()
    folded = isinstance(shape, FoldedShape)
    columns = _FOLDED[plan.inner_columns] if folded else _round_columns(shape.slots)
    instances = shape.instance_count
    return Forecast(
        plan=plan,
        rows=rows,
        logrows=logrows,
        memory_bytes=_RUNTIME_BYTES + (columns.bytes_per_row << logrows),
        proof_bytes=columns.proof_bytes,
        code_bytes=columns.code_bytes,
        verify_gas=columns.gas
        + _GAS_PER_INSTANCE * instances
        + _GAS_PER_BYTE * (columns.proof_bytes + 32 * instances),
    )


def filled_rows(shape: Shape, inner_columns: int) -> int:
    """Rows of the longest set of columns."""
    if isinstance(shape, FoldedShape):
        return shape.rows(inner_columns)
    return -(-max(_main_rows(shape), _freivalds_rows(shape)) // inner_columns)


def _main_rows(shape: Shape) -> int:
    """A lookup and a sum for each entry, Z c, and the outputs."""
    lookups = 2 * shape.slots * shape.vector_length
    return lookups + (shape.slots + 1) * shape.parameters + shape.instance_count


def _freivalds_rows(shape: Shape) -> int:
    """Products H Z', Z (H Z')' and D D': one of (m, k) and (k, n) takes k n + m k + m n rows."""
    s, F, C, d = shape.slots, shape.features, shape.classes, shape.parameters
    curved = 2 * F * C * (s + 1) + F * F
    products = 2 * (s + 1) * d + (s + 1) ** 2
    gram = 2 * s * d + s * s
    powers = 2 * d + 2 * F + 2 * s + 7  # of the random vectors
    return curved + products + gram + powers


@dataclass(frozen=True)
class _Columns:
    """What the number of columns decides."""

    bytes_per_row: int
    proof_bytes: int
    code_bytes: int
    gas: int


_RUNTIME_BYTES = 30_000_000
_GAS_PER_BYTE = 16
_GAS_PER_INSTANCE = 750

_FOLDED = {
    1: _Columns(bytes_per_row=7_900, proof_bytes=2_656, code_bytes=11_407, gas=433_000),
    2: _Columns(bytes_per_row=10_500, proof_bytes=3_520, code_bytes=13_889, gas=522_700),
    3: _Columns(bytes_per_row=12_900, proof_bytes=4_352, code_bytes=16_357, gas=605_500),
}
"""By inner columns; the same for any number of slots. A fourth doubles the memory."""


def _round_columns(slots: int) -> _Columns:
    """One column for each slot beside those that every round circuit has."""
    return _Columns(
        bytes_per_row=11_000 + 360 * slots,
        proof_bytes=3_480 + 181 * slots,
        code_bytes=18_830 + 288 * slots,
        gas=550_000 + 17_200 * slots,
    )
