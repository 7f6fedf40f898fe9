"""Commands that use a network that a project bought."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from market import durable
from market.chain.market import project_id
from market.cli.context import Settings, shared_options
from market.coordinates import Weights
from market.data.read import read_unlabelled
from market.data.schema import Schema
from market.data.source import located
from market.data.unlabelled import FORMS as DATA_FORMS
from market.errors import InputError, NotFoundError
from market.local_training.evaluation import outputs_of
from market.measured.lineage import Networks
from market.measured.project import MeasuredProject, open_measured
from market.objectives import Loss
from market.owner.export import FORMS
from market.project import connect_peers

FILE = click.Path(path_type=Path, dir_okay=False)
_ROUND = click.option(
    "--round",
    "after",
    type=click.IntRange(0, 255),
    help="The model after so many settled rounds, instead of the newest.",
)
_READABLE = 0o644
_FILE_COLUMN = "file"


@click.command(
    epilog="Example: market predict 0x5c... --data rows.npz --out predictions.csv --home ./owner"
)
@shared_options
@click.argument("project")
@click.option("--data", required=True, metavar="DATA", help="Rows, with labels or without.")
@click.option("--out", type=FILE, required=True, help="A .csv file: a line for each row.")
@_ROUND
def predict(settings: Settings, project: str, data: str, out: Path, after: int | None) -> None:
    """Write what PROJECT's newest network says of rows of your own, a line for each.

    Classes with their probabilities, the probability of each label, or numbers. The rows stay on
    this machine.
    """
    located(data, DATA_FORMS)  # a misspelt name need not wait for a network
    with _network(settings, project, after) as (opened, weights):
        document = opened.document
        rows = read_unlabelled(data, document.schema)
        outputs = outputs_of(opened.network, weights, rows.X)
        header, lines = predictions(outputs, document.schema, document.recipe.loss)
    if rows.files:
        header = [_FILE_COLUMN, *header]
        lines = [[file, *line] for file, line in zip(rows.files, lines, strict=True)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    durable.write_bytes(out, text.getvalue().encode(), mode=_READABLE)
    settings.output.result(
        f"{len(lines)} predictions in {out}", {"rows": len(lines), "out": str(out)}
    )


@click.command("export", epilog="Example: market export 0x5c... --out model.onnx --home ./owner")
@shared_options
@click.argument("project")
@click.option("--out", type=FILE, required=True, help=f"A file that ends in {', '.join(FORMS)}.")
@_ROUND
def export_command(settings: Settings, project: str, out: Path, after: int | None) -> None:
    """Write PROJECT's newest network for other programs, with its column and class names.

    The ending of the file says the form: .pt for PyTorch, .safetensors for its many readers, .onnx
    to run it without PyTorch, and .market for a project that goes on from it.
    """
    if out.suffix not in FORMS:
        raise InputError(
            f"{out} ends in none of {', '.join(FORMS)}", "the ending says what is written"
        )
    with _network(settings, project, after) as (opened, weights):
        data = FORMS[out.suffix](opened.network, weights, opened.document)
    durable.write_bytes(out, data, mode=_READABLE)
    settings.output.result(f"{out}, {len(data)} bytes", {"out": str(out), "bytes": len(data)})


@contextmanager
def _network(
    settings: Settings, project: str, after: int | None
) -> Iterator[tuple[MeasuredProject, Weights]]:
    """The project, and its weights after so many rounds, checked against the chain."""
    id, market = project_id(project), settings.market(signing=False)
    with settings.storage() as storage:
        opened = open_measured(market, storage, id, settings.output.progress)
        connect_peers(market, storage, opened.terms.aggregators)
        state = market.project(id)
        if after is not None and after > state.round:
            raise NotFoundError(
                f"{state.round} rounds are settled, not {after}", "see `market status`"
            )
        rounds = state.round if after is None else after
        yield opened, Networks(market, storage, opened).after(state, rounds)


def predictions(
    outputs: npt.NDArray[np.float32], schema: Schema, loss: Loss
) -> tuple[list[str], list[list[str]]]:
    """A header and a line for each row: the class and all probabilities, or a cell for each name.

    Args:
        outputs: (n, C) of the network.

    Raises:
        InputError: there are more or fewer outputs than labels or numbers.
    """
    names, values = list(schema.target.names), outputs.astype(np.float64)
    count = values.shape[1]
    if loss is not Loss.CROSS_ENTROPY and count != len(names):
        raise InputError(f"the network has {count} outputs, and the project names {len(names)}")
    # Of classes a network may have more than the project names, or lack the last.
    names = [*names[:count], *(f"output {at}" for at in range(len(names), count))]
    if loss is Loss.CROSS_ENTROPY:
        shares = np.exp(values - values.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        # Of the outputs: shares that are rounded to 1 tie.
        best = outputs.argmax(axis=1).tolist()
        lines = [[names[at], *_cells(row)] for at, row in zip(best, shares, strict=True)]
        return ["prediction", *names], lines
    if loss is Loss.BCE:
        # As exp(-|x|), which never overflows.
        small = np.exp(-np.abs(values))
        return names, [_cells(row) for row in np.where(values < 0, small, 1) / (1 + small)]
    # The shortest text that reads back as the same float32.
    return names, [[str(value) for value in row] for row in outputs]


def _cells(shares: npt.NDArray[np.float64]) -> list[str]:
    return [f"{share:.6g}" for share in shares]
