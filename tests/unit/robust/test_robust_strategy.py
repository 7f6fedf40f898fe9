"""The Flower strategy, over an in-memory grid that calls client functions."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pytest
from flwr.app import Array, ArrayRecord, Error, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from flwr.supercore.task_identity import TaskIdentity

from market.errors import TransportError
from market.optimisers import FedAvgM
from market.robust import Measured
from market.robust.aggregate import Aggregate
from market.robust.flower import RobustStrategy
from market.robust.replies import middle
from market.robust.rules import (
    RULES,
    Round,
    coordinate_median,
    fltrust,
    mean,
    multi_krum,
    proven_value,
    rule_named,
    trimmed_mean,
)

Arrays = dict[str, Any]
Client = Callable[[Message], Message]

NODES = (11, 12, 13, 14, 15, 16, 17)
TARGET = np.array([1.0, -2.0, 0.5], dtype=np.float32)


@pytest.fixture(autouse=True)
def _identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_task_id", "_run_id", "_node_id"):
        monkeypatch.setattr(TaskIdentity, name, 1)


class MemoryGrid(Grid):
    """Delivers messages to functions, one for each node."""

    def __init__(self, clients: Mapping[int, Client]) -> None:
        self.clients = clients

    def set_run(self, run: object) -> None:
        raise NotImplementedError

    @property
    def run(self) -> Any:
        raise NotImplementedError

    def create_message(self, *_: Any, **__: Any) -> Message:
        raise NotImplementedError

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        raise NotImplementedError

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        raise NotImplementedError

    def get_node_ids(self) -> Iterable[int]:
        return list(self.clients)

    def send_and_receive(
        self,
        messages: Iterable[Message],
        *,
        timeout: float | None = None,  # noqa: ARG002
    ) -> Iterable[Message]:
        replies = []
        for message in messages:
            message.metadata.__dict__["_message_id"] = uuid4().hex  # as Flower's own grids do
            replies.append(self.clients[message.metadata.dst_node_id](message))
        return replies


def model() -> Arrays:
    return {
        "w": np.zeros(3, dtype=np.float32),
        "batches": np.array(4, dtype=np.int64),
        "b": np.ones((2, 1), dtype=np.float64),
    }


def record(arrays: Arrays) -> ArrayRecord:
    return ArrayRecord({key: Array(np.asarray(value)) for key, value in arrays.items()})


def answer(
    message: Message,
    arrays: ArrayRecord | None,
    metrics: dict[str, Any] | None = None,
) -> Message:
    sent: dict[str, Any] = {"num-examples": 10, "loss": 0.5} if metrics is None else metrics
    content = RecordDict({"metrics": MetricRecord(sent)})
    if arrays is not None:
        content["arrays"] = arrays
    return Message(content, reply_to=message)


def sent_arrays(message: Message) -> ArrayRecord:
    return message.content.array_records["arrays"]


def learned(message: Message, share: float = 0.5) -> Arrays:
    """Moves `share` of the way to the target; an evaluation changes nothing."""
    arrays = {k: a.numpy().copy() for k, a in sent_arrays(message).items()}
    arrays["w"] = (arrays["w"] + share * (TARGET - arrays["w"])).astype(np.float32)
    arrays["b"] = arrays["b"] * 0.5
    arrays["batches"] = arrays["batches"] + 3
    return arrays


def honest(message: Message) -> Message:
    if message.metadata.message_type == "evaluate":
        return answer(message, None)
    return answer(message, record(learned(message)))


def changed(change: Callable[[Arrays], object]) -> Client:
    """Honest, but for what `change` does to the arrays in place."""

    def client(message: Message) -> Message:
        arrays = learned(message)
        change(arrays)
        return answer(message, record(arrays))

    return client


def with_metrics(**metrics: Any) -> Client:
    return lambda message: answer(message, record(learned(message)), metrics)


def with_data(data: bytes) -> Client:
    """Sends `data` as the array w."""

    def client(message: Message) -> Message:
        arrays = record(learned(message))
        arrays["w"] = Array(dtype="float32", shape=(3,), stype="numpy.ndarray", data=data)
        return answer(message, arrays)

    return client


def npy(array: npt.NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def zipped() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, w=np.zeros(3, dtype=np.float32))
    return stream.getvalue()


def moving(share: float) -> Client:
    """A client that goes so much of the way to what is learned."""
    return lambda message: answer(message, record(learned(message, share)))


def one_round(strategy: RobustStrategy, clients: Mapping[int, Client]) -> Arrays | None:
    grid = MemoryGrid(clients)
    result = strategy.start(grid, record(model()), num_rounds=1)
    if not result.arrays:
        return None
    return {key: array.numpy() for key, array in result.arrays.items()}


def test_without_attackers_the_mean_is_flowers_fedavg() -> None:
    clients = {node: moving(0.1 * node) for node in NODES}
    ours = one_round(RobustStrategy(mean(), fraction_evaluate=0.0), clients)
    theirs = FedAvg(fraction_evaluate=0.0).start(MemoryGrid(clients), record(model()), 1).arrays
    assert ours is not None
    assert theirs is not None
    np.testing.assert_allclose(ours["w"], theirs["w"].numpy(), rtol=1e-6)
    assert {k: (v.dtype, v.shape) for k, v in ours.items()} == {
        k: (v.dtype, v.shape) for k, v in model().items()
    }
    assert ours["batches"] == 7


def test_rounds_reach_the_target_under_attack_with_a_server_optimiser() -> None:
    def flip(message: Message) -> Message:
        if message.metadata.message_type == "evaluate":
            return answer(message, None)
        sent = {k: a.numpy() for k, a in sent_arrays(message).items()}
        arrays = learned(message)
        arrays["w"] = (sent["w"] - 5 * (TARGET - sent["w"])).astype(np.float32)
        return answer(message, record(arrays))

    clients: Mapping[int, Client] = dict.fromkeys(NODES, honest) | {11: flip, 15: flip}
    strategy = RobustStrategy(multi_krum(f=2), FedAvgM(0.8, beta=0.3))
    result = strategy.start(MemoryGrid(clients), record(model()), num_rounds=60)
    assert result.arrays is not None
    np.testing.assert_allclose(result.arrays["w"].numpy(), TARGET, atol=1e-3)
    # At the target itself there is nothing left to flip.
    assert all(not {11, 15} & set(outcome.selected) for outcome in strategy.outcomes[:10])
    assert result.train_metrics_clientapp[60]["loss"] == pytest.approx(0.5)
    assert result.evaluate_metrics_clientapp[60]["loss"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (changed(lambda a: a["w"].__setitem__(0, np.nan)), "NaN"),
        (changed(lambda a: a["b"].__setitem__(0, np.inf)), "NaN, infinity"),
        (changed(lambda a: a["b"].__setitem__(0, 1e300)), "a change beyond"),
        (changed(lambda a: a.update(w=a["w"][:2])), r"\(2,\)"),
        (changed(lambda a: a.update(w=a["w"].astype(np.float64))), "float64"),
        (changed(lambda a: a.update(w=a["w"].astype(np.complex64))), "complex64|too many"),
        (changed(lambda a: a.update(w=np.zeros(10_000, dtype=np.float32))), "too many"),
        (changed(lambda a: a.pop("b")), "not those of the model"),
        (changed(lambda a: a.update(extra=a["b"])), "not those of the model"),
        (with_metrics(loss=0.5), "num-examples"),
        (with_metrics(**{"num-examples": 0, "loss": 0.5}), "num-examples"),
        (with_metrics(**{"num-examples": -5, "loss": 0.5}), "num-examples"),
        (with_metrics(**{"num-examples": float("inf"), "loss": 0.5}), "num-examples"),
        (with_metrics(**{"num-examples": float("nan"), "loss": 0.5}), "num-examples"),
        (with_metrics(**{"num-examples": [10.0], "loss": 0.5}), "num-examples"),
        (with_metrics(**{"num-examples": 10, "loss": float("nan")}), "'loss' holds NaN"),
        (with_metrics(**{"num-examples": 10, "loss": [0.5, 0.5]}), "those of the others"),
        (with_metrics(**{"num-examples": 10, "gain": 0.5}), "those of the others"),
        (with_data(b""), "no NumPy array"),
        (with_data(b"\x80\x04N."), "no NumPy array"),
        (with_data(zipped()), "no NumPy array"),
        (with_data(npy(np.zeros(3, dtype=np.float32))[:-4]), "no NumPy array"),
        (with_data(npy(np.zeros((3, 1), dtype=np.float32))), r"\(3, 1\)"),
        (with_data(npy(np.array([None] * 3))), "object|too many"),
        (lambda message: answer(message, None), "one ArrayRecord"),
        (lambda message: Message(Error(3, "out of memory"), reply_to=message), "out of memory"),
        (lambda message: answer(message, record(learned(message)), {}), "num-examples"),
    ],
)
def test_a_hostile_reply_is_refused_and_the_round_goes_on(hostile: Client, reason: str) -> None:
    strategy = RobustStrategy(trimmed_mean(f=1), fraction_evaluate=0.0)
    found = one_round(strategy, dict.fromkeys(NODES, honest) | {13: hostile})
    assert found is not None
    np.testing.assert_allclose(found["w"], TARGET / 2)
    np.testing.assert_allclose(found["b"], np.full((2, 1), 0.5))
    (outcome,) = strategy.outcomes
    assert outcome.taken == (11, 12, 14, 15, 16, 17)
    assert list(outcome.refused) == [13]
    assert re.search(reason, outcome.refused[13])


def test_a_reply_in_anothers_name_is_refused() -> None:
    def pose(message: Message) -> Message:
        reply = honest(message)
        reply.metadata.__dict__["_src_node_id"] = 12
        return reply

    strategy = RobustStrategy(trimmed_mean(f=1), fraction_evaluate=0.0)
    one_round(strategy, dict.fromkeys(NODES, honest) | {13: pose})
    (outcome,) = strategy.outcomes
    assert 13 not in outcome.taken
    assert outcome.refused[12] == "it was not asked"


@pytest.mark.parametrize("clients", [2, 6])
def test_too_few_sound_replies_leave_the_model_as_it_is(clients: int) -> None:
    strategy = RobustStrategy(multi_krum(f=2), fraction_evaluate=0.0)
    assert one_round(strategy, dict.fromkeys(NODES[:clients], honest)) is None
    assert "only among 7" in strategy.outcomes[0].skipped


def test_no_reply_at_all_leaves_the_model_as_it_is() -> None:
    strategy = RobustStrategy(mean(), fraction_evaluate=0.0)
    broken: Client = lambda message: Message(Error(1, "down"), reply_to=message)  # noqa: E731
    assert one_round(strategy, dict.fromkeys(NODES, broken)) is None
    assert strategy.outcomes[0].skipped == "no sound reply"
    assert set(strategy.outcomes[0].refused) == set(NODES)


def test_an_aggregate_that_overflows_the_models_dtype_is_not_taken() -> None:
    def overflow(deltas: npt.ArrayLike, round: Round) -> Aggregate:  # noqa: ARG001
        return Aggregate(np.full(5, 1e100))

    strategy = RobustStrategy(overflow, fraction_evaluate=0.0)
    assert one_round(strategy, dict.fromkeys(NODES, honest)) is None
    assert "overflow float32" in strategy.outcomes[0].skipped


def test_hostile_metrics_do_not_spoil_the_evaluation() -> None:
    def poison(message: Message) -> Message:
        if message.metadata.message_type == "evaluate":
            return answer(message, None, {"num-examples": 10, "loss": float("nan")})
        return honest(message)

    strategy = RobustStrategy(coordinate_median())
    result = strategy.start(
        MemoryGrid(dict.fromkeys(NODES, honest) | {12: poison}), record(model()), 1
    )
    assert result.evaluate_metrics_clientapp[1]["loss"] == pytest.approx(0.5)


def test_the_rule_sees_the_rounds_weights_and_its_clients() -> None:
    seen: list[npt.NDArray[np.float64]] = []

    def train(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        seen.append(weights)
        return np.array([*TARGET, 0.0, 0.0]) - weights * [1, 1, 1, 0, 0]

    strategy = RobustStrategy(fltrust(train), fraction_evaluate=0.0)
    strategy.start(MemoryGrid(dict.fromkeys(NODES, honest)), record(model()), 2)
    assert seen[0].tolist() == [0, 0, 0, 1, 1]
    assert seen[1][:3].any()
    assert strategy.outcomes[0].selected == NODES


def test_a_strategy_that_was_not_configured_says_so() -> None:
    with pytest.raises(TransportError, match="before configure_train"):
        RobustStrategy(mean()).aggregate_train(1, [])


def test_the_middle_of_counters_is_someones() -> None:
    values = [np.array([1, 9]), np.array([2, 8]), np.array([1000, 7]), np.array([3, -5])]
    assert middle(values).tolist() == [2, 7]


def towards(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.array([*TARGET, 0.5, 0.5]) - weights


def towards_target(weights: npt.NDArray[np.float64], deltas: npt.NDArray[np.float64]) -> Measured:
    """Of minus the squared distance to what is learned."""
    left = towards(weights)
    return Measured(2 * deltas @ left, deltas @ deltas.T, np.full(len(deltas), 1e-3))


@pytest.mark.parametrize("name", [*RULES, "fltrust", "proven-value"])
def test_every_rule_is_a_strategy_in_one_line(name: str) -> None:
    # Honest clients that differ, as FoolsGold asks for.
    clients = {node: moving(0.05 * (node - 7)) for node in NODES}
    clients[11] = changed(lambda a: a.update(w=a["w"] + np.array([9, 0, 0], dtype=np.float32)))
    on_rows = {"fltrust": fltrust(towards), "proven-value": proven_value(towards_target)}
    rule = on_rows[name] if name in on_rows else rule_named(name, 1)
    strategy = RobustStrategy(rule=rule, fraction_evaluate=0.0)
    found = one_round(strategy, clients)
    (outcome,) = strategy.outcomes
    assert outcome.skipped == ""
    assert outcome.taken == NODES
    assert found is not None
    assert found["w"].dtype == np.float32
    if name not in ("mean", "foolsgold"):
        assert np.abs(found["w"] - TARGET).max() < 2.0
