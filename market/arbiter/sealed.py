"""The rows that an owner sealed to the arbiters, as one of them fetches and opens them."""

from __future__ import annotations

from market.errors import NotFoundError, StorageError
from market.specification.document import Document
from market.storage.base import Storage
from market.storage.envelope import MAX_OVERHEAD_BYTES, open_envelope
from market.yardstick.package import MAX_BYTES, RowsPackage, package_bytes, unpack_rows

FETCH_SECONDS = 600.0


def fetch_rows(
    storage: Storage, document: Document, rows: int, private_key: bytes
) -> RowsPackage | StorageError:
    """The package behind the document's `rows_cid`, or why what is there is none.

    Args:
        storage: of the arbiter.
        document: of the project.
        rows: that the terms name.
        private_key: that the arbiter announced the public half of.

    Raises:
        NotFoundError: the project's rows were sealed to nobody.
        StorageError: nobody sends what was sealed, or it opens with another key. That may be the
            owner's doing or not: a person has to say.
    """
    if not document.rows_cid:
        raise NotFoundError(
            "the project's rows were sealed to nobody", "its yardstick is the owner's word"
        )
    expected = package_bytes(rows, document.features, document.shape.statistics_length)
    limit = min(expected, MAX_BYTES) + MAX_OVERHEAD_BYTES
    sealed = storage.get(document.rows_cid, limit, FETCH_SECONDS)
    try:
        package = open_envelope(sealed, private_key)
    except StorageError as error:
        raise StorageError(
            f"the sealed rows: {error.message}",
            "use the home whose key was announced when the project was created; if this is it, "
            "they were not sealed to you: --refute",
        ) from error
    try:
        return unpack_rows(package)
    except StorageError as error:
        return error
