"""A local network for development: one anvil node that forgets nothing, whatever kills it."""

from __future__ import annotations

import fcntl
import http.client
import itertools
import json
import re
import threading
import time
import zlib
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from market import durable
from market.chain.following import Following
from market.chain.toolchain import find_anvil
from market.errors import ChainError
from market.process import Child

MNEMONIC = "test test test test test test test test test test test junk"
"""The words of every development network: their keys are public, and guard play money only."""

CHAIN_ID = 31337
ACCOUNTS = 10
BALANCE_ETHER = 1_000_000

_LISTENING = re.compile(rb"^Listening on 127\.0\.0\.1:(\d+)\s*$", re.MULTILINE)
_STATE_KEYS = {"block", "accounts", "best_block_number", "blocks", "transactions"}
_STATE_LIMIT = 2**30  # bytes, unpacked
_HARDFORK = "prague"  # the one that contracts/foundry.toml compiles for


class Devnet:
    """A running anvil, on loopback, that mines a block for each transaction.

    Elsewhere blocks go on by themselves, and contracts count on it; with `goes_on` a few follow on
    the last transaction here.

    anvil itself writes its state only when it ends in good order, and can leave a torn file. Here
    a thread asks it for the state after new blocks, checks the answer, and replaces
    `HOME/state.json` atomically; the copy before stays as `HOME/state.previous.json`. Killed in
    any way, the network goes on from the newest whole copy, at most about `save_interval` seconds
    of blocks behind.

    Args:
        home: folder of the state and the log; one network at a time uses it.
        port: loopback port; 0 takes a free one.
        goes_on: whether blocks follow on the last transaction.
        save_interval: seconds between looks for new blocks to save, and between those that follow.
        start_timeout: seconds that anvil may take until it answers.

    Raises:
        ChainError: no anvil, `port` or `home` is in use, no whole copy of the state is left, or
            anvil did not come up in time.
    """

    def __init__(
        self,
        home: Path,
        port: int = 0,
        *,
        goes_on: bool = False,
        save_interval: float = 1.0,
        start_timeout: float = 30.0,
    ) -> None:
        self._home = home
        self._state = home / "state.json"
        self._previous = home / "state.previous.json"
        self._ids = itertools.count(1)
        self._saved = ""  # hash of the last block in the newest copy
        self._following = Following(self.request) if goes_on else None
        self._saving = threading.Lock()
        self._stopping = threading.Event()
        self._failure: Exception | None = None

        home.mkdir(parents=True, exist_ok=True)
        self._lock = (home / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise ChainError(
                f"another development network runs in {home}", "stop it, or give another home"
            ) from error
        try:
            self._child, self.port = self._start(port, time.monotonic() + start_timeout)
        except BaseException:
            self._lock.close()
            raise
        try:
            self._resume_time()
            self.save()
        except BaseException:
            self._child.stop()
            self._lock.close()
            raise
        self._saver = threading.Thread(
            target=self._keep_saving, args=(save_interval,), name="devnet-saver", daemon=True
        )
        self._saver.start()

    @property
    def url(self) -> str:
        """Where the node answers JSON-RPC over HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._child.running

    def check(self) -> None:
        """Does nothing while all is well.

        Raises:
            ChainError: anvil has ended, or its state cannot be saved.
        """
        if not self.running:
            raise ChainError(f"anvil has ended; its log is {self._child.log}", self._child.tail(1))
        if self._failure is not None:
            raise ChainError(f"the network's state cannot be saved: {self._failure}")

    def account(self, index: int) -> LocalAccount:
        """Development account `index`, of `ACCOUNTS` that start with `BALANCE_ETHER` each."""
        Account.enable_unaudited_hdwallet_features()
        account: LocalAccount = Account.from_mnemonic(
            MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}"
        )
        return account

    def fund(self, address: str, wei: int) -> None:
        """Adds `wei` to the balance of `address`, by a transaction from the last account.

        Raises:
            ChainError: the node refused it, or does not mine it within ten seconds.
        """
        faucet = self.account(ACCOUNTS - 1).address
        transaction = {"from": faucet, "to": address, "value": hex(wei)}
        sent = self.request("eth_sendTransaction", transaction)
        deadline = time.monotonic() + 10.0
        # A transaction is mined just after it is accepted, not before.
        while (receipt := self.request("eth_getTransactionReceipt", sent)) is None:
            if time.monotonic() > deadline:
                raise ChainError(f"the network does not mine: {sent} waits")
            time.sleep(0.005)
        if receipt["status"] != "0x1":
            raise ChainError(f"{address} refuses {wei} wei")

    def advance(self, seconds: int) -> None:
        """Moves the chain's clock forward, and mines a block there."""
        self.request("evm_increaseTime", seconds)
        self.request("evm_mine")

    def snapshot(self) -> str:
        """Marks the present state, for one `revert`."""
        return str(self.request("evm_snapshot"))

    def revert(self, mark: str) -> None:
        """Goes back to the state at `snapshot`.

        Raises:
            ChainError: `mark` is unknown, or was used before.
        """
        if self.request("evm_revert", mark) is not True:
            raise ChainError(f"the network has no snapshot {mark}")

    def request(self, method: str, *parameters: Any, timeout: float = 30.0) -> Any:
        """The result of one JSON-RPC call.

        Args:
            timeout: seconds to wait for each part of the answer.

        Raises:
            ChainError: the node is dead or too slow, or answered with an error.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        call = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": parameters}
        try:
            connection.request("POST", "/", json.dumps(call), {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ChainError(f"{method} at {self.url} failed: {error!r}") from error
        finally:
            connection.close()
        if "error" in answer:
            raise ChainError(f"{method} was refused: {answer['error'].get('message')}")
        return answer["result"]

    def save(self) -> None:
        """Saves the state now.

        Raises:
            ChainError: the node did not give a whole state.
            OSError: it could not be written.
        """
        with self._saving:
            latest = self._latest()
            packed = bytes.fromhex(self.request("anvil_dumpState").removeprefix("0x"))
            text = _unpack(packed)
            number = _whole(text) if text is not None else None
            if text is None or number is None or number < int(latest["number"], 16):
                raise ChainError(f"anvil gave no whole state at block {latest['number']}")
            if self._state.exists():
                self._state.replace(self._previous)
            durable.write_bytes(self._state, text)
            self._saved = latest["hash"]

    def stop(self) -> None:
        """Saves the state and ends the node."""
        self._stopping.set()
        self._saver.join(timeout=60.0)
        try:
            if self.running:
                self.save()
        finally:
            self._child.stop()
            self._lock.close()

    def __enter__(self) -> Devnet:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, port: int, deadline: float) -> tuple[Child, int]:
        """Starts anvil from the newest copy of the state that it can read."""
        copies = [copy for copy in (self._state, self._previous) if copy.exists()]
        if not copies:
            return self._launch(port, None, deadline)
        for copy in copies:
            if _whole(copy.read_bytes()) is not None:
                return self._launch(port, copy, deadline)
        raise ChainError(
            f"no copy of the network's state in {self._home} is whole",
            "remove the folder to start a new network",
        )

    def _launch(self, port: int, copy: Path | None, deadline: float) -> tuple[Child, int]:
        log = self._home / "anvil.log"
        # A new log each time: in an old one stands the port of an earlier run.
        log.unlink(missing_ok=True)
        command = [
            *(str(find_anvil()), "--host", "127.0.0.1", "--port", str(port), "--no-cors"),
            *("--chain-id", str(CHAIN_ID), "--hardfork", _HARDFORK),
            *("--mnemonic", MNEMONIC, "--accounts", str(ACCOUNTS), "--balance", str(BALANCE_ETHER)),
            *("--cache-path", str(self._home / "cache")),
            *(("--load-state", str(copy)) if copy else ()),
        ]
        try:
            child = Child(command, log)
        except OSError as error:
            raise ChainError(f"{command[0]} does not start: {error}") from error
        try:
            while True:
                listening = _LISTENING.search(log.read_bytes())
                if listening:
                    return child, int(listening[1])
                if not child.running:
                    reason = child.tail(3)
                    if "Address already in use" in reason:
                        raise ChainError(f"port {port} is taken", "give another port, or 0")
                    raise ChainError(f"anvil ended at once: {reason or 'it printed nothing'}")
                if time.monotonic() > deadline:
                    raise ChainError(f"anvil did not come up in time; its log is {log}")
                time.sleep(0.02)
        except BaseException:
            child.stop()
            raise

    def _resume_time(self) -> None:
        """Goes on from the last block's time: anvil forgets by how much its clock was ahead."""
        behind = int(self._latest()["timestamp"], 16) - int(time.time())
        if behind > 0:
            self.request("evm_increaseTime", behind)

    def _latest(self) -> dict[str, str]:
        block: dict[str, str] = self.request("eth_getBlockByNumber", "latest", False)
        return block

    def _keep_saving(self, interval: float) -> None:
        while not self._stopping.wait(interval) and self.running:
            try:
                if self._following is not None:
                    self._following.look(self._latest())
                if self._latest()["hash"] != self._saved:
                    self.save()
                self._failure = None
            except (ChainError, OSError) as error:
                # The next look may succeed; until then `check` tells.
                self._failure = error


def _unpack(packed: bytes) -> bytes | None:
    """The content of a gzip stream, or None if it is torn or absurdly large."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(packed, _STATE_LIMIT)
    except zlib.error:
        return None
    return text if unpacker.eof else None


def _whole(text: bytes) -> int | None:
    """The number of the last block in a state that anvil can load, or None if it is not one."""
    try:
        state = json.loads(text)
    except ValueError:
        return None
    if not isinstance(state, dict) or not state.keys() >= _STATE_KEYS:
        return None
    number = state["best_block_number"]
    return number if isinstance(number, int) else None
