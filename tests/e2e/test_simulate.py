"""The real command: documented exit codes, one line of error, an interrupted run that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "market.cli.main"]
DEADLINE = 300


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["absent.toml"], 3, "absent.toml"),
        (["--clients", "9", "--tolerate", "2", "--defence", "bulyan"], 3, "lower f"),
        (["--model", "cnn", "--dataset", "breast-cancer"], 3, "images"),
        (["--dataset", "fashion-mnist"], 3, "dataset-fashion-mnist"),
        (["--plot", "earned.gif"], 3, "earned.gif"),
        (["--attack", "magic"], 2, "magic"),
    ],
)
def test_errors_are_one_line_and_a_documented_code(
    tmp_path: Path, arguments: list[str], code: int, named: str
) -> None:
    done = call("simulate", *arguments, MARKET_FASHION_MNIST=str(tmp_path))
    assert done.returncode == code
    lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(lines) == 1
    assert named in lines[0]
    assert "Traceback" not in done.stderr


def test_a_project_without_proof_ends_with_the_code_of_unusable_input(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "digits.toml").read_text()
    spec = tmp_path / "spec.toml"
    spec.write_text(text.replace('defence = "proven-value"', 'defence = "flame"'))
    done = call("create-project", str(spec), "--deposit", "1ether", "--home", str(tmp_path))
    assert done.returncode == 3
    assert 'methods.defence = "flame"' in done.stderr
    assert "market simulate" in done.stderr


# FoolsGold remembers sums of deltas, SCAFFOLD control variates.
@pytest.mark.parametrize("rule", [("--defence", "foolsgold"), ("--local", "scaffold")])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(
    tmp_path: Path, rule: tuple[str, str]
) -> None:
    arguments = [*COMMAND, "simulate", "--json", "--rounds", "40", *rule]
    kept = [*arguments, "--resume", str(tmp_path)]
    running = subprocess.Popen(kept, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        for line in running.stdout:
            if json.loads(line).get("number") == 3:
                break
        running.send_signal(signal.SIGKILL)
    finally:
        running.kill()
        running.communicate(timeout=DEADLINE)
    assert (tmp_path / "none.npz").is_file()
    resumed = subprocess.run(
        kept, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    whole = subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    lines = resumed.stdout.splitlines()
    assert json.loads(lines[1])["number"] > 1
    assert lines[-1] == whole.stdout.splitlines()[-1]
