"""Getting the revealed deltas: fetched, opened, and held against their commitments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from circuits.shape import DELTA_BOUND
from market.chain.logs import RevealEvent
from market.errors import StorageError
from market.project import Opened
from market.storage.base import Storage
from market.storage.envelope import MAX_OVERHEAD_BYTES, open_envelope
from market.vectors import ENTRY_BYTES, decode
from zk.commit import commit
from zk.field import Point

FETCH_SECONDS = 20.0


def fetch_deltas(
    storage: Storage,
    project: Opened,
    reveals: Sequence[RevealEvent],
    private_key: bytes,
    published: Mapping[str, list[int]],
    seconds: float = FETCH_SECONDS,
) -> list[list[int] | StorageError]:
    """The salted delta of each reveal, or why it cannot be had.

    All are fetched at the same time: one after another, trainers that send nothing would add up
    their timeouts to more than the window to settle in.

    Args:
        published: deltas by trainer that the contract has checked already.
        seconds: for all of them to arrive.
    """
    wanted = [reveal for reveal in reveals if reveal.trainer not in published]
    arrived: dict[Point, bytes | StorageError] = {}
    if wanted:

        def fetch(reveal: RevealEvent) -> bytes | StorageError:
            return _sealed(storage, project, reveal.cid, seconds)

        with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
            # By point, which the contract lets nobody else have: a content id is any text.
            points = [reveal.point for reveal in wanted]
            arrived = dict(zip(points, pool.map(fetch, wanted), strict=True))
    found: list[list[int] | StorageError] = []
    for reveal in reveals:
        if reveal.trainer in published:
            found.append(published[reveal.trainer])
            continue
        sealed = arrived[reveal.point]
        try:
            if isinstance(sealed, StorageError):
                raise sealed
            found.append(_opened(project, reveal, sealed, private_key))
        except StorageError as error:
            found.append(error)
    return found


def _sealed(storage: Storage, project: Opened, cid: str, seconds: float) -> bytes | StorageError:
    limit = project.shape.vector_length * ENTRY_BYTES + MAX_OVERHEAD_BYTES
    try:
        return storage.get(cid, limit, seconds)
    except StorageError as error:
        return error


def _opened(project: Opened, reveal: RevealEvent, sealed: bytes, private_key: bytes) -> list[int]:
    """The delta in an envelope.

    Raises:
        StorageError: it was sealed to somebody else, has another length, an entry out of range, or
            is not what the revealed point commits to.
    """
    length = project.shape.vector_length
    delta = decode(open_envelope(sealed, private_key), length, DELTA_BOUND)
    if commit(delta, project.keys) != reveal.point:
        raise StorageError(f"the content {reveal.cid} is not what {reveal.trainer} committed to")
    return delta
