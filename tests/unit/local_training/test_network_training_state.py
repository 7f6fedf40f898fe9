"""What training leaves behind, when it stops early, and when it fails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from market.coordinates import Coordinates, shapes_of
from market.errors import InputError
from market.local_training import Recipe, Trained, parse_recipe, train
from market.local_training.recipe import EarlyStopping
from market.local_training.stopping import Best, split

X = torch.randn(60, 6, generator=torch.Generator().manual_seed(1))
Y = X[:, :3].argmax(1)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 3))


def run(
    module: nn.Module, told: Recipe, rows: Any = X, labels: Any = Y, k: int = 20, **more: Any
) -> Trained:
    shapes = {name: value.shape for name, value in module.named_parameters()}
    coordinates = Coordinates.of(shapes, k, bytes(32))
    weights = {name: value.detach().clone() for name, value in module.named_parameters()}
    return train(
        module,
        weights,
        coordinates,
        rows,
        labels,
        told,
        **{"seed": 0, "round": 0, "rounds": 1, **more},
    )


def recipe(**entries: object) -> Recipe:
    return parse_recipe(
        {
            "loss": "cross-entropy",
            "batch_size": 20,
            "learning_rate": 0.1,
            "clip_norm": 1e6,
            **entries,
        }
    )


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def assert_untouched(module: nn.Module, before: dict[str, Tensor], modes: list[bool]) -> None:
    assert [each.training for each in module.modules()] == modes
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(value.grad is None for value in module.parameters())


def test_the_network_its_statistics_and_torchs_draws_stay_as_they_are() -> None:
    module = network()
    module[3].eval()
    before, modes = state(module), [each.training for each in module.modules()]
    draws = torch.get_rng_state()
    run(module, recipe(epochs=2))
    assert_untouched(module, before, modes)
    assert torch.equal(torch.get_rng_state(), draws)


def test_who_interrupts_finds_everything_as_it_was() -> None:
    module = network()
    before, modes = state(module), [each.training for each in module.modules()]
    draws = torch.get_rng_state()

    def interrupt(event: str, **fields: object) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(module, recipe(), progress=interrupt)
    assert_untouched(module, before, modes)
    assert torch.equal(torch.get_rng_state(), draws)


def test_progress_tells_loss_and_rows_per_second() -> None:
    told: list[dict[str, Any]] = []
    run(
        network(),
        recipe(epochs=2, batch_size=2),
        progress=lambda event, **fields: told.append({"event": event, **fields}),
    )
    assert [(each["epoch"], each["step"]) for each in told] == [(1, 20), (1, 30), (2, 20), (2, 30)]
    assert {(each["event"], each["epochs"], each["steps"]) for each in told} == {
        ("training", 2, 30)
    }
    assert all(each["rows_per_second"] > 0 and each["loss"] > 0 for each in told)


@pytest.mark.parametrize(
    ("losses", "best", "seen"),
    [
        ([5, 4, 3, 2], 4, 4),
        ([5, 4, 4, 4, 1], 2, 4),
        ([3, 5, 2, 9, 8, 1], 3, 5),
        ([1, 1, 1], 1, 3),
    ],
)
def test_the_first_of_the_lowest_losses_is_the_best(
    losses: list[int], best: int, seen: int
) -> None:
    watch = Best(EarlyStopping(patience=2))
    looked = 0
    for epoch, loss in enumerate(losses, start=1):
        looked = epoch
        if watch.see(epoch, loss, torch.tensor([float(epoch)])):
            break
    assert (watch.epoch, looked) == (best, seen)
    assert watch.theta.item() == best


def test_a_split_leaves_nothing_out_and_shares_nothing() -> None:
    train_on, held = split(25, EarlyStopping(0.2), torch.Generator().manual_seed(0))
    assert len(held) == 5
    assert sorted([*train_on, *held]) == list(range(25))
    assert len(split(3, EarlyStopping(0.1), torch.Generator())[1]) == 1
    with pytest.raises(InputError, match="there is one in all"):
        split(1, EarlyStopping(), torch.Generator())


def test_the_best_epochs_theta_is_what_comes_back() -> None:
    """Labels that nobody can learn: what is held out soon gets worse."""
    labels = torch.randint(0, 3, (60,), generator=torch.Generator().manual_seed(5))
    stopping = recipe(epochs=40, learning_rate=0.3, early_stopping={"share": 0.3, "patience": 3})
    found = run(network(), stopping, labels=labels)
    held = [each.held_out for each in found.history]
    assert found.best == 1 + int(np.argmin(np.array(held, dtype=float)))
    assert len(held) == found.best + 3 < 40
    again = {**stopping.document(), "epochs": found.best}
    np.testing.assert_array_equal(
        found.theta, run(network(), parse_recipe(again), labels=labels).theta
    )


def test_divergence_is_an_error_and_no_delta() -> None:
    module = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 3))
    labels = torch.nn.functional.one_hot(Y, 3).float()
    told = recipe(loss="squared", learning_rate=1000, epochs=30)
    with pytest.raises(InputError, match=r"at learning rate 1000: the loss is (nan|inf)"):
        run(module, told, labels=labels)
    one = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(one.weight)
    far, label = torch.tensor([[1e20]]), torch.tensor([[1e19]])  # a loss that float32 holds
    one_step = recipe(loss="squared")
    with pytest.raises(InputError, match="theta holds NaN or infinity after the last step"):
        run(one, one_step, rows=far, labels=label, k=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": torch.where(torch.arange(360).view(60, 6) == 100, torch.nan, X)}, "row 16 holds"),
        ({"rows": X[:0], "labels": Y[:0]}, "0 rows"),
        ({"labels": Y + 1}, "class 3 of a network whose outputs are 3 classes"),
        ({"rows": X[:, :5]}, r"takes no rows of shape \(5,\)"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**63}, "does not fit"),
        ({"round": 1}, "round 1 of 1"),
    ],
)
def test_what_does_not_go_together_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(network(), recipe(), **change)


def test_a_network_in_training_mode_has_shapes_once_it_is_not() -> None:
    module = network()
    with pytest.raises(InputError, match="running statistics"):
        shapes_of(module)
    assert len(shapes_of(module.eval())) == 6
