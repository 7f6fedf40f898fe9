"""An evaluator's round as a whole, twice and by two evaluators; and its memory."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.measurement import Measurement, Rows, agrees, measure
from market.measurement.factors import gram
from market.objectives import Loss
from tests.measured import convolutional, network_of

GRID = Grid(8, stats_bits=STATS_BITS, moves=Step.EXACT)


def measured(memory: int = 1 << 26) -> Measurement:
    network, rows = convolutional(Loss.CROSS_ENTROPY, rows=40)

    def own() -> Tensor:
        return torch.linspace(-0.1, 0.1, network.k)

    before = torch.ones(len(rows), dtype=torch.float64)
    return measure(network, rows, own, None, before, GRID, rank=8, memory=memory)


def test_a_measurement_repeats_and_two_evaluators_agree() -> None:
    first, second = measured(), measured()
    assert first.attested.assessment == second.attested.assessment
    entries = first.attested.yardstick.statistics.entries
    assert entries == second.attested.yardstick.statistics.entries
    assert len(entries) == 9 * 60
    other = measured(memory=80_000)
    assert agrees(first.expansion, first.attested.assessment, other.attested) == ()
    assert float(first.losses.mean()) * -GRID.utility_unit == first.attested.assessment.utility


def test_memory_stays_within_what_is_given() -> None:
    """Two rows' factors of 1.2 million weights take 8 of these budgets if made at once."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(1000, 1200), nn.ReLU(), nn.Linear(1200, 8))
    network = network_of(module, Loss.CROSS_ENTROPY, k=500)
    rows = Rows(torch.randn(2, 1000), torch.tensor([3, 5]))
    theta = network.origin(torch.float32)
    memory = 40 << 20
    gram(network, Rows(rows.X[:1, :], rows.y[:1]), theta, memory)
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    found = gram(network, rows, theta, memory)
    assert _peak() - before < memory + (16 << 20), "weights at theta take some of the rest"
    assert int(torch.linalg.matrix_rank(found)) == 2 * 7


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])
