"""Aggregation: a vector is the weighted sum of the vectors that were committed.

Statement
    R = sum_i u_i Z_i over the model Z_0 = w and the deltas Z_i = D_i, entry by entry, salts
    included.

Inputs and outputs
    The point of R, which the contract adds up from those of w and D_i: commitments are linear.
    A column that holds w and every D_i + DELTA_BOUND, R, and the challenges. Put out is a
    difference that is zero, sum_i u_i <Z_i, v> - <R, v>.

What it is for
    R stands for all vectors of the round in the other statements, and what this one takes from the
    range table is what they speak about. The next model is another such sum, with the weights
    lattice / m of the m selected (docs/decisions/0003). There nothing is left to prove: its point
    is added up the same way, and is the commitment that the contract stores.

Soundness
    The column is committed before the weights u_i = gamma**(2**i) are drawn, R follows from them,
    and v from a challenge after that. If a vector in the column differs from what its point binds,
    an entry of sum u_i Z_i - R is a nonzero polynomial in gamma of degree at most 2**s, and the
    difference one in delta of degree below 8 |v|: both vanish with a probability below 2**-220.
    A point that nobody can open (a trainer's, say) leaves the prover without R.
"""

from __future__ import annotations

import torch

from circuits.challenges import Probe
from circuits.shape import DELTA_BOUND


def difference(
    model: torch.Tensor | None,
    shifted: torch.Tensor,
    summed: torch.Tensor,
    weights: list[torch.Tensor],
    probe: Probe,
) -> torch.Tensor:
    """sum_i u_i <Z_i, v> - <R, v>: (1, 1).

    Args:
        model: w, (rows, columns) of the probe; None where it is to be zero, salts included.
        shifted: every D_i + DELTA_BOUND, (s, rows, columns).
        summed: R across, (rows, 1).
        weights: u_0 ... u_s, each (1,).
        probe: over whole vectors.
    """
    slots = len(weights) - 1
    u = torch.cat(weights[1:], 0).reshape(1, slots)
    down = probe.down.reshape(1, probe.rows)
    columns = torch.matmul(down.reshape(1, 1, probe.rows), shifted).reshape(slots, probe.columns)
    shift = u.sum() * probe.down.sum() * DELTA_BOUND
    total = torch.matmul(u, columns) - shift
    if model is not None:
        total = total + torch.matmul(down, model) * weights[0]
    return probe.summed_across(total) - torch.matmul(down, summed)
