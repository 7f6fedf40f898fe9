"""The `market` command."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from market.cli.output import Output
from market.errors import InputError, MarketError

COMMANDS: dict[str, tuple[str, str]] = {
    "add-srs": ("network:add_srs_command", "Keep a ceremony's SRS on this machine."),
    "advance": ("accounts:advance", "Move a project on, past a deadline."),
    "aggregate": ("aggregator:aggregate", "Aggregate for a project until it is closed."),
    "announce": ("accounts:announce_command", "Publish on chain how others reach this home."),
    "audit": ("auditor:audit", "Check every claim about a project."),
    "cancel": ("owner:cancel", "Close a project that nobody has joined."),
    "create-project": ("owner:create", "Create a project, and lock its budget."),
    "deal": ("data:deal", "Write files of rows to try a project with."),
    "deploy": ("network:deploy_command", "Deploy the market on a network."),
    "devnet": ("network:devnet", "Run a local Ethereum network with the market on it."),
    "dispute": ("arbiter:dispute", "Ask arbiters to judge a project's validation rows."),
    "exit": ("accounts:exit_command", "Leave a project as its trainer."),
    "evaluate": ("evaluator:evaluate_command", "Measure a project's models until it is closed."),
    "explain": ("explain:explain", "Show the arithmetic of what an account was paid."),
    "export": ("network_model:export_command", "Write a project's network for other programs."),
    "export-model": ("models:export_model_command", "Write a PyTorch model as a file of data."),
    "fund": ("owner:fund", "Add to the trainers' budget of a project."),
    "invite": ("invite:invite_command", "Name who may join a project."),
    "join": ("trainer:join", "Train for a project until it is closed."),
    "judge": ("arbiter:judge", "Check a project's validation rows, as its arbiter."),
    "key": ("accounts:key", "Make a new account."),
    "list": ("show:list_projects", "List the projects of a market."),
    "model": ("owner:model", "Fetch a project's newest model."),
    "predict": ("network_model:predict", "Say what a project's network says of rows."),
    "serve": ("network:serve", "Run this home's IPFS node."),
    "show": ("show:show", "Show the terms of a project in words."),
    "simulate": ("simulate:simulate", "Play a project without a chain."),
    "status": ("auditor:status", "Show where a project stands."),
    "withdraw": ("accounts:withdraw", "Take out what a project owes."),
}
"""Where each command is, and its line in the list of commands."""


class Commands(click.Group):
    """Imports a command's module when it is asked for: PyTorch and Flower take seconds."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(f"market.cli.{module}"), name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from market.toml in --home, from MARKET_* variables, and from options, "
    "the later winning. Exit codes: 0 success, 1 a claim does not hold, 2 usage, 3 unusable "
    "input, 4 chain, 5 refused by the contract, 6 IPFS, 7 funds, 8 proof, 9 not found, "
    "10 deadline, 11 Flower, 130 interrupted.",
)
@click.version_option(package_name="federated-market")
def cli() -> None:
    """The market for federated learning: contributions proven, and paid by contract."""


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
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        usage = MarketError(error.format_message().rstrip("."), "see --help")
        usage.exit_code = error.exit_code
        context.get("output", Output(as_json=False)).error(usage)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is None:
            raise
        # A folder that cannot be written, a full disk.
        failed = InputError(f"cannot use {error.filename}: {error.strerror}")
        context.get("output", Output(as_json=False)).error(failed)
        sys.exit(failed.exit_code)


if __name__ == "__main__":
    run()
