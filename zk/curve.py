"""Sums of multiples of points of BN254, fast enough to check thousands of rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from market.errors import ProofError
from zk.field import P, Point, R

INFINITY = Point(0, 0)
"""As the chain's precompiles write it (EIP-196)."""

_WINDOW = 4
_Jacobian: TypeAlias = tuple[int, int, int]  # (X / Z**2, Y / Z**3); infinity has Z = 0
_ZERO: _Jacobian = (1, 1, 0)


def linear_combination(points: Sequence[Point], scalars: Sequence[int]) -> Point:
    """sum of scalars[i] * points[i], as the chain's precompiles add it up.

    All points share their doublings, four bits of every scalar at a time (Straus 1964).

    Raises:
        ProofError: a point is not on the curve; infinity is.
    """
    tables = [_multiples(_on_curve(point)) for point in points]
    reduced = [scalar % R for scalar in scalars]
    total = _ZERO
    for shift in reversed(range(0, R.bit_length(), _WINDOW)):
        for _ in range(_WINDOW):
            total = _double(total)
        for table, scalar in zip(tables, reduced, strict=True):
            digit = scalar >> shift & (1 << _WINDOW) - 1
            if digit:
                total = _add(total, table[digit])
    return _affine(total)


def _on_curve(point: Point) -> _Jacobian:
    if point == INFINITY:
        return _ZERO
    if not point.on_curve:
        raise ProofError(f"({point.x}, {point.y}) is not a point of the curve")
    return point.x, point.y, 1


def _multiples(point: _Jacobian) -> list[_Jacobian]:
    """0, 1, ... 15 times the point."""
    found = [_ZERO, point]
    while len(found) < 1 << _WINDOW:
        found.append(_add(found[-1], point))
    return found


def _double(p: _Jacobian) -> _Jacobian:
    x, y, z = p
    square = y * y % P
    s = 4 * x * square % P
    m = 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * square * square) % P, 2 * y * z % P


def _add(p: _Jacobian, q: _Jacobian) -> _Jacobian:
    if p[2] == 0:
        return q
    if q[2] == 0:
        return p
    (x1, y1, z1), (x2, y2, z2) = p, q
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, s1 = x1 * zz2 % P, y1 * zz2 * z2 % P
    h = (x2 * zz1 - u1) % P
    r = (y2 * zz1 * z1 - s1) % P
    if h == 0:
        return _double(p) if r == 0 else _ZERO
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _affine(p: _Jacobian) -> Point:
    x, y, z = p
    if z == 0:
        return INFINITY
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return Point(x * square % P, y * square * inverse % P)
