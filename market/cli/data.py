"""The command that makes files to try a project with."""

from __future__ import annotations

from pathlib import Path

import click

from market.cli.output import Output
from market.datasets.catalogue import BUNDLED, load
from market.datasets.partition import deal as deal_rows
from market.datasets.table import write_csv


@click.command(epilog="Example: market deal digits --parts 3 --out rows")
@click.argument("dataset", type=click.Choice(BUNDLED), metavar="DATASET")
@click.option("--parts", type=click.IntRange(1, 32), default=3, show_default=True)
@click.option("--alpha", type=click.FloatRange(0.01, 1e3), help="Skew labels by Dirichlet(ALPHA).")
@click.option(
    "--validation",
    type=click.IntRange(1),
    help="About how many rows are the owner's.  [default: 15 % of all]",
)
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Where the files go.  [default: here]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def deal(
    context: click.Context,
    /,
    dataset: str,
    parts: int,
    alpha: float | None,
    validation: int | None,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Write the rows of DATASET as files of an owner and of trainers, to try a project with.

    DATASET is breast-cancer or digits, and examples/ has a specification of either. The files are
    validation.csv for the owner, rows-1.csv ... for the trainers, and held-out.csv, which nobody
    trains or is measured on, for `market model --test`.
    """
    context.ensure_object(dict)["output"] = output = Output(as_json)
    chosen = load(dataset)
    dealt = deal_rows(chosen.table, parts, alpha, seed, validation)
    tables = {"validation.csv": dealt.validation, "held-out.csv": dealt.test}
    tables |= {f"rows-{number}.csv": part for number, part in enumerate(dealt.parts, start=1)}
    for name, table in tables.items():
        write_csv(out / name, table, chosen.feature_names)
    output.result(
        "\n".join(f"{out / name}: {len(table)} rows" for name, table in tables.items()),
        {
            "features": chosen.features,
            "classes": chosen.classes,
            "rows": {str(out / name): len(table) for name, table in tables.items()},
        },
    )
