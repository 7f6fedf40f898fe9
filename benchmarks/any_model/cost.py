"""Seconds and memory of an evaluator's round."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from benchmarks.any_model.game import GRID
from benchmarks.any_model.task import make_task, rounds
from benchmarks.coordinates.cost import peak, reset_peak
from market.measurement import expand, expansion_point, gradient_at, losses_at, quantised
from market.measurement.factors import gram
from market.measurement.spectrum import MEMORY


def cost(data: str) -> list[dict[str, object]]:
    each = next(rounds(make_task(data, None, 0), 1, 0))
    network, rows = each.network, each.task.validation
    point = expansion_point(each.own, each.last)
    expansion = expand(network, rows, point)
    parts: dict[str, Callable[[], object]] = {
        "the own step": each.own,
        "losses": lambda: losses_at(network, rows),
        "gradient": lambda: gradient_at(network, rows, point),
        "Gram matrix of the factors": lambda: gram(network, rows, point.float(), MEMORY),
        "the whole expansion": lambda: expand(network, rows, point),
        "integers": lambda: quantised(expansion, GRID),
    }
    found: list[dict[str, object]] = []
    size = network.coordinates.entries
    print(f"{size:,} weights, k = {network.k}, {len(rows)} rows, {torch.get_num_threads()} threads")
    print("| part | seconds | CPU seconds | peak above before (MB) |")
    print("|---|---|---|---|")
    for name, part in parts.items():
        reset_peak("cpu")
        before = peak("cpu")
        start, used = time.perf_counter(), time.process_time()
        part()
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
        held = (peak("cpu") - before) / 2**20
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} | {held:.0f} |", flush=True)
        found.append({"part": name, "seconds": seconds, "cpu": cpu, "megabytes": held})
    return found
