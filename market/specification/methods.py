"""Which rules a project runs by, and which of them the contract can prove."""

from __future__ import annotations

import math
from dataclasses import dataclass

from market.errors import InputError

CONTRIBUTIONS = (
    "in-run",
    "exact-shapley",
    "leave-one-out",
    "permutation",
    "antithetic",
    "truncated",
    "gtg",
    "owen",
    "banzhaf",
    "beta-shapley",
    "in-run-first-order",
    "in-run-second-order",
    "equal",
)
"""How a round's contributions are measured: docs/valuation.md; "equal" measures nothing."""

DEFENCES = (
    "proven-value",
    "mean",
    "krum",
    "multi-krum",
    "bulyan",
    "coordinate-median",
    "trimmed-mean",
    "geometric-median",
    "norm-clipping",
    "centred-clipping",
    "three-sigma",
    "foolsgold",
    "flame",
    "fltrust",
)
"""How a round's deltas become one: docs/robustness.md."""

OPTIMISERS = ("fedavg", "fedavgm", "fedadam", "fedyogi")
"""What that one delta does to the model."""

STEPS = ("exact", "bounded", "mean")
"""How far the model moves along it: as far as the utility rises, the same but no further than the
mean of those who surely gain, or by the plain mean."""

LOCALS = ("sgd", "fedprox", "scaffold")
"""How trainers train: docs/robustness.md."""

DEFAULT_MU = 0.01
"""Of FedProx."""

PROVABLE = {
    "contribution": ("in-run", "exact-shapley", "leave-one-out"),
    "defence": ("proven-value", "multi-krum"),
    "step": ("exact", "bounded", "mean"),
    "optimiser": ("fedavg",),
    "local": ("sgd",),
}
"""What circuit, contract and the trainers' service are made for; the first is the default."""


@dataclass(frozen=True)
class Methods:
    """The rules of a project; the defaults are those that the contract proves.

    Args:
        contribution: one of `CONTRIBUTIONS`.
        defence: one of `DEFENCES`.
        step: one of `STEPS`.
        optimiser: one of `OPTIMISERS`.
        local: one of `LOCALS`.
        mu: of FedProx, not negative; None for `DEFAULT_MU`, and without FedProx.

    Raises:
        InputError: there is none of that name, and lists those there are; or a mu that is out of
            range or has no FedProx.
    """

    contribution: str = PROVABLE["contribution"][0]
    defence: str = PROVABLE["defence"][0]
    step: str = PROVABLE["step"][0]
    optimiser: str = PROVABLE["optimiser"][0]
    local: str = PROVABLE["local"][0]
    mu: float | None = None

    def __post_init__(self) -> None:
        for entry, known in (
            ("contribution", CONTRIBUTIONS),
            ("defence", DEFENCES),
            ("step", STEPS),
            ("optimiser", OPTIMISERS),
            ("local", LOCALS),
        ):
            if getattr(self, entry) not in known:
                raise InputError(
                    f"methods: no {entry} {getattr(self, entry)!r}",
                    f"choose one of {', '.join(known)}",
                )
        if self.contribution == "exact-shapley" and self.step != "mean":
            raise InputError(
                'methods: contribution = "exact-shapley" values means of coalitions, '
                f'and step = "{self.step}" moves the model by another',
                'choose step = "mean" with it, or contribution = "in-run"',
            )
        if self.mu is not None and self.local != "fedprox":
            raise InputError(
                f"methods: mu = {self.mu:g} is FedProx's, not {self.local}'s",
                'choose local = "fedprox", or leave mu out',
            )
        if not 0 <= self.proximal < math.inf:
            raise InputError(f"methods: mu = {self.proximal} must be finite and not negative")

    @property
    def proximal(self) -> float:
        """The weight of FedProx's term; 0 without FedProx."""
        if self.local != "fedprox":
            return 0.0
        return DEFAULT_MU if self.mu is None else self.mu

    @property
    def unproven(self) -> dict[str, str]:
        """The entries that no proof covers, with their values."""
        chosen = {entry: getattr(self, entry) for entry in PROVABLE}
        return {entry: value for entry, value in chosen.items() if value not in PROVABLE[entry]}

    def require_proofs(self) -> None:
        """Refuses what cannot run on chain.

        Raises:
            InputError: says which entry, what can be proven, and what runs the others.
        """
        if not self.unproven:
            return
        named = ", ".join(f'methods.{entry} = "{value}"' for entry, value in self.unproven.items())
        provable = ", ".join(
            f"{entry} = " + " or ".join(f'"{value}"' for value in PROVABLE[entry])
            for entry in self.unproven
        )
        raise InputError(
            f"no proof covers {named}",
            f"on chain choose {provable}; `market simulate` runs the specification as it is",
        )
