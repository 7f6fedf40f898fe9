"""What an operation asks of the machine, told from shapes alone.

Bounds, not estimates: the slowest way that torch has for an operation, where it has several. A
convolution may write out every window.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch

from market.models.graph import Node
from market.models.interpreter import Step


@dataclass(frozen=True)
class Cost:
    """Of one operation.

    Args:
        outcome: bytes that it leaves.
        workspace: bytes that it may need besides while it runs.
        work: multiplications, or what takes as long.
    """

    outcome: int
    workspace: int
    work: int


def cost(step: Step) -> Cost:
    """What a node cost, or would have cost: its tensors may be without memory."""
    outcome, width = step.outcome.numel(), step.outcome.element_size()
    entries = outcome + sum(each.numel() for each in step.tensors)
    match step.node.operation.split(".")[1]:
        case "conv1d" | "conv2d":
            weight = step.tensors[1]
            window = prod(weight.shape[1:])
            spread = outcome // weight.shape[0] * window * _groups(step.node)
            return Cost(outcome * width, (spread + entries) * width, outcome * window)
        case "linear":
            return Cost(outcome * width, entries * width, outcome * step.tensors[0].shape[-1])
        case "matmul":
            inner = step.tensors[0].shape[-1]
            # Batches that are broadcast are written out.
            height, length = (1, 1, *step.outcome.shape)[-2:]
            spread = outcome // length * inner + outcome // height * inner
            return Cost(outcome * width, (spread + entries) * width, outcome * inner)
        case "max_pool1d" | "max_pool2d" | "avg_pool1d" | "avg_pool2d":
            kernel = step.node.arguments["kernel_size"]
            assert isinstance(kernel, tuple)
            window = prod(each for each in kernel if isinstance(each, int))
            return Cost(outcome * width, entries * torch.int64.itemsize, outcome * window)
    return Cost(outcome * width, entries * torch.int64.itemsize, entries)


def _groups(node: Node) -> int:
    groups = node.arguments["groups"]
    assert isinstance(groups, int)
    return groups
