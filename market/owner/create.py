"""Creating a project: validation statistics, circuit, verifier, terms, deposit."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from market.chain.market import Market
from market.chain.terms import NEVER, Terms
from market.chain.verifier import deploy_verifier, verifier_artifact, verifier_code_hash
from market.contribution.grid import Grid
from market.contribution.statistics import validation_statistics
from market.datasets.preprocessing import Scaling, centre, standardise
from market.datasets.table import read_table
from market.errors import FundsError, InputError, NotFoundError
from market.identity import announce
from market.progress import Progress, silent
from market.specification.amounts import show_ether
from market.specification.document import Document
from market.specification.owner import DEVELOPMENT, OwnerSpecification
from market.storage.base import Storage
from market.storage.encryption import seal
from market.vectors import encode, salted
from zk.cache import sha256_file
from zk.commit import commit, zero_point
from zk.keys import circuit_logrows, derive_keys
from zk.srs import Srs, add_srs, development_srs


@dataclass(frozen=True)
class CreatedProject:
    """What `create_project` leaves behind.

    Args:
        id: the project's id.
        terms: its terms.
        document: its public document.
    """

    id: bytes
    terms: Terms
    document: Document


def create_project(
    market: Market,
    storage: Storage,
    home: Path,
    specification: OwnerSpecification,
    deposit: int,
    progress: Progress = silent,
) -> CreatedProject:
    """Publishes the specification and locks the deposit.

    The validation rows stay here. Their statistics go to the aggregator alone, sealed, and their
    commitments into the terms.

    Args:
        deposit: wei, for trainers and fees of all rounds.

    Raises:
        InputError: the validation data or the specification is unusable.
        NotFoundError: the aggregator has not announced itself.
        FundsError: the account holds less than the deposit.
        ProofError, StorageError, ChainError, ContractError: as their names say.
    """
    fees = specification.aggregator_fee * specification.rounds
    if deposit <= fees:
        raise InputError(
            f"a deposit of {deposit} wei leaves nothing after {fees} wei of fees",
            "deposit more, or lower reward.aggregator_fee",
        )
    if market.balance(market.address) <= deposit:
        raise FundsError(
            f"{market.address} holds {show_ether(market.balance(market.address))} ether, "
            f"less than the deposit of {show_ether(deposit)} and gas",
            "send it more, or deposit less",
        )
    announced = market.announcement(specification.aggregator)
    if announced is None:
        raise NotFoundError(
            f"the aggregator {specification.aggregator} has announced no encryption key",
            "its operator runs `market announce`",
        )
    rows = read_table(specification.validation, specification.features, specification.classes)

    progress("circuit", shape=str(specification.shape))
    srs = _srs_for(specification)
    keys = derive_keys(specification.shape, srs)
    artifact = verifier_artifact(keys)

    scaling = _scaling(specification, rows.X)
    grid = Grid(specification.slots)
    statistics = validation_statistics(scaling.design(rows.X), rows.y, specification.classes, grid)
    curvature = salted(statistics.H.reshape(-1).tolist())
    target = salted(statistics.c.reshape(-1).tolist())
    model = [0] * specification.shape.vector_length

    announce(market, storage, home, "")
    document = Document(
        name=specification.name,
        features=specification.features,
        classes=specification.classes,
        scaling=scaling,
        training=specification.training,
        slots=specification.slots,
        scale_bits=grid.scale_bits,
        stats_bits=grid.stats_bits,
        statistics_cid=storage.add(
            seal(encode(curvature) + encode(target), announced.encryption_key)
        ),
        srs_sha256=srs.sha256,
        srs_cid=storage.add(srs.path.read_bytes()) if specification.srs == DEVELOPMENT else "",
    )
    progress("verifier", bytes=len(artifact.deployed_bytecode))
    terms = Terms(
        owner=market.address,
        aggregator=specification.aggregator,
        verifier=deploy_verifier(market.connection, artifact),
        verifier_code_hash=verifier_code_hash(artifact),
        circuit=keys.identity,
        zero=zero_point(keys),
        curvature=commit(curvature, keys),
        target=commit(target, keys),
        model=commit(model, keys),
        slots=specification.slots,
        quorum=specification.quorum,
        byzantine=specification.byzantine,
        rounds=specification.rounds,
        max_retries=specification.max_retries,
        floor_bps=specification.floor_bps,
        decay_bps=specification.decay_bps,
        join_seconds=specification.join_seconds,
        commit_seconds=specification.commit_seconds,
        reveal_seconds=specification.reveal_seconds,
        settle_seconds=specification.settle_seconds,
        learning_rate=round(specification.training.learning_rate * 10**9),
        aggregator_fee=specification.aggregator_fee,
        trainer_stake=specification.trainer_stake,
        aggregator_stake=specification.aggregator_stake,
        minimum_gain=int(specification.minimum_gain * grid.utility_unit),
        target_utility=NEVER
        if specification.target_utility is None
        else int(specification.target_utility * grid.utility_unit),
        specification=document.digest(),
        nonce=secrets.randbits(64),
    )
    id = market.create(terms, storage.add(document.encode()), storage.add(encode(model)), deposit)
    progress("created", project="0x" + id.hex())
    return CreatedProject(id, terms, document)


def _srs_for(specification: OwnerSpecification) -> Srs:
    if specification.srs == DEVELOPMENT:
        return development_srs(circuit_logrows(specification.shape))
    path = Path(specification.srs)
    if not path.is_file():
        raise InputError(f"no SRS file at {path}", 'name a file, or "development"')
    return add_srs(path.read_bytes(), sha256_file(path))


def _scaling(specification: OwnerSpecification, X: np.ndarray) -> Scaling:
    if specification.scaling == "centre":
        return centre(X, specification.scale)
    return standardise(X)
