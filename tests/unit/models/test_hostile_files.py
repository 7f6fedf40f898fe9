"""Strangers' files, read in a process of their own. More of them, and slower ones:

python -m tests.model_files.trial --fuzz 100000 --seed 1 --slow
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from market.models.limits import MAX_HEADER_BYTES
from tests.model_files.samples import samples

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the trial says, run where a folder named `ran` would be seen."""
    folder = tmp_path_factory.mktemp("trial")
    command = [sys.executable, "-W", "ignore", "-m", "tests.model_files.trial", "--fuzz", "2000"]
    for name, data in samples():
        (folder / name).write_bytes(data)
        command += ["--good", name]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("kind", ["containers", "graphs", "arguments", "traced"])
def test_every_file_is_refused(report: dict[str, Any], kind: str) -> None:
    assert report[kind]["wrong"] == {}
    assert report[kind]["read"] == 0


def test_there_are_enough_of_them(report: dict[str, Any]) -> None:
    assert report["containers"]["files"] + report["graphs"]["files"] >= 500
    assert report["arguments"]["files"] >= 3000
    assert report["traced"]["files"] == 8


def test_none_takes_much_memory(report: dict[str, Any]) -> None:
    assert report["peak_bytes"] <= 64 * MAX_HEADER_BYTES


def test_mutations_that_are_read_run_within_their_bounds(report: dict[str, Any]) -> None:
    assert report["mutations"]["wrong"] == {}
    assert report["mutations"]["run"] > 50
