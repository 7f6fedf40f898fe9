"""A simulation's file: going on from it, and what it must not be."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from market.datasets.catalogue import Dataset
from market.errors import InputError
from market.simulation import Assault, Scenario, Simulation
from market.simulation.population import populate
from market.specification.methods import Methods


def play(dataset: Dataset, scenario: Scenario, file: Path) -> None:
    Simulation(scenario, populate(dataset, scenario)).run(file=file)


STATEFUL = [
    Methods(),
    Methods(optimiser="fedadam"),
    Methods("exact-shapley", "multi-krum", "mean"),
    Methods(defence="foolsgold", contribution="antithetic"),
    Methods(defence="centred-clipping", optimiser="fedavgm"),
    Methods(local="fedprox", mu=0.3),
    Methods(local="scaffold"),
    Methods(local="scaffold", defence="mean", optimiser="fedadam"),
]


@pytest.mark.parametrize("chosen", STATEFUL)
def test_a_run_goes_on_as_if_it_had_never_stopped(
    columns: Dataset, tmp_path: Path, chosen: Methods
) -> None:
    scenario = Scenario(
        clients=7,
        rounds=5,
        assaults=(Assault("free-rider-replay", (6,)), Assault("noise", (0, 3))),
        methods=chosen,
        plan=columns.plan,
        minimum_gain=0.05,
        evaluations=300,
    )
    population = populate(columns, scenario)
    whole = Simulation(scenario, population).run()
    assert whole == Simulation(scenario, population).run()

    def stop(_event: str, **fields: object) -> None:
        # While round 3 is being told it is played and not yet saved.
        if fields["number"] == 3:
            raise KeyboardInterrupt

    file = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        Simulation(scenario, population).run(stop, file)
    told: list[object] = []
    resumed = Simulation(scenario, population).run(
        lambda _event, **fields: told.append(fields["number"]), file
    )
    assert told == [3, 4, 5]
    assert resumed == whole


def test_a_file_of_another_run_is_refused(columns: Dataset, tmp_path: Path) -> None:
    scenario = Scenario(clients=5, rounds=1, plan=columns.plan)
    file = tmp_path / "run.npz"
    play(columns, scenario, file)
    with pytest.raises(InputError, match="another simulation"):
        play(columns, dataclasses.replace(scenario, seed=1), file)
    for damage in (b"", b"PK\3\4 no archive", file.read_bytes()[:-200]):
        file.write_bytes(damage)
        with pytest.raises(InputError, match="holds no simulation"):
            play(columns, scenario, file)


WEIGHTS, MODEL = "settlement.weights", "settlement.model"


def rewritten(arrays: dict[str, Any], **entries: object) -> None:
    """Other books."""
    books = json.loads(str(arrays["money.books"])) | entries
    arrays["money.books"] = np.array(json.dumps(books))


DAMAGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
    "round below 0": lambda _, record: record["now"].update(round=-1, stopped=False),
    "round not played": lambda _, record: record["now"].update(round=2, stopped=False),
    "rate of text": lambda _, record: record["now"].update(learning_rate="x"),
    "nothing played": lambda _, record: record.update(played=[]),
    "pay of text": lambda _, record: record["played"][0].update(payouts=["1"] * 5),
    "pay of more": lambda _, record: record["played"][0].update(payouts=[1] * 6),
    "no previous": lambda arrays, _: arrays.pop("previous"),
    "another previous": lambda arrays, _: arrays.update(previous=np.ones(3)),
    "no weights": lambda arrays, _: [arrays.pop(name, 0) for name in (WEIGHTS, MODEL)],
    "other weights": lambda arrays, _: arrays.update({WEIGHTS: np.ones(3), MODEL: np.array("[1]")}),
    "no books": lambda arrays, _: arrays.pop("money.books"),
    "books of another round": lambda arrays, _: rewritten(arrays, round=2),
    "books of text": lambda arrays, _: rewritten(arrays, left="much"),
    "books of more": lambda arrays, _: rewritten(arrays, units=[0] * 6),
    "no variates": lambda arrays, _: arrays.pop("variates.server"),
    "other variates": lambda arrays, _: arrays.update({"variates.server": np.ones(3)}),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("defence", ["proven-value", "mean"])
def test_a_file_that_contradicts_itself_is_refused(
    columns: Dataset, tmp_path: Path, damage: str, defence: str
) -> None:
    """Settled by integers and by floats; what is wrong is sound as an archive and as JSON."""
    scenario = Scenario(
        clients=5,
        rounds=3,
        methods=Methods(defence=defence, local="scaffold"),
        plan=columns.plan,
    )
    simulation = Simulation(scenario, populate(columns, scenario))

    def stop(_event: str, **fields: object) -> None:
        if fields["number"] == 2:
            raise KeyboardInterrupt

    file = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        simulation.run(stop, file)
    with np.load(file) as archive:
        arrays = dict(archive)
    record = json.loads(str(arrays["record"]))
    DAMAGES[damage](arrays, record)
    np.savez(file, **{**arrays, "record": np.array(json.dumps(record))})
    written = file.read_bytes()
    with pytest.raises(InputError, match=r"run\.npz"):
        play(columns, scenario, file)
    assert file.read_bytes() == written


def test_a_file_that_cannot_be_written_is_refused(columns: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        play(columns, Scenario(clients=5, rounds=1, plan=columns.plan), tmp_path / "file" / "x.npz")
