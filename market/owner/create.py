"""Creating a project: validation statistics, circuit, verifier, terms, deposit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from market.chain.market import Market
from market.chain.terms import Terms
from market.chain.verifier import verifier_artifact, verifier_code_hash
from market.contribution.grid import Grid, Step
from market.contribution.statistics import validation_statistics
from market.datasets.table import column_names, read_table
from market.identity import announce
from market.owner.offer import Offer, offer_of
from market.owner.preparation import announced_keys, check_deposit, integer_gain, srs_for
from market.owner.terms import Particulars, terms_of
from market.progress import Progress, silent
from market.specification.conditions import DEVELOPMENT
from market.specification.document import Document
from market.specification.owner import OwnerSpecification
from market.storage.base import Storage
from market.storage.envelope import enclose
from market.training.expectation import expected_gain
from market.vectors import encode, salted, triangle
from market.yardstick.package import pack_rows
from market.yardstick.rows import new_salts, rows_root
from zk.commit import commit
from zk.keys import derive_keys
from zk.planner import choose

if TYPE_CHECKING:  # it brings PyTorch
    from market.measured.document import MeasuredDocument


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
    document: Document | MeasuredDocument
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
    check_deposit(market, specification, deposit)
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
    offer = offer_of(specification, deposit, integer_gain(gain, grid))
    progress("offer", expected_gain=round(gain, 4), aggregator_stake=offer.aggregator_stake)

    progress("circuit", **asdict(specification.shape), logrows=expected.logrows)
    srs = srs_for(specification, specification.shape)
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
    terms = terms_of(
        market,
        specification,
        offer,
        keys,
        grid,
        Particulars(
            statistics=commit(committed, keys),
            model=commit(model, keys),
            rows=statistics.rows,
            outputs=statistics.outputs,
            energy=statistics.energy,
            rows_root=rows_root(rows.X, rows.y, salts) if keys_of_arbiters else bytes(32),
            learning_rate=specification.training.learning_rate,
            specification=document.digest(),
        ),
    )
    id = market.create(terms, storage.add(document.encode()), storage.add(encode(model)), deposit)
    progress("created", project="0x" + id.hex())
    return CreatedProject(id, terms, document, verifier, deployed, offer)
