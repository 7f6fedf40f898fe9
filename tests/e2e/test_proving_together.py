"""Several provers on one machine: real processes, real proofs, real deaths."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from circuits.shape import FoldedShape
from market.errors import ProofError
from tests.folding import FoldedRound
from zk.admission import VARIABLE, admitted
from zk.folding import holds, prove_folded
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.parallel import Job, Outcome, prove_all
from zk.plan import Plan
from zk.prove import Proof, prove
from zk.srs import development_srs

pytestmark = pytest.mark.e2e

PLAN = Plan(freivalds=False)
PATIENCE = 600.0

_HOLD = """
import json, sys, time
from zk.admission import admitted
spans = []
for _ in range(int(sys.argv[2])):
    with admitted(int(sys.argv[1]), 600):
        print("in", flush=True)
        start = time.monotonic()
        time.sleep(float(sys.argv[3]))
        spans.append([start, time.monotonic()])
print(json.dumps(spans))
"""
_PROVE_WITHIN = """
import json, resource, sys
from market.errors import ProofError
from zk.engine import run
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
try:
    run("prove", **json.loads(sys.argv[2]))
except ProofError as error:
    print(error)
"""


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    )


def provers_of(parent: int) -> list[int]:
    """Children that run the engine's `prove`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if int(fields[1]) == parent and b"zk.worker" in command:
                request = Path(os.fsdecode(command[command.index(b"zk.worker") + 1]))
                if json.loads(request.read_text())["operation"] == "prove":
                    found.append(int(folder.name))
        except (OSError, ValueError):
            continue  # ended meanwhile
    return found


@pytest.fixture(scope="module")
def keys() -> Keys:
    shape = FoldedShape(slots=4, features=4, classes=2)
    return derive_keys(shape, development_srs(circuit_logrows(shape, PLAN)), PLAN)


def job(played: FoldedRound) -> Job:
    statement = partial(
        prove_folded,
        played.statistics,
        played.model,
        played.deltas,
        played.binding,
        played.claims,
    )
    return Job(statement, played.keys)


@pytest.mark.proof
def test_independent_statements_are_proven_and_one_that_fails_touches_no_other(keys: Keys) -> None:
    first, last = (FoldedRound.draw(keys, n=3, seed=seed) for seed in (1, 2))
    outcomes = prove_all([job(first), Job(partial(prove, [[1]]), keys), job(last)])
    assert isinstance(outcomes[0], Proof)
    assert isinstance(outcomes[1], ProofError)
    assert isinstance(outcomes[2], Proof)
    assert "inputs have lengths [1]" in outcomes[1].message
    assert holds(outcomes[0], first.binding, first.claims, keys)
    assert holds(outcomes[2], last.binding, last.claims, keys)


@pytest.mark.proof
def test_a_killed_prover_is_an_error_that_names_memory_and_frees_its_share(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(keys.memory_bytes))
    played = FoldedRound.draw(keys, n=3)
    outcomes: list[Outcome] = []
    proving = threading.Thread(target=lambda: outcomes.extend(prove_all([job(played)])))
    proving.start()
    while not (found := provers_of(os.getpid())):
        time.sleep(0.01)
    score = Path(f"/proc/{found[0]}/oom_score_adj")
    while score.read_text().strip() != "1000":  # the kernel would take it, and not this process
        time.sleep(0.01)
    # The budget is spent while it lives, and the time to wait is that to prove.
    zeros = [[0] * length for length in keys.shape.input_lengths]
    with pytest.raises(ProofError, match=r"waited \d+ s for"):
        prove(zeros, keys, timeout=0.4)
    os.kill(found[0], signal.SIGKILL)
    proving.join(PATIENCE)
    (outcome,) = outcomes
    assert isinstance(outcome, ProofError)
    assert "prove was killed, most likely for want of memory" in outcome.message
    assert VARIABLE in outcome.hint
    with admitted(keys.memory_bytes, PATIENCE):
        pass


@pytest.mark.proof
def test_a_prover_that_gets_no_memory_says_so(keys: Keys, tmp_path: Path) -> None:
    data = tmp_path / "data"
    zeros = [["00" * 32] * length for length in keys.shape.input_lengths]
    data.write_text(json.dumps({"input_data": zeros}))
    arguments = {
        "data": str(data),
        "compiled": str(keys.circuit),
        "witness": str(tmp_path / "witness"),
        "vk": str(keys.vk),
        "pk": str(keys.pk),
        "srs": str(keys.srs.path),
        "proof": str(tmp_path / "proof"),
    }
    # Enough for the interpreter and the engine, not for the proving key and what it is used for.
    limited = started(_PROVE_WITHIN, "250000000", json.dumps(arguments))
    said = limited.communicate(timeout=PATIENCE)[0]
    assert "prove was killed, most likely for want of memory: memory allocation of" in said
    assert not (tmp_path / "proof").exists()


def test_processes_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_CACHE", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "10")
    holders = [started(_HOLD, "6", "4", "0.05") for _ in range(3)]
    spans = []
    for holder in holders:
        spans += json.loads(holder.communicate(timeout=PATIENCE)[0].splitlines()[-1])
    spans.sort()
    assert len(spans) == 12
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end <= start


def test_what_a_killed_process_held_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKET_CACHE", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "10")
    holder = started(_HOLD, "10", "1", "600")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "in\n"
    with pytest.raises(ProofError, match="waited"), admitted(1, 0.2):
        pass
    holder.kill()
    holder.wait(PATIENCE)
    with admitted(10, PATIENCE):
        assert len(list((tmp_path / "proofs").iterdir())) == 1
