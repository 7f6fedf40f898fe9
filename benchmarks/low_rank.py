"""What proofs of measured rounds cost, and how far they go: `python -m benchmarks.low_rank`.

Timings are of this machine and of nothing else if it is quiet; CPU seconds hardly depend on that.
Rows, bytes and gas are exact.
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import click

from benchmarks.tables import Row, publish
from benchmarks.verification import verification
from circuits.lowrank_shape import MOST_COORDINATES, LowRankShape
from market.errors import InputError, MarketError
from tests.folding import FoldedRound, FoldingChain
from zk.keys import circuit_logrows, derive_keys
from zk.planner import choose, forecast
from zk.srs import development_srs

_SLOTS = (8, 16, 32)


def measure(shape: LowRankShape) -> Row:
    """One consistent round that fills the slots, proven, and settled through Folding on a node."""
    keys = derive_keys(shape, development_srs(circuit_logrows(shape)))
    played = FoldedRound.draw(keys, shape.slots)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    proof = played.prove()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as home:
        chain = FoldingChain(Path(home), keys)
        try:
            gas = chain.gas(played.binding, proof, played.claims)
            held = chain.holds(played.binding, proof, played.claims)
            verified = verification(proof, keys, chain.devnet)
        finally:
            chain.stop()
    if not held:
        raise MarketError(f"a consistent round of {shape} does not hold on chain")
    expected = forecast(shape, keys.plan)
    return {
        "slots": shape.slots,
        "coordinates": shape.features,
        "rank": shape.rank,
        "inner columns": keys.plan.inner_columns,
        "rows": expected.rows,
        "logrows": keys.logrows,
        "setup (s)": keys.setup_seconds,
        "prove (s)": proof.seconds,
        "prove (CPU s)": sum(after[:2]) - sum(before[:2]),
        "peak (GB)": proof.peak_bytes / 1e9,
        "expected (GB)": expected.memory_bytes / 1e9,
        "proof (B)": len(proof.data),
        "expected verify (gas)": expected.verify_gas,
        "verify (gas)": verified.gas,
        "fold and verify (gas)": gas,
    }


def predictions(rank: int) -> list[Row]:
    """What the planner says of usual sizes, and of the most coordinates for every height."""
    rows = [
        _predicted("usual", LowRankShape(slots, k, rank=rank))
        for k in (984, 1976)
        for slots in _SLOTS
    ]
    for slots in _SLOTS:
        for logrows in range(15, 20):
            most = most_coordinates(slots, rank, logrows)
            rows.append(_predicted("most", LowRankShape(slots, most, rank=rank)))
    return rows


def most_coordinates(slots: int, rank: int, logrows: int) -> int:
    """The largest k whose circuit is no higher than 2**logrows."""
    low, high = 2, MOST_COORDINATES + 1
    while high - low > 1:
        middle = (low + high) // 2
        try:
            fits = choose(LowRankShape(slots, middle, rank=rank)).logrows <= logrows
        except InputError:
            fits = False
        low, high = (middle, high) if fits else (low, middle)
    return low


def _predicted(which: str, shape: LowRankShape) -> Row:
    expected = choose(shape)
    return {
        "": which,
        "slots": shape.slots,
        "coordinates": shape.features,
        "inner columns": expected.plan.inner_columns,
        "rows": expected.rows,
        "logrows": expected.logrows,
        "peak (GB)": expected.memory_bytes / 1e9,
        "proof (B)": expected.proof_bytes,
        "verify (gas)": expected.verify_gas,
    }


@click.command()
@click.option("--slots", default=8, show_default=True)
@click.option("--coordinates", multiple=True, type=int, help="To prove; may be repeated.")
@click.option("--rank", default=32, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(slots: int, coordinates: tuple[int, ...], rank: int, json_path: Path | None) -> None:
    """Measures proofs of low rank."""
    try:
        figures = {"Predicted": predictions(rank)}
        proofs = [measure(LowRankShape(slots, k, rank=rank)) for k in coordinates]
    except MarketError as error:
        raise click.ClickException(str(error)) from error
    if proofs:
        figures["Proofs"] = proofs
    publish(figures, json_path)


if __name__ == "__main__":
    main()
