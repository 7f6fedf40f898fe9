"""Re-checking a project that trains a network: what is proven, drawn and attested of it.

The proofs, seeds, moves and quorums follow from the chain and IPFS alone. Whether what evaluators
attested is what the rows say takes the rows: with them every loss is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from market.auditor.circuit import circuit_claims, next_model, reveal_claims
from market.auditor.claim import Audit, Claim, claim
from market.auditor.proven import judge_again
from market.auditor.ring import decisive
from market.auditor.rounds import Course, follow
from market.chain.logs import Log, SettledRound
from market.chain.market import Market
from market.chain.measuring import Measurement, MeasuringLogs
from market.chain.state import ProjectState
from market.contribution.grid import Grid
from market.data.rows import Rows as LabelledRows
from market.errors import MarketError
from market.judging import SHARING
from market.measured.lineage import Networks
from market.measured.project import MeasuredProject, open_measured
from market.measurement import Network, Rows, assess, losses_at
from market.progress import Progress, silent
from market.project import connect_peers
from market.storage.base import Storage
from zk.binding import Binding
from zk.field import Point
from zk.folding import statement
from zk.prove import verify


def audit_measured(
    market: Market,
    storage: Storage,
    id: bytes,
    rows: LabelledRows | None = None,
    progress: Progress = silent,
) -> Audit:
    """Checks everything that can be checked of what has happened so far, but for the books.

    Args:
        rows: the validation rows, in the order of their commitment; None for who has none.

    Raises:
        NotFoundError: there is no such project.
        InputError: it is a linear one.
        StorageError: what the audit needs cannot be fetched.
        ProofError: the terms name another circuit than the specification implies.
        ChainError: the node is dead.
    """
    project = open_measured(market, storage, id, progress)
    terms, audit = project.terms, Audit()
    connect_peers(market, storage, market.joined(id))
    audit.claims.append(
        claim("project", "the terms hash to the project's id", market.id_of(terms), id)
    )
    audit.claims.append(
        claim("project", "specification and first network are the named ones", True)
    )
    audit.claims += circuit_claims(market, terms, project.keys)
    market = market.at_newest_block()
    state, history = market.project(id), market.history(id)
    logs, course = MeasuringLogs.of(history), follow(history, terms)
    audit.claims += reveal_claims(market.all_reveals(id))
    audit.claims += _seed_claims(market, id, history)
    audit.claims += _quorum_claims(project, history)
    for found in market.settled(id):
        progress("checking", round=found.round, trainers=len(found.trainers))
        audit.claims += _round_claims(market, storage, project, found, course, logs)
    if rows is not None:
        networks = Networks(market, storage, project)
        audit.claims += _loss_claims(project, networks, state, logs, rows, progress)
    return audit


def _seed_claims(market: Market, id: bytes, history: list[Log]) -> Iterator[Claim]:
    """Coordinates are those of the block that comes after the model was fixed."""
    opened: dict[int, int] = {}
    for log in history:
        if log.name == "MeasureOpened":
            opened[log.args["number"]] = log.args["seedBlock"]
        elif log.name == "CoordinatesDrawnFor":
            number = log.args["number"]
            block = decisive(opened.get(number, 0), log.place[0])
            drawn = keccak(
                encode(["bytes32", "bytes32", "uint16"], [market.block_hash(block), id, number])
            )
            yield claim(
                f"measurement {number}",
                "its coordinates are those of the block that decides",
                bytes(log.args["seed"]).hex(),
                bytes(drawn).hex(),
            )


def _quorum_claims(project: MeasuredProject, history: list[Log]) -> Iterator[Claim]:
    """What counts was said by as many as the terms ask for."""
    terms = project.terms
    said: dict[int, dict[str, Measurement]] = {}
    for log in history:
        if log.name == "Attested":
            found = Measurement.from_event(log.args["measurement"])
            said.setdefault(log.args["number"], {})[str(log.args["account"])] = found
        elif log.name == "Measured":
            number, counted = log.args["number"], Measurement.from_event(log.args)
            same = {account for account, each in said.get(number, {}).items() if each == counted}
            enough = (
                len(same & set(terms.evaluators)) >= terms.evaluator_quorum
                or len(same & set(terms.arbiters)) >= terms.arbiter_quorum > 0
            )
            yield claim(f"measurement {number}", "a quorum said what counts", enough)


def _round_claims(
    market: Market,
    storage: Storage,
    project: MeasuredProject,
    found: SettledRound,
    course: Course,
    logs: MeasuringLogs,
) -> Iterator[Claim]:
    terms, subject = project.terms, f"round {found.round}"
    points = course.standing_of(found)
    yield claim(
        subject,
        "the settled trainers are those whose reveals stand, in their order",
        list(found.trainers),
        list(points),
    )
    deltas = list(points.values())
    moved = next_model(terms.zero, terms.zero, deltas, found.weights)
    yield claim(subject, "its move is that of the weighted deltas", found.model, moved)
    try:
        project.fetch_model(storage, found.model_cid, found.model)
        problem = ""
    except MarketError as error:
        problem = error.message
    yield claim(subject, "the published move is the committed one", problem, "")
    yardstick = logs.measured.get(found.round)
    point = Point(0, 0) if yardstick is None else yardstick.yardstick
    settlement = market.settlement(found.transaction, terms)
    try:
        binding = Binding(terms.zero, point, terms.zero, tuple(deltas))
        proof = statement(binding, settlement.folded, settlement.claims)
        holds = verify(proof, project.keys)
        yield claim(subject, "the proof about exactly these commitments verifies", holds)
        verdict = judge_again(terms, settlement, found, SHARING)
    except MarketError as error:
        yield claim(subject, "the proven numbers are a game", error.message, "")
        return
    for text, reported, computed in (
        ("the selection leaves these in", found.selected, verdict.mask),
        ("each delta counts with its weight", list(found.weights), verdict.weights),
        ("the contributions are the proven ones", list(found.scores), verdict.scores),
        ("the parts of what it gained follow from them", list(found.payouts), verdict.payouts),
    ):
        yield claim(subject, text, reported, computed)


def _loss_claims(
    project: MeasuredProject,
    networks: Networks,
    state: ProjectState,
    logs: MeasuringLogs,
    rows: LabelledRows,
    progress: Progress,
) -> Iterator[Claim]:
    """The losses that were attested are those of the rows, within the document's tolerance."""
    document = project.document
    X, y = rows.tensors()
    validation = Rows(X, y)
    for number, said in sorted(logs.measured.items()):
        progress("measuring", number=number)
        network = Network(
            project.network.eval(),
            networks.candidate(state, number),
            networks.coordinates(logs.seeds[number]),
            document.recipe.loss,
        )
        own = assess(losses_at(network, validation), None, document.grid).utility
        near = abs(own - said.utility) <= document.tolerance.utility * max(abs(own), 1)
        yield claim(
            f"measurement {number}",
            "the loss is that of the rows",
            _loss(said.utility if near else own, document.grid),
            _loss(said.utility, document.grid),
        )


def _loss(utility: int, grid: Grid) -> str:
    return f"{-utility / grid.utility_unit:.9g}"
