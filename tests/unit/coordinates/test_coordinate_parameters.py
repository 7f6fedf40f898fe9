"""Which modules are taken, and why another is not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from market.coordinates import Coordinates, shapes_of
from market.errors import InputError
from tests.sketches import SEED


class Tied(nn.Module):
    """Reads out with the embedding it reads in with."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, words: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.embedding(words)))


def test_parameters_alone_in_their_order() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)).eval()
    assert list(shapes_of(module)) == [name for name, _ in module.named_parameters()]
    assert "1.running_mean" in module.state_dict()


def test_a_tied_parameter_is_traded_once_and_moves_under_both_names() -> None:
    module, words = Tied(), torch.arange(5)
    shapes = shapes_of(module)
    assert list(shapes) == ["embedding.weight"]
    coordinates = Coordinates.of(shapes, 7, SEED)
    weights = {name: value.detach() for name, value in module.named_parameters()}
    moved = coordinates.at(weights, torch.ones(7))
    table = moved["embedding.weight"]
    found = functional_call(module, moved, words)
    torch.testing.assert_close(found, table @ table.T)


def test_buffers_stay_while_theta_trains() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).eval()
    coordinates = Coordinates.of(shapes_of(module), 9, SEED)
    weights = {name: value.detach() for name, value in module.named_parameters()}
    before = {name: value.clone() for name, value in module.named_buffers()}
    theta = torch.zeros(9, requires_grad=True)
    functional_call(module, coordinates.at(weights, theta), torch.randn(6, 4)).sum().backward()
    assert theta.grad is not None
    assert theta.grad.abs().max() > 0
    assert all(torch.equal(value, before[name]) for name, value in module.named_buffers())


def test_running_statistics_that_would_move_are_refused() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    with pytest.raises(InputError, match="1 would move its running statistics"):
        shapes_of(module)
    shapes_of(nn.Sequential(nn.BatchNorm1d(3, track_running_stats=False)))


def test_memory_under_two_parameters_is_refused() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = nn.Parameter(module[0].weight.data)
    with pytest.raises(InputError, match="share memory"):
        shapes_of(module)


def test_parts_of_one_storage_are_two_parameters() -> None:
    """As a recurrent layer keeps its weights on a GPU."""
    module, storage = nn.Module(), torch.zeros(10)
    module.a, module.b = nn.Parameter(storage[:4]), nn.Parameter(storage[4:])
    assert shapes_of(module) == {"a": torch.Size((4,)), "b": torch.Size((6,))}


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.ReLU(), "no parameters"),
        (nn.LazyLinear(3), "no shape yet"),
        (nn.Linear(2, 2).double(), "weight is of torch.float64"),
        (nn.Linear(2, 2).half(), "weight is of torch.float16"),
    ],
)
def test_other_modules_are_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(InputError, match=message):
        shapes_of(module)
