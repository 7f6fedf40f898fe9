"""Utilities of PyTorch models, evaluated for many coalitions of trainers at once."""

from market.utility.any_model import ModelByModel
from market.utility.coalitions import CoalitionModels
from market.utility.derivatives import Derivatives
from market.utility.executors import Executor, Local, RayCluster, spread
from market.utility.root_rows import RootRows
from market.utility.scores import (
    RowScore,
    accuracy,
    negative_cross_entropy,
    negative_squared_loss,
)

__all__ = [
    "CoalitionModels",
    "Derivatives",
    "Executor",
    "Local",
    "ModelByModel",
    "RayCluster",
    "RootRows",
    "RowScore",
    "accuracy",
    "negative_cross_entropy",
    "negative_squared_loss",
    "spread",
]
