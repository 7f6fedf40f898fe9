"""Shows forgeries to the contract and to the off-chain check, and counts what they accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from market.errors import ProofError
from tests.folding import FoldingChain
from tests.forgeries.forgery import Claimed, Forgery, Shown
from tests.forgeries.scene import Scene
from zk.folding import statement
from zk.keys import Keys
from zk.prove import Proof, verify, verify_all

CHUNK = 300
"""Forgeries that one process checks; two of them run at a time."""


@dataclass
class Trial:
    """What came of a corpus.

    Args:
        tried: forgeries by kind.
        on_chain, off_chain: those that were accepted.
        seen: what was tried before: no forgery counts twice.
    """

    tried: Counter[str] = field(default_factory=Counter)
    on_chain: list[Forgery] = field(default_factory=list)
    off_chain: list[Forgery] = field(default_factory=list)
    seen: set[tuple[object, ...]] = field(default_factory=set)

    def table(self, title: str) -> str:
        """Counts by kind, for people."""
        total = self.tried.total()
        lines = [
            f"{title}: {total} forgeries, accepted on chain {len(self.on_chain)}, "
            f"off chain {len(self.off_chain)}"
        ]
        return "\n".join([*lines, *(f"  {n:5} {kind}" for kind, n in self.tried.items())])


def try_all(
    corpus: Iterable[Forgery], controls: Sequence[Forgery], chain: FoldingChain, keys: Keys
) -> Trial:
    """Every forgery of the corpus once, on chain and off it.

    Each batch has the controls in it, which must be accepted: a batch that fails as a whole would
    reject everything.

    Raises:
        AssertionError: a control was refused.
    """
    trial, batch = Trial(), list[Forgery]()
    for control in controls:
        _once(trial.seen, control)  # what is true is no forgery, whatever it was made for
    with ThreadPoolExecutor(2) as pool:
        pending: list[tuple[list[Forgery], Future[list[bool]]]] = []
        for forgery in corpus:
            if _once(trial.seen, forgery):
                batch.append(forgery)
                trial.tried[forgery.kind] += 1
            if len(batch) == CHUNK:
                pending.append((batch, pool.submit(off_chain, [*batch, *controls], keys)))
                _record(trial.on_chain, batch, chain.accepted([*batch, *controls]))
                batch = []
        pending.append((batch, pool.submit(off_chain, [*batch, *controls], keys)))
        _record(trial.on_chain, batch, chain.accepted([*batch, *controls]))
        for shown, found in pending:
            _record(trial.off_chain, shown, found.result())
    return trial


def off_chain(forgeries: Sequence[Forgery], keys: Keys) -> list[bool]:
    """Which of them hold, by the twin of the contract and the engine's own verifier.

    What the contract would put together is verified, whatever the forger's own proof says.
    """
    due = [_due(forgery) for forgery in forgeries]
    held = iter(verify_all([proof for proof in due if proof is not None], keys, timeout=900.0))
    return [proof is not None and next(held) for proof in due]


def _due(forgery: Forgery) -> Proof | None:
    if isinstance(forgery, Shown):
        return forgery.proof
    try:
        return statement(forgery.binding, forgery.folded, forgery.claims)
    except ProofError:
        return None


def _record(accepted: list[Forgery], batch: list[Forgery], found: list[bool]) -> None:
    assert len(found) > len(batch), "no control was tried"
    assert all(found[len(batch) :]), "an honest statement was refused with the forgeries"
    accepted += [forgery for forgery, held in zip(batch, found, strict=False) if held]


def _once(seen: set[tuple[object, ...]], forgery: Forgery) -> bool:
    key: tuple[object, ...]
    if isinstance(forgery, Claimed):
        key = (forgery.binding, forgery.folded, forgery.claims)
    else:
        key = (forgery.proof.data, tuple(forgery.proof.instances))
    new = key not in seen
    seen.add(key)
    return new


def assert_honest_ones_hold(scene: Scene, chain: FoldingChain) -> None:
    """Else forgeries would be refused for reasons that no liar needs to give."""
    honest = [scene.honest, scene.following, *scene.true.values()]
    shown: list[Forgery] = [each.as_claimed("its own round") for each in honest]
    shown += [Shown("its own outputs", each.proof) for each in (*honest, *scene.false.values())]
    assert off_chain(shown, scene.keys) == [True] * len(shown)
    assert chain.accepted(shown) == [True] * len(shown)
    for keys, foreign in scene.foreign.values():
        assert verify(foreign.proof, keys)


def assert_none_is_accepted(
    scene: Scene, chain: FoldingChain, name: str, corpus: Iterable[Forgery], fewest: int
) -> None:
    """Of so many forgeries at least, between honest rounds that are accepted all the while."""
    controls: list[Forgery] = [
        scene.honest.as_claimed("honest"),
        Shown("honest", scene.honest.proof),
        scene.following.as_claimed("honest"),
    ]
    trial = try_all(corpus, controls, chain, scene.keys)
    print("\n" + trial.table(name))
    assert not trial.on_chain
    assert not trial.off_chain
    assert trial.tried.total() >= fewest
