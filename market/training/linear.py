"""Local training of the linear model: minibatch SGD on the squared loss, in PyTorch.

loss(W) = 1/(2n) ||XW - Y||^2 with one-hot targets Y. The squared loss keeps the validation
utility quadratic in the weights, which is what makes exact contribution proofs cheap.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from market.errors import InputError
from market.training.evaluation import check_rows
from market.training.plan import TrainingPlan

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def pick_device(name: str = "auto") -> torch.device:
    """The device called `name`: 'cpu', 'cuda', or 'auto' for CUDA where there is one.

    Raises:
        InputError: another name, or CUDA asked for where there is none.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"no device {name!r}", "choose auto, cpu or cuda")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise InputError("no CUDA device is available", "use --device auto or cpu")
    return torch.device("cuda" if name != "cpu" and available else "cpu")


def train(
    weights: Floats,
    X: Floats,
    y: Labels,
    plan: TrainingPlan,
    seed: int,
    device: torch.device | None = None,
) -> Floats:
    """Trains from `weights` and returns the delta, (F, C); repeatable for a seed on the CPU.

    Args:
        weights: (F, C) global weights.
        X: (n, F) design matrix, bias column included.
        y: (n,) labels in [0, C).
        seed: of the order of minibatches.
        device: the CPU if not given.

    Raises:
        InputError: shapes that disagree, no rows, a label out of range, or training diverged.
    """
    check_rows(weights, X, y)
    device = device or torch.device("cpu")
    start = torch.as_tensor(weights, dtype=torch.float32, device=device)
    model = start.clone().requires_grad_()
    inputs = torch.as_tensor(X, dtype=torch.float32, device=device)
    targets = torch.nn.functional.one_hot(
        torch.as_tensor(y, dtype=torch.int64), num_classes=weights.shape[1]
    ).to(device, torch.float32)
    optimiser = torch.optim.SGD(
        [model],
        lr=plan.learning_rate,
        momentum=plan.momentum,
        weight_decay=plan.weight_decay,
    )
    order = torch.Generator().manual_seed(seed)
    for _ in range(plan.epochs):
        shuffled = torch.randperm(len(y), generator=order).to(device)
        for batch in torch.split(shuffled, plan.batch_size):
            residual = inputs[batch] @ model - targets[batch]
            loss = residual.square().sum() / (2 * len(batch))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    delta = (model.detach().double() - start.double()).cpu().numpy()
    if not np.isfinite(delta).all():
        raise InputError(
            f"training diverged at learning rate {plan.learning_rate:g}",
            "lower the learning rate, or scale the features",
        )
    return np.asarray(delta, dtype=np.float64)


def train_centralised(
    X: Floats,
    y: Labels,
    classes: int,
    plan: TrainingPlan,
    rounds: int,
    seed: int,
    device: torch.device | None = None,
) -> Floats:
    """The weights (F, C) of the same model trained on pooled rows for `rounds` times the plan.

    Raises:
        InputError: as `train`.
    """
    weights = np.zeros((X.shape[1], classes))
    for number in range(rounds):
        weights = weights + train(weights, X, y, plan, seed + number, device)
    return weights
