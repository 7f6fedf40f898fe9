"""The tables of the benchmark of pay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import click
import numpy as np

from benchmarks.experiments.record import Case, Record, markdown
from benchmarks.pay.cases import (
    ALPHAS,
    COPIES,
    DEFAULT,
    EQUALS,
    FEW,
    FLIPPED,
    HONEST,
    PARTS,
    PATHS,
    PLAIN,
    RULES,
    TURNED,
    Path,
    Scene,
    case,
)
from benchmarks.pay.project import Rules
from benchmarks.pay.targets import Target, targets
from market.datasets.catalogue import Dataset
from market.game import Payment, Scoring

FIGURES = ("alike", "Dirichlet(0.5)")


@dataclass(frozen=True)
class Setting:
    """A data set, and which of its rows the trainers have together."""

    dataset: str
    pool: int | None
    seeds: int
    scenes: tuple[Scene, ...]


class Results:
    """Plays what it is asked for, once."""

    def __init__(self, record: Record, dataset: Dataset, setting: Setting, seeds: int) -> None:
        self._record, self._dataset, self._setting = record, dataset, setting
        self.seeds = seeds

    @cache  # noqa: B019 (lives as long as the process)
    def of(self, path: Path, scene: Scene, alpha: float | None) -> list[Case]:
        found = [
            case(self._record, self._dataset, path, scene, alpha, seed, self._setting.pool)
            for seed in range(self.seeds)
        ]
        click.echo(f"{path.name} | {scene.name} | {alpha}", err=True)
        return found

    def values(self, rules: Rules, scene: Scene, alpha: float | None, key: str) -> np.ndarray:
        """A figure in every seed."""
        path = next(each for each in (*PATHS, PLAIN) if rules in each.rules)
        return np.array([one[rules.name][key] for one in self.of(path, scene, alpha)])

    def mean(self, rules: Rules, scene: Scene, alpha: float | None, key: str) -> float:
        return float(self.values(rules, scene, alpha, key).mean())


def held(results: Results, alpha: float | None) -> list[Target]:
    """The targets under rows of one kind."""

    def mean(scene: Scene, key: str) -> float:
        return results.mean(DEFAULT, scene, alpha, key)

    def plain(scene: Scene, key: str) -> float:
        return results.mean(PLAIN.rules[0], scene, alpha, key)

    return list(targets(mean, plain, alpha is None))


def targets_table(results: Results) -> str:
    by_kind = {alpha: held(results, alpha) for alpha in ALPHAS}
    found = {target.text: target for target in by_kind[None]}
    skewed = {target.text: target for target in by_kind[0.5]}
    rows = []
    for text in found:
        cells = []
        for kind in (found, skewed):
            target = kind.get(text)
            cells += ["", ""] if target is None else [_figure(target), f"{target.limit:g}"]
        rows.append([text, *cells])
    return markdown(["", "alike", "limit", "Dirichlet(0.5)", "limit"], rows)


def _figure(target: Target) -> str:
    return f"{target.found:.4f}" if target.holds else f"**{target.found:.4f}**"


def spread_table(results: Results) -> str:
    rows = [
        [
            *_names(rules),
            *(
                f"{results.mean(rules, EQUALS, alpha, key):.3f}"
                for alpha in ALPHAS
                for key in ("spread", "by_round")
            ),
        ]
        for rules in RULES
    ]
    header = [f"{kind}, {of}" for kind in FIGURES for of in ("project", "round")]
    return markdown([*_HEADER, *header], rows)


def share_table(results: Results, scenes: Iterable[Scene], alpha: float | None) -> str:
    chosen = list(scenes)
    rows = [
        [*_names(rules), *(f"{100 * results.mean(rules, s, alpha, 'share'):.1f}" for s in chosen)]
        for rules in RULES
        if rules.payment == Payment.PER_GAIN
    ]
    header = [f"{s.behaviour} {s.bad}/{s.n}" for s in chosen]
    return markdown([*_HEADER[:3], *header], [[*row[:3], *row[4:]] for row in rows])


def accuracy_table(results: Results, scenes: tuple[Scene, ...], alpha: float | None) -> str:
    rows = []
    for path in (PATHS[0], PATHS[1], PATHS[4], PATHS[5]):
        line = [
            f"{100 * results.mean(path.rules[0], scene, alpha, 'accuracy'):.1f}"
            for scene in (HONEST, *scenes)
        ]
        rows.append([path.selection.method, path.step.method, *line])
    return markdown(["selection", "step", *(str(bad) for bad in range(len(scenes) + 1))], rows)


def dropped_table(results: Results) -> str:
    rows = []
    for path in (PATHS[0], PATHS[1], PATHS[4], PATHS[5]):
        line = [
            f"{100 * results.mean(path.rules[0], scene, alpha, 'lost'):.1f}"
            for alpha in ALPHAS
            for scene in (HONEST, FLIPPED[1], FLIPPED[5])
        ]
        rows.append([path.selection.method, path.step.method, *line])
    who = ("nobody", "2 flip", "6 flip")
    header = [f"{kind}, {bad}" for kind in FIGURES for bad in who]
    return markdown(["selection", "step", *header], rows)


def worth_table(results: Results) -> str:
    """Points of accuracy, what they cost, and points per ether."""
    rows = []
    for rules in RULES:
        line = []
        for alpha, scene in ((a, s) for a in ALPHAS for s in (HONEST, FLIPPED[5])):
            gained = results.values(rules, scene, alpha, "accuracy")
            gained = 100 * (gained - results.values(rules, scene, alpha, "initial"))
            paid = results.values(rules, scene, alpha, "paid")
            cell = f"{gained.mean():.1f} for {paid.mean():.2f}"
            if paid.mean() >= 0.005 and gained.mean() > 0:
                cell += f": {gained.mean() / paid.mean():.0f}"
            line.append(cell)
        rows.append([*_names(rules), *line])
    header = [f"{kind}, {bad}" for kind in FIGURES for bad in ("nobody", "6 flip")]
    return markdown([*_HEADER, *header], rows)


def copies_table(results: Results, alpha: float | None) -> str:
    rows = []
    for scoring in Scoring:
        for rules in RULES:
            if rules.payment != Payment.PER_GAIN or rules.scoring != scoring:
                continue
            one = results.mean(rules, COPIES[0], alpha, "share")
            line = [
                f"{results.mean(rules, scene, alpha, 'share') / one:.2f}"
                for scene in (*COPIES[1:], *PARTS)
            ]
            rows.append([*_names(rules)[:3], f"{100 * one:.1f}", *line])
    header = [f"{s.bad} {s.behaviour}" for s in (*COPIES[1:], *PARTS)]
    return markdown([*_HEADER[:3], "one name, %", *header], rows)


def rows_table(results: Results) -> str:
    lines = []
    for scene in (*FEW, EQUALS):
        cells = []
        for alpha in ALPHAS:
            values = results.values(DEFAULT, scene, alpha, "spread")
            error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
            cells += [
                f"{values.mean():.3f} ± {error:.3f}",
                f"{results.mean(DEFAULT, scene, alpha, 'by_round'):.3f}",
                f"{100 * results.mean(DEFAULT, scene, alpha, 'accuracy'):.1f}",
                f"{100 * results.mean(DEFAULT, scene, alpha, 'lost'):.1f}",
            ]
        lines.append([str(scene.rows), *cells])
    header = [
        f"{kind}, {what}"
        for kind in FIGURES
        for what in ("project", "round", "accuracy %", "dropped %")
    ]
    return markdown(["validation rows", *header], lines)


_HEADER = ["selection", "scoring", "step", "payment"]


def _names(rules: Rules) -> list[str]:
    chosen = (rules.selection, rules.scoring, rules.step, rules.payment)
    return [choice.method for choice in chosen]


def report(results: Results, scenes: tuple[Scene, ...]) -> Iterable[tuple[str, str]]:
    """Titles and tables."""
    whole = COPIES[0] in scenes
    if whole:
        yield "targets, default rules", targets_table(results)
    yield "spread (CV) of 8 equals' pay", spread_table(results)
    misbehaving = [s for s in scenes if s.bad and s.behaviour not in ("copies", "parts", "honest")]
    shown = [s for s in misbehaving if s.bad in (1, 2, 6, 27) and s.name != FLIPPED[0].name]
    shown = [s for s in shown if s != TURNED[0]]
    for alpha, kind in zip(ALPHAS, FIGURES, strict=True):
        yield f"share of the misbehaving, %, {kind}", share_table(results, shown, alpha)
    if whole:
        for alpha, kind in zip(ALPHAS, FIGURES, strict=True):
            for scenes_of in (FLIPPED, TURNED):
                title = f"accuracy, %, under so many {scenes_of[0].behaviour}pers of 9, {kind}"
                yield title, accuracy_table(results, scenes_of, alpha)
        yield "honest deltas dropped, %", dropped_table(results)
        for alpha, kind in zip(ALPHAS, FIGURES, strict=True):
            yield f"pay of all names over one name's, {kind}", copies_table(results, alpha)
        yield "spread by validation rows, default rules", rows_table(results)
    yield "points of accuracy for ether: points per ether", worth_table(results)
