"""What a server's own rows say of deltas: value, curvature and how sure either is.

The curvature is that of the generalised Gauss-Newton matrix, which is never negative. Under the
squared loss of a model that is linear in its parameters it is exact. Under the cross-entropy it is
the covariance F of a row's gradient, as the model sees it, so that with s rows the value of a delta
D has the variance <D, F D> / s; in the words of `market.robust.proven_value` F = 2 M. Under the
squared loss with C outputs and a mean squared residual kappa of each it is 4 kappa <D, M D> / s.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, jvp

from market.errors import InputError
from market.robust.aggregate import Floats
from market.robust.proven_value import Measured
from market.utility.parameters import names_and_shapes, split

LOSSES = ("cross-entropy", "squared-loss")


class RootRows:
    """Clean rows at the server; `rows(weights, deltas)` measures the deltas of a round.

    Args:
        module: its parameters, in their order, are the weights; evaluated in eval mode.
        inputs: (s, ...).
        labels: (s,) class labels.
        loss: one of `LOSSES`.

    Raises:
        InputError: no rows, another number of labels, or no such loss.
    """

    def __init__(self, module: nn.Module, inputs: Tensor, labels: Tensor, loss: str) -> None:
        if len(inputs) == 0 or labels.shape != (len(inputs),):
            raise InputError(f"{len(inputs)} rows with labels of shape {tuple(labels.shape)}")
        if loss not in LOSSES:
            raise InputError(f"no loss {loss!r}", f"choose one of {', '.join(LOSSES)}")
        self._module, self._inputs, self._labels, self._loss = module, inputs, labels, loss
        self._shapes = names_and_shapes(module)

    def __call__(self, weights: Floats, deltas: Floats) -> Measured:
        training = self._module.training
        self._module.eval()
        try:
            outputs, responses = self._responses(weights, deltas)
        finally:
            self._module.train(training)
        rows, classes = outputs.shape
        truth = np.eye(classes)[self._labels.cpu().numpy()]
        flat = responses.reshape(len(deltas), -1)
        if self._loss == "squared-loss":
            residual = truth - outputs
            curvature = flat @ flat.T / rows
            kappa = (residual**2).sum() / (rows * classes)
            linear = 2 * flat @ residual.reshape(-1) / rows
            variance = 4 * kappa * np.diagonal(curvature) / rows
        else:
            shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            likely = shifted / shifted.sum(axis=1, keepdims=True)
            linear = flat @ (truth - likely).reshape(-1) / rows
            expected = np.einsum("nsc,sc->ns", responses, likely)
            second = np.einsum("nsc,sc,msc->nm", responses, likely, responses)
            curvature = (second - expected @ expected.T) / (2 * rows)
            variance = 2 * np.diagonal(curvature) / rows
        return Measured(linear, curvature, np.sqrt(np.maximum(variance, 0.0)))

    def _responses(self, weights: Floats, deltas: Floats) -> tuple[Floats, Floats]:
        """The outputs (s, C), and what each delta adds to them to first order, (n, s, C)."""

        def outputs(vector: Tensor) -> Tensor:
            found = functional_call(self._module, split(vector, self._shapes), (self._inputs,))
            assert isinstance(found, Tensor)
            return found

        like = next(self._module.parameters())
        base = torch.from_numpy(weights.copy()).to(like)
        responses = [
            jvp(outputs, (base,), (torch.from_numpy(delta.copy()).to(like),))[1] for delta in deltas
        ]
        with torch.no_grad():
            here = outputs(base)
        return _floats(here), _floats(torch.stack(responses).detach())


def _floats(values: Tensor) -> Floats:
    return np.asarray(values.cpu().numpy(), dtype=np.float64)
