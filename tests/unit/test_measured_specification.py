from __future__ import annotations

import re
from pathlib import Path

import pytest

from market.contribution.grid import Step
from market.data.inputs import Array
from market.errors import InputError
from market.measured.document import MeasuredDocument, ModelFile, decode_measured
from market.objectives import Loss
from market.specification.conditions import is_measured
from market.specification.measured import read_measured

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = (EXAMPLES / "network.toml").read_text()


def changed(folder: Path, pattern: str, text: str) -> Path:
    found, count = re.subn(pattern, text, EXAMPLE, count=1, flags=re.M)
    assert count == 1
    path = folder / "project.toml"
    path.write_text(found)
    return path


def test_the_example_is_a_network_and_the_others_are_not() -> None:
    path = EXAMPLES / "network.toml"
    assert is_measured(path)
    assert not is_measured(EXAMPLES / "digits.toml")
    found = read_measured(path)
    assert found.recipe.loss is Loss.CROSS_ENTROPY
    assert found.schema.inputs == Array((1, 8, 8), "float32", 0, 1)
    assert (found.shape.features, found.shape.rank, found.shape.slots) == (984, 32, 8)
    assert (found.grid.moves, found.methods.step) == (Step.BOUNDED, "bounded")
    assert (found.evaluators, found.evaluator_quorum) == ((), 1)


@pytest.mark.parametrize(
    ("pattern", "text", "said"),
    [
        (r"^loss = .*$", 'loss = "hinge"', "training.loss"),
        (r"^coordinates = .*$", "coordinates = 40000", "model.coordinates"),
        (r"^scope = .*$", "scope = []", "model.scope"),
        (r"^kind = .*$", 'kind = "sound"', "data.schema"),
        (r"^rounds = .*$", "rounds = 4\nevaluator_quorum = 2", "evaluator_quorum is 2 of 1"),
        (r"^\[reward\]$", '[methods]\nstep = "exact"\n[reward]', '"bounded" step'),
        (r"^\[reward\]$", '[reward]\npayment = "per-round"', "per-round"),
        (r"^epochs = .*$", "epoch = 1", "training.epoch"),
        (r"^exit_seconds = .*$", "exit_seconds = 800", "windows.exit_seconds"),
        (
            r"^rounds = .*$",
            'rounds = 20\narbiters = ["0x00000000000000000000000000000000000000a1"]',
            "below 22 times",
        ),
    ],
)
def test_what_contradicts_itself_is_named(
    tmp_path: Path, pattern: str, text: str, said: str
) -> None:
    path = changed(tmp_path, pattern, text)
    with pytest.raises(InputError) as refused:
        read_measured(path)
    assert said in f"{refused.value} {refused.value.hint}"


def document() -> MeasuredDocument:
    found = read_measured(EXAMPLES / "network.toml")
    return MeasuredDocument(
        name=found.name,
        model=ModelFile("Qm", "00" * 32, 1000),
        scope=found.scope,
        coordinates=found.coordinates,
        rank=found.rank,
        schema=found.schema,
        recipe=found.recipe,
        tolerance=found.tolerance,
        slots=found.slots,
        rows_cid="",
        srs_sha256="11" * 32,
        srs_cid="",
    )


def test_a_document_is_read_back_as_it_was() -> None:
    made = document()
    assert decode_measured(made.encode(), made.digest()) == made
    assert made.energy == made.grid.utility_unit // 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"kind":"measured"', b'"kind":"linear"'),
        (b'"coordinates":984', b'"coordinates":"984"'),
        (b'"coordinates":984', b'"coordinates":1'),
        (b'"rank":32', b'"rank":32,"more":1'),
        (b'"scope":["*"]', b'"scope":[]'),
        (b'"scope":["*"]', b'"scope":[7]'),
        (b'"linear":', b'"linear":2,"linear_":'),
        (b'"loss":"cross-entropy"', b'"loss":"other"'),
        (b"{", b"[" * 200_000 + b"{"),
    ],
)
def test_a_strangers_document_is_refused_in_one_way(old: bytes, new: bytes) -> None:
    from eth_utils.crypto import keccak

    from market.errors import StorageError

    data = document().encode()
    assert old in data
    bad = data.replace(old, new, 1)
    with pytest.raises(StorageError, match="specification document"):
        decode_measured(bad, bytes(keccak(bad)))
    with pytest.raises(StorageError, match="not the one"):
        decode_measured(bad, document().digest())
