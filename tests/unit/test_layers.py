"""Imports point one way, as docs/architecture.md draws them: nothing here runs the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = (
    "contribution",
    "data",
    "game",
    "training",
    "local_training",
    "objectives",
    "models",
    "measurement",
    "datasets",
    "specification",
    "yardstick",
)
LIBRARIES = ("valuation", "utility", "robust", "attacks", "optimisers")
ADAPTERS = ("chain", "storage", "flower")
ROLES = ("owner", "trainer", "aggregator", "arbiter", "evaluator", "auditor")
ABOVE = ("cli", "demo")

FORBIDDEN = {
    **{package: (*ADAPTERS, *ROLES, *ABOVE, *LIBRARIES, "simulation") for package in DOMAIN},
    **{package: (*ADAPTERS, *ROLES, *ABOVE, "simulation") for package in LIBRARIES},
    **{package: (*ROLES, *ABOVE, *LIBRARIES, "simulation") for package in ADAPTERS},
    **{role: (*ABOVE, *(other for other in ROLES if other != role)) for role in ROLES},
    "measured": (*ROLES, *ABOVE, *LIBRARIES, "simulation"),
    "prospectus": (*ROLES, *ABOVE, *LIBRARIES, "simulation"),
    "simulation": (*ADAPTERS, *ROLES, *ABOVE),
    "cli": ("demo",),
}


def imported(folder: Path) -> set[str]:
    """Modules that the files below a folder import, at any depth of their code."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
            elif isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
    return found


def within(modules: set[str], package: str) -> set[str]:
    return {name for name in modules if name == package or name.startswith(f"{package}.")}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_none_above_it(package: str) -> None:
    modules = imported(ROOT / "market" / package)
    assert modules, "the package has another name now"
    assert [each for each in FORBIDDEN[package] if within(modules, f"market.{each}")] == []


def test_circuits_and_proofs_know_no_market() -> None:
    below = {"durable", "errors", "process", "ray_cluster"}
    for folder in ("circuits", "zk"):
        modules = imported(ROOT / folder)
        for name in within(modules, "market") - {"market"}:
            assert name.split(".")[1] in below
    assert not within(imported(ROOT / "circuits"), "zk")


def test_a_rounds_value_follows_from_its_integers_alone() -> None:
    modules = within(imported(ROOT / "market" / "game"), "market")
    known = ("errors", "choice", "contribution", "game")
    assert {name.split(".")[1] for name in modules if "." in name} <= set(known)


def test_coordinates_need_nothing_of_the_market() -> None:
    modules = within(imported(ROOT / "market" / "coordinates"), "market")
    assert {name.split(".")[1] for name in modules if "." in name} == {"errors", "coordinates"}


def test_a_measurement_needs_coordinates_losses_and_the_proofs_grid() -> None:
    modules = within(imported(ROOT / "market" / "measurement"), "market")
    known = {"errors", "coordinates", "objectives", "contribution", "measurement"}
    assert {name.split(".")[1] for name in modules if "." in name} <= known
    grid = {name.split(".")[2] for name in within(modules, "market.contribution")}
    assert grid == {"grid", "lowrank"}


def test_model_files_need_nothing_of_the_market() -> None:
    modules = within(imported(ROOT / "market" / "models"), "market")
    assert {name.split(".")[1] for name in modules if "." in name} == {"errors", "models"}


def test_the_domain_takes_field_arithmetic_alone_from_zk() -> None:
    for package in DOMAIN:
        modules = imported(ROOT / "market" / package)
        assert within(modules, "zk") == within(modules, "zk.field")
