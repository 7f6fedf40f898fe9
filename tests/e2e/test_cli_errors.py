"""Wrong input to the real commands: one line, a documented exit code, nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
from eth_account import Account

from market.chain.connection import Connection
from market.chain.deploy import deploy_market
from market.chain.devnet import Devnet
from market.chain.refusal import Refusals

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
ID = "0x" + "5c" * 32
DEAD = "http://127.0.0.1:1"  # nobody listens on port 1
CODELESS = "0x000000000000000000000000000000000000dEaD"
PAUPER = "0x" + "1f" * 32
SPECIFICATION = """
[project]
name = "cells"
aggregators = ["0x000000000000000000000000000000000000dEaD"]
rounds = 1
slots = 5
[data]
features = 2
classes = 2
validation = "rows.csv"
"""


@dataclass(frozen=True)
class Network:
    """A development network with the market on it."""

    rpc: str
    contract: str
    key: str


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Devnet(tmp_path_factory.mktemp("devnet")) as devnet:
        account = devnet.account(0)
        connection = Connection(devnet.url, account, Refusals())
        yield Network(devnet.url, deploy_market(connection), "0x" + account.key.hex())


@pytest.fixture
def home(tmp_path: Path, network: Network) -> Path:
    """A home with all that a command needs, so that each test spoils one thing."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "market.toml").write_text(f'rpc = "{network.rpc}"\ncontract = "{network.contract}"\n')
    (home / "account.key").write_text(network.key)
    (home / "spec.toml").write_text(SPECIFICATION)
    (home / "rows.csv").write_text("a,b,label\n1,2,0\n3,4,1\n")
    return home


def market(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as a user does, with nothing in the environment that concerns the market."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MARKET_")}
    return subprocess.run(
        [sys.executable, "-m", "market.cli.main", *arguments],
        cwd=ROOT,
        env={**clean, "HOME": str(home.parent), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def content(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_refused(result: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    told = result.stdout + result.stderr
    assert "Traceback" not in told
    assert result.returncode == code, told
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert says in line


class Case(NamedTuple):
    """A command line without --home, and how it must end."""

    name: str
    arguments: tuple[str, ...]
    code: int
    says: str
    files: tuple[tuple[str, str | None], ...] = ()
    """Files of the home to replace, or with None to remove, before."""


def test_the_list_of_commands_is_whole_and_waits_for_none_of_them() -> None:
    script = (
        "import sys; from market.cli.main import COMMANDS, cli; "
        "cli.main(['--help'], standalone_mode=False); "
        "print([name for name in COMMANDS if cli.get_command(None, name).help is None]) "
        "if 'torch' not in sys.modules and 'flwr' not in sys.modules else print('imported')"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines()[-1] == "[]"
    assert "  simulate " in told


def test_only_commands_that_train_or_measure_wait_for_pytorch() -> None:
    """Whoever looks, pays or disputes may have seconds to do it in."""
    script = (
        "import sys; from market.cli.main import COMMANDS, cli; "
        "[cli.get_command(None, name) for name in COMMANDS if name not in sys.argv[1:]]; "
        "print('torch' in sys.modules)"
    )
    slow = ("evaluate", "export", "export-model", "join", "predict", "simulate")
    told = subprocess.run(
        [sys.executable, "-c", script, *slow], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == "False"


CREATE = ("create-project", "{home}/spec.toml", "--deposit", "1ether")
JOIN = ("join", ID, "--data")

CASES = [
    Case("unknown command", ("frobnicate",), 2, "No such command 'frobnicate'"),
    Case("unknown option", ("withdraw", ID, "--frobnicate"), 2, "--frobnicate"),
    Case("no project given", ("withdraw",), 2, "PROJECT"),
    Case("key file missing", ("withdraw", ID), 3, "market key", (("account.key", None),)),
    Case("key malformed", ("withdraw", ID), 3, "no private key", (("account.key", "secret"),)),
    Case("key file exists", ("key",), 3, "exists already"),
    Case(
        "specification missing",
        ("create-project", "{home}/no.toml", "--deposit", "1wei"),
        3,
        "no.toml",
    ),
    Case("specification no TOML", CREATE, 3, "not TOML", (("spec.toml", "[project"),)),
    Case(
        "specification lacks an entry",
        CREATE,
        3,
        "project.name is missing",
        (("spec.toml", "[project]\n"),),
    ),
    Case(
        "specification with a typo",
        CREATE,
        3,
        "unknown entry windows.joinseconds",
        (("spec.toml", SPECIFICATION + "[windows]\njoinseconds = 5\n"),),
    ),
    Case(
        "aggregator named twice",
        CREATE,
        3,
        "project.aggregators",
        (
            (
                "spec.toml",
                SPECIFICATION.replace(f'["{CODELESS}"]', f'["{CODELESS}", "{CODELESS}"]'),
            ),
        ),
    ),
    Case(
        "stake below the bonds of all slots",
        CREATE,
        3,
        "reward.aggregator_stake",
        (("spec.toml", SPECIFICATION + '[reward]\naggregator_stake = "1gwei"\n'),),
    ),
    Case("validation data missing", CREATE, 3, "rows.csv", (("rows.csv", None),)),
    Case(
        "token without code",
        CREATE,
        3,
        "0x00000000000000000000000000000000000000AA",
        (
            (
                "spec.toml",
                SPECIFICATION.replace("rounds", f'token = "0x{"0" * 38}aa"\nrounds', 1),
            ),
        ),
    ),
    Case("bad amount", (*CREATE[:-1], "1apple"), 3, "'1apple' is not an amount"),
    Case("data file missing", (*JOIN, "{home}/no.csv"), 3, "no data file at"),
    Case("data file of another kind", (*JOIN, "{home}/spec.toml"), 3, "neither .csv nor .npz"),
    Case("device unknown", (*JOIN, "{home}/rows.csv", "--device", "abacus"), 3, "'abacus'"),
    Case("project id malformed", ("status", "0x5c"), 3, "'0x5c' is not a project id"),
    Case(
        "contract malformed", ("withdraw", ID, "--contract", "0x12"), 3, "'0x12' is not an address"
    ),
    Case("amount missing", ("fund", ID), 2, "AMOUNT"),
    Case("round no number", ("explain", ID, "first", CODELESS), 2, "'first'"),
    Case("account malformed", ("explain", ID, "1", "0x12"), 3, "'0x12' is not an address"),
    Case("contract not named", ("withdraw", ID), 3, "--contract", (("market.toml", ""),)),
    Case(
        "configuration with an unknown entry",
        ("withdraw", ID),
        3,
        "unusable entry colour",
        (("market.toml", 'colour = "red"'),),
    ),
    Case("configuration no TOML", ("withdraw", ID), 3, "market.toml", (("market.toml", "="),)),
    Case("IPFS address malformed", ("announce", "--ipfs-api", "somewhere"), 3, "'somewhere'"),
    Case("node dead", ("withdraw", ID, "--rpc", DEAD), 4, f"no Ethereum node answers at {DEAD}"),
    Case("node URL malformed", ("withdraw", ID, "--rpc", "somewhere"), 4, "somewhere"),
    Case("contract without code", ("withdraw", ID, "--contract", CODELESS), 4, CODELESS),
    Case("IPFS daemon dead", ("announce", "--ipfs-api", DEAD), 6, DEAD),
    Case("project unknown", ("status", ID), 9, f"there is no project {ID}"),
    Case("project unknown to a writer", ("withdraw", ID), 9, f"there is no project {ID}"),
    Case("project unknown to a leaver", ("exit", ID), 9, f"there is no project {ID}"),
    Case("project unknown to a donor", ("fund", ID, "1wei"), 9, f"there is no project {ID}"),
    Case("port beyond all ports", ("devnet", "--port", "65536"), 2, "--port"),
    Case("Flower's port too", ("aggregate", ID, "--flower-port", "99999999"), 2, "--flower-port"),
    Case("gift to nobody", ("devnet", "--fund", "0x12=1ether"), 3, "ADDRESS=AMOUNT"),
    Case("project unknown to who asks", ("explain", ID, "1", CODELESS), 9, f"project {ID}"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_wrong_input(case: Case, home: Path) -> None:
    for name, text in case.files:
        if text is None:
            (home / name).unlink()
        else:
            (home / name).write_text(text)
    before = content(home.parent)
    arguments = [argument.format(home=home) for argument in case.arguments]
    # An unknown command has no options.
    options = [] if case.name == "unknown command" else ["--home", str(home)]
    result = market(home, *arguments, *options)
    assert_refused(result, case.code, case.says)
    assert result.stdout == ""
    assert content(home.parent) == before


def test_too_little_balance(home: Path) -> None:
    (home / "account.key").write_text(PAUPER)
    before = content(home)
    result = market(home, *(text.format(home=home) for text in CREATE), "--home", str(home))
    assert_refused(result, 7, Account.from_key(PAUPER).address)
    after = content(home)
    # The IPFS node of the home has come to be; nothing of the project.
    assert before.items() <= after.items()
    added = {Path(name).parts[0] for name in after.keys() - before.keys()}
    assert added == {"ipfs"}


def test_a_port_that_is_taken(home: Path, network: Network) -> None:
    port = network.rpc.rpartition(":")[2]
    result = market(home, "devnet", "--port", port, "--home", str(home / "second"))
    assert_refused(result, 4, f"port {port} is taken")
    assert not (home / "second" / "deployment.json").exists()


def test_a_home_that_cannot_be_made(home: Path) -> None:
    (home / "file").write_text("")
    result = market(home, "key", "--home", str(home / "file" / "below"))
    assert_refused(result, 3, str(home / "file"))


def test_programs_are_told_as_well(home: Path) -> None:
    result = market(home, "withdraw", ID, "--json", "--home", str(home))
    assert_refused(result, 9, "there is no project")
    told = json.loads(result.stdout)
    assert (told["event"], told["exit_code"]) == ("error", 9)
    assert ID in told["error"]


@pytest.mark.parametrize(
    "answer",
    [
        "<html>welcome</html>",
        "[]",
        "null",
        '{"jsonrpc": "2.0", "id": 0, "result": null}',
        '{"jsonrpc": "2.0", "id": 0, "result": "zz"}',
        '{"jsonrpc": "2.0", "id": 0, "error": {"code": 3, "message": "no", "data": "0xzz"}}',
    ],
)
def test_an_endpoint_that_is_no_ethereum_node(home: Path, answer: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            """Keeps the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        rpc = f"http://127.0.0.1:{server.server_port}"
        result = market(home, "withdraw", ID, "--rpc", rpc, "--home", str(home))
    finally:
        server.shutdown()
        server.server_close()
    assert_refused(result, 4, rpc)
