"""Optimisers of federated learning: the server's step, local training, hyper-parameter rules.

`server` turns an aggregated delta into the next model, `local` trains any PyTorch module with
FedProx or SCAFFOLD, `schedule` decides learning rate, epochs and stopping in integers. `local` is
not imported here, because it needs PyTorch and the others do not.
"""

from market.optimisers.schedule import HyperParameters, Schedule
from market.optimisers.server import (
    FedAdam,
    FedAvg,
    FedAvgM,
    FedYogi,
    ServerOptimiser,
    ServerState,
)

__all__ = [
    "FedAdam",
    "FedAvg",
    "FedAvgM",
    "FedYogi",
    "HyperParameters",
    "Schedule",
    "ServerOptimiser",
    "ServerState",
]
