"""Stacks of coalition models against the same models one at a time."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from market.utility import CoalitionModels, ModelByModel, accuracy, negative_squared_loss
from market.utility.windows import COLUMNS, Window, columns, filters

TRAINERS = 3


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny layers lose more to the start of threads than these gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class _Functional(nn.Module):
    """As most people write a network: calls of functions, a view, a skip connection."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding="same")
        self.norm = nn.BatchNorm2d(4)
        self.scale = nn.Parameter(torch.tensor([1.5]))
        self.head = nn.Linear(36, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.first(x)), 2)
        x = functional.relu(x + self.norm(self.second(x)))
        x = x.view(x.size(0), -1) * self.scale
        outputs: Tensor = self.head(x)
        return outputs


class _Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(72, 72)
        self.again = self.inner
        self.head = nn.Linear(72, 3)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(torch.tanh(self.again(self.inner(x.flatten(1)))))
        return outputs


class _Untraceable(nn.Module):
    """Its loop over the rows' shape stops tracing, not vmap."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(72, 3)

    def forward(self, x: Tensor) -> Tensor:
        return sum((self.head(x.flatten(1)) for _ in range(x.shape[1])), torch.zeros(3))


class _Branching(nn.Module):
    """Decides by its parameters, which neither tracing nor vmap can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(72, 3)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(x.flatten(1))
        return outputs if self.head.bias.sum() > 0 else -outputs


def _trained_norm() -> nn.Module:
    module = _Functional()
    module.norm.running_mean = torch.randn(4)
    module.norm.running_var = torch.rand(4) + 0.5
    return module


NETWORKS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "convolutions": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Sequential(nn.Conv2d(3, 5, 2), nn.Tanh(), nn.Dropout(0.5)),
            nn.Flatten(),
            nn.Linear(20, 3),
        ),
        "traced",
    ),
    "pooled after an affine map": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3)
        ),
        "traced",
    ),
    "overlapping and padded pools": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3),
            nn.MaxPool2d(3, 1, 1),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(12, 3),
        ),
        "traced",
    ),
    "grouped and dilated": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, groups=2),
            nn.Conv2d(4, 2, 2, dilation=2),
            nn.GELU(),
            nn.Flatten(),
            nn.Linear(8, 3),
        ),
        "traced",
    ),
    "no bias": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, (1, 3), bias=False),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(72, 3, bias=False),
        ),
        "traced",
    ),
    "perceptron": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(72, 5), nn.ReLU(), nn.Linear(5, 3)),
        "traced",
    ),
    "functions": (_trained_norm, "traced"),
    "tied": (_Tied, "traced"),
    "untraceable": (_Untraceable, "vmap"),
    "branching": (_Branching, "one by one"),
}


def _compare(module: nn.Module, inputs: Tensor, memory: int | None) -> CoalitionModels:
    targets = torch.randn(len(inputs), 3, dtype=inputs.dtype)
    size = sum(value.numel() for value in module.parameters())
    deltas = 0.3 * torch.randn(TRAINERS, size, dtype=inputs.dtype)
    mixing = np.random.default_rng(0).random((7, TRAINERS))
    stacked = CoalitionModels(module, deltas, inputs, targets, negative_squared_loss, memory=memory)

    def utility(model: nn.Module) -> float:
        return float(negative_squared_loss(model(inputs), targets).mean())

    expected = ModelByModel(module, deltas, utility)(mixing)
    # Twice: what is kept between calls must not change them.
    for rows in (mixing, mixing[2:]):
        np.testing.assert_allclose(stacked(rows), expected[-len(rows) :], rtol=1e-9)
    return stacked


@pytest.mark.parametrize("memory", [None, 1, 4000, 30_000])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_stack_gives_what_each_model_gives(name: str, memory: int | None) -> None:
    torch.manual_seed(5)
    make, method = NETWORKS[name]
    module = make().double().eval()
    inputs = torch.randn(37, 2, 6, 6, dtype=torch.float64)
    before = [value.clone() for value in module.state_dict().values()]
    assert _compare(module, inputs, memory).method == method
    after = module.state_dict().values()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_shared_rows_are_not_written_to() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(inplace=True))
    inputs = torch.randn(5, 2, 2)
    kept = inputs.clone()
    targets = torch.zeros(5, dtype=torch.int64)
    value = CoalitionModels(module, np.ones((1, 15)), inputs, targets, accuracy)
    value(np.array([[0.0], [1.0]]))
    assert torch.equal(inputs, kept)


def test_many_deltas_and_few_inputs_mix_the_weights_instead() -> None:
    """Both ways of a first layer: more deltas than inputs of a neuron, and fewer."""
    torch.manual_seed(7)
    for features, trainers in ((2, 9), (9, 2)):
        module = nn.Linear(features, 3).double()
        inputs = torch.randn(4, features, dtype=torch.float64)
        targets = torch.randn(4, 3, dtype=torch.float64)
        deltas = torch.randn(trainers, 3 * features + 3, dtype=torch.float64)
        mixing = np.random.default_rng(1).random((5, trainers))
        value = CoalitionModels(module, deltas, inputs, targets, negative_squared_loss)
        models = torch.cat([p.flatten() for p in module.parameters()]) + (
            torch.as_tensor(mixing) @ deltas
        )
        weight = models[:, : 3 * features].reshape(-1, 3, features)
        outputs = torch.einsum("bof,nf->bno", weight, inputs) + models[:, None, 3 * features :]
        expected = -(outputs - targets).square().sum(2).mean(1).detach()
        np.testing.assert_allclose(value(mixing), expected, rtol=1e-9)


def test_a_pickled_stack_gives_the_same() -> None:
    torch.manual_seed(8)
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3))
    size = sum(value.numel() for value in module.parameters())
    inputs, targets = torch.randn(6, 2, 6, 6), torch.randint(0, 3, (6,))
    value = CoalitionModels(module, torch.randn(2, size), inputs, targets, accuracy)
    mixing = np.random.default_rng(2).random((4, 2))
    expected = value(mixing)
    again = pickle.loads(pickle.dumps(value))
    np.testing.assert_array_equal(again(mixing), expected)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_windows_convolve_and_pool_as_torch_does(data: st.DataObject) -> None:
    def drawn(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    kernel, stride = (drawn(1, 3), drawn(1, 4)), (drawn(1, 3), drawn(1, 2))
    before, after = (drawn(0, 2), drawn(0, 3)), (drawn(0, 2), drawn(0, 1))
    pool = (drawn(1, 3), drawn(1, 3))
    groups, channels, outer, rows = drawn(1, 6), drawn(1, 3), drawn(1, 3), drawn(1, 4)
    height = drawn(kernel[0] + stride[0] * (pool[0] - 1), 14)
    width = drawn(kernel[1] + stride[1] * (pool[1] - 1), 14)
    generator = torch.Generator().manual_seed(drawn(0, 99))
    images = torch.randn(
        groups, rows, channels, height, width, generator=generator, dtype=torch.float64
    )
    weights = torch.randn(
        groups, outer, channels, *kernel, generator=generator, dtype=torch.float64
    )
    window = Window(kernel, stride, before, after, pool)
    innermost, zeros = images.permute(0, 3, 2, 4, 1), images.new_zeros
    copied = window.copied(window.spread(innermost, zeros))
    ways = [window.convolve([filters(weights)], copied, zeros)]
    if stride[1] == 1:
        moved = window.sliding(window.padded(innermost, zeros))
        arranged = weights.permute(0, *(1 + axis for axis in COLUMNS))
        ways.append(window.convolve(columns(arranged), moved, zeros))
    for found in ways:
        for one, weight, result in zip(images, weights, found.unbind(1), strict=True):
            padded = functional.pad(one, (before[1], after[1], before[0], after[0]))
            plain = functional.max_pool2d(functional.conv2d(padded, weight, stride=stride), pool)
            torch.testing.assert_close(result.permute(3, 1, 0, 2), plain)
