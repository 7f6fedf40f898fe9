"""Settings that all commands share: configuration file < environment < command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from eth_account.signers.local import LocalAccount

from market.chain.first_version import FirstMarket, FirstVersionError
from market.chain.keyfile import load_account
from market.chain.market import Market, OtherCodeError
from market.cli.output import Output
from market.errors import ChainError, InputError
from market.specification.entries import addresses
from market.storage.base import Storage
from market.storage.client import open_storage

DEFAULT_RPC = "http://127.0.0.1:8545"
CONFIGURATION = "market.toml"
_NAMES = ("rpc", "contract", "key", "ipfs_api", "ipfs_host")
JUDGES = "judges"
MAX_JUDGES = 100


@dataclass(frozen=True)
class Settings:
    """Where things are.

    Args:
        home: directory of this role's own.
        rpc: URL of an Ethereum node.
        contract: address of the market; empty if none is given.
        key: file of the account's private key.
        ipfs_api: address of an external IPFS daemon, or None for the embedded node.
        ipfs_host: IP address that the embedded node listens on and announces.
        output: prints.
        judges: arbiters that this role trusts.
    """

    home: Path
    rpc: str
    contract: str
    key: Path
    ipfs_api: str | None
    ipfs_host: str
    output: Output
    judges: tuple[str, ...] = ()

    def account(self) -> LocalAccount:
        return load_account(self.key)

    def market(self, signing: bool = True) -> Market:
        """The market; with the account unless only reading.

        Raises:
            InputError: no contract is named, or the key is unusable.
            ChainError: the node is dead or knows no such contract.
            FirstVersionError: it is of the first version.
        """
        if not self.contract:
            raise InputError(
                "no market contract is named",
                f"give --contract ADDRESS, or set it in {self.home / CONFIGURATION}",
            )
        account = self.account() if signing else None
        try:
            return Market(self.rpc, self.contract, account)
        except OtherCodeError as error:
            try:
                FirstMarket(self.rpc, self.contract)
            except ChainError:
                raise error from None
            raise FirstVersionError(self.contract) from None

    def market_of_any_version(self, signing: bool = True) -> Market | FirstMarket:
        """The same, or a market of the first version, for what is to be done on either.

        Raises:
            InputError, ChainError: as for `market`.
        """
        try:
            return self.market(signing)
        except FirstVersionError:
            return FirstMarket(self.rpc, self.contract, self.account() if signing else None)

    def storage(self) -> Storage:
        self.home.mkdir(parents=True, exist_ok=True)
        return open_storage(self.home, self.ipfs_api, self.ipfs_host)


def read_configuration(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The file's texts by name, and its judges; nothing if there is no file.

    Raises:
        InputError: it is no TOML, or has an entry that there is not.
    """
    if not path.exists():
        return {}, ()
    try:
        raw = tomllib.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    judges: tuple[str, ...] = ()
    if JUDGES in raw:
        try:
            judges = addresses(MAX_JUDGES)(raw.pop(JUDGES))
        except ValueError as error:
            raise InputError(f"{path}: {JUDGES}: {error}") from error
    for name, value in raw.items():
        if name not in _NAMES or not isinstance(value, str):
            raise InputError(
                f"{path}: unusable entry {name}",
                f"texts named {', '.join(_NAMES)}, or a list of addresses named {JUDGES}",
            )
    return raw, judges


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of `Settings` to a command, which receives it as first argument."""

    @wraps(function)
    def command(
        rpc: str | None,
        contract: str | None,
        key: Path | None,
        home: Path,
        ipfs_api: str | None,
        ipfs_host: str | None,
        as_json: bool,
        **arguments: Any,
    ) -> Any:
        context = click.get_current_context()
        context.ensure_object(dict)["output"] = output = Output(as_json)
        file, judges = read_configuration(home / CONFIGURATION)
        settings = Settings(
            home=home,
            rpc=rpc or file.get("rpc") or DEFAULT_RPC,
            contract=contract or file.get("contract", ""),
            key=key or home / file.get("key", "account.key"),
            ipfs_api=ipfs_api or file.get("ipfs_api"),
            ipfs_host=ipfs_host or file.get("ipfs_host", "127.0.0.1"),
            output=output,
            judges=judges,
        )
        return function(settings, **arguments)

    folder = click.Path(path_type=Path, file_okay=False)
    file = click.Path(path_type=Path, dir_okay=False)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line."),
        click.option(
            "--ipfs-host",
            envvar="MARKET_IPFS_HOST",
            metavar="IP",
            help="Address that others reach the embedded IPFS node at.  [default: 127.0.0.1]",
        ),
        click.option(
            "--ipfs-api",
            envvar="MARKET_IPFS_API",
            metavar="ADDRESS",
            help="External IPFS daemon; without it an embedded node runs in --home.",
        ),
        click.option(
            "--home",
            envvar="MARKET_HOME",
            type=folder,
            metavar="DIR",
            default=Path(os.path.expanduser("~/.market")),
            help="This role's own directory.  [default: ~/.market]",
        ),
        click.option(
            "--key",
            envvar="MARKET_KEY",
            type=file,
            metavar="FILE",
            help="Private key of the account.  [default: account.key in --home]",
        ),
        click.option(
            "--contract", envvar="MARKET_CONTRACT", metavar="ADDRESS", help="Address of the market."
        ),
        click.option(
            "--rpc",
            envvar="MARKET_RPC",
            metavar="URL",
            help=f"Ethereum node.  [default: {DEFAULT_RPC}]",
        ),
    ):
        command = option(command)
    return command
