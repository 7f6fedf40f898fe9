"""Models that a predecessor settled and may not have published."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.aggregator.models import Models, step
from market.chain.logs import SettledRound
from market.errors import ChainError, StorageError
from tests.aggregator import LATTICE, ME, STATE, World, point_of, project


def settled(round_number: int, model: list[int], cid: str) -> SettledRound:
    trainers = tuple(f"0x{slot:040x}" for slot in range(3))
    weights = (LATTICE // 2, 0, LATTICE // 2)
    return SettledRound(
        round_number, ME, trainers, 0b101, weights, (0, 0, 0), 1, (0, 0, 0), 0, 0,
        point_of(model), cid, "0x", (0, 0), 0,
    )  # fmt: skip


def test_a_model_that_nobody_published_is_computed(world: World) -> None:
    """By the successor of an aggregator that settled and withheld it."""
    world.content = {"initial": [0], "cid-0": [1], "cid-1": [50], "cid-2": [4]}
    moved = step([0], [[1], [4]], [3, 3])
    assert moved == [15]
    world.rounds = [settled(0, moved, "withheld")]
    again = [
        replace(each, round=1, epoch=1, cid=f"cid-{3 + i}") for i, each in enumerate(world.logged)
    ]
    world.logged += again
    world.content |= {"cid-3": [2], "cid-5": [2]}
    world.rounds.append(settled(1, step(moved, [[2], [2]], [3, 3]), "withheld too"))
    models = Models(world, world, project(world), b"")  # type: ignore[arg-type]
    assert models.of(replace(STATE, round=2, model=world.rounds[1].model)) == [15 + 3 * 4]
    assert world.did == ["add", "add"]
    world.content.clear()
    assert models.of(replace(STATE, round=1, model=world.rounds[0].model)) == moved


def test_a_model_that_does_not_follow_is_refused(world: World) -> None:
    world.content = {"initial": [0], "cid-0": [1], "cid-2": [4]}
    world.rounds = [settled(0, [16], "withheld")]
    models = Models(world, world, project(world), b"")  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="does not follow"):
        models.of(replace(STATE, round=1, model=point_of([16])))
    with pytest.raises(ChainError, match="different models"):
        models.of(replace(STATE, round=1, model=point_of([15])))
