"""How a shape becomes a circuit: the engine's options, and the rows it takes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from circuits.shape import RANGE_BASE

SPARE_ROWS = 64
"""Rows that blinding and the engine's own bookkeeping take; it uses fewer than 20."""


@dataclass(frozen=True)
class Plan:
    """Options that change the verification key.

    One inner column with Freivalds' check of matrix products (docs/decisions/0002) gives the
    smallest verifier that the chain's code limit lets through.

    Args:
        inner_columns: cells of a product handled in one row.
        freivalds: verify matrix products by a random vector instead of multiplying out.
    """

    inner_columns: int = 1
    freivalds: bool = True

    def run_args(self, logrows: int) -> str:
        """EZKL's run arguments as JSON: integers at scale 0, nothing ever rescaled."""
        return json.dumps(
            {
                "input_visibility": "polycommit",
                "output_visibility": "public",
                "param_visibility": "fixed",
                "input_scale": 0,
                "param_scale": 0,
                "scale_rebase_multiplier": 1000,
                "num_inner_cols": self.inner_columns,
                "disable_freivalds": not self.freivalds,
                # Deltas are checked in the graph; outputs are wider than any one digit.
                "ignore_range_check_inputs_outputs": True,
                "decomp_base": RANGE_BASE,
                "decomp_legs": 1,
                "logrows": logrows,
            }
        )

    def describe(self) -> dict[str, Any]:
        return asdict(self)


def required_logrows(settings: dict[str, Any]) -> int:
    """The smallest circuit height that holds what EZKL's settings list."""
    rows = max(
        int(settings["num_rows"]),
        int(settings["einsum_params"]["total_einsum_col_size"]),
        *(int(length) for length in settings["module_sizes"]["polycommit"]),
        *(int(high) - int(low) + 1 for low, high in settings["required_range_checks"]),
    )
    return (rows + SPARE_ROWS - 1).bit_length()


def canonical(settings: dict[str, Any]) -> bytes:
    """The settings as bytes that anyone derives alike.

    EZKL stamps them with the time and lists range checks in hash order, which changes the
    verification key from one run to the next.
    """
    fixed = dict(settings)
    fixed["timestamp"] = 0
    fixed["required_range_checks"] = sorted(settings["required_range_checks"])
    return json.dumps(fixed, sort_keys=True, separators=(",", ":")).encode()
