"""Pay by the yardstick beside pay by the losses of all 2^8 coalitions, on the same rows."""

from __future__ import annotations

import numpy as np

from benchmarks.any_model.behaviours import BEHAVIOURS, sent
from benchmarks.any_model.game import GRID, TrueGame, by_yardstick, share_error, shares, spearman
from benchmarks.any_model.task import Round, make_task, rounds
from market.measurement import Quantised, expand, expansion_point, quantised

WATCHED = (0, 1, 3, 6)
Found = dict[str, object]


def pay(data: str, alpha: float | None, seeds: int, step: str, rate: float) -> list[Found]:
    """One dictionary for each yardstick, round, behaviour and seed; a table of means."""
    found: list[Found] = []
    for seed in range(seeds):
        made: dict[int, dict[str, Quantised]] = {}

        def weights_of(each: Round, made: dict[int, dict[str, Quantised]] = made) -> list[int]:
            if each.number not in made:
                made[each.number] = {"recipe": yardstick(each, "recipe")}
            ruler = made[each.number]["recipe"]
            return by_yardstick(ruler, each.deltas, len(each.task.validation), step).weights

        before = None
        task = make_task(data, alpha, seed, rate=rate)
        for each in rounds(task, WATCHED[-1] + 1, seed, weights_of):
            if each.number in WATCHED:
                made[each.number] = {at: yardstick(each, at) for at in ("recipe", "model")}
                game = TrueGame(each.network, each.task.validation)
                for name in BEHAVIOURS:
                    last = sent(name, each, before)
                    if last is None:
                        continue
                    deltas = each.deltas.clone()
                    deltas[-1] = last
                    for at, ruler in made[each.number].items():
                        said = by_yardstick(ruler, deltas, len(task.validation), step)
                        true = game.shapley(deltas, said.weights)
                        found.append(
                            {
                                "seed": seed,
                                "round": each.number,
                                "behaviour": name,
                                "at": at,
                                "weights": [q / GRID.lattice for q in said.weights],
                                "true": true.tolist(),
                                "said": said.values.tolist(),
                                "paid": said.paid.tolist(),
                            }
                        )
            before = each.deltas[-1]
    print_table(found)
    return found


def yardstick(each: Round, at: str) -> Quantised:
    """At the recipe's point, or to compare at the model itself."""
    point = expansion_point(each.own, each.last) if at == "recipe" else 0 * each.deltas[0]
    return quantised(expand(each.network, each.task.validation, point), GRID)


def print_table(found: list[Found]) -> None:
    print(
        "| round | the last sends | step, in means | gain, said / true | share error | Spearman "
        "| the last's share, true / paid | at the model: said / true | share error | paid |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for number in WATCHED:
        for name in BEHAVIOURS:
            of = {
                at: [
                    row
                    for row in found
                    if (row["round"], row["behaviour"], row["at"]) == (number, name, at)
                ]
                for at in ("recipe", "model")
            }
            if of["recipe"]:
                cells = [summary(rows) for rows in of.values()]
                print(f"| {number + 1} | {name} | " + " | ".join(cells[0] + cells[1][1:3]), end="")
                print(f" | {cells[1][4].split(' / ')[1]} |", flush=True)


def summary(rows: list[Found]) -> list[str]:
    """Means over seeds."""
    true, said, paid, weights = (
        np.array([row[key] for row in rows]) for key in ("true", "said", "paid", "weights")
    )
    errors = [share_error(a, b) for a, b in zip(said, true, strict=True)]
    orders = [spearman(a, b) for a, b in zip(said, true, strict=True)]
    own = np.mean([shares(each)[-1] for each in true])
    return [
        f"{weights.sum(1).mean():.2f}",
        f"{said.sum(1).mean():.3f} / {true.sum(1).mean():.3f}",
        f"{np.mean(errors):.3f}",
        f"{np.mean(orders):.2f}",
        f"{100 * own:.1f} / {100 * paid[:, -1].mean():.1f}",
    ]
