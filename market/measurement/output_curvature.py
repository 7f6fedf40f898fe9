"""Second derivatives of a loss in the network's outputs: what Gauss-Newton keeps of curvature.

With outputs f and M the Hessian of a row's loss in f, its Gauss-Newton matrix is J'M J, J the
Jacobian of f. Where the outputs are logits this is the Fisher information: M is the covariance of
the gradient in f over labels drawn from what the model predicts (Martens, "New Insights and
Perspectives on the Natural Gradient Method", JMLR 2020, section 8).

    cross-entropy   M = diag(p) - p p'            p = softmax(f)
    squared         M = 1
    BCE             M = diag(q (1 - q))           q = sigmoid(f)
"""

from __future__ import annotations

import torch
from torch import Tensor

from market.objectives import Loss


def hessian_product(kind: Loss, outputs: Tensor, vectors: Tensor) -> Tensor:
    """M v for each row.

    Args:
        outputs: (n, C).
        vectors: (..., n, C).
    """
    if kind is Loss.SQUARED:
        return vectors
    if kind is Loss.BCE:
        q = outputs.sigmoid()
        return q * (1 - q) * vectors
    p = outputs.softmax(dim=1)
    return p * (vectors - (p * vectors).sum(dim=-1, keepdim=True))


def hessian_root(kind: Loss, outputs: Tensor) -> Tensor:
    """(n, C, C): Q with Q'Q = M, a row of it for each vector that is pulled back.

    For cross-entropy Q = diag(a) - a p' with a = sqrt(p): as a'a = 1, Q'Q = diag(p) - p p'.
    """
    if kind is Loss.SQUARED:
        return torch.eye(outputs.shape[1]).to(outputs).expand(len(outputs), -1, -1)
    if kind is Loss.BCE:
        q = outputs.sigmoid()
        return torch.diag_embed((q * (1 - q)).sqrt())
    p = outputs.softmax(dim=1)
    a = p.sqrt()
    return torch.diag_embed(a) - a[:, :, None] * p[:, None, :]
