"""Values a game with pyDVL; run by an interpreter that has it, as it needs an older NumPy than we.

Reads {game, parameters, permutations, antithetic, cpu_time, seeds} as JSON on stdin and writes one
{values, calls, seconds} for each seed on stdout. benchmarks.valuation starts it. It imports nothing
of this project.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from pydvl.valuation.games import Game
from pydvl.valuation.methods.shapley import ShapleyValuation
from pydvl.valuation.samplers import AntitheticPermutationSampler, PermutationSampler
from pydvl.valuation.stopping import MaxUpdates


class CountedGame(Game):
    def __init__(self, players: int, value: Callable[[Any], float]) -> None:
        self.calls = 0
        self.value = value
        super().__init__(players)

    def _score(self, X: Any) -> float:
        self.calls += 1
        return self.value(X.reshape(-1))


def function(game: str, parameters: list[float]) -> Callable[[Any], float]:
    array = np.array(parameters)
    if game == "airport":
        return lambda members: float(array[members].max())
    if game == "voting":
        half = array.sum() / 2
        return lambda members: float(array[members].sum() > half)
    n = len(parameters) - 1
    b, G = array[n], np.array(parameters[:n])
    return lambda members: float(
        2 * b[members].sum() / len(members) - G[np.ix_(members, members)].sum() / len(members) ** 2
    )


def run(spec: dict[str, Any], seed: int) -> dict[str, Any]:
    """Values, calls of the function, and seconds of one estimate."""
    parameters = spec["parameters"]
    players = len(parameters) - (spec["game"] == "quadratic")
    game = CountedGame(players, function(spec["game"], parameters))
    sampler = AntitheticPermutationSampler if spec["antithetic"] else PermutationSampler
    valuation = ShapleyValuation(
        game.u,
        sampler(seed=seed),
        is_done=MaxUpdates(spec["permutations"]),
        progress=False,
    )
    clock = time.process_time if spec["cpu_time"] else time.perf_counter
    start = clock()
    valuation.fit(game.data)
    seconds = clock() - start
    values = np.zeros(players)
    values[valuation.result.indices] = valuation.result.values
    return {"values": values.tolist(), "calls": game.calls, "seconds": seconds}


def main() -> None:
    spec = json.load(sys.stdin)
    json.dump([run(spec, seed) for seed in spec["seeds"]], sys.stdout)


if __name__ == "__main__":
    main()
