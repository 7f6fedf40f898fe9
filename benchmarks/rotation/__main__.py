"""Spread of pay among equal trainers of whom a round takes a few: `python -m benchmarks.rotation`.

By turns as the contract draws them, by luck, and with everybody in every round.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import click
import numpy as np

from benchmarks.rotation.modelled import Noise, Spread, measure, spread
from benchmarks.rotation.project import Case, play
from benchmarks.tables import Row, publish
from market.game import Payment

_ROUNDS = {200: 30, 1000: 60}
_SIZES = ((200, 0), (200, 100), (1000, 0), (1000, 500), (1000, 900))
"""Participants, and how many of them are idle."""


def equal_rounds(noises: dict[int, Noise], seeds: int) -> list[Row]:
    """Every round is worth the same."""
    rows = []
    for slots, noise in noises.items():
        for participants, idle in _SIZES:
            for rounds in (2, None, _ROUNDS[participants]):
                found = [
                    spread(participants, idle, slots, rounds, noise, seed) for seed in range(seeds)
                ]
                mean = {
                    field.name: float(np.mean([getattr(each, field.name) for each in found]))
                    for field in fields(Spread)
                }
                rows.append(
                    {
                        "participants": participants,
                        "idle": idle,
                        "slots": slots,
                        "rounds": f"a cycle, {mean['rounds']:.1f}" if rounds is None else rounds,
                        "turns": mean["turns"],
                        "luck": mean["luck"],
                        "everybody": mean["everybody"],
                        "paid nothing by turns (%)": 100 * mean["unpaid"],
                        "rounds opened again (%)": 100 * mean["again"] / mean["rounds"],
                        "most openings": max(each.openings for each in found),
                        "deltas of a round": mean["standing"],
                        "surplus reveals (%)": 100 * mean["surplus"],
                    }
                )
    return rows


def whole_projects(seeds: int) -> list[Row]:
    """Rounds are worth what they gain, or pay the same for less and less."""
    rows = []
    for participants, rounds in _ROUNDS.items():
        for drawn in ("turns", "luck", "everybody"):
            case = Case(participants, 32, rounds, drawn)
            found = [play(case, seed) for seed in range(seeds)]
            gained = np.mean([each.gained for each in found], axis=0)
            of_rounds = np.mean([each.of_rounds for each in found], axis=0)
            rows.append(
                {
                    "participants": participants,
                    "rounds": rounds,
                    "drawn by": drawn,
                    "per round": float(np.mean([f.spread[Payment.PER_ROUND] for f in found])),
                    "per gain": float(np.mean([f.spread[Payment.PER_GAIN] for f in found])),
                    "gained in round 1 (%)": 100 * float(gained[0]),
                    "in rounds 1 to 4 (%)": 100 * float(gained[:4].sum()),
                    "within round 1": float(of_rounds[0]),
                    "within the last": float(of_rounds[-1]),
                }
            )
    return rows


@click.command()
@click.option("--seeds", default=20, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(seeds: int, json_path: Path | None) -> None:
    """Measures spreads: coefficients of variation, means over seeds."""
    noises = {slots: measure(slots, seeds) for slots in (32, 8)}
    figures: dict[str, list[Row]] = {
        "A trainer's part of a first round, in equal parts": [
            {"slots": slots, "lasting": noise.lasting, "passing": noise.passing}
            for slots, noise in noises.items()
        ],
        "Rounds worth the same": equal_rounds(noises, seeds),
        "Whole projects": whole_projects(seeds),
    }
    publish(figures, json_path)


if __name__ == "__main__":
    main()
