"""Proofs on a real Ray cluster whose workers have a cache of their own, empty at first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from circuits.shape import FoldedShape
from market.errors import ProofError
from tests.folding import FoldedRound
from zk.folding import holds, prove_folded
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.parallel import Job, prove_all
from zk.plan import Plan
from zk.prove import Proof, prove
from zk.ray_provers import RayProvers
from zk.srs import development_srs

ray: Any = pytest.importorskip("ray")

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PLAN = Plan(freivalds=False)


@pytest.fixture(scope="module")
def keys() -> Keys:
    shape = FoldedShape(slots=4, features=4, classes=2)
    return derive_keys(shape, development_srs(circuit_logrows(shape, PLAN)), PLAN)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def provers(elsewhere: Path) -> Iterator[RayProvers]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"MARKET_CACHE": str(elsewhere)}},
    )
    yield RayProvers("local")
    ray.shutdown()


def test_workers_derive_the_same_keys_and_prove(
    provers: RayProvers, keys: Keys, elsewhere: Path
) -> None:
    first, last = (FoldedRound.draw(keys, n=3, seed=seed) for seed in (1, 2))
    jobs = [
        Job(
            partial(prove_folded, r.statistics, r.model, r.deltas, r.binding, r.claims),
            keys,
        )
        for r in (first, last)
    ]
    short = Job(partial(prove, [[1]]), keys)
    other = Job(jobs[0].statement, replace(keys, identity=bytes(32)))
    outcomes = prove_all([jobs[0], short, other, jobs[1]], provers=provers)
    assert isinstance(outcomes[0], Proof)
    assert isinstance(outcomes[1], ProofError)
    assert isinstance(outcomes[2], ProofError)
    assert isinstance(outcomes[3], Proof)
    assert "inputs have lengths [1]" in outcomes[1].message
    assert "derives other keys" in outcomes[2].message
    assert holds(outcomes[0], first.binding, first.claims, keys)
    assert holds(outcomes[3], last.binding, last.claims, keys)
    # Found by the same name, in the workers' own cache, where two tasks at once made them once.
    assert [path.name for path in (elsewhere / "keys").iterdir()] == [keys.folder.name]


@pytest.mark.usefixtures("provers")
def test_what_no_machine_can_do_ends_with_the_time(keys: Keys) -> None:
    never = RayProvers("local", cpus=1_000)
    (outcome,) = prove_all([Job(partial(prove, []), keys)], timeout=3.0, provers=never)
    assert isinstance(outcome, ProofError)
    assert "no proof within 3 s" in outcome.message
