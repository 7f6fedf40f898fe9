"""The part of an owner's TOML file that says who, for what money and when, whatever is trained."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market.errors import InputError
from market.game.purse import (
    DEFAULT_ATTENDANCE_BPS,
    DEFAULT_POT_CAP_BPS,
    MAX_SLOTS,
    Payment,
)
from market.invitations import read_invited
from market.specification.amounts import NATIVE, NOBODY, Currency
from market.specification.entries import (
    Reader,
    address,
    addresses,
    amount_of,
    choice_of,
    integer,
    number,
    positive,
    text,
)
from market.specification.methods import PROVABLE, Methods

MAX_AGGREGATORS = 4
"""The most that the contract takes."""
MAX_WINDOW = 90 * 24 * 3600
"""Seconds; the contract lets no money wait longer for anybody."""
MAX_EXIT = 4 * MAX_WINDOW
DEVELOPMENT = "development"
"""The SRS that this machine makes itself."""
DEFAULT_BOND = 10**16
"""Wei: the gas of an answer, about 500,000, at 20 gwei."""
MAX_PARTICIPANTS = 1000
"""The most that the contract lets join."""
MAX_ARBITERS = 8
OWNER_BONDS = 10
"""The owner's bond by default, in dispute bonds."""


@dataclass(frozen=True)
class Conditions:
    """What the owner decides whatever is trained. Windows in seconds, amounts in the smallest unit.

    Args:
        name: for people.
        token: ERC-20 contract of all its money, or `NOBODY` for the native coin.
        currency: what its amounts are written in.
        aggregators: accounts that may settle, in the order in which they succeed each other.
        rounds: rounds that the deposit is split over.
        participants: most trainers that may join; beyond the slots they take turns.
        invited: accounts that alone may join; empty for anybody.
        slots: most trainers of a round.
        quorum: fewest trainers that must commit for a round to go on.
        byzantine: f of multi-Krum, which needs 2f + 3 slots; nothing to other selections.
        max_retries: re-openings of one round.
        arbiters: accounts that judge the validation rows; without them they are the owner's word.
        arbiter_quorum: votes that decide.
        audit_bps: chance that they are asked although nobody disputes.
        methods: rules for contribution, outliers, the model's step and local training.
        decay_bps: what remains of the learning rate after a round that gained too little.
        minimum_gain: utility that a round must gain to keep the rate.
        target_utility: utility that ends the project, or None.
        payment: `per-gain` or `per-round`.
        expected_gain: utility above the initial model's that the whole budget is meant for; None
            for what the owner's own rows propose.
        attendance_bps: part of the trainers' budget that rounds pay evenly.
        pot_cap_bps: most of it that one round's gain pays.
        aggregator_fee: for each settled round.
        trainer_stake: of each trainer.
        aggregator_stake: of each aggregator; None for what alone covers a round's largest pot.
        challenge_bond: what a challenge of one delta costs the side that was wrong.
        owner_bond: lost with validation rows that are refuted.
        dispute_bond: what a dispute costs who is wrong.
        bounty: most of a slashed amount that goes to whoever enforced the rule.
        exit_seconds: between leaving and the stake's return.
        srs: "development", or the path of an SRS file, from the folder of the specification.
    """

    name: str
    token: str
    currency: Currency
    aggregators: tuple[str, ...]
    rounds: int
    participants: int
    invited: tuple[str, ...]
    slots: int
    quorum: int
    byzantine: int
    max_retries: int
    arbiters: tuple[str, ...]
    arbiter_quorum: int
    audit_bps: int
    methods: Methods
    decay_bps: int
    minimum_gain: float
    target_utility: float | None
    payment: Payment
    expected_gain: float | None
    attendance_bps: int
    pot_cap_bps: int
    aggregator_fee: int
    trainer_stake: int
    aggregator_stake: int | None
    challenge_bond: int
    owner_bond: int
    dispute_bond: int
    bounty: int
    join_seconds: int
    commit_seconds: int
    reveal_seconds: int
    settle_seconds: int
    answer_seconds: int
    audit_seconds: int
    exit_seconds: int
    srs: str


def read_tables(path: Path) -> Reader:
    """The file as tables.

    Raises:
        InputError: it is missing, or is no TOML.
    """
    try:
        return Reader(path, tomllib.loads(path.read_text()))
    except OSError as error:
        raise InputError(f"cannot read the specification {path}: {error.strerror}") from error
    # Absurdly long numbers, or tables in tables, end the parser in other ways.
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}") from error


def is_measured(path: Path) -> bool:
    """Whether the file describes a network.

    Raises:
        InputError: it is missing, or is no TOML.
    """
    return read_tables(path).has("model")


@dataclass(frozen=True)
class Tables:
    """The tables that every specification has; what reads one takes its entries."""

    project: Reader
    reward: Reader
    windows: Reader
    rule: Reader
    proof: Reader
    methods: Reader

    @classmethod
    def of(cls, reader: Reader) -> Tables:
        names = ("project", "reward", "windows", "learning_rate_rule", "proof", "methods")
        return cls(*(reader.table(name) for name in names))

    def finish(self) -> None:
        """Refuses entries that were not taken."""
        for table in vars(self).values():
            table.finish()


def read_conditions(
    path: Path,
    tables: Tables,
    currency_of: Callable[[str], Currency] | None,
    methods: Methods,
    more_seconds: int = 0,
) -> dict[str, Any]:
    """The fields of `Conditions`, by name.

    Args:
        path: of the file.
        currency_of: what a token's amounts are written in; a specification with a token needs it.
        methods: defaults of the rules.
        more_seconds: of windows that a round has besides those here.

    Raises:
        InputError: an entry is missing or out of range; names it.
    """
    project, reward, windows = tables.project, tables.reward, tables.windows
    rule, proof = tables.rule, tables.proof
    name = project.take("name", text)
    token = project.take("token", address, NOBODY)
    currency = _currency(path, token, currency_of)
    amount = amount_of(currency)
    slots = project.take("slots", integer(3, MAX_SLOTS))
    # What an answer's gas is worth in a token, only the owner knows.
    bond_default = {"default": DEFAULT_BOND} if token == NOBODY else {}
    bond = reward.take("challenge_bond", amount, **bond_default)
    window = integer(1, MAX_WINDOW)
    commit, reveal, settle, answer, audit = (
        windows.take(f"{name}_seconds", window, 3600)
        for name in ("commit", "reveal", "settle", "answer", "audit")
    )
    opening = commit + reveal + settle + answer + audit + more_seconds
    rounds = project.take("rounds", integer(1, 255))
    arbiters = project.take("arbiters", addresses(MAX_ARBITERS), ())
    dispute = reward.take("dispute_bond", amount, bond if arbiters else 0)
    invited = project.take("invitations", lambda name: read_invited(path.parent / text(name)), ())
    srs = proof.take("srs", text, DEVELOPMENT)
    return dict(  # noqa: C408: one field a line, by name
        name=name,
        token=token,
        currency=currency,
        aggregators=project.take("aggregators", addresses(MAX_AGGREGATORS)),
        rounds=rounds,
        participants=project.take("participants", integer(1, MAX_PARTICIPANTS), slots),
        invited=invited,
        slots=slots,
        quorum=project.take("quorum", integer(1, MAX_SLOTS), 3),
        byzantine=project.take("byzantine", integer(0, (MAX_SLOTS - 3) // 2), 0),
        max_retries=project.take("max_retries", integer(0, 255), 2),
        arbiters=arbiters,
        arbiter_quorum=project.take(
            "arbiter_quorum", integer(0, MAX_ARBITERS), len(arbiters) // 2 + 1 if arbiters else 0
        ),
        audit_bps=reward.take("audit_bps", integer(0, 10_000), 0),
        methods=_methods(path, tables.methods, methods),
        decay_bps=rule.take("decay_bps", integer(1, 10_000), 5_000),
        minimum_gain=rule.take("minimum_gain", number, 0.0),
        target_utility=rule.take("target_utility", number, None),
        payment=reward.take("payment", choice_of(Payment), Payment.PER_GAIN),
        expected_gain=reward.take("expected_gain", positive, None),
        attendance_bps=reward.take("attendance_bps", integer(0, 10_000), DEFAULT_ATTENDANCE_BPS),
        pot_cap_bps=reward.take("pot_cap_bps", integer(1, 10_000), DEFAULT_POT_CAP_BPS),
        aggregator_fee=reward.take("aggregator_fee", amount, 0),
        trainer_stake=reward.take("trainer_stake", amount, bond),
        aggregator_stake=reward.take("aggregator_stake", amount, None),
        challenge_bond=bond,
        owner_bond=reward.take("owner_bond", amount, OWNER_BONDS * dispute),
        dispute_bond=dispute,
        bounty=reward.take("bounty", amount, bond // 2),
        join_seconds=windows.take("join_seconds", window, 3600),
        commit_seconds=commit,
        reveal_seconds=reveal,
        settle_seconds=settle,
        answer_seconds=answer,
        audit_seconds=audit,
        exit_seconds=windows.take("exit_seconds", integer(1, MAX_EXIT), opening),
        srs=srs if srs == DEVELOPMENT else str(path.parent / srs),
    )


def _currency(path: Path, token: str, currency_of: Callable[[str], Currency] | None) -> Currency:
    if token == NOBODY:
        return NATIVE
    if currency_of is None:
        raise InputError(
            f"{path}: project.token: its decimals are on chain", "give --rpc and --contract"
        )
    return currency_of(token)


def _methods(path: Path, methods: Reader, defaults: Methods) -> Methods:
    chosen = {entry: methods.take(entry, text, getattr(defaults, entry)) for entry in PROVABLE}
    mu = methods.take("mu", number, None)
    try:
        return Methods(**chosen, mu=mu)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error


def check_conditions(path: Path, s: Conditions, more_seconds: int = 0) -> None:
    """Refuses entries that contradict each other; the rules for money and time are the contract's.

    Raises:
        InputError: names them.
    """
    opening = s.commit_seconds + s.reveal_seconds + s.settle_seconds + s.answer_seconds
    opening += s.audit_seconds + more_seconds
    bonds = s.slots * s.challenge_bond
    krum = s.methods.defence == "multi-krum"
    needs_three = krum or s.methods.contribution == "exact-shapley"
    for broken, message, hint in (
        (
            krum and s.slots < 2 * s.byzantine + 3,
            f"{s.slots} slots tolerate fewer than {s.byzantine} poisoned trainers",
            "have at least 2 * byzantine + 3 slots",
        ),
        (
            needs_three and s.quorum < 3,
            f"project.quorum is {s.quorum}, the chosen methods need three trainers",
            "raise it to 3",
        ),
        (
            s.participants < s.slots,
            "project.participants is below project.slots",
            "let at least as many join as a round takes",
        ),
        (
            bool(s.invited) and len(s.invited) < s.quorum,
            f"{len(s.invited)} accounts are invited, fewer than project.quorum",
            "invite more",
        ),
        (
            bool(s.arbiters) and not len(s.arbiters) < 2 * s.arbiter_quorum <= 2 * len(s.arbiters),
            f"project.arbiter_quorum is {s.arbiter_quorum} of {len(s.arbiters)}, no majority",
            "let it be more than half of the arbiters",
        ),
        (
            not s.arbiters and bool(s.arbiter_quorum or s.audit_bps or s.owner_bond),
            "project.arbiters is missing, though project.arbiter_quorum, reward.audit_bps or "
            "reward.owner_bond is given",
            "name who judges, or leave them out",
        ),
        (
            bool(s.arbiters) and not 0 < s.dispute_bond <= s.owner_bond,
            "reward.dispute_bond is zero or above reward.owner_bond",
            "what an audit costs the loser is the dispute bond",
        ),
        (s.quorum > s.slots, "project.quorum is above project.slots", ""),
        (
            s.challenge_bond == 0,
            "reward.challenge_bond must be positive",
            "let it cover the gas of an answer, about 500,000",
        ),
        (
            s.trainer_stake < s.challenge_bond,
            "reward.trainer_stake is below reward.challenge_bond",
            "a trainer pays the bond where it cannot answer a challenge",
        ),
        (
            s.aggregator_stake is not None and s.aggregator_stake < bonds,
            f"reward.aggregator_stake is below {s.slots} times reward.challenge_bond",
            "an aggregator must be able to challenge every trainer",
        ),
        (
            2 * s.bounty > s.challenge_bond,
            "reward.bounty is above half of reward.challenge_bond",
            "let it cover the gas of `market advance`",
        ),
        (
            s.exit_seconds < opening,
            f"windows.exit_seconds is below {opening}, the windows of a round",
            "a trainer stays liable for the round that it leaves",
        ),
    ):
        if broken:
            raise InputError(f"{path}: {message}", hint)
