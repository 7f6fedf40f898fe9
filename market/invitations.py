"""Who may join a project: a list of accounts, its Merkle root for the terms, a proof for each.

The tree is that of OpenZeppelin's StandardMerkleTree over one address a leaf, so that its library
makes and reads the same roots and proofs: a leaf is keccak(keccak(abi.encode(address))), leaves
stand in ascending order, and pairs are hashed the lower first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from market import durable
from market.errors import InputError
from market.merkle import HASH_BYTES, commutative, holds_anywhere, proof, tree
from market.specification.entries import address

VERSION = 1
MAX_INVITED = 10_000
"""Ten times what may take part; a list is a file that people pass around."""
MAX_BYTES = 1 << 20
_LONGEST_PROOF = 32


@dataclass(frozen=True)
class Invitation:
    """What one account shows to join.

    Args:
        account: who may join, in its checksum form.
        root: of the list, as the terms name it.
        proof: the siblings from the account's leaf to the root.
    """

    account: str
    root: bytes
    proof: tuple[bytes, ...]

    @property
    def holds(self) -> bool:
        """Whether the contract lets the account join a project that names this root."""
        return holds_anywhere(self.root, leaf_of(self.account), self.proof)

    def encode(self) -> Any:
        """The content of an invitation's file."""
        return {
            "version": VERSION,
            "account": self.account,
            "root": _hex(self.root),
            "proof": [_hex(node) for node in self.proof],
        }


def account_of(word: object, where: str = "") -> str:
    """The account that a word names, in its checksum form.

    Args:
        where: the word stands, in front of what is refused.

    Raises:
        InputError: it is no address.
    """
    try:
        return address(word)
    except ValueError as error:
        raise InputError(f"{where}{str(word)[:80]!r} {error}") from error


def leaf_of(account: str) -> bytes:
    """keccak(keccak(abi.encode(account)))."""
    encoded = bytes.fromhex(account.removeprefix("0x")).rjust(32, b"\0")
    return bytes(keccak(keccak(encoded)))


def root_of(accounts: Iterable[str]) -> bytes:
    """The root of the accounts' tree, whatever their order.

    Raises:
        InputError: there are none, too many, one that is no address, or one twice.
    """
    return _nodes(_checked(accounts))[0]


def invite(accounts: Iterable[str]) -> list[Invitation]:
    """An invitation of each account, in the order of the list.

    Raises:
        InputError: as for `root_of`.
    """
    listed = _checked(accounts)
    nodes = _nodes(listed)
    places = {leaf: number for number, leaf in enumerate(_leaves(listed))}
    return [
        Invitation(account, nodes[0], tuple(proof(nodes, places[leaf_of(account)])))
        for account in listed
    ]


def encode_list(accounts: Iterable[str]) -> Any:
    """The content of a list's file."""
    listed = _checked(accounts)
    return {"version": VERSION, "root": _hex(_nodes(listed)[0]), "accounts": listed}


def read_invited(path: Path) -> tuple[str, ...]:
    """The accounts of a list's file.

    Raises:
        InputError: it is missing, too large or malformed, or names another root than its accounts
            have.
    """
    value = _read(path, ("version", "root", "accounts"))
    try:
        accounts = _checked(_of(value, "accounts", list))
        root = _hash(value["root"])
    except (ValueError, InputError) as error:
        raise InputError(f"{path} is no list of invited accounts: {_said(error)}") from error
    if _nodes(accounts)[0] != root:
        raise InputError(
            f"{path}: the accounts have another root than the file says",
            "make the list anew with `market invite`",
        )
    return tuple(accounts)


def read_invitation(path: Path, account: str, root: bytes) -> list[bytes]:
    """The proof of an invitation's file.

    Args:
        account: who wants to join.
        root: that the terms name.

    Raises:
        InputError: it is missing, too large or malformed, is another account's or for another
            root, or proves nothing.
    """
    invitation = decode_invitation(path)
    if invitation.account != account_of(account):
        raise InputError(
            f"{path} invites {invitation.account}, not {account}",
            "use the key of the account that was invited, or ask for an invitation of this one",
        )
    if invitation.root != root:
        raise InputError(
            f"{path} is an invitation to other projects",
            f"this one's list has the root {_hex(root)}: ask its owner",
        )
    if not invitation.holds:
        raise InputError(f"{path} proves no invitation", "ask the owner for it again")
    return list(invitation.proof)


def decode_invitation(path: Path) -> Invitation:
    """What an invitation's file says; whether it proves anything is not looked at.

    Raises:
        InputError: it is missing, too large or malformed.
    """
    value = _read(path, ("version", "account", "root", "proof"))
    try:
        nodes = _of(value, "proof", list)
        if len(nodes) > _LONGEST_PROOF:
            raise ValueError(f"its proof has {len(nodes)} nodes, at most {_LONGEST_PROOF} are used")
        return Invitation(
            address(value["account"]), _hash(value["root"]), tuple(_hash(node) for node in nodes)
        )
    except ValueError as error:
        raise InputError(f"{path} is no invitation: {error}") from error


def _nodes(accounts: Sequence[str]) -> list[bytes]:
    return tree(_leaves(accounts), commutative)


def _leaves(accounts: Sequence[str]) -> list[bytes]:
    return sorted(map(leaf_of, accounts))


def _checked(accounts: Iterable[str]) -> list[str]:
    listed = [account_of(each) for each in accounts]
    if not 1 <= len(listed) <= MAX_INVITED:
        raise InputError(f"{len(listed)} accounts are invited, not 1 to {MAX_INVITED}")
    seen: set[str] = set()
    for each in listed:
        if each in seen:
            raise InputError(f"{each} is invited twice", "name each account once")
        seen.add(each)
    return listed


def _read(path: Path, names: Sequence[str]) -> dict[str, Any]:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if size > MAX_BYTES:
        raise InputError(f"{path} has {size} bytes, at most {MAX_BYTES} are read")
    value = durable.read_json(path)
    if not isinstance(value, dict) or set(value) != set(names):
        raise InputError(
            f"{path} is not a JSON object of {', '.join(names)}", "`market invite` makes them"
        )
    if value["version"] != VERSION:
        raise InputError(f"{path} is of version {str(value['version'])[:20]}, not {VERSION}")
    return value


def _of(value: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(value[name], kind):
        raise ValueError(f"{name} must be a {kind.__name__}")
    return value[name]


def _hash(value: object) -> bytes:
    digits = value.removeprefix("0x") if isinstance(value, str) else ""
    if len(digits) != 2 * HASH_BYTES or set(digits.lower()) - set("0123456789abcdef"):
        raise ValueError(f"{str(value)[:80]!r} must be 64 hexadecimal digits after 0x")
    return bytes.fromhex(digits)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _said(error: Exception) -> str:
    return error.message if isinstance(error, InputError) else str(error)
