"""The demonstration as users start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.proof]


def run_demo(report: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "market.demo", "--report", str(report), *options],
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    value: dict[str, Any] = json.loads(report.read_text())
    return value


def earned(report: dict[str, Any]) -> dict[str, int]:
    return {address: int(wei) for address, wei in report["project"]["paid_wei"].items()}


def assert_money_adds_up(report: dict[str, Any]) -> None:
    money = {name: int(wei) for name, wei in report["money"].items()}
    assert (
        money["paid_to_trainers_wei"]
        + money["paid_to_aggregator_wei"]
        + money["refunded_to_owner_wei"]
        == money["deposited_wei"] + money["slashed_wei"]
    )


def test_digits_with_a_label_flipper(tmp_path: Path) -> None:
    report = run_demo(tmp_path / "report.json")
    accuracy = {name: each["accuracy"] for name, each in report["models"].items()}
    assert accuracy["federated"] >= 0.90
    assert accuracy["federated"] >= accuracy["centralised"] - 0.02
    assert accuracy["federated"] >= accuracy["owner_alone_logistic"] + 0.05
    assert int(report["wei_a_point"]) > 0
    assert report["phase"] == "done"
    assert report["audit"]["holds"]
    assert 1 <= len(report["rounds"]) <= 3
    assert_money_adds_up(report)
    pay = earned(report)
    (attacker,) = report["project"]["attackers"]
    honest = [wei for address, wei in pay.items() if address != attacker]
    assert pay[attacker] * 10 < min(honest)
    for each in report["rounds"]:
        assert each["utility_after"] > each["utility_before"]
        assert each["settle_gas"] <= 1_500_000
        (proof,) = each["proofs"]
        assert proof["peak_bytes"] <= 5 * 2**30


def test_a_copycat_is_refused_and_earns_nothing(tmp_path: Path) -> None:
    report = run_demo(
        tmp_path / "report.json", "--attack", "copycat", "--dataset", "breast-cancer",
        "--rounds", "1",
    )  # fmt: skip
    (attacker,) = report["project"]["attackers"]
    (each,) = report["rounds"]
    assert attacker in each["committed"]
    assert attacker not in each["revealed"]
    slashed = int(report["money"]["slashed_wei"])
    # Its silence cost the stake; whoever says so first, be it itself, has the bounty of a tenth.
    assert slashed == 5 * 10**16
    assert earned(report)[attacker] in (0, slashed // 10)
    assert_money_adds_up(report)


def test_an_interrupt_leaves_no_process_behind() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "market.demo", "--dataset", "breast-cancer"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "joined" in line:
            break
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 5
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 130
    deadline = time.monotonic() + 30
    while any(child.is_running() for child in family) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [child for child in family if child.is_running()] == []
