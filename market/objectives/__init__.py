"""What a model is trained for, and how well it does: losses, metrics, and a record of rounds."""

from market.objectives.losses import Loss, loss, row_losses
from market.objectives.metrics import (
    ClassMetrics,
    LabelMetrics,
    NumberMetrics,
    class_metrics,
    label_metrics,
    number_metrics,
)
from market.objectives.record import write_metrics

__all__ = [
    "ClassMetrics",
    "LabelMetrics",
    "Loss",
    "NumberMetrics",
    "class_metrics",
    "label_metrics",
    "loss",
    "number_metrics",
    "row_losses",
    "write_metrics",
]
