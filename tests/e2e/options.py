"""The demonstration that tests run by its steps, and change where they need to."""

from __future__ import annotations

from market.demo.run import Options

OPTIONS = Options(
    trainers=3,
    rounds=1,
    attackers=0,
    attack="none",
    dataset="breast-cancer",
    alpha=None,
    seed=0,
    deposit="1ether",
    validation=80,
)
"""Three honest trainers, and one round on a small data set."""
