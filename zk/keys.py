"""Compiled circuits and their keys: derived once per shape and SRS, shared by all processes."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from eth_utils.crypto import keccak

import circuits
from circuits.shape import FoldedShape, Shape
from market import durable
from market.errors import ProofError
from zk import engine
from zk.admission import admitted
from zk.cache import cache_root, locked, locked_if_free
from zk.inventory import LIST, Inventory
from zk.plan import Plan, canonical, required_logrows
from zk.planner import choose, forecast
from zk.srs import Srs

_SETUP_SECONDS = 3600.0
"""Setting up takes what a proof takes, in memory too; waiting for memory included."""
_PROOF_LENGTH = re.compile(r"eq\((0x[0-9a-f]+), proof\.length\)")


@dataclass(frozen=True)
class Keys:
    """Everything that speaks about one circuit under one SRS.

    Args:
        shape: the circuit's sizes.
        plan: the engine's options.
        srs: the reference string the keys belong to.
        folder: holds settings.json, circuit.ezkl, vk, pk and Verifier.sol.
        logrows: the circuit has 2**logrows rows.
        rows: rows that are used.
        identity: keccak256 of the hashes of verification key, settings and SRS; what a project
            names as its circuit.
        setup_seconds: what deriving them took.
    """

    shape: Shape
    plan: Plan
    srs: Srs
    folder: Path
    logrows: int
    rows: int
    identity: bytes
    setup_seconds: float

    @property
    def settings(self) -> Path:
        return self.folder / "settings.json"

    @property
    def circuit(self) -> Path:
        return self.folder / "circuit.ezkl"

    @property
    def vk(self) -> Path:
        return self.folder / "vk"

    @property
    def pk(self) -> Path:
        return self.folder / "pk"

    @property
    def memory_bytes(self) -> int:
        """What a prover is forecast to take."""
        return forecast(self.shape, self.plan).memory_bytes

    @property
    def verifier_source(self) -> str:
        """Solidity source of the verifier that EZKL generates for the verification key."""
        return (self.folder / "Verifier.sol").read_text()

    @property
    def proof_bytes(self) -> int:
        """Length of a proof, as that verifier demands it.

        Raises:
            ProofError: the verifier's source does not say.
        """
        found = _PROOF_LENGTH.search(self.verifier_source)
        if found is None:
            raise ProofError(f"the verifier of {self.shape} names no length of proofs")
        return int(found[1], 16)


def circuit_logrows(shape: Shape, plan: Plan | None = None) -> int:
    """The height of the shape's circuit, which says which SRS it needs.

    Args:
        plan: the planner's choice if not given, which follows from the shape alone.

    Raises:
        InputError: no configuration of the shape fits.
        ProofError: the engine refused the shape.
    """
    plan = plan or choose(shape).plan
    with tempfile.TemporaryDirectory(prefix="zk-") as folder:
        return _draw(shape, plan, Path(folder))


def derive_keys(
    shape: Shape, srs: Srs, plan: Plan | None = None, fresh_in: Path | None = None
) -> Keys:
    """The keys of `shape` under `srs`, from the cache or made now (half a minute).

    Args:
        plan: as in `circuit_logrows`.
        fresh_in: derive them again, whatever the cache holds, into this empty folder.

    Raises:
        InputError: no configuration of the shape fits.
        ProofError: the engine failed, the SRS is too small, or there is not enough memory.
    """
    plan = plan or choose(shape).plan
    if fresh_in is not None:
        return _load(fresh_in, _make(shape, plan, srs, fresh_in), shape, plan, srs)
    final = _place(shape, plan, srs)
    with locked(_lock(final)):
        inventory = Inventory.of(final)
        if inventory is None:
            inventory = _replace(final, shape, plan, srs)
        return _load(final, inventory, shape, plan, srs)


def intact(keys: Keys) -> Keys:
    """`keys`, or the same derived again if a file of theirs is found damaged.

    Reads the whole proving key, which `derive_keys` does not.

    Raises:
        ProofError: as `derive_keys`.
    """
    if _whole(keys.folder):
        return keys
    with locked(_lock(keys.folder)):
        # Another process may have replaced them meanwhile.
        if not _whole(keys.folder):
            (keys.folder / LIST).unlink(missing_ok=True)
    return derive_keys(keys.shape, keys.srs, keys.plan)


def _whole(folder: Path) -> bool:
    inventory = Inventory.of(folder)
    return inventory is not None and inventory.proving_key_holds(folder)


def _place(shape: Shape, plan: Plan, srs: Srs) -> Path:
    """The folder in the cache, named by everything that the keys follow from."""
    recipe = {
        "shape": asdict(shape),
        "plan": plan.run_args(0, shape.table_start),
        "statements": _statements(),
        "srs": srs.sha256,
        "engine": metadata.version("ezkl"),
    }
    name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]
    return cache_root() / "keys" / name


def _lock(folder: Path) -> str:
    return f"keys-{folder.name}"


def _replace(final: Path, shape: Shape, plan: Plan, srs: Srs) -> Inventory:
    """Makes the keys beside their place and moves them there; the caller holds the lock."""
    final.parent.mkdir(parents=True, exist_ok=True)
    _sweep(final)
    building = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        inventory = _make(shape, plan, srs, building)
        if final.exists():
            shutil.rmtree(final)
        building.rename(final)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return inventory


def _sweep(final: Path) -> None:
    """Removes what processes that died half-way left, of these keys and of others."""
    for left in final.parent.glob(".*-*"):
        owner = final.with_name(left.name[1:].rpartition("-")[0])
        if owner == final:
            shutil.rmtree(left)
            continue
        with locked_if_free(_lock(owner)) as free:
            if free:
                shutil.rmtree(left, ignore_errors=True)


def _statements() -> str:
    """Hash of the statements' sources: another statement has other keys."""
    sources = sorted(Path(circuits.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _draw(shape: Shape, plan: Plan, folder: Path) -> int:
    """Writes circuit.onnx and canonical settings.json; returns logrows."""
    model, settings = folder / "circuit.onnx", folder / "settings.json"
    sizes = [str(size) for size in asdict(shape).values()]
    engine.run("export", shape=sizes, statement=shape.statement, path=str(model))
    rows = shape.rows(plan.inner_columns) if isinstance(shape, FoldedShape) else None
    # A first drawing with room enough tells how much room is needed.
    arguments = plan.run_args(24, shape.table_start)
    engine.run("settings", model=str(model), output=str(settings), run_args=arguments)
    logrows = required_logrows(json.loads(settings.read_text()), rows)
    arguments = plan.run_args(logrows, shape.table_start)
    engine.run("settings", model=str(model), output=str(settings), run_args=arguments)
    durable.write_bytes(settings, canonical(json.loads(settings.read_text()), rows))
    return logrows


def _make(shape: Shape, plan: Plan, srs: Srs, folder: Path) -> Inventory:
    _draw(shape, plan, folder)
    files = {name: str(folder / name) for name in ("settings.json", "circuit.ezkl", "vk", "pk")}
    engine.run(
        "compile",
        model=str(folder / "circuit.onnx"),
        compiled=files["circuit.ezkl"],
        settings=files["settings.json"],
    )
    with admitted(forecast(shape, plan).memory_bytes, _SETUP_SECONDS) as left:
        done = engine.run(
            "setup",
            timeout=left,
            compiled=files["circuit.ezkl"],
            vk=files["vk"],
            pk=files["pk"],
            srs=str(srs.path),
        )
    engine.run(
        "solidity",
        vk=files["vk"],
        settings=files["settings.json"],
        solidity=str(folder / "Verifier.sol"),
        abi=str(folder / "Verifier.abi"),
        srs=str(srs.path),
    )
    return Inventory.take(folder, done.seconds)


def _load(folder: Path, inventory: Inventory, shape: Shape, plan: Plan, srs: Srs) -> Keys:
    settings = (folder / "settings.json").read_bytes()
    parsed = json.loads(settings)
    identity = keccak(
        bytes.fromhex(inventory.files["vk"][1])
        + hashlib.sha256(settings).digest()
        + bytes.fromhex(srs.sha256)
    )
    return Keys(
        shape=shape,
        plan=plan,
        srs=srs,
        folder=folder,
        logrows=int(parsed["run_args"]["logrows"]),
        rows=int(parsed["num_rows"]),
        identity=identity,
        setup_seconds=inventory.seconds,
    )
