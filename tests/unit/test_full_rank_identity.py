"""The graph and the settings of the full-rank statement, from which its verification key follows.

Projects name their circuit by that key. Whatever else is drawn beside it, a change here takes the
verifier from under every project that exists.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import onnx
import pytest

from circuits.shape import FoldedShape
from zk import engine
from zk.plan import canonical, required_logrows
from zk.planner import choose

KNOWN = {
    (3, 4, 2): (
        "9de90d95d2c2f1cea73cf56c36ca878bb7f9832f40d875901c76b5a4ddc8a872",
        "a34c10d75b8d59c652116653aa88cec5fdaed73072aa8abf084ce05a631a49c7",
    ),
    (5, 65, 10): (
        "96ed52e76bd5d2bf8746e07c29b70e74046a20b1c578340dd1def517ee94198b",
        "9ad53fef9150cc232f9d232ea8a118649b0b83f0ee9da8dde8a1832e83952116",
    ),
    (32, 65, 10): (
        "29c4d7c05735ccc1a805e2b1524731a4a8ca0949cdf81a754689c1992fc26442",
        "3a3622683477c6cb6008c5d1180a43efbec77ba65a2502a8bc9a1b41ae07ebe4",
    ),
}
"""SHA-256 of the exported graph, and of the canonical settings."""


@pytest.mark.parametrize("sizes", KNOWN, ids=str)
def test_the_full_rank_circuit_is_what_it_was(sizes: tuple[int, int, int], tmp_path: Path) -> None:
    shape = FoldedShape(*sizes)
    plan = choose(shape).plan
    model, settings = tmp_path / "circuit.onnx", tmp_path / "settings.json"
    engine.run("export", shape=[str(s) for s in sizes], statement="folded", path=str(model))
    rows = shape.rows(plan.inner_columns)
    for logrows in (24, None):
        height = logrows or required_logrows(json.loads(settings.read_text()), rows)
        arguments = plan.run_args(height, shape.table_start)
        engine.run("settings", model=str(model), output=str(settings), run_args=arguments)
    graph = onnx.load(model).graph.SerializeToString(deterministic=True)
    listed = canonical(json.loads(settings.read_text()), rows)
    found = (hashlib.sha256(graph).hexdigest(), hashlib.sha256(listed).hexdigest())
    assert found == KNOWN[sizes]
