"""A real anvil under `Devnet`: its state outlives every way to end it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from market.chain.devnet import BALANCE_ETHER, Devnet
from market.errors import ChainError

pytestmark = pytest.mark.e2e

RECIPIENT = "0x000000000000000000000000000000000000dEaD"


def balance(devnet: Devnet, address: str = RECIPIENT) -> int:
    return int(devnet.request("eth_getBalance", address, "latest"), 16)


def height(devnet: Devnet) -> int:
    return int(devnet.request("eth_blockNumber"), 16)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    try:
        # A killed process whose new parent has not asked for it yet is a zombie.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_accounts_hold_play_money_and_fund_adds(tmp_path: Path) -> None:
    with Devnet(tmp_path) as devnet:
        assert int(devnet.request("eth_chainId"), 16) == 31337
        assert balance(devnet, devnet.account(0).address) == BALANCE_ETHER * 10**18
        devnet.fund(RECIPIENT, 5)
        devnet.fund(RECIPIENT, 7)
        assert balance(devnet) == 12
        assert height(devnet) == 2
        with pytest.raises(ChainError):
            devnet.fund(RECIPIENT, 2 * BALANCE_ETHER * 10**18)


def test_revert_goes_back_once(tmp_path: Path) -> None:
    with Devnet(tmp_path) as devnet:
        mark = devnet.snapshot()
        devnet.fund(RECIPIENT, 5)
        devnet.revert(mark)
        assert balance(devnet) == 0
        with pytest.raises(ChainError, match="no snapshot"):
            devnet.revert(mark)


def test_state_history_and_clock_go_on_after_a_stop(tmp_path: Path) -> None:
    with Devnet(tmp_path) as devnet:
        devnet.fund(RECIPIENT, 5)
        devnet.advance(100_000)
        before = devnet.request("eth_getBlockByNumber", "latest", True)
        sent = devnet.request("eth_getBlockByNumber", "0x1", True)["transactions"][0]["hash"]
    with Devnet(tmp_path) as devnet:
        assert balance(devnet) == 5
        assert devnet.request("eth_getBlockByNumber", "latest", True) == before
        assert devnet.request("eth_getTransactionReceipt", sent)["status"] == "0x1"
        devnet.fund(RECIPIENT, 1)
        after = devnet.request("eth_getBlockByNumber", "latest", True)
        assert int(after["timestamp"], 16) >= int(before["timestamp"], 16)


def test_blocks_are_saved_while_it_runs(tmp_path: Path) -> None:
    """SIGKILL of the owner takes anvil with it, and loses no block that was saved."""
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib; from market.chain.devnet import Devnet\n"
            "d = Devnet(pathlib.Path(sys.argv[1]), save_interval=0.1)\n"
            "d.fund(sys.argv[2], 5)\n"
            "print(d._child.process.pid, flush=True)\n"
            "sys.stdin.read()\n",
            str(tmp_path),
            RECIPIENT,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert owner.stdout is not None
        anvil = int(owner.stdout.readline())
        # The second copy holds the transaction; the first was made at the start.
        wait_until((tmp_path / "state.previous.json").exists, "a copy after the first block")
        wait_until((tmp_path / "state.json").exists, "the newest copy")
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    wait_until(lambda: is_gone(anvil), "anvil to die with its owner")
    with Devnet(tmp_path) as devnet:
        assert balance(devnet) == 5


def test_a_torn_copy_is_passed_over(tmp_path: Path) -> None:
    with Devnet(tmp_path) as devnet:
        devnet.fund(RECIPIENT, 5)
        devnet.save()
        devnet.save()
    newest = tmp_path / "state.json"
    newest.write_bytes(newest.read_bytes()[:-100])
    with Devnet(tmp_path) as devnet:
        assert balance(devnet) == 5


def test_without_a_whole_copy_it_does_not_start_anew(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"block": {')
    with pytest.raises(ChainError, match="no copy"):
        Devnet(tmp_path)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ChainError, match=f"port {port} is taken"):
            Devnet(tmp_path, port)


def test_one_network_a_home(tmp_path: Path) -> None:
    with Devnet(tmp_path), pytest.raises(ChainError, match="another development network"):
        Devnet(tmp_path)


def test_a_dead_anvil_is_reported(tmp_path: Path) -> None:
    with Devnet(tmp_path) as devnet:
        devnet.check()
        os.kill(devnet._child.process.pid, signal.SIGKILL)
        wait_until(lambda: not devnet.running, "anvil to be dead")
        with pytest.raises(ChainError, match="anvil has ended"):
            devnet.check()
        with pytest.raises(ChainError, match="failed"):
            devnet.request("eth_blockNumber")


def test_a_missing_binary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_ANVIL", str(tmp_path / "none"))
    with pytest.raises(ChainError, match="no anvil"):
        Devnet(tmp_path)
