"""A trainer's own eyes: what each settled round did to rows that it knows."""

from __future__ import annotations

from typing import Any

from market.chain.logs import SettledRound
from market.chain.market import Market
from market.chain.state import ProjectState
from market.errors import InputError
from market.progress import Progress
from market.project import settled_before
from market.yardstick.own_rows import RoundMeasure


class Witness:
    """Measures models as they are fetched: the round between two of them, if both were.

    Args:
        market: reads the settlements.
        id: of the project.
        measure: on the trainer's own rows.
        progress: told of each finding.
    """

    def __init__(
        self, market: Market, id: bytes, measure: RoundMeasure[Any], progress: Progress
    ) -> None:
        self._market, self._id, self._measure, self._progress = market, id, measure, progress
        self._seen: tuple[int, Any] | None = None

    def leaves(self, state: ProjectState, weights: Any) -> bool:
        """Whether to leave before the commit of the open round, which nothing is lost by.

        Args:
            weights: of the model that the round starts from.

        Raises:
            ChainError: the node is dead, or lags behind.
        """
        before, self._seen = self._seen, (state.round, weights)
        if before is None or before[0] != state.round - 1:
            return False
        last = settled_before(self._market, self._id, state)[-1]
        try:
            found = self._measure.look(before[1], weights, self._gain(last))
        except InputError as error:  # a model of another shape is not trained on either
            self._progress("failed", reason=error.message)
            return False
        self._progress("measured", round=last.round, gain=found.sentence)
        return found.leaves

    def _gain(self, last: SettledRound) -> int:
        """On the owner's rows, in units of the integer utility: proven, or attested."""
        if not self._market.created(self._id).terms.is_measured:
            return last.utility_after - last.utility_before
        measured = self._market.measuring(self._id).measured
        return measured[last.round + 1].utility - measured[last.round].utility
