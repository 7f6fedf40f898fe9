from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import InputError
from market.local_training import parse_recipe, read_recipe
from market.local_training.optimisers import AdamW, Sgd
from market.local_training.recipe import EarlyStopping, Precision, Privacy, Recipe
from market.local_training.schedules import Constant, Cosine, Stairs
from market.objectives import Loss

SECTION = """
[training]
loss = "cross-entropy"
learning_rate = 1
epochs = 3
batch_size = 50
clip_norm = 10.0
precision = "bfloat16"
optimiser = { name = "sgd", momentum = 0.5 }
over_rounds = { name = "cosine", floor = 0.1, warm_up = 2 }

[training.early_stopping]
share = 0.2
patience = 3
"""


def test_a_section_is_a_recipe() -> None:
    assert parse_recipe(tomllib.loads(SECTION)["training"]) == Recipe(
        loss=Loss.CROSS_ENTROPY,
        learning_rate=1.0,
        epochs=3,
        batch_size=50,
        clip_norm=10.0,
        precision=Precision.BFLOAT16,
        optimiser=Sgd(momentum=0.5),
        over_rounds=Cosine(floor=0.1, warm_up=2),
        early_stopping=EarlyStopping(0.2, 3),
    )


def test_what_is_left_out_has_a_default_and_a_name_stands_for_its_table() -> None:
    recipe = parse_recipe({"loss": "bce", "optimiser": "adamw", "over_steps": "step"})
    assert recipe.optimiser == AdamW()
    assert recipe.over_steps == Stairs(every=10, ratio=0.5)
    assert recipe.over_rounds == Constant()
    assert (recipe.clip_norm, recipe.early_stopping, recipe.privacy) == (1.0, None, None)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, r"training.loss is missing"),
        ([], r"training = \[\]: must be a table"),
        (
            {"loss": "hinge"},
            r'training.loss = \'hinge\': must be one of "cross-entropy", "squared"',
        ),
        ({"epoch": 1}, r"training.epoch: there is no such entry \(there are loss, learning_rate"),
        ({"epochs": 0}, r"training.epochs = 0: must be a whole number from 1 to 100000"),
        ({"epochs": True}, r"training.epochs = True: must be a whole number"),
        ({"epochs": 1.0}, r"training.epochs = 1.0: must be a whole number"),
        ({"learning_rate": 0}, r"training.learning_rate = 0: must be a number above 0 and at most"),
        ({"learning_rate": float("nan")}, r"training.learning_rate = nan: must be a number"),
        ({"learning_rate": float("inf")}, r"training.learning_rate = inf: must be a number"),
        ({"learning_rate": "1"}, r"training.learning_rate = '1': must be a number"),
        ({"clip_norm": -1.0}, r"training.clip_norm = -1.0: must be a number above 0"),
        ({"precision": "float64"}, r'must be one of "float32", "bfloat16", "float16"'),
        (
            {"optimiser": "lion"},
            r'training.optimiser.name = \'lion\': must be one of "sgd", "adam"',
        ),
        ({"optimiser": {}}, r"training.optimiser.name is missing"),
        ({"optimiser": 3}, r"training.optimiser = 3: must be a table or one of"),
        (
            {"optimiser": {"name": "adam", "momentum": 0.9}},
            r"training.optimiser.momentum: there is no such entry \(there are weight_decay, beta1",
        ),
        (
            {"optimiser": {"name": "sgd", "momentum": 1}},
            r"training.optimiser.momentum = 1: must be a number from 0 and below 1",
        ),
        (
            {"over_rounds": {"name": "cosine", "every": 2}},
            r"training.over_rounds.every: there is no",
        ),
        ({"over_steps": {"name": "step", "ratio": 1.5}}, r"training.over_steps.ratio = 1.5"),
        ({"early_stopping": {"share": 0.9}}, r"training.early_stopping.share = 0.9"),
        ({"early_stopping": 0.1}, r"training.early_stopping = 0.1: must be a table"),
        ({"privacy": {}}, r"training.privacy.epsilon is missing"),
        ({"privacy": {"epsilon": 1}, "early_stopping": {}}, r"do not go together"),
        ({"privacy": {"epsilon": 1}, "precision": "float16"}, r'choose "bfloat16"'),
    ],
)
def test_what_is_wrong_is_named_with_what_it_may_be(raw: object, message: str) -> None:
    whole = {"loss": "bce", **raw} if isinstance(raw, dict) and raw else raw
    with pytest.raises(InputError, match=message):
        parse_recipe(whole)


def test_a_recipe_made_in_python_passes_the_same_rules() -> None:
    with pytest.raises(InputError, match="epochs = 0"):
        Recipe(loss=Loss.BCE, epochs=0)
    assert Recipe(loss=Loss.BCE, learning_rate=1).encode() == Recipe(loss=Loss.BCE).encode()


def test_the_canonical_text_is_this_one() -> None:
    recipe = Recipe(loss=Loss.SQUARED, privacy=Privacy(8), over_rounds=Cosine(floor=-0.0))
    assert recipe.encode() == (
        b'{"batch_size":32,"clip_norm":1.0,"epochs":1,"learning_rate":1.0,"loss":"squared",'
        b'"optimiser":{"momentum":0.9,"name":"sgd","weight_decay":0.0},'
        b'"over_rounds":{"floor":0.0,"name":"cosine","warm_up":0},'
        b'"over_steps":{"name":"constant","warm_up":0},"precision":"float32",'
        b'"privacy":{"clip":1.0,"delta":1e-05,"epsilon":8.0}}'
    )


@given(
    st.builds(
        Recipe,
        loss=st.sampled_from(Loss),
        learning_rate=st.floats(1e-9, 1000),
        optimiser=st.one_of(
            st.builds(Sgd, momentum=st.floats(0, 1, exclude_max=True)),
            st.builds(AdamW, weight_decay=st.floats(0, 100)),
        ),
        over_steps=st.one_of(
            st.builds(Cosine, floor=st.floats(0, 1)), st.builds(Stairs, every=st.integers(1, 99))
        ),
        clip_norm=st.floats(1e-6, 1e6),
        early_stopping=st.none() | st.builds(EarlyStopping, patience=st.integers(1, 1000)),
    )
)
def test_a_written_recipe_is_read_as_it_was(recipe: Recipe) -> None:
    assert read_recipe(recipe.encode()) == recipe
    assert parse_recipe(recipe.document()) == recipe


@pytest.mark.parametrize("text", [b"", b"[", b"\xff", b'{"loss": "bce"}', b"[" * 100_000])
def test_a_text_that_is_not_canonical_is_refused(text: bytes) -> None:
    with pytest.raises(InputError):
        read_recipe(text)
