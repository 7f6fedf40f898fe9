"""What an owner in bad faith pays, keeps and risks, and what honest trainers see of it in time.

    python -m benchmarks.faith [--seeds N] [--alpha A] [--json FILE]

Digits, an owner with 270 rows, eight trainers, four rounds, a budget of one ether, the default
rules. Every row of the first table is one way to commit to a yardstick (`benchmarks.bad_owners`);
the second has the prices of what owners can do on chain (`benchmarks.evasions`), from a
specification.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean

import click

from benchmarks.bad_owners import OWNERS
from benchmarks.evasions import evasions
from benchmarks.faith_rounds import BUDGET, ROUNDS, Course, run
from benchmarks.tables import Row, publish
from market.specification.owner import read_specification

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "digits.toml"
CHANCE = 10.0
"""Percent of digits that a model of zeros gets right."""
OWNER_BOND = BUDGET // 10
"""Wei: ten dispute bonds of the examples."""


def course(name: str, seed: int, alpha: float | None) -> Course:
    return run(OWNERS[name], seed, alpha)


def figures(name: str, courses: list[Course], fair: list[Course]) -> Row:
    """One line of the table, means over seeds; money in percent of the budget.

    Args:
        fair: an honest owner's, of the same seeds.
    """
    until = [found.seen() for found in courses]
    early = [_honest(found, rounds) for found, rounds in zip(courses, until, strict=True)]
    whole = [_honest(found, ROUNDS) for found in courses]
    accomplice = [sum(found.due(ROUNDS)[found.honest :]) / BUDGET for found in courses]
    due = [_honest(found, rounds) for found, rounds in zip(fair, until, strict=True)]
    kept = fmean(c.rounds[rounds - 1].kept for c, rounds in zip(courses, until, strict=True))
    first = [found.rounds[0] for found in courses]
    return {
        "owner": name,
        "refuse": f"{fmean(each.refuse for each in courses):.1f} of {courses[0].honest}",
        "see it after round 1": f"{fmean(r.differed for r in first):.1f} of {courses[0].honest}",
        "rows lose": f"{fmean(max(r.lost for r in c.rounds) for c in courses):.1f}",
        "rounds until seen": fmean(until),
        "honest %, until seen": 100 * fmean(early),
        "an honest owner's %, until then": 100 * fmean(due),
        "honest %": 100 * fmean(whole),
        "accomplice %": 100 * fmean(accomplice),
        "returned %": 100 * (1 - fmean(whole) - fmean(accomplice)),
        "public accuracy %": 100 * fmean(c.rounds[-1].accuracy for c in courses),
        "kept accuracy %, until seen": 100 * kept,
        "points an ether": (100 * kept - CHANCE) / max(fmean(early), 1e-9),
        "arbiters": _most([found.arbiter for found in courses]),
        "audits that deter %": 100 * deterring(fmean(early), fmean(due)),
    }


def deterring(pays: float, fair: float, bond: float = OWNER_BOND / BUDGET) -> float:
    """The chance of an audit at which cheating costs what paying does, at least 0.

    Refuted, the owner loses the budget and its bond; otherwise it pays less.

    Args:
        pays: what it pays honest trainers until they see it, in budgets.
        fair: what an honest owner owes them until then.
        bond: of the owner.
    """
    return max(fair - pays, 0.0) / (1 + bond - pays)


def _honest(found: Course, rounds: int) -> float:
    return sum(found.due(rounds)[: found.honest]) / BUDGET


def _most(said: list[str]) -> str:
    common = max(sorted(set(said)), key=said.count)
    return f"{common} ({said.count(common)} of {len(said)})"


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=10, show_default=True)
@click.option("--alpha", type=float, help="Labels skewed by Dirichlet(alpha).  [default: alike]")
@click.option("--owner", "names", type=click.Choice(list(OWNERS)), multiple=True)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(
    seeds: int, alpha: float | None, names: tuple[str, ...], workers: int, json_path: Path | None
) -> None:
    """Measures owners in bad faith."""
    chosen = list(dict.fromkeys((next(iter(OWNERS)), *(names or OWNERS))))
    with ProcessPoolExecutor(workers) as pool:
        waiting = {
            name: [pool.submit(course, name, seed, alpha) for seed in range(seeds)]
            for name in chosen
        }
        found = {name: [each.result() for each in runs] for name, runs in waiting.items()}
    fair = found[chosen[0]]
    specification = read_specification(EXAMPLE)
    publish(
        {
            "Yardsticks": [figures(name, courses, fair) for name, courses in found.items()],
            "Evasions on chain, examples/digits.toml, 1 ether": evasions(specification, 10**18),
        },
        json_path,
    )


if __name__ == "__main__":
    main()
