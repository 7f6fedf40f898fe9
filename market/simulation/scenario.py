"""Everything that is chosen about a simulation."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field

from market.attacks import attack
from market.errors import InputError
from market.game.purse import (
    BASIS_POINTS,
    DEFAULT_ATTENDANCE_BPS,
    DEFAULT_POT_CAP_BPS,
    Payment,
)
from market.optimisers.schedule import Schedule
from market.specification.methods import Methods
from market.training.plan import TrainingPlan

MODELS = ("linear", "cnn")
UTILITIES = ("squared-loss", "cross-entropy", "accuracy")
MAX_CLIENTS = 1000
_MAX_DEPOSIT = 2**100


@dataclass(frozen=True)
class Assault:
    """Some clients attacking together.

    Args:
        attack: its name in `market.attacks.ATTACKS`.
        clients: their numbers, from 0.
    """

    attack: str
    clients: tuple[int, ...]


@dataclass(frozen=True)
class Scenario:
    """One project, off chain. Money is in the smallest unit, an integer.

    Args:
        clients: n, 1 to 1000.
        rounds: most rounds.
        assaults: who attacks and how; the other clients are honest. A group that knows everyone's
            deltas takes the clients of other groups for honest.
        methods: contribution, defence, server optimiser and local training.
        byzantine: f of the defence; the contract, which some scenarios follow, tolerates no more
            than (n - 3) / 2 whatever it says.
        model: "linear" (squared loss, as on chain) or "cnn" (cross-entropy, images only).
        utility: what the validation rows measure; "" for the model's own: squared loss for the
            linear one, cross-entropy for the other.
        plan: local training.
        server_rate: learning rate of the server optimiser; None for its default.
        decay_bps: what remains of the learning rate after a round that gained too little.
        minimum_gain: utility that a round must gain to keep the rate.
        target_utility: utility that ends the project, or None.
        patience: rounds in a row that gain too little before anything changes; the contract's is 1.
        epochs_bps: what remains of the local epochs then; the contract leaves them alone.
        stop_after: so many changes without a good round between end the project; None never does.
        deposit: what the owner pays in.
        aggregator_fee: for each settled round, out of the deposit.
        payment: "per-gain" or "per-round".
        expected_gain: utility above the initial model's that the whole budget is meant for; None
            for what the owner's rows propose (`market.training.expectation`), or where they are not
            measured by the squared loss for what a model without an error would gain.
        attendance_bps: part of the budget that rounds pay evenly to those with a score.
        pot_cap_bps: most of the budget that one round's gain pays at once; None for two even
            shares of the rounds.
        evaluations: most coalition values a round that a sampling method may ask for.
        seed: of everything drawn.

    Raises:
        InputError: an entry is out of range, or two contradict each other.
    """

    clients: int
    rounds: int
    assaults: tuple[Assault, ...] = ()
    methods: Methods = field(default_factory=Methods)
    byzantine: int = 1
    model: str = "linear"
    utility: str = ""
    plan: TrainingPlan = field(default_factory=TrainingPlan)
    server_rate: float | None = None
    decay_bps: int = 5_000
    minimum_gain: float = 0.0
    target_utility: float | None = None
    patience: int = 1
    epochs_bps: int = BASIS_POINTS
    stop_after: int | None = None
    deposit: int = 10**18
    aggregator_fee: int = 0
    payment: str = Payment.PER_GAIN.method
    expected_gain: float | None = None
    attendance_bps: int = DEFAULT_ATTENDANCE_BPS
    pot_cap_bps: int = DEFAULT_POT_CAP_BPS
    evaluations: int = 2_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("clients", self.clients, 1, MAX_CLIENTS),
            ("rounds", self.rounds, 1, 10_000),
            ("byzantine", self.byzantine, 0, self.clients),
            ("deposit", self.deposit, 0, _MAX_DEPOSIT),
            ("aggregator_fee", self.aggregator_fee, 0, _MAX_DEPOSIT),
            ("attendance_bps", self.attendance_bps, 0, BASIS_POINTS),
            ("pot_cap_bps", self.pot_cap_bps, 1, BASIS_POINTS),
            ("patience", self.patience, 1, 10_000),
            ("epochs_bps", self.epochs_bps, 0, 100 * BASIS_POINTS),
            ("stop_after", 1 if self.stop_after is None else self.stop_after, 1, 10_000),
            ("evaluations", self.evaluations, 1, 10**9),
            ("seed", self.seed, 0, 2**63 - 1),
        ):
            if type(value) is not int or not low <= value <= high:
                raise InputError(f"{name} = {value} lies outside {low} to {high}")
        for name, given, known in (
            ("model", self.model, MODELS),
            ("utility", self.utility, ("", *UTILITIES)),
            ("payment", self.payment, tuple(payment.method for payment in Payment)),
        ):
            if given not in known:
                raise InputError(f"no {name} {given!r}", f"choose one of {', '.join(known)}")
        if self.expected_gain is not None and not 0 < self.expected_gain < math.inf:
            raise InputError(f"expected_gain = {self.expected_gain} must be positive and finite")
        if self.model == "cnn" and self.utility == "squared-loss":
            raise InputError(
                "the squared loss measures the linear model only",
                "measure the cnn by cross-entropy or accuracy",
            )
        if self.methods.local == "scaffold" and self.plan.momentum:
            raise InputError(
                "SCAFFOLD needs SGD without momentum", "set training.momentum = 0, or choose sgd"
            )
        if self.aggregator_fee * self.rounds > self.deposit:
            raise InputError(
                f"a deposit of {self.deposit} does not cover {self.rounds} fees of "
                f"{self.aggregator_fee}"
            )
        self._check_assaults()

    def _check_assaults(self) -> None:
        numbers = [client for assault in self.assaults for client in assault.clients]
        if len(set(numbers)) != len(numbers):
            raise InputError("a client attacks in two ways at once")
        if any(not 0 <= client < self.clients for client in numbers):
            raise InputError(f"attackers {numbers} are not all among {self.clients} clients")
        for assault in self.assaults:
            attack(assault.attack)

    @property
    def measured_by(self) -> str:
        """The utility, the model's own if none was chosen."""
        return self.utility or ("squared-loss" if self.model == "linear" else "cross-entropy")

    @property
    def attack_of(self) -> dict[int, str]:
        """The attack of each client that has one."""
        return {client: each.attack for each in self.assaults for client in each.clients}

    def schedule(self, unit: int) -> Schedule:
        """The rule for learning rate, epochs and stopping; 1.0 of utility is the integer `unit`."""
        target = self.target_utility
        return Schedule(
            rounds=self.rounds,
            decay_bps=self.decay_bps,
            minimum_gain=int(self.minimum_gain * unit),
            target_utility=None if target is None else int(target * unit),
            patience=self.patience,
            epochs_bps=self.epochs_bps,
            stop_after=self.stop_after,
        )

    def digest(self) -> str:
        """Tells scenarios apart, in files."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def last_clients(clients: int, attackers: int, name: str) -> tuple[Assault, ...]:
    """The last `attackers` of the clients attacking in the way called `name`.

    Raises:
        InputError: more attackers than clients, or fewer than none.
    """
    if not 0 <= attackers <= clients:
        raise InputError(f"{attackers} attackers among {clients} clients")
    if attackers == 0 or name == "none":
        return ()
    return (Assault(name, tuple(range(clients - attackers, clients))),)
