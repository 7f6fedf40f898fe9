"""Any robust rule and any server optimiser as a Flower strategy, in one line.

    RobustStrategy(rule=multi_krum(f=2), optimiser=FedAdam()).start(grid, arrays, num_rounds=10)

Flower's own rules take whatever a client sends, and compare whole weights in the precision of the
model. This strategy refuses replies that are not what was asked for, one by one, forms deltas
against the arrays of the round in float64, and leaves the model as it is when too few are sound.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from market.errors import InputError, TransportError
from market.optimisers.server import FedAvg as PlainStep
from market.optimisers.server import ServerOptimiser, ServerState
from market.robust.aggregate import Floats
from market.robust.replies import AnyArray, Layout, Reply, middle, read_update, sound_metrics
from market.robust.rules import Round, Rule

log = logging.getLogger(__name__)

MetricsFunction = Callable[[list[RecordDict], str], MetricRecord]


@dataclass(frozen=True)
class Outcome:
    """What became of one round.

    Args:
        round: its number.
        taken: nodes whose replies were aggregated, in the order of the rows.
        selected: those that the rule selected; all where it works by coordinate.
        refused: why each refused node's reply was not looked at.
        skipped: why the model stayed as it was; empty if it did not.
    """

    round: int
    taken: tuple[int, ...]
    selected: tuple[int, ...]
    refused: dict[int, str]
    skipped: str = ""


class RobustStrategy(FedAvg):
    """Federated averaging with another average.

    Arrays of integers or flags (counters of normalisation layers) are not learned: of those the
    lower median by entry is taken. Deltas have equal weight, because sample counts are claims;
    metrics are averaged by `weighted_by_key` over the selected replies.

    Args:
        rule: from `market.robust.rules`.
        optimiser: from `market.optimisers`; plain averaging if not given.
        fraction_train: as in Flower's FedAvg, and so the rest.
    """

    def __init__(
        self,
        rule: Rule,
        optimiser: ServerOptimiser | None = None,
        *,
        fraction_train: float = 1.0,
        fraction_evaluate: float = 1.0,
        min_train_nodes: int = 2,
        min_evaluate_nodes: int = 2,
        min_available_nodes: int = 2,
        weighted_by_key: str = "num-examples",
        arrayrecord_key: str = "arrays",
        configrecord_key: str = "config",
        train_metrics_aggr_fn: MetricsFunction | None = None,
        evaluate_metrics_aggr_fn: MetricsFunction | None = None,
    ) -> None:
        super().__init__(
            fraction_train=fraction_train,
            fraction_evaluate=fraction_evaluate,
            min_train_nodes=min_train_nodes,
            min_evaluate_nodes=min_evaluate_nodes,
            min_available_nodes=min_available_nodes,
            weighted_by_key=weighted_by_key,
            arrayrecord_key=arrayrecord_key,
            configrecord_key=configrecord_key,
            train_metrics_aggr_fn=train_metrics_aggr_fn,
            evaluate_metrics_aggr_fn=evaluate_metrics_aggr_fn,
        )
        self.rule = rule
        self.optimiser = optimiser or PlainStep()
        self.outcomes: list[Outcome] = []
        self._state: ServerState | None = None
        self._current: dict[str, AnyArray] = {}
        self._asked: list[Message] = []

    def summary(self) -> None:
        """Logs the strategy's settings."""
        log.info("rule %s, server optimiser %s", self.rule, self.optimiser)
        super().summary()

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Remembers what is sent, and to whom: deltas and replies are held against it."""
        self._current = {key: np.asarray(array.numpy()) for key, array in arrays.items()}
        # Kept as objects: their ids are only set when they are sent.
        self._asked = list(super().configure_train(server_round, arrays, config, grid))
        return self._asked

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next model, or None to keep the one there is; says why in `outcomes`.

        Raises:
            TransportError: called before `configure_train`, or the model itself is unusable.
        """
        if not self._current:
            raise TransportError("aggregate_train was called before configure_train")
        layout = Layout.of(self._current)
        origin = layout.vector(self._current)
        taken, refused = self._read(replies, layout, origin)
        clients = tuple(reply.client for reply in taken)
        try:
            if not taken:
                raise InputError("no sound reply")
            aggregate = self.rule(
                np.stack([reply.delta for reply in taken]), Round(origin, clients, server_round)
            )
            before = self._state or self.optimiser.start(origin)
            # The weights that clients were sent, not those of higher precision behind them.
            state = self.optimiser.step(before.at(origin), aggregate.delta)
            arrays = layout.arrays(state.weights, self._current)
        except (InputError, TransportError) as error:
            log.warning("round %d leaves the model as it is: %s", server_round, error)
            self.outcomes.append(Outcome(server_round, clients, (), refused, str(error)))
            return None, None
        self._state = state
        slots = range(len(taken)) if aggregate.selected is None else aggregate.selected.tolist()
        chosen = [taken[slot] for slot in slots]
        for key in layout.counted:
            arrays[key] = middle([reply.counted[key] for reply in taken])
        self.outcomes.append(
            Outcome(server_round, clients, tuple(reply.client for reply in chosen), refused)
        )
        metrics = (
            self.train_metrics_aggr_fn(
                [reply.message.content for reply in chosen], self.weighted_by_key
            )
            if chosen
            else None
        )
        return ArrayRecord({key: Array(arrays[key]) for key in self._current}), metrics

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        """The mean of the sound replies' metrics."""
        sound, refused = sound_metrics(replies, self.weighted_by_key)
        _report(refused)
        return super().aggregate_evaluate(server_round, sound)

    def _read(
        self, replies: Iterable[Message], layout: Layout, origin: Floats
    ) -> tuple[list[Reply], dict[int, str]]:
        """The sound replies in ascending order of node, and why the others were refused."""
        asked = {m.metadata.message_id: m.metadata.dst_node_id for m in self._asked}
        answered: dict[int, Message] = {}
        refused: dict[int, str] = {}
        for message in replies:
            node = message.metadata.src_node_id
            if asked.get(message.metadata.reply_to_message_id) != node:
                refused.setdefault(node, "it was not asked")
            elif node in answered:
                refused[node] = "it answered twice"
            else:
                answered[node] = message
        once = [message for node, message in answered.items() if node not in refused]
        sound, unsound = sound_metrics(once, self.weighted_by_key)
        refused |= unsound
        taken = []
        for message in sorted(sound, key=lambda message: message.metadata.src_node_id):
            try:
                taken.append(
                    read_update(message, self.arrayrecord_key, layout, self._current, origin)
                )
            except TransportError as error:
                refused[message.metadata.src_node_id] = error.message
        _report(refused)
        return taken, refused


def _report(refused: dict[int, str]) -> None:
    for node, reason in refused.items():
        log.warning("refused the reply of node %d: %s", node, reason)
