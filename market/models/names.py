"""Names of tensors: the dotted paths that `nn.Module.named_parameters` gives."""

from __future__ import annotations

import re
from collections.abc import Iterable

from market.errors import InputError
from market.models.limits import MAX_NAME, MAX_TENSORS

_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", re.ASCII)
MAX_PARTS = 32


def check_name(name: object) -> str:
    """`name`, if it can be a tensor's.

    Raises:
        InputError: it is longer than `MAX_NAME`, deeper than `MAX_PARTS`, or has other characters
            than
            letters, digits, underscores and points between them.
    """
    if not isinstance(name, str) or len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise InputError(
            f"{str(name)[:40]!r} is no name of a tensor",
            f"letters, digits and _, with points between; at most {MAX_NAME} characters",
        )
    if name.count(".") >= MAX_PARTS or "__" in (name[:2], name[-2:]):
        raise InputError(f"{name[:40]!r} is no name of a tensor")
    return name


def check_scopes(names: Iterable[str]) -> None:
    """Whether few enough modules hold tensors of these names.

    Raises:
        InputError: names have more than `MAX_TENSORS` different beginnings that end before a point.
    """
    scopes: set[str] = set()
    for name in names:
        scope = name.rpartition(".")[0]
        while scope and scope not in scopes:
            scopes.add(scope)
            scope = scope.rpartition(".")[0]
        if len(scopes) > MAX_TENSORS:
            raise InputError(f"the names of tensors make more than {MAX_TENSORS} scopes")
