"""Commands that run infrastructure: a local network, an IPFS node."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path

import click
from web3 import Web3

from market import durable
from market.chain.connection import Connection
from market.chain.deploy import deploy_market
from market.chain.devnet import Devnet
from market.chain.refusal import Refusals
from market.cli.context import Settings, shared_options
from market.errors import InputError
from market.specification.amounts import parse_wei
from zk.cache import sha256_file
from zk.srs import add_srs, download_srs

DEPLOYMENT = "deployment.json"


def wait_for_signal() -> None:
    """Returns at SIGINT or SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(0.5):
        pass


@click.command(epilog="Example: market devnet --home ./devnet --port 8545 --fund 0xAB...=10ether")
@shared_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8545,
    show_default=True,
    help="Port of the RPC; 0 for a free one.",
)
@click.option("--fund", multiple=True, metavar="ADDRESS=AMOUNT", help="Give an account coins.")
def devnet(settings: Settings, port: int, fund: tuple[str, ...]) -> None:
    """Run a local Ethereum network with the market deployed on it.

    For development: its coins are worth nothing, and its state lives in --home.
    """
    gifts = [_gift(text) for text in fund]
    with Devnet(settings.home, port, goes_on=True) as network:
        deployment = settings.home / DEPLOYMENT
        if deployment.exists():
            address = str(durable.read_json(deployment)["contract"])
        else:
            connection = Connection(network.url, network.account(0), Refusals())
            address = deploy_market(connection)
            network.save()
            durable.write_json(deployment, {"contract": address})
        for account, wei in gifts:
            network.fund(account, wei)
        settings.output.result(
            f"RPC       {network.url}\ncontract  {address}\nCtrl-C stops it.",
            {"rpc": network.url, "contract": address},
        )
        wait_for_signal()


def _gift(text: str) -> tuple[str, int]:
    account, found, amount = text.partition("=")
    if not found or not Web3.is_address(account):
        raise InputError(f"{text!r} is not ADDRESS=AMOUNT", "write for example 0xAB...=10ether")
    return account, parse_wei(amount)


@click.command("serve", epilog="Example: market serve --home ./owner")
@shared_options
def serve(settings: Settings) -> None:
    """Run this home's IPFS node, so that others can fetch what it published.

    Other commands of the same home use it while it runs.
    """
    with settings.storage() as storage:
        peer = storage.peer()
        settings.output.result(f"IPFS peer {peer}\nCtrl-C stops it.", {"peer": peer})
        wait_for_signal()


@click.command("deploy", epilog="Example: market deploy --rpc https://... --home ./operator")
@shared_options
def deploy_command(settings: Settings) -> None:
    """Deploy the market on the network at --rpc. Nobody has power over it afterwards."""
    connection = Connection(settings.rpc, settings.account(), Refusals())
    address = deploy_market(connection)
    settings.output.result(address, {"contract": address, "chain_id": connection.chain_id})


@click.command("add-srs", epilog="Example: market add-srs perpetual-powers-of-tau-16.srs")
@shared_options
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--download", type=click.IntRange(1, 28), metavar="LOGROWS", help="Fetch it, by EZKL, instead."
)
@click.option("--sha256", metavar="HASH", help="Refuse another; needed with --download.")
def add_srs_command(
    settings: Settings, file: Path | None, download: int | None, sha256: str | None
) -> None:
    """Keep a ceremony's SRS on this machine, under its hash, for projects that name it."""
    if (file is None) == (download is None) or (download is not None and sha256 is None):
        raise InputError(
            "a file is needed, or --download LOGROWS and --sha256 HASH", "market add-srs --help"
        )
    if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256):
        raise InputError(f"no SHA-256: {sha256}", "64 hexadecimal digits, as sha256sum prints them")
    if download is not None and sha256 is not None:
        srs = download_srs(download, sha256)
    elif file is None or not file.is_file():
        raise InputError(f"no SRS file at {file}", "give the file of a ceremony")
    else:
        srs = add_srs(file.read_bytes(), sha256 or sha256_file(file))
    settings.output.result(srs.sha256, {"sha256": srs.sha256})
