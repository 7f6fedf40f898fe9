"""Modules that a model file cannot say: each ends in one line of why."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from market.errors import InputError
from market.models import export_model


class Forward(nn.Module):
    """A linear layer, and whatever a test does around it."""

    def __init__(self, forward: Callable[[nn.Module, Tensor], object]) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.register_buffer("count", torch.zeros(6))
        self.does = forward

    def forward(self, x: Tensor) -> object:
        return self.does(self, x)


def counting(module: nn.Module, x: Tensor) -> Tensor:
    module.count += 1
    return module.linear(x) + module.count


def into_the_rows(module: nn.Module, x: Tensor) -> Tensor:
    x.add_(1)
    return module.linear(x)


def branching(module: nn.Module, x: Tensor) -> Tensor:
    return module.linear(x) if x.sum() > 0 else x


def branching_on_the_batch(module: nn.Module, x: Tensor) -> Tensor:
    return module.linear(x) if x.shape[0] > 2 else x


def condition(module: nn.Module, x: Tensor) -> Tensor:
    return torch.cond(x.sum() > 0, lambda x: module.linear(x), lambda x: x + 1, (x,))


REFUSED: dict[str, tuple[Callable[[nn.Module, Tensor], object], str]] = {
    "random numbers": (lambda m, x: m.linear(x + torch.rand_like(x)), "random numbers"),
    "dropout always": (lambda m, x: F.dropout(m.linear(x), 0.5, training=True), "random numbers"),
    "numbers of Python": (lambda m, x: m.linear(x) * random.random(), "does not give"),
    "a buffer that counts": (counting, "changes count"),
    "writing into the rows": (into_the_rows, "changes"),
    "a branch on numbers": (branching, "cannot be traced"),
    "a branch on the batch": (branching_on_the_batch, "cannot be traced"),
    "a condition": (condition, ""),
    "entries that are found": (lambda m, x: m.linear(x)[x > 0], ""),
    "an index that is computed": (lambda m, x: m.linear(x).gather(1, x.argsort(1)), "operations"),
    "one row more": (lambda m, x: torch.cat([m.linear(x), x[:1]]), "the batch"),
    "the mean of the batch": (lambda m, x: m.linear(x) - x.mean(0), "batch"),
    "softmax of the batch": (lambda m, x: m.linear(x).softmax(0), "depends on the others"),
    "the batch in reverse": (lambda m, x: m.linear(x).flip(0), "operations"),
    "rows by rows": (lambda m, x: m.linear(x) @ x.T, "batch"),
    "two outcomes": (lambda m, x: (m.linear(x), x), "one tensor"),
    "whole numbers": (lambda m, x: m.linear(x).argmax(1), ""),
    "nothing of the rows": (lambda m, _: m.linear.weight, ""),
    "sorting": (lambda m, x: m.linear(x).sort(1).values, "sort"),
    "complex numbers": (lambda m, x: torch.fft.fft(m.linear(x)).abs(), "operations"),
    "another device": (lambda m, x: m.linear(x).to("meta"), ""),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_file_cannot_say_is_refused(what: str) -> None:
    forward, why = REFUSED[what]
    with pytest.raises(InputError, match=why):
        export_model(Forward(forward), (6,))


MODULES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], str]] = {
    "a recurrent layer": (
        lambda: nn.Sequential(nn.LSTM(6, 3, batch_first=True)), (4, 6), "recurrent",
    ),
    "batch norm of the batch": (
        lambda: nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6, track_running_stats=False)),
        (6,), "depend on each other",
    ),
    "no weights": (nn.ReLU, (6,), "no weights"),
    "slopes that are trained": (lambda: nn.Sequential(nn.Linear(6, 6), nn.PReLU()), (6,), "prelu"),
    "padding by reflection": (
        lambda: nn.Sequential(nn.Conv1d(2, 2, 3, padding=1, padding_mode="reflect")), (2, 6), "pad",
    ),
    "rows of another shape": (lambda: nn.Linear(5, 6), (6,), "cannot be traced"),
    "weights nowhere": (lambda: nn.Linear(6, 6, device="meta"), (6,), "CPU"),
    "complex weights": (lambda: nn.Linear(6, 6, dtype=torch.complex64), (6,), ""),
}  # fmt: skip


@pytest.mark.parametrize("what", MODULES)
def test_a_module_of_another_kind_is_refused(what: str) -> None:
    make, shape, why = MODULES[what]
    with pytest.raises(InputError, match=why):
        export_model(make(), shape)


def test_weights_that_are_no_numbers_or_share_memory_are_refused() -> None:
    module = nn.Linear(6, 6)
    with torch.no_grad():
        module.bias[2] = torch.nan
    with pytest.raises(InputError, match="bias holds NaN"):
        export_model(module, (6,))
    module = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
    module[1].weight = nn.Parameter(module[0].weight.detach().view(-1).view(6, 6))
    with pytest.raises(InputError, match="share memory"):
        export_model(module, (6,))


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(InputError, match=r"in test_model_refusals\.py:\d+"):
        export_model(Forward(lambda m, x: m.linear(x).sort(1).values), (6,))
