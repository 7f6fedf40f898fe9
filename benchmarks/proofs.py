"""What proofs cost, per shape, and against three alternatives: `python -m benchmarks.proofs`.

Timings are of this machine and of nothing else if it is quiet; rows, bytes and gas are exact.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click
import numpy as np

from benchmarks.tables import Row, publish
from benchmarks.verification import verification
from circuits.shape import FoldedShape, Shape
from market.chain.devnet import Devnet
from market.contribution.grid import Grid
from market.datasets import catalogue
from market.datasets.partition import partition_iid, stratified_split
from market.datasets.table import Table
from market.errors import MarketError
from market.training.evaluation import evaluate
from market.training.linear import train
from tests.folding import FoldedRound
from zk import engine
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.plan import Plan, laid_out_rows
from zk.planner import Bounds, candidates, choose, forecast
from zk.prove import Proof, prove
from zk.srs import development_srs

_ROUNDS, _SEEDS = 10, 3


def measure(shape: Shape, plan: Plan, chain: Devnet) -> Row:
    """One round of random vectors that fills the slots, proven and verified on the chain."""
    keys = derive_keys(shape, development_srs(circuit_logrows(shape, plan)), plan)
    proof = _proof(keys)
    verified = verification(proof, keys, chain)
    expected = forecast(shape, plan)
    return {
        "statement": "folded" if isinstance(shape, FoldedShape) else "round",
        "slots": shape.slots,
        "features": shape.features,
        "classes": shape.classes,
        "inner columns": plan.inner_columns,
        "rows": expected.rows,
        "logrows": keys.logrows,
        "setup (s)": keys.setup_seconds,
        "prove (s)": proof.seconds,
        "verify (s)": verified.seconds,
        "peak (GB)": proof.peak_bytes / 1e9,
        "expected (GB)": expected.memory_bytes / 1e9,
        "proof (B)": len(proof.data),
        "expected proof (B)": expected.proof_bytes,
        "code (B)": verified.code_bytes,
        "expected code (B)": expected.code_bytes,
        "deploy (gas)": verified.deploy_gas,
        "verify (gas)": verified.gas,
        "expected verify (gas)": expected.verify_gas,
    }


def _proof(keys: Keys) -> Proof:
    if isinstance(keys.shape, FoldedShape):
        return FoldedRound.draw(keys, keys.shape.slots).prove()
    generator = np.random.default_rng(0)
    lengths = keys.shape.input_lengths
    return prove([generator.integers(-1000, 1000, n).tolist() for n in lengths], keys)


def listed(shape: Shape, statement: str, plan: Plan, visibility: str = "polycommit") -> Row:
    """What the engine lists about a statement, without setting it up."""
    with tempfile.TemporaryDirectory() as folder:
        model, settings = Path(folder, "model"), Path(folder, "settings")
        sizes = [str(size) for size in (shape.slots, shape.features, shape.classes)]
        engine.run("export", shape=sizes, statement=statement, path=str(model))
        arguments = json.loads(plan.run_args(26, shape.table_start))
        arguments["input_visibility"] = visibility
        engine.run(
            "settings", model=str(model), output=str(settings), run_args=json.dumps(arguments)
        )
        found: Row = json.loads(settings.read_text())
        return found


def against_enumeration(shape: Shape) -> list[Row]:
    """Rows of one round, with engine options equal in each pair."""
    folded = FoldedShape(shape.slots, shape.features, shape.classes)
    ours, rows = choose(folded).rows, []
    for freivalds in (False, True):
        settings = listed(shape, "enumeration", Plan(freivalds=freivalds))
        columns = settings["einsum_params"]["total_einsum_col_size"]
        theirs = max(laid_out_rows(settings), columns)
        rows.append(
            {
                "slots": shape.slots,
                "coalitions": 2**shape.slots - 1,
                "enumeration by the engine's Freivalds check": freivalds,
                "rows, enumeration": theirs,
                "rows, folded": ours,
                "times fewer": theirs / ours,
            }
        )
    return rows


def against_poseidon(shape: Shape) -> list[Row]:
    """Rows that binding the inputs of the round statement takes."""
    settings = listed(shape, "round", Plan(), "hashed/public")
    entries = sum(shape.input_lengths)
    hashed = int(settings["module_sizes"]["poseidon"][0])
    return [
        {
            "slots": shape.slots,
            "entries": entries,
            "rows, Poseidon": hashed,
            "rows an entry, Poseidon": hashed / entries,
            "rows, polycommit": 0,
            "columns, polycommit": len(shape.input_lengths),
        }
    ]


def against_floats(name: str, trainers: int) -> list[Row]:
    """Accuracy of the integer models that proofs are about, and of FedAvg in float32."""
    rows = []
    for seed in range(_SEEDS):
        dataset = catalogue.load(name)
        raw, y, classes = dataset.table.X, dataset.table.y, dataset.classes
        split = stratified_split(y, seed)
        held, pool = split.test, split.pool
        X = dataset.scaling(Table(raw[split.validation], y[split.validation])).design(raw)
        parts = [pool[part] for part in partition_iid(len(pool), trainers, seed)]
        grid = Grid(trainers)
        model = grid.model(np.zeros((X.shape[1], classes)))
        floats = np.zeros((X.shape[1], classes), dtype=np.float32)
        for number in range(_ROUNDS):
            lattice = [
                grid.quantise(train(grid.weights(model), X[p], y[p], dataset.plan, number))[0]
                for p in parts
            ]
            model = grid.step(model, lattice)
            plain = [
                train(floats.astype(np.float64), X[p], y[p], dataset.plan, number) for p in parts
            ]
            floats = floats + np.mean(plain, axis=0).astype(np.float32)
        proven = evaluate(grid.weights(model), X[held], y[held])
        averaged = evaluate(floats.astype(np.float64), X[held], y[held])
        rows.append(
            {
                "data": name,
                "trainers": trainers,
                "seed": seed,
                "proven (%)": 100 * proven,
                "float32 FedAvg (%)": 100 * averaged,
                "lost (points)": 100 * (averaged - proven),
            }
        )
    return rows


def predictions() -> list[Row]:
    """What the planner says of both statements, for sizes that nobody wants to wait for."""
    rows = []
    for features, classes in ((31, 2), (65, 10), (257, 10), (769, 2), (769, 10), (769, 100)):
        for slots in (4, 8, 12, 16, 32):
            for kind in (Shape, FoldedShape):
                shape = kind(slots, features, classes)
                forecasts = [forecast(shape, plan) for plan in candidates(shape)]
                expected = min(forecasts, key=lambda each: (each.logrows, each.verify_gas))
                rows.append(
                    {
                        "statement": "folded" if kind is FoldedShape else "round",
                        "slots": slots,
                        "parameters": f"{features} x {classes}",
                        "inner columns": expected.plan.inner_columns,
                        "rows": expected.rows,
                        "logrows": expected.logrows,
                        "peak (GB)": expected.memory_bytes / 1e9,
                        "proof (B)": expected.proof_bytes,
                        "code (B)": expected.code_bytes,
                        "verify (gas)": expected.verify_gas,
                        "does not fit": expected.excess(Bounds()),
                    }
                )
    return rows


@click.command()
@click.option(
    "--shape",
    "shapes",
    multiple=True,
    type=(int, int, int),
    metavar="SLOTS FEATURES CLASSES",
    default=((5, 65, 10), (8, 65, 10)),
    help="To prove; may be repeated. Features include the bias.",
)
@click.option("--statement", type=click.Choice(["round", "folded", "both"]), default="both")
@click.option("--enumerate", "enumerated", default=5, help="Slots of the enumerating circuit.")
@click.option("--no-proofs", is_flag=True, help="Only what takes no keys.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(
    shapes: tuple[tuple[int, int, int], ...],
    statement: str,
    enumerated: int,
    no_proofs: bool,
    json_path: Path | None,
) -> None:
    """Measures proofs."""
    try:
        figures = {"Predicted": predictions()}
        if not no_proofs:
            with tempfile.TemporaryDirectory() as home, Devnet(Path(home)) as chain:
                proofs = []
                for sizes in shapes:
                    # Of many slots the round without folding cannot be deployed.
                    fits = not forecast(Shape(*sizes), Plan()).excess(Bounds())
                    if statement != "folded" and fits:
                        proofs.append(measure(Shape(*sizes), Plan(), chain))
                    if statement != "round":
                        folded = FoldedShape(*sizes)
                        proofs.append(measure(folded, choose(folded).plan, chain))
            figures["Proofs"] = proofs
        shape = Shape(enumerated, *shapes[0][1:])
        figures["Exact Shapley values against enumeration"] = against_enumeration(shape)
        figures["Binding the inputs"] = against_poseidon(shape)
        figures["Accuracy"] = [
            row for name in catalogue.BUNDLED for row in against_floats(name, enumerated)
        ]
    except MarketError as error:
        raise click.ClickException(str(error)) from error
    publish(figures, json_path)


if __name__ == "__main__":
    main()
