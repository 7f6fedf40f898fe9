"""`scripts/demo`: one project from funding to payout, by the commands that real users run."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from market import durable
from market.attacks import ALONE
from market.cli.trainer import MISCONDUCT
from market.datasets.catalogue import BUNDLED
from market.demo.processes import Roles
from market.demo.report import build_report
from market.demo.run import Demonstration, Options
from market.demo.summary import show_summary
from market.errors import MarketError

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--trainers", type=click.IntRange(3, 16), default=5, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--attackers", type=click.IntRange(0, 15), default=1, show_default=True)
@click.option(
    "--attack",
    type=click.Choice([*sorted(ALONE), *MISCONDUCT]),
    default="label-flip",
    show_default=True,
)
@click.option("--dataset", type=click.Choice(BUNDLED), default="digits", show_default=True)
@click.option(
    "--alpha",
    type=click.FloatRange(0.01, 100.0),
    default=None,
    help="Skew the trainers' labels by Dirichlet(alpha).  [default: alike]",
)
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True)
@click.option("--deposit", default="1ether", show_default=True)
@click.option(
    "--validation",
    type=click.IntRange(10),
    default=40,
    show_default=True,
    help="About how many rows the owner has: what fairness is bought with.",
)
@click.option("--report", type=FILE, help="Write everything as JSON to this file.")
@click.option("--keep", is_flag=True, help="Keep the homes of all roles, and say where they are.")
def demo(report: Path | None, keep: bool, **chosen: Any) -> None:
    """Run a whole project on this machine: real chain, real training, real proofs."""
    console = Console(highlight=False, soft_wrap=True)
    options = Options(**chosen)
    options.check()
    started = time.monotonic()
    with Roles(console, keep) as roles:
        demonstration = Demonstration(options, roles)
        demonstration.prepare()
        prepared = time.monotonic()
        demonstration.run()
        value = build_report(demonstration)
        value["seconds"] = {
            "setup": round(prepared - started, 1),
            "total": round(time.monotonic() - started, 1),
        }
    show_summary(console, value)
    if report is not None:
        durable.write_json(report, value)
        console.print(f"report in {report}")


def main() -> None:
    """Exit codes as those of `market`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell's background job inherits an ignored SIGINT; Ctrl-C and `kill -INT` must stop it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        demo(standalone_mode=False)
    except MarketError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]error:[/red] {error}", highlight=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
