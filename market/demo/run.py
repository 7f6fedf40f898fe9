"""The course of the demonstration."""

from __future__ import annotations

import re
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from market.chain.market import Market, project_id
from market.chain.verifier import verifier_artifact
from market.datasets.catalogue import Dataset, load
from market.datasets.partition import deal
from market.datasets.table import write_csv
from market.demo.processes import Role, Roles
from market.errors import InputError
from market.specification.owner import read_specification
from market.training.evaluation import Floats
from zk.keys import circuit_logrows, derive_keys
from zk.srs import development_srs

EXAMPLES = Path(__file__).parents[2] / "examples"
RUN_SECONDS = 3600.0
ANSWER_SECONDS = 20
"""Window for a delta that nobody will publish."""


@dataclass(frozen=True)
class Options:
    """What the user chose; see `scripts/demo --help`."""

    trainers: int
    rounds: int
    attackers: int
    attack: str
    dataset: str
    alpha: float | None
    seed: int
    deposit: str
    validation: int

    @property
    def misbehaving(self) -> int:
        return 0 if self.attack == "none" else self.attackers

    def check(self) -> None:
        """Refuses a run in which nobody is honest.

        Raises:
            InputError: all attack.
        """
        if self.misbehaving >= self.trainers:
            raise InputError(
                f"{self.misbehaving} of {self.trainers} trainers attack", "leave one honest"
            )


class Demonstration:
    """One run. `prepare` makes keys and data, `run` goes from funding to payout.

    Args:
        options: the user's choice.
        roles: starts the processes.
    """

    def __init__(self, options: Options, roles: Roles) -> None:
        self.options = options
        self.roles = roles
        self.dataset: Dataset = load(options.dataset)
        self.contract = ""
        self.rpc = ""
        self.project = ""
        self.addresses: dict[str, str] = {}
        self.accuracy: list[float] = []
        self.weights: Floats = np.zeros((0, 0))
        self.audit: dict[str, Any] = {}
        self.aggregator: Role | None = None
        self.joined: list[Role] = []
        self.rows = deal(
            self.dataset.table, options.trainers, options.alpha, options.seed, options.validation
        )

    @property
    def trainers(self) -> list[str]:
        return [f"trainer {number}" for number in range(1, self.options.trainers + 1)]

    @property
    def attackers(self) -> list[str]:
        count = self.options.misbehaving
        return self.trainers[len(self.trainers) - count :]

    def prepare(self) -> None:
        """Writes the specification, derives the keys if they are not cached."""
        made = self.roles.call_all(["owner", "aggregator", *self.trainers], "key")
        self.addresses = {name: result["address"] for name, result in made.items()}
        specification = self._write_specification()
        parsed = read_specification(specification)
        sizes = asdict(parsed.shape).items()
        self.roles.say("set-up", "circuit", "  ".join(f"{name} {size}" for name, size in sizes))
        keys = derive_keys(parsed.shape, development_srs(circuit_logrows(parsed.shape)))
        verifier_artifact(keys)
        self.roles.say("set-up", "keys", f"{keys.rows} rows, 2^{keys.logrows} high")

    @property
    def where(self) -> tuple[str, ...]:
        """The options that say where the chain and the market are."""
        return ("--rpc", self.rpc, "--contract", self.contract)

    def run(self) -> None:
        """From an empty chain to withdrawn payouts and an audit."""
        self.open_market()
        self.create()
        aggregator = self.start_aggregator()
        self.joined = [self.start_trainer(index) for index in range(self.options.trainers)]
        self.roles.wait([aggregator, *self.joined], RUN_SECONDS)

        self._fetch_model()
        self.audit = self.roles.call("auditor", "audit", self.project, *self.where)
        self.roles.say("auditor", "audited", f"{len(self.audit['claims'])} claims hold")
        self._withdraw()

    def open_market(self) -> None:
        """Starts the local network, and the IPFS nodes that outlive single commands."""
        roles = self.roles
        network = roles.start("devnet", "devnet", "--port", str(free_port()), *self._gifts())
        roles.wait([network], 120.0, until_event="result")
        self.rpc, self.contract = network.result["rpc"], network.result["contract"]
        nodes = [roles.start(name, "serve", *self.where) for name in ("owner", "aggregator")]
        roles.wait(nodes, 120.0, until_event="result")

    def create(self) -> None:
        """The aggregator announces itself, the owner creates and funds the project."""
        self.roles.call("aggregator", "announce", *self.where)
        specification = str(self.roles.root / "project.toml")
        created = self.roles.call(
            "owner",
            "create-project",
            specification,
            "--deposit",
            self.options.deposit,
            *self.where,
        )
        self.project = created["project"]

    def start_aggregator(self) -> Role:
        self.aggregator = self.roles.start("aggregator", "aggregate", self.project, *self.where)
        return self.aggregator

    def start_trainer(self, index: int, *more: str) -> Role:
        """Starts trainer number `index`, from 0, on its part of the data, with `more` options."""
        name = self.trainers[index]
        data = self.roles.root / f"rows-{index + 1}.csv"
        write_csv(data, self.rows.parts[index], self.dataset.feature_names)
        attack = self.options.attack if name in self.attackers else "none"
        seed = str(self.options.seed + index)
        arguments = ("--data", str(data), "--seed", seed, "--attack", attack, *more)
        return self.roles.start(name, "join", self.project, *arguments, *self.where)

    def _fetch_model(self) -> None:
        """The newest model, and the accuracy of all of them, as the owner asks for it."""
        test, file = self.roles.root / "test.csv", self.roles.root / "model.npz"
        write_csv(test, self.rows.test, self.dataset.feature_names)
        asked = ("--test", str(test), "--out", str(file))
        measured = self.roles.call("owner", "model", self.project, *asked, *self.where)
        self.accuracy = measured["accuracy"]
        with np.load(file) as arrays:
            self.weights = np.asarray(arrays["weights"], dtype=np.float64)

    def _withdraw(self) -> None:
        market = Market(self.rpc, self.contract)
        terms = market.created(project_id(self.project)).terms
        due = [n for n, address in self.addresses.items() if market.withdrawable(terms, address)]
        for name, result in self.roles.call_all(due, "withdraw", self.project, *self.where).items():
            self.roles.say(name, "withdrew", f"{result['amount_wei']} wei")

    def _write_specification(self) -> Path:
        """The example's specification, with this run's choices in place of its own."""
        validation = self.roles.root / "validation.csv"
        write_csv(validation, self.rows.validation, self.dataset.feature_names)
        text = (EXAMPLES / f"{self.options.dataset}.toml").read_text()
        answer = (
            {"answer_seconds": str(ANSWER_SECONDS)} if self.options.attack == "withhold" else {}
        )
        for entry, value in {
            **answer,
            "aggregators": f'["{self.addresses["aggregator"]}"]',
            "rounds": str(self.options.rounds),
            "slots": str(self.options.trainers),
        }.items():
            text, found = re.subn(rf"(?m)^{entry} = .*$", f"{entry} = {value}", text)
            if found != 1:
                raise InputError(f"the example {self.options.dataset}.toml has no entry {entry}")
        path = self.roles.root / "project.toml"
        path.write_text(text)
        return path

    def _gifts(self) -> list[str]:
        gifts = []
        for address in self.addresses.values():
            gifts += ["--fund", f"{address}=10ether"]
        return gifts


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
