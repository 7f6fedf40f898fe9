from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from market.errors import InputError
from market.game import Payment
from market.specification.amounts import NATIVE, NOBODY, token_currency
from market.specification.owner import OwnerSpecification, read_specification
from market.training.plan import TrainingPlan

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
AGGREGATOR = "0x" + "11" * 20

SMALLEST: dict[str, dict[str, Any]] = {
    "project": {
        "name": "cells",
        "aggregators": [AGGREGATOR],
        "rounds": 2,
        "slots": 5,
    },
    "data": {"features": 30, "classes": 2, "validation": "rows.csv"},
}
TOKEN = "0x" + "22" * 20
DOLLAR = token_currency("USD", 6)


def toml(tables: dict[str, dict[str, Any]]) -> str:
    lines = []
    for table, entries in tables.items():
        lines.append(f"[{table}]")
        for name, value in entries.items():
            # TOML writes basic strings, numbers and lists as Python does, apart from quotes.
            lines.append(f"{name} = {str(value).lower() if isinstance(value, bool) else value!r}")
    return "\n".join(lines)


def read(tmp_path: Path, tables: dict[str, dict[str, Any]]) -> OwnerSpecification:
    path = tmp_path / "spec.toml"
    path.write_text(toml(tables))
    return read_specification(path)


def refusal(tmp_path: Path, tables: dict[str, dict[str, Any]]) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, tables)
    assert str(tmp_path / "spec.toml") in caught.value.message
    assert "\n" not in str(caught.value)
    return caught.value.message


def changed(table: str, name: str, value: Any) -> dict[str, dict[str, Any]]:
    tables = copy.deepcopy(SMALLEST)
    tables.setdefault(table, {})[name] = value
    return tables


@pytest.mark.parametrize("name", ["digits", "breast-cancer"])
def test_the_examples_are_read_as_they_are_written(name: str) -> None:
    path = EXAMPLES / f"{name}.toml"
    raw = tomllib.loads(path.read_text())
    found = read_specification(path)
    assert found.name == name
    assert found.validation == EXAMPLES / raw["data"]["validation"]
    for table in ("project", "data", "windows"):
        for entry in set(raw[table]) - {"validation", "aggregators"}:
            assert getattr(found, entry) == raw[table][entry], entry
    for entry, value in raw["training"].items():
        assert getattr(found.training, entry) == value, entry
    assert found.attendance_bps == raw["reward"]["attendance_bps"]
    assert found.payment == Payment.PER_GAIN
    assert (found.participants, found.invited, found.arbiters) == (found.slots, (), ())
    assert found.aggregator_fee == 10**16
    assert found.trainer_stake == 5 * 10**16
    assert found.aggregator_stake is None
    assert (found.challenge_bond, found.bounty) == (10**16, 5 * 10**15)
    assert (found.token, found.currency) == (NOBODY, NATIVE)
    assert found.minimum_gain == raw["learning_rate_rule"]["minimum_gain"]
    assert found.target_utility is None
    assert (found.shape.features, found.shape.classes) == (found.features + 1, found.classes)


def test_what_is_left_out_has_defaults(tmp_path: Path) -> None:
    found = read(tmp_path, SMALLEST)
    assert found.training == TrainingPlan()
    assert (found.quorum, found.max_retries, found.attendance_bps) == (3, 2, 200)
    assert (found.payment, found.pot_cap_bps, found.expected_gain) == (
        Payment.PER_GAIN,
        10_000,
        None,
    )
    assert (found.participants, found.byzantine, found.invited) == (5, 0, ())
    assert (found.arbiters, found.arbiter_quorum, found.owner_bond, found.dispute_bond) == (
        (),
        0,
        0,
        0,
    )
    assert found.aggregators == (AGGREGATOR,)
    assert found.aggregator_fee == 0
    assert found.challenge_bond == found.trainer_stake == 10**16
    assert (found.aggregator_stake, found.bounty) == (None, 5 * 10**15)
    assert (found.answer_seconds, found.exit_seconds) == (3600, 5 * 3600)
    assert (found.srs, found.scaling) == ("development", "standardise")


def test_files_are_looked_for_beside_the_specification(tmp_path: Path) -> None:
    found = read(tmp_path, changed("proof", "srs", "ceremony.srs"))
    assert found.validation == tmp_path / "rows.csv"
    assert found.srs == str(tmp_path / "ceremony.srs")
    assert read(tmp_path, changed("proof", "srs", "/srv/a.srs")).srs == "/srv/a.srs"


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, entries in SMALLEST.items() for name in entries]
)
def test_a_missing_entry_is_named(tmp_path: Path, table: str, name: str) -> None:
    tables = copy.deepcopy(SMALLEST)
    del tables[table][name]
    assert f"{table}.{name} is missing" in refusal(tmp_path, tables)


@pytest.mark.parametrize(
    "table",
    ["project", "data", "training", "methods", "learning_rate_rule", "reward", "windows", "proof"],
)
def test_an_unknown_entry_is_named(tmp_path: Path, table: str) -> None:
    assert f"unknown entry {table}.surprise" in refusal(tmp_path, changed(table, "surprise", 1))


def test_an_unknown_table_is_named(tmp_path: Path) -> None:
    assert "unknown entry prject" in refusal(tmp_path, changed("prject", "name", "x"))


NUMBERS = ["learning_rate", "momentum", "weight_decay"]


@pytest.mark.parametrize(
    ("table", "name", "value"),
    [
        ("project", "name", ""),
        ("project", "name", "x" * 201),
        ("project", "name", 7),
        ("project", "aggregators", AGGREGATOR),
        ("project", "aggregators", []),
        ("project", "aggregators", ["0x12"]),
        ("project", "aggregators", ["0xAB" + "ab" * 18 + "aB"]),  # a wrong checksum
        ("project", "aggregators", [0]),
        ("project", "aggregators", [AGGREGATOR, AGGREGATOR]),
        ("project", "aggregators", ["0x" + f"{n:02x}" * 20 for n in range(1, 6)]),
        ("project", "token", "0x12"),
        ("project", "rounds", 0),
        ("project", "rounds", 256),
        ("project", "rounds", 1.0),
        ("project", "rounds", True),
        ("project", "slots", 2),
        ("project", "slots", 33),
        ("project", "quorum", 0),
        ("project", "participants", 0),
        ("project", "participants", 4),
        ("project", "participants", 1_001),
        ("project", "invitations", "absent.json"),
        ("project", "arbiters", ["0x12"]),
        ("project", "arbiters", [AGGREGATOR, AGGREGATOR]),
        ("project", "arbiter_quorum", 1),
        ("reward", "owner_bond", "1ether"),
        ("reward", "dispute_bond", "many"),
        ("reward", "audit_bps", 1),
        ("reward", "audit_bps", 10_001),
        ("reward", "payment", "per-hour"),
        ("reward", "expected_gain", 0),
        ("reward", "expected_gain", -1),
        ("reward", "pot_cap_bps", 0),
        ("windows", "audit_seconds", 0),
        ("project", "quorum", 6),
        ("project", "byzantine", -1),
        ("project", "max_retries", 256),
        ("data", "features", 0),
        ("data", "features", 4096),
        ("data", "classes", 1),
        ("data", "classes", 1025),
        ("data", "validation", ""),
        ("data", "scaling", "none"),
        ("training", "epochs", 0),
        ("training", "batch_size", 0),
        ("training", "learning_rate", 0),
        ("training", "momentum", 1),
        ("training", "weight_decay", -1),
        ("learning_rate_rule", "decay_bps", 0),
        ("learning_rate_rule", "decay_bps", 10_001),
        ("learning_rate_rule", "minimum_gain", "0.1"),
        ("learning_rate_rule", "target_utility", 1e10),
        ("reward", "attendance_bps", 10_001),
        ("reward", "aggregator_fee", 5),
        ("reward", "aggregator_fee", "much"),
        ("reward", "trainer_stake", "1" + "0" * 29 + "ether"),
        ("reward", "aggregator_stake", "0wei"),
        ("reward", "aggregator_stake", "0.0499ether"),  # below five bonds
        ("reward", "trainer_stake", "0.0099ether"),
        ("reward", "challenge_bond", "0wei"),
        ("reward", "bounty", "0.011ether"),
        ("reward", "bounty", "5token"),
        ("windows", "join_seconds", 0),
        ("windows", "commit_seconds", -1),
        ("windows", "reveal_seconds", 90 * 24 * 3600 + 1),
        ("windows", "answer_seconds", 0),
        ("windows", "exit_seconds", 5 * 3600 - 1),  # shorter than a round
        ("windows", "exit_seconds", 360 * 24 * 3600 + 1),
        ("windows", "settle_seconds", "soon"),
        ("proof", "srs", 1),
        *(("training", name, value) for name in NUMBERS for value in ("x", True, 1e300)),
    ],
)
def test_an_entry_out_of_range_is_named(tmp_path: Path, table: str, name: str, value: Any) -> None:
    assert name in refusal(tmp_path, changed(table, name, value))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_finite(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(toml(SMALLEST) + f"\n[training]\n{name} = {value}\n")
    with pytest.raises(InputError, match=name):
        read_specification(path)


def test_entries_that_contradict_each_other(tmp_path: Path) -> None:
    krum = changed("methods", "defence", "multi-krum")
    krum["project"]["byzantine"] = 2
    assert "slots" in refusal(tmp_path, krum)
    krum["project"] |= {"byzantine": 1, "quorum": 2}
    assert "project.quorum" in refusal(tmp_path, krum)
    del krum["methods"]
    assert read(tmp_path, krum).quorum == 2  # by proven value two are enough
    mean = changed("methods", "contribution", "exact-shapley")
    assert "step" in refusal(tmp_path, mean)
    mean["methods"]["step"] = "mean"
    assert read(tmp_path, mean).methods.step == "mean"
    judged = changed("project", "arbiters", [AGGREGATOR, TOKEN])
    judged["project"]["arbiter_quorum"] = 1
    assert "project.arbiter_quorum" in refusal(tmp_path, judged)
    judged["project"]["arbiter_quorum"] = 2
    found = read(tmp_path, judged)
    assert (found.owner_bond, found.dispute_bond) == (10**17, 10**16)
    judged["reward"] = {"dispute_bond": "2ether", "owner_bond": "1ether"}
    assert "reward.dispute_bond" in refusal(tmp_path, judged)
    centre = changed("data", "scaling", "centre")
    centre["data"]["scale"] = 0
    assert "data.scale" in refusal(tmp_path, centre)


def test_a_project_in_a_token_is_written_in_it(tmp_path: Path) -> None:
    tables = changed("project", "token", TOKEN)
    assert "decimals are on chain" in refusal(tmp_path, tables)

    asked: list[str] = []
    path = tmp_path / "spec.toml"
    reward = {"challenge_bond": "2token", "trainer_stake": "12.5token", "aggregator_fee": "3units"}
    path.write_text(toml({**tables, "reward": reward}))
    found = read_specification(path, lambda token: asked.append(token) or DOLLAR)
    assert asked == [TOKEN]
    assert (found.token, found.currency) == (TOKEN, DOLLAR)
    assert (found.challenge_bond, found.trainer_stake) == (2_000_000, 12_500_000)
    assert (found.aggregator_stake, found.aggregator_fee) == (None, 3)

    path.write_text(toml(tables))
    with pytest.raises(InputError, match=r"reward\.challenge_bond is missing"):
        read_specification(path, lambda _: DOLLAR)


def test_a_table_must_be_a_table(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text("project = 1")
    with pytest.raises(InputError, match="project must be a table"):
        read_specification(path)


@pytest.mark.parametrize(
    "content",
    [
        b"[project",
        b"\xff\xfe",
        b"name = 'a'\nname = 'b'",
        b"a = " + b"[" * 5_000,
        b"a = " + b"9" * 5_000,
    ],
    ids=["open", "binary", "twice", "nested", "long"],
)
def test_what_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spec.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not TOML"):
        read_specification(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(InputError, match="cannot read the specification"):
            read_specification(path)


def test_a_delta_that_could_not_be_published_is_refused_on_chain_only(tmp_path: Path) -> None:
    wide = changed("data", "features", 768)
    wide["data"]["classes"] = 100
    found = read(tmp_path, wide)
    with pytest.raises(InputError, match="77000 entries") as caught:
        found.require_chain()
    assert "market simulate" in caught.value.hint
    wide["data"]["classes"] = 10
    read(tmp_path, wide).require_chain()


def test_methods_without_a_proof_are_refused_on_chain_only(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no proof covers"):
        read(tmp_path, changed("methods", "defence", "flame")).require_chain()
