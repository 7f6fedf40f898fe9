"""The `market` command."""

from __future__ import annotations

import sys

import click

from market.cli import accounts, auditor, network, owner, participants
from market.cli.output import Output
from market.errors import MarketError


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from market.toml in --home, from MARKET_* variables, and from options, "
    "the later winning. Exit codes: 0 success, 1 a claim does not hold, 2 usage, 3 unusable "
    "input, 4 chain, 5 refused by the contract, 6 IPFS, 7 funds, 8 proof, 9 not found, "
    "10 deadline, 11 Flower, 130 interrupted.",
)
@click.version_option(package_name="federated-market")
def cli() -> None:
    """The market for federated learning: contributions proven, and paid by contract."""


for command in (
    network.devnet,
    network.serve,
    accounts.key,
    accounts.announce_command,
    accounts.withdraw,
    owner.create,
    owner.cancel,
    owner.model,
    participants.join,
    participants.aggregate,
    participants.advance,
    auditor.status,
    auditor.audit,
):
    cli.add_command(command)


def run() -> None:
    """Entry point: every expected error is one line and its own exit code."""
    context: dict[str, Output] = {}
    try:
        sys.exit(cli.main(standalone_mode=False, obj=context) or 0)
    except MarketError as error:
        context.get("output", Output(as_json=False)).error(error)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    run()
