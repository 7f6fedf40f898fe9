"""Modules that are written and read again: what they give, and how they differentiate."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, vmap

from market.errors import InputError
from market.models import Model, export_model, parse_model, read_model
from market.models.likeness import example
from market.models.operations import OPERATIONS
from tests.model_files.each import each
from tests.model_files.samples import SAMPLES, exported, made

FILES = {name: each.data for name, each in exported().items()}
Weights = dict[str, Tensor]


def weights_of(module: nn.Module) -> Weights:
    return {name: each.detach() for name, each in module.named_parameters() if each.requires_grad}


def loss(module: nn.Module, weights: Weights, rows: Tensor) -> Tensor:
    return functional_call(module, weights, (rows,)).square().sum()


def of_rows(module: nn.Module, weights: Weights, rows: Tensor) -> Weights:
    """The Jacobian of every row's outcome in every weight."""

    def one(weights: Weights, row: Tensor) -> Tensor:
        return functional_call(module, weights, (row[None],))[0]

    return vmap(jacrev(one), (None, 0))(weights, rows)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_model_gives_what_its_module_gives(name: str) -> None:
    module, model = made(name).eval(), parse_model(FILES[name])
    for count in (1, 2, 7, 64):
        rows = example(model, count, seed=count)
        torch.testing.assert_close(model(rows), module(rows), rtol=1e-5, atol=1e-6)
    if name in ("perceptron", "residual"):  # attention is written otherwise than torch's kernels
        assert torch.equal(model(rows), module(rows))


@pytest.mark.parametrize("name", SAMPLES)
def test_gradients_and_jacobians_are_those_of_the_module(name: str) -> None:
    module, model = made(name).eval(), parse_model(FILES[name])
    weights, rows = weights_of(module), example(model, 4, seed=3)
    assert weights_of(model).keys() == weights.keys()
    moved = {each: value + 0.01 for each, value in weights.items()}
    torch.testing.assert_close(
        functional_call(model, moved, (rows,)), functional_call(module, moved, (rows,))
    )
    close = {"rtol": 1e-4, "atol": 1e-5}
    found = grad(lambda w: loss(model, w, rows))(weights)
    wanted = grad(lambda w: loss(module, w, rows))(weights)
    torch.testing.assert_close(found, wanted, **close)
    _, tangent = jvp(lambda w: functional_call(model, w, (rows,)), (weights,), (moved,))
    jacobian = of_rows(model, weights, rows)
    along = sum(
        torch.einsum("rok,k->ro", value.reshape(*tangent.shape, -1), moved[each].reshape(-1))
        for each, value in jacobian.items()
    )
    torch.testing.assert_close(tangent, along, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("infinite", [False, True])
def test_attention_that_sees_nothing_gives_zeros(infinite: bool) -> None:
    """As torch's own does, and with derivatives that are numbers."""

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            inner = self.linear(x)
            mask = (x[..., :1].transpose(1, 2) > 0).expand(-1, 3, -1)
            if infinite:
                mask = torch.zeros_like(mask, dtype=x.dtype).masked_fill(~mask, -torch.inf)
            return nn.functional.scaled_dot_product_attention(inner, inner, inner, mask)

    module, rows = Attention(), torch.randn(5, 3, 4)
    rows[0] = -1
    model = export_model(module, (3, 4)).model
    assert not model(rows)[0].any()
    torch.testing.assert_close(model(rows), module(rows))
    jacobian = of_rows(model, weights_of(model), rows)
    assert all(bool(torch.isfinite(each).all()) for each in jacobian.values())


def test_words_that_are_all_padding_give_what_the_module_gives() -> None:
    module, model = made("encoder").eval(), parse_model(FILES["encoder"])
    rows = torch.zeros(2, 5, dtype=torch.int64)
    rows[1, :2] = 3
    torch.testing.assert_close(model(rows), module(rows))


def test_every_operation_differentiates_row_by_row_both_ways() -> None:
    for name, data in each():
        model = parse_model(data)
        rows, weights = example(model, 3).abs() + 0.1, weights_of(model)
        backward = of_rows(model, weights, rows)
        forward = vmap(
            jacfwd(lambda w, row, model=model: functional_call(model, w, (row[None],))[0]),
            (None, 0),
        )(weights, rows)
        for weight, value in backward.items():
            assert torch.allclose(value, forward[weight], rtol=1e-4, atol=1e-5), name


def test_equal_modules_have_equal_bytes_and_the_hash_is_that_of_the_file() -> None:
    module = made("perceptron")
    module.train()
    first = export_model(module, (6,))
    assert module.training
    assert first.data == FILES["perceptron"]
    assert first.model.about.fingerprint == hashlib.sha256(first.data).hexdigest()
    with torch.no_grad():
        module[0].bias[0] += 1e-6
    assert export_model(module, (6,)).data != first.data


def test_what_is_frozen_or_left_out_is_said() -> None:
    notes = {name: each.notes for name, each in exported().items()}
    assert any("dropout is left out" in note for note in notes["perceptron"])
    assert any("batch norm uses its stored statistics" in note for note in notes["residual"])
    assert any("stays tied" in note for note in notes["encoder"])
    assert any("still is frozen" in note for note in notes["oddments"])
    assert notes["causal"] == ()


def test_there_is_no_train_mode() -> None:
    model = parse_model(FILES["residual"])
    rows = example(model, 3)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert torch.equal(model.train()(rows), model.eval()(rows))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_model_is_copied_and_trained_as_a_module_is() -> None:
    model = copy.deepcopy(parse_model(FILES["perceptron"]))
    rows = example(model, 32)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(20):
        optimiser.zero_grad()
        value = nn.functional.nll_loss(model(rows), torch.arange(32) % 3)
        value.backward()
        optimiser.step()
        losses.append(float(value))
    assert losses[-1] < losses[0]
    assert torch.equal(parse_model(FILES["perceptron"])(rows), made("perceptron").eval()(rows))


def test_a_file_is_read_from_disk_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "model.market"
    path.write_bytes(FILES["causal"])
    model = read_model(path)
    assert isinstance(model, Model)
    assert model.about.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    for other in (tmp_path, tmp_path / "nothing", Path("/dev/zero")):
        with pytest.raises(InputError, match=str(other)):
            read_model(other)


def test_rows_that_a_model_does_not_take_are_refused() -> None:
    model = parse_model(FILES["encoder"])
    assert model.about.vocabulary == 11
    model.check_rows(torch.tensor([[0, 1, 2, 3, 10]]))
    for rows in ([[0, 1, 2, 3, 11]], [[0, 1, 2, 3, -1]], [[0, 1, 2, 3]]):
        with pytest.raises(InputError):
            model.check_rows(torch.tensor(rows))
    for wrong in (torch.zeros(1, 5), torch.zeros(0, 5, dtype=torch.int64), torch.tensor(1)):
        with pytest.raises(InputError):
            model(wrong)


def test_the_container_is_a_safetensors_file() -> None:
    """Length, JSON, and bytes of tensors that their offsets tile, as that format has it."""
    data = FILES["residual"]
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    assert set(metadata) == {"format", "version", "graph"}
    places = sorted(tuple(entry["data_offsets"]) for entry in header.values())
    assert places[0][0] == 0
    assert places[-1][1] == len(data) - 8 - length
    assert all(left[1] == right[0] for left, right in pairwise(places))
    state = made("residual").state_dict()
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        raw = data[8 + length + start : 8 + length + end]
        stored = torch.frombuffer(bytearray(raw), dtype=torch.float32).reshape(entry["shape"])
        assert torch.equal(stored, state[name])


def test_the_document_lists_the_operations_that_there_are() -> None:
    text = (Path(__file__).parents[3] / "docs" / "model-files.md").read_text()
    table = text[text.index("| operations (") : text.index("Only comparisons")]
    first_cells = "".join(line.split("|")[1] for line in table.splitlines()[2:] if line)
    listed = set(re.findall(r"`([a-z_]+\w*)[.`]", first_cells))
    assert listed == {name.split(".")[1] for name in OPERATIONS}
