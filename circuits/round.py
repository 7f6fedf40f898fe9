"""A round without folding: range, outliers and contribution about the same committed vectors.

What `circuits.folded` is compared with: here every delta has a column of its own, so verifier,
proof and gas grow with the slots.

Nothing here depends on who was selected or how many trainers there were: selection, scores and
the next model's commitment follow from the outputs and are computed by the contract. Unused slots
hold the zero vector, whose products are zeros that nobody reads. That is why one set of keys
serves rounds of any number of trainers up to the slots.
"""

from __future__ import annotations

import torch

from circuits.bounds import looked_up
from circuits.contribution import products
from circuits.outliers import gram
from circuits.shape import Shape
from circuits.utility import linear


class RoundStatement(torch.nn.Module):
    """Maps the committed inputs to the public outputs, in the order that `Shape` lists.

    All numbers are integers at EZKL scale 0: nothing is rescaled, so the circuit is exact.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(
        self,
        curvature: torch.Tensor,
        target: torch.Tensor,
        model: torch.Tensor,
        *deltas: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Each input is (1, its length of `Shape.input_lengths`), each output is flat."""
        d, features = self.shape.parameters, self.shape.features
        stacked = torch.cat(deltas, 0)
        parameters = stacked[:, :d]
        stack = torch.cat((model[:, :d], parameters), 0)
        H = curvature[:, : features**2].reshape(features, features)
        return (
            products(H, stack).reshape(-1),
            linear(stack, target[:, :d]).reshape(-1),
            gram(parameters).reshape(-1),
            looked_up(stacked).reshape(1),
        )

    def example_inputs(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.zeros(1, length) for length in self.shape.input_lengths)
