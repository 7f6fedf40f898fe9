"""Creating a project: validation statistics, circuit, verifier, terms, deposit."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from market.chain.market import Market
from market.chain.terms import NEVER, Terms
from market.chain.verifier import verifier_artifact, verifier_code_hash
from market.contribution.grid import Grid, Step
from market.contribution.statistics import validation_statistics
from market.datasets.table import column_names, read_table
from market.errors import FundsError, InputError, NotFoundError
from market.game import Scoring, Selection
from market.identity import announce
from market.invitations import root_of
from market.owner.offer import Offer, offer_of
from market.progress import Progress, silent
from market.specification.amounts import NOBODY
from market.specification.document import Document
from market.specification.owner import DEVELOPMENT, OwnerSpecification
from market.storage.base import Storage
from market.storage.envelope import enclose
from market.training.expectation import expected_gain
from market.vectors import encode, salted, triangle
from market.yardstick.package import pack_rows
from market.yardstick.rows import new_salts, rows_root
from zk.cache import sha256_file
from zk.commit import commit, zero_point
from zk.keys import circuit_logrows, derive_keys
from zk.opening import tau
from zk.planner import choose
from zk.srs import Srs, add_srs, development_srs


@dataclass(frozen=True)
class CreatedProject:
    """What `create_project` leaves behind.

    Args:
        id: the project's id.
        terms: its terms.
        document: its public document.
        verifier: address of the circuit's verifier.
        deployed: whether this project had to deploy it.
        offer: what it can pay.
    """

    id: bytes
    terms: Terms
    document: Document
    verifier: str
    deployed: bool
    offer: Offer


def create_project(
    market: Market,
    storage: Storage,
    home: Path,
    specification: OwnerSpecification,
    deposit: int,
    progress: Progress = silent,
) -> CreatedProject:
    """Publishes the specification and locks the deposit.

    The validation rows stay here. Their statistics go to the named aggregators alone, sealed, and
    their commitments into the terms. The circuit's verifier is deployed if the registry has none.

    Args:
        deposit: for trainers and fees of all rounds, in the smallest unit.

    Raises:
        InputError: the validation data or the specification is unusable, or cannot run on
            chain.
        NotFoundError: a named aggregator has not announced itself.
        FundsError: the account holds less than the deposit.
        ProofError, StorageError, ChainError, ContractError: as their names say.
    """
    specification.require_chain()
    _check_deposit(market, specification, deposit)
    keys_of_aggregators = announced_keys(market, specification.aggregators)
    keys_of_arbiters = announced_keys(market, specification.arbiters)
    expected = choose(specification.shape)
    rows = read_table(specification.validation, specification.features, specification.classes)
    columns = column_names(specification.validation)
    scaling = specification.scaling_of(rows.X)
    design = scaling.design(rows.X)
    step = Step.of(specification.methods.step)
    grid = Grid(specification.slots, moves=step)
    gain = specification.expected_gain
    if gain is None:
        gain = expected_gain(design, rows.y, specification.classes)
    offer = offer_of(specification, deposit, _integer_gain(gain, grid))
    progress("offer", expected_gain=round(gain, 4), aggregator_stake=offer.aggregator_stake)

    progress("circuit", **asdict(specification.shape), logrows=expected.logrows)
    srs = _srs_for(specification)
    keys = derive_keys(specification.shape, srs)
    artifact = verifier_artifact(keys)

    statistics = validation_statistics(design, rows.y, specification.classes, grid)
    committed = salted(
        [*triangle(statistics.H), *statistics.c.reshape(-1).tolist()],
        specification.shape.statistics_length,
    )
    salts = new_salts(len(rows))
    package = pack_rows(rows.X, rows.y, salts, committed)
    model = [0] * specification.shape.vector_length

    announce(market, storage, home, "")
    document = Document(
        name=specification.name,
        features=specification.features,
        classes=specification.classes,
        scaling=scaling,
        training=specification.training,
        columns=columns,
        slots=specification.slots,
        step=step.method,
        scale_bits=grid.scale_bits,
        stats_bits=grid.stats_bits,
        statistics_cid=storage.add(enclose(encode(committed), keys_of_aggregators)),
        rows_cid=storage.add(enclose(package, keys_of_arbiters)) if keys_of_arbiters else "",
        srs_sha256=srs.sha256,
        srs_cid=storage.add(srs.path.read_bytes()) if specification.srs == DEVELOPMENT else "",
    )
    code_hash = verifier_code_hash(artifact)
    deployed = market.verifier_of(keys.identity, code_hash) is None
    verifier = market.deploy_verifier(keys.identity, artifact)
    progress("verifier", address=verifier, deployed=deployed)
    terms = Terms(
        owner=market.address,
        token=specification.token,
        aggregators=specification.aggregators,
        circuit=keys.identity,
        verifier_code_hash=code_hash,
        zero=zero_point(keys),
        statistics=commit(committed, keys),
        model=commit(model, keys),
        tau=tau(srs),
        logrows=keys.logrows,
        entries=keys.shape.vector_length,
        rows=statistics.rows,
        outputs=statistics.outputs,
        energy=statistics.energy,
        rows_root=rows_root(rows.X, rows.y, salts) if keys_of_arbiters else bytes(32),
        evaluators=(),
        evaluator_quorum=0,
        arbiters=specification.arbiters,
        arbiter_quorum=specification.arbiter_quorum,
        audit_bps=specification.audit_bps,
        invited=root_of(specification.invited) if specification.invited else bytes(32),
        participants=specification.participants,
        slots=specification.slots,
        quorum=specification.quorum,
        byzantine=specification.byzantine,
        rounds=specification.rounds,
        max_retries=specification.max_retries,
        selection=Selection.of(specification.methods.defence),
        scoring=Scoring.of(specification.methods.contribution),
        step=step,
        payment=specification.payment,
        attendance_bps=specification.attendance_bps,
        pot_cap_bps=specification.pot_cap_bps,
        decay_bps=specification.decay_bps,
        join_seconds=specification.join_seconds,
        commit_seconds=specification.commit_seconds,
        reveal_seconds=specification.reveal_seconds,
        settle_seconds=specification.settle_seconds,
        answer_seconds=specification.answer_seconds,
        audit_seconds=specification.audit_seconds,
        measure_seconds=0,
        contest_seconds=0,
        exit_seconds=specification.exit_seconds,
        learning_rate=round(specification.training.learning_rate * 10**9),
        aggregator_fee=specification.aggregator_fee,
        trainer_stake=specification.trainer_stake,
        aggregator_stake=offer.aggregator_stake,
        challenge_bond=specification.challenge_bond,
        owner_bond=specification.owner_bond,
        dispute_bond=specification.dispute_bond,
        bounty=specification.bounty,
        minimum_gain=int(specification.minimum_gain * grid.utility_unit),
        target_utility=NEVER
        if specification.target_utility is None
        else int(specification.target_utility * grid.utility_unit),
        expected_gain=offer.purse.expected_gain,
        specification=document.digest(),
        nonce=secrets.randbits(64),
    )
    id = market.create(terms, storage.add(document.encode()), storage.add(encode(model)), deposit)
    progress("created", project="0x" + id.hex())
    return CreatedProject(id, terms, document, verifier, deployed, offer)


def _integer_gain(gain: float, grid: Grid) -> int:
    """In units of the integer utility.

    Raises:
        InputError: nothing is to be gained.
    """
    integer = int(gain * grid.utility_unit)
    if integer <= 0:
        raise InputError(
            "the validation rows give nothing to expect of a model",
            "check their labels, or name reward.expected_gain",
        )
    return integer


def announced_keys(market: Market, accounts: Sequence[str]) -> list[bytes]:
    """The encryption key that each account announced.

    Raises:
        NotFoundError: names those that have announced none.
    """
    found = {account: market.announcement(account) for account in accounts}
    silent_ones = [account for account, announced in found.items() if announced is None]
    if silent_ones:
        raise NotFoundError(
            f"no encryption key was announced by {', '.join(silent_ones)}",
            "each named account's operator runs `market announce` first",
        )
    return [announced.encryption_key for announced in found.values() if announced is not None]


def _check_deposit(market: Market, specification: OwnerSpecification, deposit: int) -> None:
    """Before minutes of work: what the contract would refuse at the end."""
    show = specification.currency.show
    fees = specification.aggregator_fee * specification.rounds
    if deposit <= fees:
        raise InputError(
            f"a deposit of {show(deposit)} leaves nothing after {show(fees)} of fees",
            "deposit more, or lower reward.aggregator_fee",
        )
    held = market.holdings(specification.token, market.address)
    due = deposit + specification.owner_bond
    needed = due + 1 if specification.token == NOBODY else due  # and some gas
    if held < needed:
        raise FundsError(
            f"{market.address} holds {show(held)}, less than {show(due)} to deposit and gas",
            "send it more, or deposit less",
        )


def _srs_for(specification: OwnerSpecification) -> Srs:
    if specification.srs == DEVELOPMENT:
        return development_srs(circuit_logrows(specification.shape))
    path = Path(specification.srs)
    if not path.is_file():
        raise InputError(f"no SRS file at {path}", 'name a file, or "development"')
    return add_srs(path.read_bytes(), sha256_file(path))
