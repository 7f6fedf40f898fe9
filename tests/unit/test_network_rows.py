from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from market.data.rows import Rows
from market.objectives import Loss
from market.trainer.network_rows import NetworkMeasure
from market.trainer.witness import Witness
from market.yardstick.own_rows import LeaveRule
from tests.aggregator import ID, STATE

UNIT = 1000
ROWS = Rows(
    np.array([[1.0], [2.0], [3.0], [4.0]], dtype=np.float32),
    np.array([[2.0], [4.0], [6.0], [8.0]], dtype=np.float32),
)


def project() -> Any:
    grid = SimpleNamespace(utility_unit=UNIT)
    document = SimpleNamespace(grid=grid, recipe=SimpleNamespace(loss=Loss.SQUARED))
    return SimpleNamespace(network=nn.Linear(1, 1, bias=False), document=document)


def weights(slope: float) -> dict[str, torch.Tensor]:
    return {"weight": torch.tensor([[slope]])}


def test_losses_are_those_of_the_rows() -> None:
    found = NetworkMeasure(project(), ROWS).losses(weights(1.0))
    assert found == pytest.approx([0.5, 2.0, 4.5, 8.0])
    assert NetworkMeasure(project(), ROWS).losses(weights(2.0)) == pytest.approx([0.0] * 4)


def test_it_leaves_where_its_own_rows_lose_again_and_again() -> None:
    measure = NetworkMeasure(project(), ROWS, LeaveRule(rounds=2, errors=1.0))
    assert measure.look(weights(1.0), weights(2.0), 3750).own == pytest.approx(3.75)
    first = measure.look(weights(2.0), weights(3.0), 100)
    again = measure.look(weights(3.0), weights(4.0), 100)
    assert (first.losing, first.leaves, again.losing, again.leaves) == (1, False, 2, True)
    assert first.proven == 0.1


def test_the_gain_beside_it_is_the_one_that_was_attested() -> None:
    """That of a proof is what the yardstick predicts."""
    told: list[dict[str, Any]] = []
    measured = {0: SimpleNamespace(utility=-5000), 1: SimpleNamespace(utility=-4200)}
    settled = SimpleNamespace(round=0, utility_before=0, utility_after=999)
    market: Any = SimpleNamespace(
        settled=lambda _id: [settled],
        created=lambda _id: SimpleNamespace(terms=SimpleNamespace(is_measured=True)),
        measuring=lambda _id: SimpleNamespace(measured=measured),
    )
    witness = Witness(
        market, ID, NetworkMeasure(project(), ROWS), lambda _event, **more: told.append(more)
    )
    assert not witness.leaves(replace(STATE, round=0), weights(1.0))
    assert not witness.leaves(replace(STATE, round=1), weights(1.5))
    assert told[0]["gain"].startswith("+0.8000 on the owner's rows")
