"""What a scenario refuses, and what an attack makes of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from market.datasets.catalogue import Dataset
from market.errors import InputError
from market.simulation import Assault, Scenario
from market.simulation.population import populate
from market.simulation.scenario import last_clients


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"clients": 0}, "clients"),
        ({"clients": 2.0}, "clients"),
        ({"rounds": 0}, "rounds"),
        ({"byzantine": 7}, "byzantine"),
        ({"attendance_bps": 10_001}, "attendance_bps"),
        ({"pot_cap_bps": 0}, "pot_cap_bps"),
        ({"payment": "per-hour"}, "no payment"),
        ({"expected_gain": 0.0}, "expected_gain"),
        ({"deposit": -1}, "deposit"),
        ({"deposit": 5, "aggregator_fee": 3}, "does not cover 2 fees"),
        ({"evaluations": 0}, "evaluations"),
        ({"seed": -1}, "seed"),
        ({"model": "transformer"}, "no model"),
        ({"utility": "loss"}, "no utility"),
        ({"model": "cnn", "utility": "squared-loss"}, "linear model only"),
        ({"assaults": (Assault("magic", (0,)),)}, "no attack"),
        ({"assaults": (Assault("noise", (6,)),)}, "not all among"),
        ({"assaults": (Assault("noise", (1,)), Assault("sybil", (1, 2)))}, "two ways"),
    ],
)
def test_what_cannot_be_played_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        Scenario(**{"clients": 6, "rounds": 2, **changed})


def test_the_last_clients_attack() -> None:
    assert last_clients(5, 2, "noise") == (Assault("noise", (3, 4)),)
    assert last_clients(5, 2, "none") == last_clients(5, 0, "noise") == ()
    with pytest.raises(InputError, match="6 attackers"):
        last_clients(5, 6, "noise")


@pytest.mark.parametrize("alpha", [None, 1.0])
def test_rows_are_dealt_once_and_only_attackers_change_theirs(
    images: Dataset, alpha: float | None
) -> None:
    honest = Scenario(clients=5, rounds=1)
    attacked = Scenario(
        clients=5, rounds=1, assaults=(Assault("label-flip", (1,)), Assault("backdoor", (4,)))
    )
    plain, changed = populate(images, honest, alpha), populate(images, attacked, alpha)
    for client in (0, 2, 3):
        np.testing.assert_array_equal(plain.clients[client].X, changed.clients[client].X)
    np.testing.assert_array_equal(plain.clients[1].X, changed.clients[1].X)
    np.testing.assert_array_equal(2 - plain.clients[1].y, changed.clients[1].y)
    assert (plain.clients[4].X != changed.clients[4].X).any()
    assert plain.triggered is None
    assert changed.triggered is not None
    assert (changed.triggered.y == 0).all()
    assert len(changed.triggered) == np.count_nonzero(changed.test.y != 0)
    dealt = sum(len(rows) for rows in plain.clients)
    assert dealt + len(plain.validation) + len(plain.test) == len(images.table)
    assert plain.digest() != changed.digest()
    assert plain.digest() == populate(images, honest, alpha).digest()


def test_fewer_rows_and_rows_of_the_owners_own(columns: Dataset) -> None:
    scenario = Scenario(clients=3, rounds=1)
    few = populate(columns, scenario, rows=90)
    own = columns.table.rows(np.arange(7))
    given = populate(columns, scenario, validation=own)
    assert sum(len(part) for part in (*few.clients, few.validation, few.test)) == 90
    assert len(given.validation) == 7
    with pytest.raises(InputError, match="241 rows of the 240"):
        populate(columns, scenario, rows=241)
    with pytest.raises(InputError, match="cannot deal"):
        populate(columns, Scenario(clients=1000, rounds=1))
