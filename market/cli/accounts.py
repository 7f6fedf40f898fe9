"""Commands about an account: make a key, announce, withdraw."""

from __future__ import annotations

import click

from market.chain.keyfile import create_account
from market.chain.market import project_id
from market.cli.context import Settings, shared_options
from market.identity import announce
from market.specification.amounts import show_ether


@click.command(epilog="Example: market key --home ./trainer")
@shared_options
def key(settings: Settings) -> None:
    """Make a new account; its private key goes to --key."""
    account = create_account(settings.key)
    settings.output.result(
        f"{account.address}\nkey in {settings.key}; whoever reads it owns the account",
        {"address": account.address, "key": str(settings.key)},
    )


@click.command("announce", epilog="Example: market announce --home ./aggregator")
@shared_options
def announce_command(settings: Settings) -> None:
    """Publish on chain how others reach this home: encryption key and IPFS peer.

    An aggregator does this before owners can name it in a specification.
    """
    market = settings.market()
    with settings.storage() as storage:
        announced = announce(market, storage, settings.home, "")
    settings.output.result(
        f"{market.address} announced",
        {
            "address": market.address,
            "encryption_key": announced.encryption_key.hex(),
            "peer": announced.peer,
        },
    )


@click.command(epilog="Example: market withdraw 0x5c... --home ./trainer")
@shared_options
@click.argument("project")
def withdraw(settings: Settings, project: str) -> None:
    """Take out what PROJECT owes this account: credits, and the stake once it is closed."""
    market = settings.market()
    terms = market.created(project_id(project)).terms
    amount = market.withdrawable(terms, market.address)
    receipt = market.withdraw(terms)
    settings.output.result(
        f"{market.address} withdrew {show_ether(amount)} ether",
        {
            "address": market.address,
            "amount_wei": str(amount),
            "transaction": "0x" + bytes(receipt["transactionHash"]).hex(),
        },
    )


@click.command(epilog="Example: market advance 0x5c... --home ./anyone")
@shared_options
@click.argument("project")
def advance(settings: Settings, project: str) -> None:
    """Move PROJECT on, once the deadline of its phase has passed. Anyone may."""
    market = settings.market()
    id = project_id(project)
    market.advance(market.created(id).terms)
    state = market.project(id)
    settings.output.result(
        f"{project} is in phase {state.phase.name.lower()}", {"phase": state.phase.name.lower()}
    )
