"""Pictures of the benchmark of pay."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.pay.cases import (
    ALPHAS,
    DEFAULT,
    EQUALS,
    FLIPPED,
    HONEST,
    PATHS,
    RULES,
    TURNED,
)
from benchmarks.pay.tables import FIGURES, Results
from market.simulation.plot import new_figure, write


def draw(results: Results, folder: Path, name: str) -> None:
    """Spread among equals by rule; and for digits accuracy under poisoners."""
    _spread(results, folder / f"pay-spread-{name}.png")
    if name == "digits":
        _poisoners(results, folder / "pay-poisoners.png")


def _spread(results: Results, path: Path) -> None:
    figure = new_figure(9.0, 0.28 * len(RULES) + 1.2)
    for axes, alpha, kind in zip(figure.subplots(1, 2, sharey=True), ALPHAS, FIGURES, strict=True):
        place = np.arange(len(RULES))
        for key, label, colour in (
            ("by_round", "a round", "#b9c9de"),
            ("spread", "the project", "#3b6fb6"),
        ):
            values = [results.mean(rules, EQUALS, alpha, key) for rules in RULES]
            axes.barh(place, values, color=colour, label=label)
        axes.axvline(results.mean(DEFAULT, EQUALS, alpha, "spread"), color="black", linewidth=0.7)
        axes.set_title(f"rows {kind}")
        axes.set_xlabel("CV of 8 equals' pay")
    first = figure.axes[0]
    first.set_yticks(range(len(RULES)), [rules.name for rules in RULES], fontsize="small")
    first.invert_yaxis()
    handles, labels = figure.axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    write(figure, path)


def _poisoners(results: Results, path: Path) -> None:
    figure = new_figure(9.0, 6.0)
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    for line, scenes in zip(grid, (FLIPPED, TURNED), strict=True):
        for axes, alpha, kind in zip(line, ALPHAS, FIGURES, strict=True):
            for chosen in (PATHS[0], PATHS[1], PATHS[4], PATHS[5]):
                values = [
                    100 * results.mean(chosen.rules[0], scene, alpha, "accuracy")
                    for scene in (HONEST, *scenes)
                ]
                label = f"{chosen.selection.method}, {chosen.step.method} step"
                axes.plot(range(len(values)), values, marker=".", label=label)
            axes.set_title(f"{scenes[0].behaviour}, rows {kind}")
            axes.set_xlabel("poisoners of 9")
    grid[0, 0].set_ylabel("accuracy, %")
    grid[1, 0].set_ylabel("accuracy, %")
    grid[0, 0].legend(frameon=False, fontsize="small")
    write(figure, path)
