"""Creating a project that trains a network: model, circuit, verifier, terms, deposit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from market.chain.market import Market
from market.chain.verifier import verifier_artifact, verifier_code_hash
from market.data.read import read
from market.data.rows import Rows
from market.errors import InputError
from market.identity import announce
from market.local_training import evaluate
from market.measured.document import MeasuredDocument, ModelFile
from market.measured.project import check_network
from market.measured.rows import pack_rows, root_of_rows
from market.models import Model, parse_model
from market.owner.create import CreatedProject
from market.owner.offer import offer_of
from market.owner.preparation import announced_keys, check_deposit, integer_gain, srs_for
from market.owner.terms import Particulars, terms_of
from market.progress import Progress, silent
from market.specification.conditions import DEVELOPMENT
from market.specification.measured import MeasuredSpecification
from market.storage.base import Storage
from market.storage.envelope import enclose
from market.vectors import encode
from market.yardstick.rows import new_salts
from zk.commit import zero_point
from zk.keys import derive_keys
from zk.planner import choose

GAIN_SHARE = 0.5
"""Of the first model's loss that is expected to be gained where the owner names no number."""


def create_measured_project(
    market: Market,
    storage: Storage,
    home: Path,
    specification: MeasuredSpecification,
    deposit: int,
    progress: Progress = silent,
) -> CreatedProject:
    """Publishes model and specification, and locks the deposit.

    The validation rows stay here where the owner alone evaluates; evaluators and arbiters that are
    others get them sealed.

    Args:
        deposit: for trainers and fees of all rounds, in the smallest unit.

    Raises:
        InputError: the model, the validation data or the specification is unusable.
        NotFoundError: a named account has not announced itself.
        FundsError: the account holds less than the deposit.
        ProofError, StorageError, ChainError, ContractError: as their names say.
    """
    check_deposit(market, specification, deposit)
    evaluators = specification.evaluators or (market.address,)
    announced_keys(market, specification.aggregators)
    others = [each for each in (*evaluators, *specification.arbiters) if each != market.address]
    keys_of_others = announced_keys(market, list(dict.fromkeys(others)))
    expected = choose(specification.shape)
    data = _model_bytes(specification.model)
    network = parse_model(data)
    check_network(specification, network)
    rows = read(specification.validation, specification.schema)
    loss = _first_loss(network, rows, specification)
    grid = specification.grid
    gain = specification.expected_gain
    if gain is None:
        gain = GAIN_SHARE * loss
    offer = offer_of(specification, deposit, integer_gain(gain, grid))
    progress("offer", expected_gain=round(gain, 4), aggregator_stake=offer.aggregator_stake)

    progress("circuit", **asdict(specification.shape), logrows=expected.logrows)
    srs = srs_for(specification, specification.shape)
    keys = derive_keys(specification.shape, srs)
    artifact = verifier_artifact(keys)
    salts = new_salts(len(rows))

    announce(market, storage, home, "")
    document = MeasuredDocument(
        name=specification.name,
        model=ModelFile(storage.add(data), network.about.fingerprint, len(data)),
        scope=specification.scope,
        coordinates=specification.coordinates,
        rank=specification.rank,
        schema=specification.schema,
        recipe=specification.recipe,
        tolerance=specification.tolerance,
        slots=specification.slots,
        rows_cid=storage.add(enclose(pack_rows(rows, salts), keys_of_others)) if others else "",
        srs_sha256=srs.sha256,
        srs_cid=storage.add(srs.path.read_bytes()) if specification.srs == DEVELOPMENT else "",
    )
    deployed = market.verifier_of(keys.identity, verifier_code_hash(artifact)) is None
    verifier = market.deploy_verifier(keys.identity, artifact)
    progress("verifier", address=verifier, deployed=deployed)
    zero = zero_point(keys)
    outputs = network.about.sizes.outcome[-1]
    terms = terms_of(
        market,
        specification,
        offer,
        keys,
        grid,
        Particulars(
            statistics=zero,
            model=zero,
            rows=len(rows),
            outputs=1,
            energy=document.energy or integer_gain(loss / outputs, grid),
            rows_root=root_of_rows(rows, salts),
            learning_rate=specification.recipe.learning_rate,
            specification=document.digest(),
            evaluators=evaluators,
            evaluator_quorum=specification.evaluator_quorum,
            measure_seconds=specification.measure_seconds,
            contest_seconds=specification.contest_seconds,
        ),
    )
    origin = storage.add(encode([0] * keys.shape.vector_length))
    id = market.create(terms, storage.add(document.encode()), origin, deposit)
    progress("created", project="0x" + id.hex())
    return CreatedProject(id, terms, document, verifier, deployed, offer)


def _model_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read the model {path}: {error.strerror}",
            "make it with `market export-model`",
        ) from error


def _first_loss(network: Model, rows: Rows, specification: MeasuredSpecification) -> float:
    """Of the first model on the validation rows.

    Raises:
        InputError: rows, model and loss do not go together.
    """
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    kind = specification.recipe.loss
    return evaluate(network, weights, rows.X, rows.y, kind).loss
