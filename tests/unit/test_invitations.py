"""Lists of invited accounts, invitations, and files that are neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from market.cli.main import cli
from market.errors import InputError
from market.invitations import (
    MAX_BYTES,
    MAX_INVITED,
    decode_invitation,
    encode_list,
    invite,
    leaf_of,
    read_invitation,
    read_invited,
    root_of,
)
from market.merkle import holds_anywhere

ADDRESSES = st.binary(min_size=20, max_size=20).map(to_checksum_address)
LISTS = st.lists(ADDRESSES, min_size=1, max_size=20, unique=True)
ONE, TWO, THREE = (to_checksum_address(bytes([i]) * 20) for i in (1, 2, 3))


@given(LISTS, st.randoms())
def test_the_order_of_a_list_is_nothing(accounts: list[str], random: Any) -> None:
    shuffled = list(accounts)
    random.shuffle(shuffled)
    assert root_of(shuffled) == root_of(accounts)


@given(LISTS, ADDRESSES)
def test_who_is_listed_has_a_proof_and_nobody_else(accounts: list[str], other: str) -> None:
    root = root_of(accounts)
    invitations = invite(accounts)
    assert [each.account for each in invitations] == accounts
    for each in invitations:
        assert each.root == root
        assert holds_anywhere(root, leaf_of(each.account), each.proof)
        assert each.account == other or not holds_anywhere(root, leaf_of(other), each.proof)


def test_a_list_of_one_needs_no_proof() -> None:
    assert root_of([ONE]) == leaf_of(ONE)
    assert invite([ONE])[0].proof == ()


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ([], "0 accounts are invited"),
        ([ONE, TWO, ONE.lower()], f"{ONE} is invited twice"),
        (["0x12"], "must be an address"),
        ([f"0x{i:040x}" for i in range(MAX_INVITED + 1)], "not 1 to"),
    ],
)
def test_lists_that_are_refused(accounts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        root_of(accounts)


def test_files_come_back_as_they_were_written(tmp_path: Path) -> None:
    accounts = [TWO, ONE, THREE]
    (tmp_path / "list.json").write_text(json.dumps(encode_list(accounts)))
    assert read_invited(tmp_path / "list.json") == tuple(accounts)
    for each in invite(accounts):
        path = tmp_path / f"{each.account}.json"
        path.write_text(json.dumps(each.encode()))
        assert decode_invitation(path) == each
        assert read_invitation(path, each.account.lower(), root_of(accounts)) == list(each.proof)


def test_an_invitation_is_for_one_account_and_one_list(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(invite([ONE, TWO])[0].encode()))
    with pytest.raises(InputError, match=f"invites {ONE}, not {TWO}"):
        read_invitation(path, TWO, root_of([ONE, TWO]))
    with pytest.raises(InputError, match="other projects"):
        read_invitation(path, ONE, root_of([ONE, THREE]))
    path.write_text(json.dumps({**invite([ONE, TWO])[0].encode(), "proof": []}))
    with pytest.raises(InputError, match="proves no invitation"):
        read_invitation(path, ONE, root_of([ONE, TWO]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "of version 2"),
        ({"accounts": {}}, "accounts must be a list"),
        ({"accounts": [[ONE]]}, "must be an address"),
        ({"accounts": [ONE, ONE]}, "twice"),
        ({"accounts": [THREE]}, "another root than the file says"),
        ({"accounts": [ONE.replace("0", "o", 1)]}, "must be an address"),
        ({"root": 7}, "64 hexadecimal digits"),
        ({"root": "0x" + "g" * 64}, "64 hexadecimal digits"),
        ({"more": 1}, "not a JSON object of version, root, accounts"),
    ],
)
def test_a_list_that_says_something_else(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({**encode_list([ONE, TWO]), **change}))
    with pytest.raises(InputError, match=message):
        read_invited(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"version": 1}',
        b" " * 2 * MAX_BYTES,
    ],
)
def test_files_that_are_nothing_of_the_kind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    for read in (read_invited, decode_invitation):
        with pytest.raises(InputError, match=str(path)):
            read(path)


@given(st.binary(max_size=400))
def test_bytes_of_a_stranger_end_in_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("hostile") / "file.json"
    path.write_bytes(content)
    for read in (read_invited, decode_invitation):
        with pytest.raises(InputError):
            read(path)


def test_a_proof_is_no_longer_than_any_tree_is_deep(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({**invite([ONE])[0].encode(), "proof": ["0x" + "11" * 32] * 33}))
    with pytest.raises(InputError, match="33 nodes"):
        decode_invitation(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_invited(tmp_path / "none.json")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["invite", *arguments, "--json"], obj={})


def test_the_command_takes_addresses_texts_and_lists(tmp_path: Path) -> None:
    (tmp_path / "members.txt").write_text(f"# the hospitals\n{TWO}  # Basel\n\n{ONE.lower()}\n")
    found = run(str(tmp_path / "members.txt"), ONE, "--out", str(tmp_path / "a"))
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert bytes.fromhex(told["root"][2:]) == root_of([ONE, TWO])
    assert read_invited(tmp_path / "a" / "invited.json") == (TWO, ONE)
    shown = read_invitation(Path(told["invitations"][ONE]), ONE, root_of([ONE, TWO]))
    assert shown == list(invite([ONE, TWO])[0].proof)

    found = run(str(tmp_path / "a" / "invited.json"), THREE, "--out", str(tmp_path / "b"))
    assert read_invited(Path(json.loads(found.stdout)["list"])) == (TWO, ONE, THREE)
    text = CliRunner().invoke(cli, ["invite", ONE, "--out", str(tmp_path / "c")], obj={}).stdout
    assert root_of([ONE]).hex() in text


def test_a_list_is_not_replaced_by_another(tmp_path: Path) -> None:
    for _ in range(2):
        assert run(ONE, TWO, "--out", str(tmp_path)).exit_code == 0
    refused = run(ONE, "--out", str(tmp_path))
    assert isinstance(refused.exception, InputError)
    assert "invites other accounts" in str(refused.exception)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("0x12", "must be an address"),
        (ONE[:-1] + "g", "must be an address"),
        ("nobody.txt", "is no address, and no file"),
        ("bad.txt", "line 2: 'hello' must be an address"),
        ("binary.txt", "is not text"),
    ],
)
def test_the_command_says_what_is_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.txt").write_text(f"{ONE}\nhello\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    found = run(named, "--out", str(tmp_path / "out"))
    assert isinstance(found.exception, InputError), found.output
    assert message in str(found.exception)
    assert not (tmp_path / "out").exists()
