"""A measured project as its participants see it: terms, document, network and keys, checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from market.chain.logs import Created
from market.chain.market import Market
from market.contribution.grid import Step
from market.coordinates import Coordinates, shapes_of
from market.data.target import Classes
from market.errors import InputError, ProofError, StorageError
from market.measured.document import MAX_BYTES, MeasuredDocument, decode_measured
from market.models import Model, parse_model
from market.objectives import Loss
from market.progress import Progress, silent
from market.project import (
    FETCH_SECONDS,
    Opened,
    check_terms,
    connect_peers,
    fetch_srs,
)
from market.specification.measured import MeasuredSpecification
from market.storage.base import Storage
from market.vectors import salted
from zk.commit import zero_point
from zk.keys import derive_keys

MODEL_SECONDS = 600.0
MAX_MODEL_BYTES = 1 << 30


@dataclass(frozen=True)
class MeasuredProject(Opened):
    """A project that trains a network.

    Args:
        document: the public specification.
        network: the first model, read from its file.
    """

    document: MeasuredDocument
    network: Model

    @property
    def origin(self) -> list[int]:
        """The vector that every round starts from: it moves its own coordinates from zero."""
        return [0] * self.shape.vector_length

    def blank_statistics(self) -> list[int]:
        """Of a yardstick that says nothing, salted: to rehearse with."""
        shape = self.document.shape
        return salted([0] * (shape.root_length + shape.features), shape.statistics_length)


def fetch_measured_document(storage: Storage, created: Created) -> MeasuredDocument:
    """The project's public document.

    Raises:
        InputError: the project is a linear one.
        StorageError: it cannot be fetched, or is not the one that the terms name.
    """
    if not created.terms.is_measured:
        raise InputError(
            "the project trains a linear map, whose yardstick stands in its terms",
            "this command is for projects that train a network",
        )
    data = storage.get(created.spec_cid, MAX_BYTES, FETCH_SECONDS)
    document = decode_measured(data, created.terms.specification)
    if document.slots != created.terms.slots:
        raise StorageError("the specification and the terms differ in the number of slots")
    return document


def fetch_network(storage: Storage, document: MeasuredDocument) -> Model:
    """The network that training starts from.

    Raises:
        StorageError: it cannot be fetched, or is not the one that the document names.
        InputError: the file is no model that can be read safely.
    """
    file = document.model
    if not 0 < file.bytes <= MAX_MODEL_BYTES:
        raise StorageError(f"a model of {file.bytes} bytes", f"at most {MAX_MODEL_BYTES} are read")
    model = parse_model(storage.get(file.cid, file.bytes, MODEL_SECONDS))
    if model.about.fingerprint != file.sha256:
        raise StorageError("the model is not the one that the specification names")
    return model


def check_network(document: MeasuredDocument | MeasuredSpecification, network: Model) -> None:
    """Whether rows of the schema go into the network, and what comes out is what is asked.

    Raises:
        InputError: they do not go together, or the coordinates are none of the network's.
    """
    rows, outcome = network.about.graph.rows, network.about.sizes.outcome
    if rows.shape != document.schema.shape:
        raise InputError(
            f"the network takes rows of shape {rows.shape}, the schema's are of "
            f"{document.schema.shape}"
        )
    asked, classes = len(document.schema.target.names), document.recipe.loss is Loss.CROSS_ENTROPY
    if isinstance(document.schema.target, Classes) != classes:
        raise InputError(f"{document.recipe.loss.value} is no loss of the schema's target")
    given = outcome[0] if len(outcome) == 1 else 0
    if not (given >= asked if classes else given == asked):
        raise InputError(f"the network gives {list(outcome)} for {asked} names of the target")
    Coordinates.of(shapes_of(network), document.coordinates, bytes(32), document.scope)


def open_measured(
    market: Market, storage: Storage, id: bytes, progress: Progress = silent
) -> MeasuredProject:
    """Reads a project and checks all that can be checked before taking part in it.

    Raises:
        NotFoundError: there is no such project.
        InputError: it is a linear one, or its network cannot be read safely.
        StorageError: its document, network or SRS cannot be fetched, or is not what is named.
        ProofError: the terms name another circuit, zero point or verifier than the document
            implies; whoever made them cannot be trusted.
    """
    created = market.created(id)
    terms = created.terms
    connect_peers(market, storage, (terms.owner, *terms.aggregators, *terms.evaluators))
    document = fetch_measured_document(storage, created)
    network = fetch_network(storage, document)
    check_network(document, network)
    progress("keys", **asdict(document.shape))
    keys = derive_keys(document.shape, fetch_srs(storage, document.srs_sha256, document.srs_cid))
    project = MeasuredProject(created, keys, document, network)
    check_terms(
        market,
        project,
        {
            "number of outputs": (terms.outputs, 1),
            "step": (terms.step, int(Step.BOUNDED)),
            "unit of utility": (terms.energy, document.energy or terms.energy),
            "first move": (terms.model, zero_point(keys)),
        },
    )
    if terms.statistics != zero_point(keys):
        raise ProofError(
            "the terms name a yardstick, which evaluators are to measure",
            "do not take part in this project",
        )
    return project
