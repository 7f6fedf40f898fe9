"""The contract's standard errors beside what other draws of rows give."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import grad, jvp

from benchmarks.any_model.game import wide
from benchmarks.any_model.task import Round, make_task, rounds
from market.measurement import Network, Rows, energy, expand, expansion_point, losses_at
from market.measurement.output_curvature import hessian_product
from market.objectives import Loss, row_losses

WATCHED = (0, 1, 3, 6)
DRAWS = 400


def deviation(data: str, alpha: float | None, seeds: int) -> list[dict[str, object]]:
    """Ratios of the rule's error of b_i to its deviation over draws of as many other rows."""
    found: list[dict[str, object]] = []
    print("| loss | round | rule / draws, least | median | most |")
    print("|---|---|---|---|---|")
    for objective in Loss:
        ratios: dict[int, list[float]] = {number: [] for number in WATCHED}
        for seed in range(seeds):
            first = None
            for each in rounds(make_task(data, alpha, seed, objective), WATCHED[-1] + 1, seed):
                mean = float(losses_at(each.network, each.task.validation).mean())
                first = mean if first is None else first
                if each.number in WATCHED:
                    ratios[each.number] += ratio(each, energy(objective, first, 10))
        for number, values in ratios.items():
            some = torch.tensor(values)
            print(
                f"| {objective.value} | {number + 1} | {some.min():.2f} | {some.median():.2f} "
                f"| {some.max():.2f} |",
                flush=True,
            )
            found.append({"loss": objective.value, "round": number, "ratios": values})
    return found


def ratio(each: Round, unit: float) -> list[float]:
    """sigma_i by the rule over the deviation of b_i, of every trainer."""
    rows = each.task.validation
    point = expansion_point(each.own, each.last)
    found = expand(each.network, rows, point)
    ruled = ((each.deltas @ found.root.T) ** 2).sum(1).mul(unit / len(rows)).sqrt()
    pool = Rows(*each.task.others)
    of_rows = row_values(each.network, pool, point, each.deltas)
    generator = torch.Generator().manual_seed(0)
    size = min(len(rows), len(pool) // 4)
    means = torch.stack(
        [
            of_rows[torch.randint(len(pool), (size,), generator=generator)].mean(0)
            for _ in range(DRAWS)
        ]
    )
    drawn = means.std(0) * (size / len(rows)) ** 0.5
    return [float(value) for value in ruled / drawn]


def row_values(network: Network, rows: Rows, point: Tensor, deltas: Tensor) -> Tensor:
    """(s, n): what each row adds to b_i = <c, D_i>, c of a quadratic at `point`."""
    found = []
    for X, y in rows.batches(512):

        def outputs(at: Tensor, X: Tensor = X) -> Tensor:
            return network.outputs(at, X)

        def losses(f: Tensor, y: Tensor = y) -> Tensor:
            return row_losses(network.loss, f, wide(y)).sum()

        f, along = jvp(outputs, (point,), (point,))
        curved = hessian_product(network.loss, f, along)
        slope = grad(losses)(f) - curved
        pushed = [jvp(outputs, (point,), (delta,))[1] for delta in deltas.double()]
        found.append(torch.stack([-(slope * each).sum(1) / 2 for each in pushed], dim=1))
    return torch.cat(found).detach()
