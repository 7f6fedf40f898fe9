"""Measured rounds of a small convolutional network: pay, standard errors, agreement, cost.

python -m benchmarks.any_model pay|deviation|machines|cost [--data digits|fashion-mnist]
        [--alpha A] [--seeds N] [--step mean|exact|bounded] [--rate R] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.any_model.cost import cost
from benchmarks.any_model.deviation import deviation
from benchmarks.any_model.machines import machines
from benchmarks.any_model.pay import pay
from benchmarks.any_model.task import RATE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("pay", "deviation", "machines", "cost"))
    parser.add_argument("--data", choices=("digits", "fashion-mnist"), default="digits")
    parser.add_argument("--alpha", type=float, help="labels skewed by Dirichlet(alpha)")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--step", choices=("mean", "exact", "bounded"), default="bounded")
    parser.add_argument("--rate", type=float, default=RATE, help="of learning")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.part == "pay":
        found = pay(given.data, given.alpha, given.seeds, given.step, given.rate)
    elif given.part == "deviation":
        found = deviation(given.data, given.alpha, given.seeds)
    elif given.part == "machines":
        found = machines(given.data, given.alpha, given.seeds)
    else:
        found = cost(given.data)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
