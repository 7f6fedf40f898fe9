"""Rows, seconds and gas of the folded statement, with and without the next model in it."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

from benchmarks.aggregate.layout import set_up
from benchmarks.aggregate.statement import WeightedShape, export
from benchmarks.tables import Row
from benchmarks.verification import verification
from circuits.shape import DELTA_BOUND, FoldedShape, triangle_places
from market import durable
from market.chain.devnet import Devnet
from market.errors import MarketError
from tests.folding import FoldedRound
from zk import engine
from zk.admission import admitted
from zk.field import R
from zk.folding import weights
from zk.inventory import Inventory
from zk.keys import Keys
from zk.plan import SPARE_ROWS, canonical
from zk.planner import choose, forecast
from zk.prove import prove
from zk.srs import development_srs

_MOVED_ROWS = 1_000
"""More than W' takes, in a circuit of one inner column and 65 x 10 parameters."""
_SETUP_SECONDS = 3600.0


def keys_of(shape: FoldedShape, folder: Path) -> Keys:
    """Keys of the shape's statement in an empty folder; their rows are those that are filled."""
    plan = choose(FoldedShape(shape.slots, shape.features, shape.classes)).plan
    model, settings = folder / "circuit.onnx", folder / "settings.json"
    export(shape, model)
    declared = shape.rows(plan.inner_columns) + _MOVED_ROWS * isinstance(shape, WeightedShape)
    height = max(declared, 2 * DELTA_BOUND - 1, *shape.input_lengths)
    logrows = (height + SPARE_ROWS - 1).bit_length()
    arguments = plan.run_args(logrows, shape.table_start)
    engine.run("settings", model=str(model), output=str(settings), run_args=arguments)
    durable.write_bytes(settings, canonical(json.loads(settings.read_text()), declared))
    circuit, vk, pk = (str(folder / name) for name in ("circuit.ezkl", "vk", "pk"))
    engine.run("compile", model=str(model), compiled=circuit, settings=str(settings))
    srs = development_srs(logrows)
    start = time.monotonic()
    with admitted(forecast(shape, plan).memory_bytes, _SETUP_SECONDS):
        filled = set_up(circuit, vk, pk, str(srs.path))
    seconds = time.monotonic() - start
    engine.run(
        "solidity",
        vk=vk,
        settings=str(settings),
        solidity=str(folder / "Verifier.sol"),
        abi=str(folder / "Verifier.abi"),
        srs=str(srs.path),
    )
    Inventory.take(folder, seconds)
    return Keys(shape, plan, srs, folder, logrows, filled, bytes(32), seconds)


def proven(keys: Keys, chain: Devnet) -> Row:
    """What a proof of a round of random vectors that fills the slots costs."""
    shape = keys.shape
    proof = prove(_inputs(keys), keys)
    if any(proof.instances[sum(shape.output_lengths[:4]) :]):
        raise MarketError(f"a difference of {shape} is not zero")
    verified = verification(proof, keys, chain)
    return {
        "slots": shape.slots,
        "next model in the circuit": isinstance(shape, WeightedShape),
        "inner columns": keys.plan.inner_columns,
        "rows": keys.rows,
        "height": 2**keys.logrows,
        "public outputs": shape.instance_count,
        "setup (s)": keys.setup_seconds,
        "prove (s)": proof.seconds,
        "verify (s)": verified.seconds,
        "peak (GB)": proof.peak_bytes / 1e9,
        "proof (B)": len(proof.data),
        "verifier (B)": verified.code_bytes,
        "verify (gas)": verified.gas,
    }


def _inputs(keys: Keys) -> list[list[int]]:
    """Of the statement, as `zk.folding` makes them; drawn challenges serve to measure."""
    shape, generator = keys.shape, random.Random(0)
    assert isinstance(shape, FoldedShape)
    round = FoldedRound.draw(keys, shape.slots)
    vectors = [round.model, *round.deltas]
    gamma, delta = (generator.randrange(R) for _ in range(2))
    folded = _summed(vectors, weights(gamma, len(vectors)))
    C = shape.classes
    columns = [folded[c : shape.parameters : C] for c in range(C)]
    curved = [
        sum(round.statistics[place] * entry for place, entry in zip(row, column, strict=True)) % R
        for row in triangle_places(shape.features)
        for column in columns
    ]
    shifted = [entry + DELTA_BOUND for vector in round.deltas for entry in vector]
    inputs = [round.statistics, folded, [*round.model, *shifted], curved, [gamma, delta]]
    if isinstance(shape, WeightedShape):
        q = [generator.randrange(1 << 20) for _ in round.deltas]
        inputs[-1] += q
        inputs.append(_summed(vectors, [1, *q]))
    return inputs


def _summed(vectors: list[list[int]], factors: list[int]) -> list[int]:
    return [
        sum(a * b for a, b in zip(factors, column, strict=True)) % R
        for column in zip(*vectors, strict=True)
    ]
