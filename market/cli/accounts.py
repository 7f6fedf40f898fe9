"""Commands about an account: make a key, announce, leave, withdraw."""

from __future__ import annotations

import click
from web3 import Web3

from market.chain.first_version import FirstMarket
from market.chain.keyfile import create_account
from market.chain.logs import Created
from market.chain.market import Market, project_id
from market.cli.context import Settings, shared_options
from market.errors import ChainError, InputError, NotFoundError
from market.identity import announce
from market.instants import instant


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
@click.option(
    "--for",
    "others",
    multiple=True,
    metavar="ADDRESS",
    help="Pay out what this account is owed instead, to it; `all` for everybody. Repeatable.",
)
def withdraw(settings: Settings, project: str, others: tuple[str, ...]) -> None:
    """Take out what PROJECT owes this account: credits, and a stake that is free.

    With --for, whoever calls pays the gas, and the money goes to those it is owed to.
    """
    market = settings.market_of_any_version()
    created = market.created(project_id(project))
    terms = created.terms
    currency = market.currency(terms.token)
    if others:
        accounts = _accounts(market, created, others)
        due = {account: market.withdrawable(terms, account) for account in accounts}
        due = {account: amount for account, amount in due.items() if amount}
        if not due:
            raise NotFoundError("nobody has anything to withdraw", "see `market status`")
        receipt = market.withdraw_for(terms, [*due])
    else:
        due = {market.address: 0}
        receipt = market.withdraw(terms)
    # Not what a view said before: on a quiet chain its time is the newest block's, and who refuses
    # the money keeps the credit.
    found = market.withdrawn_in(receipt)
    paid = {account: found.get(account, 0) for account in due}
    settings.output.result(
        "\n".join(
            f"{account} withdrew {currency.show(amount)}"
            if amount or not others
            else f"{account} refuses to be paid, and keeps {currency.show(due[account])}"
            for account, amount in paid.items()
        ),
        {
            "address": market.address,
            "amount_wei": str(sum(paid.values())),
            "paid_wei": {account: str(amount) for account, amount in paid.items()},
            "transaction": "0x" + bytes(receipt["transactionHash"]).hex(),
        },
    )


def _accounts(market: Market | FirstMarket, created: Created, named: tuple[str, ...]) -> list[str]:
    if "all" not in named:
        for account in named:
            if not Web3.is_address(account):
                raise InputError(f"{account[:80]!r} is not an address", "or say --for all")
        return [Web3.to_checksum_address(account) for account in named]
    joined = market.joined(created.id)
    known = [created.terms.owner, *created.terms.aggregators, *joined, *market.credits(created.id)]
    return list(dict.fromkeys(known))


@click.command("exit", epilog="Example: market exit 0x5c... --home ./trainer")
@shared_options
@click.argument("project")
def exit_command(settings: Settings, project: str) -> None:
    """Leave PROJECT: commit no more, and get the stake back after the exit delay.

    What was committed to is still to be revealed, and the stake answers for it until then.
    """
    market = settings.market_of_any_version()
    id = project_id(project)
    market.exit(market.created(id).terms)
    # Others may leave in the same moment.
    free_at = next((d.free_at for d in market.leaving(id) if d.trainer == market.address), None)
    if free_at is None:
        raise ChainError(
            f"{market.address} leaves, and the node does not show yet when its stake is free",
            "it is after the exit delay of the terms: see `market show`",
        )
    settings.output.result(
        f"{market.address} leaves; its stake is free after {instant(free_at)}",
        {"address": market.address, "free_at": free_at},
    )


@click.command(epilog="Example: market advance 0x5c... --home ./anyone")
@shared_options
@click.argument("project")
def advance(settings: Settings, project: str) -> None:
    """Move PROJECT on, once the deadline of its phase has passed. Anyone may."""
    market = settings.market_of_any_version()
    id = project_id(project)
    market.advance(market.created(id).terms)
    state = market.project(id)
    settings.output.result(
        f"{project} is in phase {state.phase.name.lower()}", {"phase": state.phase.name.lower()}
    )
