"""The folded statement with the next model as one more committed input, to measure only.

Statement, beside that of `circuits.folded`
    W' = w + sum_i q_i D_i, entry by entry, salts included, for public weights q_i.

How
    W' is one more committed column. The q_i stand behind gamma and delta in the column X and are
    put out with them. One more output is zero: sum_i q_i <D_i, v> - <W' - w, v>. The products
    <D_i, v> are those that the aggregation of R tests with, so only weighing them is new. delta
    would have to be drawn after W' too.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

from circuits import contribution, outliers, utility
from circuits.bounds import identity
from circuits.challenges import Probe, squarings
from circuits.folded import FoldedRound
from circuits.shape import DELTA_BOUND, FoldedShape, triangle_places


@dataclass(frozen=True)
class WeightedShape(FoldedShape):
    """As FoldedShape; X holds the weights too, and W' comes last."""

    @property
    def input_lengths(self) -> list[int]:
        """Entries of S, R, A, Y, X, W'."""
        *before, challenges = super().input_lengths
        return [*before, challenges + self.slots, self.vector_length]

    @property
    def output_lengths(self) -> list[int]:
        """gamma, delta and the weights; three forms; three differences that are zero."""
        return [2 + self.slots, 1, 1, 1, 1, 1, 1]


class WeightedRound(torch.nn.Module):
    """`circuits.folded.FoldedRound` with the difference above put out last."""

    def __init__(self, shape: WeightedShape) -> None:
        super().__init__()
        self.shape = shape
        places = torch.tensor(triangle_places(shape.features)).reshape(-1)
        self.register_buffer("places", places, persistent=False)

    def forward(
        self,
        statistics: torch.Tensor,
        combination: torch.Tensor,
        entries: torch.Tensor,
        curved: torch.Tensor,
        public: torch.Tensor,
        moved: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Each input is (1, its length of `WeightedShape.input_lengths`), each output is flat."""
        slots, features, classes = self.shape.slots, self.shape.features, self.shape.classes
        d, length, height = self.shape.parameters, self.shape.vector_length, self.shape.vector_rows
        triangle = self.shape.triangle_length
        H = statistics[0][self.get_buffer("places")].reshape(features, features)
        c = statistics[:, triangle : triangle + d]
        model, shifted = entries[:, :length], identity(entries[:, length:])
        weights = squarings(public[0, :1], slots + 1)
        probe = Probe(public[0, 1:2], height, classes)
        summed = probe.summed_across(combination.reshape(height, classes))
        R = combination[:, :d]
        # `circuits.aggregation.difference`, whose columns both sums use.
        down = probe.down.reshape(1, height)
        stacked = shifted.reshape(slots, height, classes)
        columns = torch.matmul(down.reshape(1, 1, height), stacked).reshape(slots, classes)
        own = torch.matmul(down, model.reshape(height, classes))
        shift = probe.down.sum() * DELTA_BOUND
        u = torch.cat(weights[1:], 0).reshape(1, slots)
        total = torch.matmul(u, columns) - u.sum() * shift + own * weights[0]
        q = public[:, 2:]
        weighed = torch.matmul(q, columns) - q.sum() * shift + own
        across = torch.matmul(down, moved.reshape(height, classes))
        outputs = (
            public,
            outliers.norm(R, model[:, :d], weights[0]),
            contribution.quadratic(R, curved),
            utility.linear(R, c),
            probe.summed_across(total) - torch.matmul(down, summed),
            contribution.curvature_difference(
                curved.reshape(features, classes), H, summed[:features], probe
            ),
            probe.summed_across(weighed - across),
        )
        return tuple(output.reshape(-1) for output in outputs)


def export(shape: FoldedShape, path: Path) -> None:
    """The statement of this shape, with or without W', as a graph that the engine reads."""
    drawn: torch.nn.Module = FoldedRound(shape)
    if isinstance(shape, WeightedShape):
        drawn = WeightedRound(shape)
    example = tuple(torch.zeros(1, length) for length in shape.input_lengths)
    with warnings.catch_warnings():
        # The engine reads the graphs of the older exporter.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(drawn, example, path, dynamo=False, opset_version=17)
