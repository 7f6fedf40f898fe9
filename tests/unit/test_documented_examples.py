"""Examples in the documents of the libraries run as they stand, and print what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [
    pytest.param(example, id=f"{path.stem} {number}")
    for path in (
        DOCS / f"{name}.md"
        for name in (
            "valuation",
            "robustness",
            "simulation",
            "coordinates",
            "model-files",
            "any-model-training",
            "any-model",
        )
    )
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.S))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_and_prints_what_it_says(
    example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(example, "example", "exec"), {})
    printed = capsys.readouterr().out
    for said in re.findall(r"^print\(.*\)  ?# (.*)$", example, re.M):
        assert said in printed


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6
