"""What it costs on chain to settle with 800 trainers and to pay them, by design.

    python -m benchmarks.settlement [--gas-price GWEI] [--verification GAS] [--json FILE]

Gas comes from contracts/snapshots, which `forge test` measures and scripts/test compares. What a
proof's verification adds is the figure of `benchmarks.rounds`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

SNAPSHOTS = Path(__file__).resolve().parents[1] / "contracts" / "snapshots"
TRAINERS = 800
SLOTS = 32
"""The most trainers of one project."""
VERIFICATION = 458_000
PUBLISHED = (0.002, 0.003)
"""Ether for 800 participants: SettleFL (arXiv 2602.23167), at a gas price that is neither in its
abstract nor its key results."""


@dataclass(frozen=True)
class Cost:
    """One way to settle or pay.

    Args:
        design: what is counted.
        gas: for all trainers.
    """

    design: str
    gas: int

    def ether(self, gwei: float) -> float:
        return self.gas * gwei / 1e9


def gas_of(group: str) -> dict[str, int]:
    """The snapshots of one file, by name."""
    text = (SNAPSHOTS / f"{group}.json").read_text()
    return {name: int(gas) for name, gas in json.loads(text).items()}


def costs(verification: int) -> list[Cost]:
    """From the least that any design pays to what the market does for it."""
    bare, market = gas_of("payments800"), gas_of("trainers32")
    projects = -(-TRAINERS // SLOTS)
    round_of_one = market["settle"] + verification
    paid = market["withdrawFor all but one"] * SLOTS // (SLOTS - 1)
    return [
        Cost("push to 800, the least that pays each account", bare["push to all"]),
        Cost("book 800 credits in words that exist", bare["book all in words that exist"]),
        Cost("book 800 credits in new words", bare["book all in new words"]),
        Cost("withdraw 800 credits in one call", bare["withdraw for all but one"]),
        Cost("withdraw 800 credits, one call each", TRAINERS * bare["withdraw one"]),
        Cost("post a Merkle root", bare["post a root"]),
        Cost("claim 800 leaves, one call each", TRAINERS * bare["claim by path"]),
        Cost(f"market: pay {projects} projects of {SLOTS}, one call each", projects * paid),
        Cost(f"market: settle a round of {projects} projects of {SLOTS}", projects * round_of_one),
        Cost("market: of it verification", projects * verification),
    ]


@click.command()
@click.option("--gas-price", type=float, default=0.05, show_default=True, help="Gwei.")
@click.option("--verification", type=int, default=VERIFICATION, show_default=True, help="Gas.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(gas_price: float, verification: int, path: Path | None) -> None:
    """Prints gas, gas a trainer, and ether at the gas price."""
    rows = costs(verification)
    print(f"{'':52}{'gas':>14}{'a trainer':>12}{'ether':>12}")
    for cost in rows:
        each = cost.gas // TRAINERS
        print(f"{cost.design:52}{cost.gas:>14,}{each:>12,}{cost.ether(gas_price):>12.6f}")
    low, high = (ether * 1e9 / rows[0].gas for ether in PUBLISHED)
    print(
        f"\n{PUBLISHED[0]} to {PUBLISHED[1]} ether for {TRAINERS} pays each account only at a gas "
        f"price of at most {low:.2f} to {high:.2f} gwei."
    )
    if path is not None:
        path.write_text(json.dumps([asdict(cost) for cost in rows], indent=2))


if __name__ == "__main__":
    main()
