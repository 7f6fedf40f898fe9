"""A project as its participants see it: terms, document and keys, all checked against the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from circuits.shape import FoldedShape
from market.chain.logs import Created, SettledRound
from market.chain.market import Market
from market.chain.state import ProjectState
from market.chain.terms import Terms
from market.chain.verifier import verifier_artifact, verifier_code_hash
from market.contribution.grid import Step
from market.errors import ChainError, InputError, MarketError, ProofError, StorageError
from market.progress import Progress, silent
from market.specification.document import MAX_BYTES, Document, decode_document
from market.storage.base import Storage
from market.vectors import ENTRY_BYTES, decode, matrix
from zk.commit import commit, zero_point
from zk.field import Point
from zk.keys import Keys, derive_keys
from zk.opening import tau
from zk.srs import Srs, add_srs, find_srs

FETCH_SECONDS = 60.0
MOST_DIALLED = 64
"""Peers at a time: each takes a thread, and an audit names up to a thousand."""
SRS_LIMIT = 1 << 30
MODEL_BOUND = 1 << 90
"""No honest model entry comes near it; claims about smaller ones stay in the contract's bounds."""
INITIAL_MODEL_BOUND = MODEL_BOUND // 2
"""Of the model that the owner chose: 255 rounds add less than 2**80, so that no later one leaves
`MODEL_BOUND`, with an aggregator's stake behind it."""


@dataclass(frozen=True)
class Opened:
    """A project of either kind, whose circuit identity and verifier code were checked.

    Args:
        created: its creation on chain.
        keys: the circuit's keys, derived on this machine.
    """

    created: Created
    keys: Keys

    @property
    def id(self) -> bytes:
        return self.created.id

    @property
    def terms(self) -> Terms:
        return self.created.terms

    @property
    def shape(self) -> FoldedShape:
        """Of the circuit."""
        assert isinstance(self.keys.shape, FoldedShape)
        return self.keys.shape

    def fetch_model(self, storage: Storage, cid: str, point: Point) -> list[int]:
        """The model vector with commitment `point`.

        Raises:
            StorageError: it cannot be fetched, is not the committed one, or has an entry so large
                that the contract might refuse true claims about it or its successors.
        """
        length = self.shape.vector_length
        data = storage.get(cid, length * ENTRY_BYTES, FETCH_SECONDS)
        bound = INITIAL_MODEL_BOUND if point == self.terms.model else MODEL_BOUND
        vector = decode(data, length, bound)
        if commit(vector, self.keys) != point:
            raise StorageError(f"the model {cid} is not the one that the contract holds")
        return vector


@dataclass(frozen=True)
class Project(Opened):
    """A project that trains a linear map, whose yardstick stands in its terms.

    Args:
        document: the public specification.
    """

    document: Document

    @property
    def model_shape(self) -> tuple[int, int]:
        """(F, C)."""
        return self.document.shape.features, self.document.shape.classes

    def fetch_weights(self, storage: Storage, cid: str, point: Point) -> npt.NDArray[np.float64]:
        """(F, C) weights of the model with commitment `point`.

        Raises:
            StorageError: as for `fetch_model`.
        """
        vector = self.fetch_model(storage, cid, point)
        return self.document.grid.weights(matrix(vector, *self.model_shape))


def connect_peers(market: Market, storage: Storage, accounts: Iterable[str]) -> None:
    """Connects to the IPFS nodes that the accounts announced; who cannot be reached is skipped.

    `MOST_DIALLED` at a time: addresses at which nobody answers would else add up their timeouts.
    """
    own = storage.peer()
    announced = [market.announcement(account) for account in accounts]
    peers = {found.peer for found in announced if found is not None} - {"", own}
    if not peers:
        return

    def connect(peer: str) -> None:
        try:
            storage.connect(peer)
        except MarketError:
            return

    with ThreadPoolExecutor(max_workers=min(len(peers), MOST_DIALLED)) as pool:
        list(pool.map(connect, sorted(peers)))


def settled_before(market: Market, id: bytes, state: ProjectState) -> list[SettledRound]:
    """The rounds that were settled before the one that `state` shows.

    Raises:
        ChainError: the node shows fewer, since its logs lag behind its state.
    """
    settled = market.settled(id) if state.round else []
    if len(settled) < state.round:
        raise ChainError(
            f"the node shows {len(settled)} settlements of {state.round}", "wait for its logs"
        )
    return settled[: state.round]


def fetch_document(storage: Storage, created: Created) -> Document:
    """The project's public document.

    Raises:
        StorageError: it cannot be fetched, or is not the one that the terms name.
    """
    if created.terms.is_measured:
        raise InputError(
            "the project trains a network, whose models are measured round by round",
            "this command is for linear projects",
        )
    data = storage.get(created.spec_cid, MAX_BYTES, FETCH_SECONDS)
    document = decode_document(data, created.terms.specification)
    if document.slots != created.terms.slots:
        raise StorageError("the specification and the terms differ in the number of slots")
    return document


def fetch_srs(storage: Storage, sha256: str, cid: str) -> Srs:
    """The SRS that a document names, from this machine or from IPFS.

    Args:
        cid: empty if everybody has it, as from a ceremony.

    Raises:
        StorageError: it cannot be fetched.
        ProofError: what was fetched is another one.
    """
    known = find_srs(sha256)
    if known is not None:
        return known
    if not cid:
        raise ProofError(
            f"the SRS {sha256} is not on this machine",
            "add the ceremony's file with `market add-srs FILE`",
        )
    return add_srs(storage.get(cid, SRS_LIMIT, FETCH_SECONDS), sha256)


def open_project(
    market: Market, storage: Storage, id: bytes, progress: Progress = silent
) -> Project:
    """Reads a project and checks all that can be checked before taking part in it.

    Raises:
        NotFoundError: there is no such project.
        StorageError: its document or SRS cannot be fetched, or is not what the terms name.
        ProofError: the terms name another circuit, zero point or verifier than the document
            implies; whoever made them cannot be trusted.
    """
    created = market.created(id)
    connect_peers(market, storage, (created.terms.owner, *created.terms.aggregators))
    document = fetch_document(storage, created)
    progress("keys", **asdict(document.shape))
    keys = derive_keys(document.shape, fetch_srs(storage, document.srs_sha256, document.srs_cid))
    project = Project(created, keys, document)
    check_circuit(market, project)
    return project


def check_circuit(market: Market, project: Project) -> None:
    """Compares what the document of a linear project implies with what the terms name.

    Raises:
        ProofError: says what differs.
    """
    terms, document = project.terms, project.document
    check_terms(
        market,
        project,
        {
            "number of outputs": (terms.outputs, document.classes),
            "step": (Step(terms.step).method, document.step),
            # Labels are unit vectors; a larger one would make everybody's value unsure.
            "mean square of labels": (terms.energy, document.grid.utility_unit),
        },
    )


def check_terms(market: Market, project: Opened, more: Mapping[str, tuple[object, object]]) -> None:
    """Compares the circuit that a document implies with the one that the terms name.

    Args:
        more: what else must agree: what the terms name, and what the document implies.

    Raises:
        ProofError: says what differs.
    """
    terms, keys = project.terms, project.keys
    artifact = verifier_artifact(keys)
    implied: dict[str, tuple[object, object]] = {
        "circuit": (terms.circuit, keys.identity),
        "verifier's code": (terms.verifier_code_hash, verifier_code_hash(artifact)),
        "commitment of the zero vector": (terms.zero, zero_point(keys)),
        "point of the SRS": (terms.tau, tau(keys.srs)),
        "number of rows": (terms.logrows, keys.logrows),
        "length of a delta": (terms.entries, project.shape.vector_length),
        **more,
    }
    for what, (named, derived) in implied.items():
        if named != derived:
            raise ProofError(
                f"the terms name another {what} than the specification implies",
                "do not take part in this project",
            )
    if market.verifier_of(terms.circuit, terms.verifier_code_hash) is None:
        raise ProofError(
            "the registry has no verifier of this circuit", "check --rpc and --contract"
        )
