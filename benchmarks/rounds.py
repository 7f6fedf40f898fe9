"""Runs the demonstration once and says what each phase took, held against the project's targets.

Run from the repository's root as `python -m benchmarks.rounds`; every option but --json goes to
the demonstration. Seconds are wall clock on the machine at hand, gas is exact.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from market import durable
from market.errors import DeadlineError, MarketError
from market.process import Child, python_module

RUN_SECONDS = 2 * 3600.0
_STOP_SECONDS = 60.0  # the demonstration stops a dozen processes in turn
_POLL_SECONDS = 0.2
_LINE = re.compile(
    r"^ *(?P<at>\d+\.\d)s  (?P<role>\S+(?: \d+)?) +(?P<event>[a-z][a-z ]*?)(?:  .*|\s*)$"
)
_ROUND = re.compile(r"\bround (\d+)\b")


@dataclass(frozen=True)
class Event:
    """A line of the demonstration's progress.

    Args:
        at: seconds since the demonstration started, to a tenth.
        role: who.
        name: what happened.
        round: in which round, counted from 0; None if the line names none.
    """

    at: float
    role: str
    name: str
    round: int | None


@dataclass(frozen=True)
class RoundFigures:
    """What one round cost; seconds of wall clock unless a comment says otherwise.

    Phases overlap and do not add up to `total`.
    """

    round: int  # from 1
    flower: float  # the longest that a trainer waited for its invitation
    training: float  # the slowest trainer's, without fetching the model and committing
    commit: float  # invitation to the last commitment: Flower and training together
    reveal: float  # last commitment to last reveal
    fetch: float  # last reveal to the start of proving: fetching that revealing did not hide
    prove: float  # start to end, points and journal included
    engine: float  # of `prove`, witness and proof alone
    settle: float
    total: float  # invitation to settlement
    gas: int  # of the settlement
    peak_bytes: int  # largest resident memory of the prover


@dataclass(frozen=True)
class Figures:
    """What a run cost, in seconds of wall clock."""

    setup: float  # data, keys and verifier; little when they are cached
    create: float  # network, IPFS nodes and creating the project
    join: float  # the project's creation to the first invitation
    rounds: list[RoundFigures]
    close: float  # last settlement to the end: accuracy, audit, withdrawals
    total: float


@dataclass(frozen=True)
class Target:
    """A promise, and what was measured.

    Args:
        name: for people.
        limit: the most it may be.
        measured: in the same unit.
        unit: of both.
    """

    name: str
    limit: float
    measured: float
    unit: str

    @property
    def ratio(self) -> float:
        """Of the limit that was used; 1 and less holds."""
        return self.measured / self.limit


def read_events(lines: Iterable[str]) -> list[Event]:
    """The progress among the demonstration's output, in order."""
    events = []
    for line in lines:
        match = _LINE.match(line)
        if match:
            found = _ROUND.search(line)
            number = int(found[1]) if found else None
            events.append(Event(float(match["at"]), match["role"], match["event"], number))
    return events


def measure(report: dict[str, Any], events: list[Event]) -> Figures:
    """The figures of a run.

    Args:
        report: what the demonstration wrote with --report.
        events: its progress.

    Raises:
        MarketError: the progress lacks an event that the figures need.
    """
    created = _last(events, "created")
    settled = _last(events, "settled")
    seconds = report["seconds"]
    return Figures(
        setup=seconds["setup"],
        create=round(created - seconds["setup"], 1),
        join=round(_first(events, "invited", 0) - created, 1),
        rounds=[
            _measure_round(each, flower, events)
            for each, flower in zip(
                report["rounds"], report["flower"]["seconds_by_round"], strict=True
            )
        ],
        close=round(seconds["total"] - settled, 1),
        total=seconds["total"],
    )


def targets(figures: Figures) -> list[Target]:
    """The worst of all rounds against what the project promises for two cores."""
    rounds = figures.rounds
    return [
        Target("whole run after set-up", 360.0, figures.total - figures.setup, "s"),
        Target("Flower's share of a round", 5.0, max(r.flower for r in rounds), "s"),
        Target("proving a round", 60.0, max(r.prove for r in rounds), "s"),
        Target("memory of the prover", 5.0, max(r.peak_bytes for r in rounds) / 1e9, "GB"),
        Target("settling a round", 1.5, max(r.gas for r in rounds) / 1e6, "M gas"),
    ]


def _measure_round(each: dict[str, Any], flower: float, events: list[Event]) -> RoundFigures:
    number, proof = int(each["round"]), each["proofs"][0]
    invited = _first(events, "invited", number)
    committed, revealed = (_last(events, name, number) for name in ("committed", "revealed"))
    proving, proved = _first(events, "proving", number), _last(events, "proved", number)
    settled = _last(events, "settled", number)
    return RoundFigures(
        round=number + 1,
        flower=flower,
        training=round(_slowest_training(events, number), 1),
        commit=round(committed - invited, 1),
        reveal=round(revealed - committed, 1),
        fetch=round(proving - revealed, 1),
        prove=round(proved - proving, 1),
        engine=proof["prove_seconds"],
        settle=round(settled - proved, 1),
        total=round(settled - invited, 1),
        gas=each["settle_gas"],
        peak_bytes=proof["peak_bytes"],
    )


def _slowest_training(events: list[Event], number: int) -> float:
    begun = {e.role: e.at for e in events if e.name == "training" and e.round == number}
    ended = {e.role: e.at for e in events if e.name == "trained" and e.round == number}
    both = begun.keys() & ended.keys()
    if not both:
        raise MarketError(f"no trainer's progress shows training in round {number}")
    return max(ended[role] - begun[role] for role in both)


def _first(events: list[Event], name: str, number: int | None = None) -> float:
    return _times(events, name, number)[0]


def _last(events: list[Event], name: str, number: int | None = None) -> float:
    return _times(events, name, number)[-1]


def _times(events: list[Event], name: str, number: int | None) -> list[float]:
    found = [e.at for e in events if e.name == name and (number is None or e.round == number)]
    if not found:
        where = "" if number is None else f" of round {number}"
        raise MarketError(f"the demonstration's progress has no line {name!r}{where}")
    return found


def run_demonstration(options: list[str], folder: Path) -> tuple[dict[str, Any], list[Event]]:
    """One run, its progress copied to standard error.

    Args:
        options: of the demonstration.
        folder: for report and log.

    Raises:
        MarketError: it failed; says how it ended.
        DeadlineError: it did not end in time.
    """
    report, log = folder / "report.json", folder / "demo.log"
    command = python_module("market.demo", *options, "--report", str(report))
    deadline = time.monotonic() + RUN_SECONDS
    child = Child(command, log, {"COLUMNS": "120", "PYTHONUNBUFFERED": "1"})
    shown = 0
    try:
        running = True
        while running:
            running = child.running
            written = log.read_bytes()[shown:]
            whole = written[: written.rfind(b"\n") + 1]
            sys.stderr.write(whole.decode(errors="replace"))
            shown += len(whole)
            if time.monotonic() > deadline:
                raise DeadlineError(f"the demonstration did not end in {RUN_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)
    finally:
        child.stop(_STOP_SECONDS)
    if child.process.returncode != 0 or not report.exists():
        raise MarketError(
            f"the demonstration ended with code {child.process.returncode}: {child.tail(1)}"
        )
    return durable.read_json(report), read_events(log.read_text(errors="replace").splitlines())


def show(console: Console, figures: Figures, promised: list[Target]) -> None:
    """Prints the phases of the run, those of each round, and the targets."""
    for name in ("setup", "create", "join", "close", "total"):
        console.print(f"{name:<8} {getattr(figures, name):7.1f} s")
    console.print()
    columns = ("flower", "training", "commit", "reveal", "fetch", "prove", "settle", "total")
    table = Table("round", box=None, pad_edge=False)
    for name in (*(f"{name} (s)" for name in columns), "gas", "peak (GB)"):
        table.add_column(name, justify="right")
    for each in figures.rounds:
        seconds = (f"{getattr(each, name):.1f}" for name in columns)
        table.add_row(str(each.round), *seconds, f"{each.gas:,}", f"{each.peak_bytes / 1e9:.2f}")
    console.print(table)
    console.print()
    table = Table("target", box=None, pad_edge=False)
    for name in ("limit", "measured", "ratio"):
        table.add_column(name, justify="right")
    table.add_column("")
    for target in promised:
        verdict = "holds" if target.ratio <= 1 else f"missed by {100 * (target.ratio - 1):.0f} %"
        table.add_row(
            target.name,
            f"{target.limit:g} {target.unit}",
            f"{target.measured:.2f} {target.unit}",
            f"{target.ratio:.2f}",
            verdict,
        )
    console.print(table)


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--json",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures and the demonstration's own report to this file.",
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def benchmark(output: Path | None, options: tuple[str, ...]) -> None:
    """Run `scripts/demo` with OPTIONS once, and print what each phase took."""
    with tempfile.TemporaryDirectory(prefix="market-benchmark-") as folder:
        report, events = run_demonstration(list(options), Path(folder))
    figures = measure(report, events)
    promised = targets(figures)
    console = Console(width=120, highlight=False)
    console.print()
    show(console, figures, promised)
    if output is not None:
        value = {
            "figures": asdict(figures),
            "targets": [{**asdict(target), "ratio": target.ratio} for target in promised],
            "report": report,
        }
        durable.write_bytes(output, (json.dumps(value, indent=1) + "\n").encode(), mode=0o644)


def main() -> None:
    """Exit codes as those of `market`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        benchmark(standalone_mode=False)
    except MarketError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
