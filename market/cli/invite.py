"""The command that makes invitations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from market import durable
from market.cli.output import Output
from market.errors import InputError
from market.invitations import MAX_BYTES, account_of, encode_list, invite, read_invited
from market.prospectus.spans import counted

LIST = "invited.json"
_PUBLIC = 0o644


@click.command(
    "invite", epilog="Example: market invite members.txt 0x52908400... --out invitations"
)
@click.argument("whom", nargs=-1, required=True, metavar="FILE_OR_ADDRESS...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Where the list and the invitations go.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def invite_command(context: click.Context, whom: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Name the accounts that may join a project, and make an invitation for each.

    A FILE is a list that this command made (.json), or text with one address a line; what follows
    a # is skipped. DIR/invited.json goes into the specification, as project.invitations. Send each
    DIR/0x....json to its account: `market join --invitation` takes it. Nothing in it is secret.
    """
    context.ensure_object(dict)["output"] = output = Output(as_json)
    accounts = list(dict.fromkeys(each for named in whom for each in _accounts(named)))
    invitations = invite(accounts)
    root = "0x" + invitations[0].root.hex()
    listed = out / LIST
    # Of a project that names its root, nobody could make a proof any more.
    if listed.exists() and set(read_invited(listed)) != set(accounts):
        raise InputError(
            f"{listed} invites other accounts",
            "projects may name its root: choose another --out",
        )
    durable.write_bytes(listed, _json(encode_list(accounts)), mode=_PUBLIC)
    files = {each.account: out / f"{each.account}.json" for each in invitations}
    for each in invitations:
        durable.write_bytes(files[each.account], _json(each.encode()), mode=_PUBLIC)
    output.result(
        f"{counted(len(accounts), 'account')} invited, with the root {root}\n"
        f'for the specification: [project] invitations = "{listed.resolve()}"\n'
        f"for each account: {out}/ADDRESS.json",
        {
            "root": root,
            "list": str(listed),
            "invitations": {account: str(path) for account, path in files.items()},
        },
    )


def _accounts(named: str) -> Iterable[str]:
    path = Path(named)
    if named.startswith("0x") and not path.exists():
        return [account_of(named)]
    if path.suffix == ".json":
        return read_invited(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is too large for a list of addresses")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"{named[:80]!r} is no address, and no file: {error.strerror}",
            "an address has 40 hexadecimal digits after 0x",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text") from error
    words = [(number, line.partition("#")[0].strip()) for number, line in enumerate(lines, 1)]
    return [account_of(word, f"{path}, line {number}: ") for number, word in words if word]


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"
