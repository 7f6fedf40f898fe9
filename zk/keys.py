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
from zk.cache import cache_root, locked, sha256_file
from zk.plan import Plan, canonical, required_logrows
from zk.planner import choose
from zk.srs import Srs

_PROOF_LENGTH = re.compile(r"eq\((0x[0-9a-f]+), proof\.length\)")


@dataclass(frozen=True)
class Keys:
    """Everything that speaks about one circuit under one SRS.

    Args:
        shape: the circuit's sizes.
        srs: the reference string the keys belong to.
        folder: holds settings.json, circuit.ezkl, vk, pk and Verifier.sol.
        logrows: the circuit has 2**logrows rows.
        rows: rows that are used.
        identity: keccak256 of the hashes of verification key, settings and SRS; what a project
            names as its circuit.
        setup_seconds: what deriving them took.
    """

    shape: Shape
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
        ProofError: the engine failed, or the SRS is too small.
    """
    plan = plan or choose(shape).plan
    recipe = {
        "shape": asdict(shape),
        "plan": plan.run_args(0, shape.table_start),
        "statements": _statements(),
        "srs": srs.sha256,
        "engine": metadata.version("ezkl"),
    }
    name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]
    root = cache_root() / "keys"
    root.mkdir(parents=True, exist_ok=True)
    final = root / name
    if fresh_in is not None:
        return _load(_make(shape, plan, srs, fresh_in), shape, srs)
    with locked(f"keys-{name}"):
        if not final.exists():
            for left in root.glob(f".{name}-*"):  # of a process that died half-way
                shutil.rmtree(left)
            building = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
            _make(shape, plan, srs, building).rename(final)
    return _load(final, shape, srs)


def _statements() -> str:
    """Hash of the statements' sources: another statement has other keys."""
    sources = sorted(Path(circuits.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _draw(shape: Shape, plan: Plan, folder: Path) -> int:
    """Writes circuit.onnx and canonical settings.json; returns logrows."""
    model, settings = folder / "circuit.onnx", folder / "settings.json"
    sizes = [str(size) for size in (shape.slots, shape.features, shape.classes)]
    statement = "folded" if isinstance(shape, FoldedShape) else "round"
    engine.run("export", shape=sizes, statement=statement, path=str(model))
    rows = -(-shape.rows // plan.inner_columns) if isinstance(shape, FoldedShape) else None
    # A first drawing with room enough tells how much room is needed.
    arguments = plan.run_args(24, shape.table_start)
    engine.run("settings", model=str(model), output=str(settings), run_args=arguments)
    logrows = required_logrows(json.loads(settings.read_text()), rows)
    arguments = plan.run_args(logrows, shape.table_start)
    engine.run("settings", model=str(model), output=str(settings), run_args=arguments)
    durable.write_bytes(settings, canonical(json.loads(settings.read_text()), rows))
    return logrows


def _make(shape: Shape, plan: Plan, srs: Srs, folder: Path) -> Path:
    _draw(shape, plan, folder)
    files = {name: str(folder / name) for name in ("settings.json", "circuit.ezkl", "vk", "pk")}
    engine.run(
        "compile",
        model=str(folder / "circuit.onnx"),
        compiled=files["circuit.ezkl"],
        settings=files["settings.json"],
    )
    done = engine.run(
        "setup", compiled=files["circuit.ezkl"], vk=files["vk"], pk=files["pk"], srs=str(srs.path)
    )
    engine.run(
        "solidity",
        vk=files["vk"],
        settings=files["settings.json"],
        solidity=str(folder / "Verifier.sol"),
        abi=str(folder / "Verifier.abi"),
        srs=str(srs.path),
    )
    durable.write_json(folder / "setup.json", {"seconds": done.seconds})
    return folder


def _load(folder: Path, shape: Shape, srs: Srs) -> Keys:
    settings = (folder / "settings.json").read_bytes()
    parsed = json.loads(settings)
    identity = keccak(
        bytes.fromhex(sha256_file(folder / "vk"))
        + hashlib.sha256(settings).digest()
        + bytes.fromhex(srs.sha256)
    )
    return Keys(
        shape=shape,
        srs=srs,
        folder=folder,
        logrows=int(parsed["run_args"]["logrows"]),
        rows=int(parsed["num_rows"]),
        identity=identity,
        setup_seconds=float(json.loads((folder / "setup.json").read_text())["seconds"]),
    )
