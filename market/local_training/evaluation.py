"""How good a network is on rows: its loss, and the metrics that go with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from market.errors import InputError
from market.local_training.batches import Array, Indices, LabelledRows, rows_at
from market.local_training.placed import Placed, evaluation_mode
from market.objectives.losses import Loss
from market.objectives.losses import loss as loss_of
from market.objectives.metrics import (
    ClassMetrics,
    LabelMetrics,
    NumberMetrics,
    class_metrics,
    label_metrics,
    number_metrics,
)

BATCH = 256
Metrics = ClassMetrics | LabelMetrics | NumberMetrics
_METRICS: Mapping[Loss, Callable[[object, object], Metrics]] = {
    Loss.CROSS_ENTROPY: class_metrics,
    Loss.SQUARED: number_metrics,
    Loss.BCE: label_metrics,
}


@dataclass(frozen=True)
class Evaluation:
    """What `market.objectives.write_metrics` and its `EventFile` record of a round."""

    loss: float
    metrics: Metrics


def evaluate(
    network: nn.Module,
    weights: Mapping[str, Tensor],
    rows: Array,
    labels: Array,
    loss: Loss,
    device: torch.device | str = "cpu",
    batch_size: int = BATCH,
) -> Evaluation:
    """The mean loss over all rows and their metrics, in evaluation mode and float32.

    Args:
        network: takes a batch of rows; left as it is.
        weights: all of its parameters, as from `Coordinates.fold`.
        rows: (n, ...), an array, a memory map or a tensor.
        labels: (n,) or (n, T), as `loss` takes them.

    Raises:
        InputError: rows, labels or weights that do not go together, or outputs that are NaN or
            infinite.
    """
    placed, data = Placed(network, weights, torch.device(device)), LabelledRows(rows, labels, loss)
    outputs, truth, total = [], [], 0.0
    with evaluation_mode(network), torch.no_grad():
        for x, y in data.batches(np.arange(len(data)), batch_size, device):
            found = checked_outputs(placed, data, x)
            total += float(loss_of(loss, found, y)) * len(y)
            outputs.append(found.cpu())
            truth.append(y.cpu())
    metrics = _METRICS[loss](torch.cat(outputs), torch.cat(truth))
    return Evaluation(total / len(data), metrics)


def outputs_of(
    network: nn.Module,
    weights: Mapping[str, Tensor],
    rows: Array,
    device: torch.device | str = "cpu",
    batch_size: int = BATCH,
) -> npt.NDArray[np.float32]:
    """(n, C): what the network says of each row, in evaluation mode.

    Args:
        network, weights, rows: as of `evaluate`.

    Raises:
        InputError: rows or weights that do not go together, or outputs that are no list of finite
            numbers for each row.
    """
    if rows.ndim < 1 or len(rows) == 0:
        raise InputError("there are no rows")
    placed, parts = Placed(network, weights, torch.device(device)), []
    with evaluation_mode(network), torch.no_grad():
        for start in range(0, len(rows), batch_size):
            some = np.arange(start, min(start + batch_size, len(rows)))
            outputs = _outputs(placed, rows_at(rows, some, device)).float().cpu()
            if outputs.ndim != 2 or len(outputs) != len(some):
                raise InputError(
                    f"the network gives {tuple(outputs.shape)} for {len(some)} rows, which is no "
                    "list of numbers for each"
                )
            finite = outputs.isfinite().all(1)
            if not bool(finite.all()):
                row = start + int(torch.nonzero(~finite)[0])
                raise InputError(f"the network gives NaN or infinity for row {row}")
            parts.append(outputs.numpy())
    return np.concatenate(parts)


def mean_loss(
    placed: Placed,
    data: LabelledRows,
    indices: Indices,
    device: torch.device,
    moved: Mapping[str, Tensor],
    batch_size: int = BATCH,
) -> float:
    """The mean loss over the rows at ascending `indices`, some weights moved, as `evaluate`."""
    total = 0.0
    with evaluation_mode(placed.network), torch.no_grad():
        for x, y in data.batches(indices, batch_size, device):
            outputs = checked_outputs(placed, data, x, moved)
            total += float(loss_of(data.loss, outputs, y)) * len(y)
    return total / len(indices)


def checked_outputs(
    placed: Placed, data: LabelledRows, x: Tensor, moved: Mapping[str, Tensor] | None = None
) -> Tensor:
    """(n, outputs) float32.

    Raises:
        InputError: a class that they do not have, or rows that the network does not take.
    """
    outputs = _outputs(placed, x, moved)
    data.check_outputs(outputs)
    return outputs.float()


def _outputs(placed: Placed, x: Tensor, moved: Mapping[str, Tensor] | None = None) -> Tensor:
    try:
        outputs = placed(x, moved)
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"{len(x)} rows at once are too many for the memory of {x.device}",
            "lower training.batch_size",
        ) from error
    except (RuntimeError, ValueError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"the network takes no rows of shape {tuple(x.shape[1:])} and {x.dtype}: {reason}"
        ) from error
    if not isinstance(outputs, Tensor):
        raise InputError(f"the network gives {type(outputs).__name__}, not one tensor")
    return outputs
