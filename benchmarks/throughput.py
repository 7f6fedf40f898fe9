"""What the key cache and proving at the same time are worth: `python -m benchmarks.throughput`.

Seconds are wall clock, of this machine and of nothing else if it is quiet: the prover takes all
cores that it finds. Every way proves the same rounds, and every proof is verified.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from benchmarks.tables import Row, publish
from circuits.shape import FoldedShape
from market.errors import MarketError
from tests.folding import FoldedRound
from zk.admission import budget
from zk.folding import holds, prove_folded
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.parallel import Job, LocalProvers, prove_all
from zk.plan import Plan
from zk.prove import Proof
from zk.srs import development_srs

T = TypeVar("T")


def keys_of(shape: FoldedShape, plan: Plan) -> tuple[Keys, list[Row]]:
    """The shape's keys; seconds to derive them, and to load them from the cache."""
    srs = development_srs(circuit_logrows(shape, plan))
    with tempfile.TemporaryDirectory() as folder:
        _, anew = _timed(lambda: derive_keys(shape, srs, plan, fresh_in=Path(folder)))
    derive_keys(shape, srs, plan)
    keys, cached = _timed(lambda: derive_keys(shape, srs, plan))
    return keys, [{"keys": "derived", "seconds": anew}, {"keys": "cached", "seconds": cached}]


def rounds_at_once(rounds: list[FoldedRound], most: int) -> Row:
    """Proves the rounds, at most so many at the same time.

    Raises:
        MarketError: of the first that failed, or one does not verify.
    """
    jobs = [
        Job(
            partial(
                prove_folded, each.statistics, each.model, each.deltas, each.binding, each.claims
            ),
            each.keys,
        )
        for each in rounds
    ]
    outcomes, seconds = _timed(lambda: prove_all(jobs, provers=LocalProvers(most)))
    proofs = []
    for each, outcome in zip(rounds, outcomes, strict=True):
        if not isinstance(outcome, Proof):
            raise outcome
        if not holds(outcome, each.binding, each.claims, each.keys):
            raise MarketError("an honest proof does not verify")
        proofs.append(outcome)
    return {
        "at the same time": most,
        "all (s)": seconds,
        "a proof, mean (s)": sum(proof.seconds for proof in proofs) / len(proofs),
        "proofs an hour": 3600 * len(proofs) / seconds,
        "peak of one (GB)": max(proof.peak_bytes for proof in proofs) / 1e9,
    }


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.monotonic()
    return work(), time.monotonic() - start


@click.command()
@click.option("--jobs", default=4, show_default=True, help="Rounds to prove.")
@click.option("--at-once", multiple=True, type=int, default=(1, 2, 4), show_default=True)
@click.option("--slots", default=4, show_default=True)
@click.option("--features", default=4, show_default=True, help="Rows of the model, bias included.")
@click.option("--classes", default=2, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(
    jobs: int,
    at_once: tuple[int, ...],
    slots: int,
    features: int,
    classes: int,
    json_path: Path | None,
) -> None:
    """Measures keys from the cache, and independent proofs one after another and together."""
    try:
        keys, derived = keys_of(FoldedShape(slots, features, classes), Plan(freivalds=False))
        rounds = [FoldedRound.draw(keys, slots, seed) for seed in range(jobs)]
        figures = {"Keys": derived, "Proofs": [rounds_at_once(rounds, most) for most in at_once]}
    except MarketError as error:
        raise click.ClickException(str(error)) from error
    print(
        f"{os.cpu_count()} cores; 2**{keys.logrows} rows; {keys.memory_bytes / 1e9:.2f} GB "
        f"forecast for a proof, {budget().together / 1e9:.1f} GB for all"
    )
    publish(figures, json_path)


if __name__ == "__main__":
    main()
