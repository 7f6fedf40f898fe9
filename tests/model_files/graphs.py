"""Hostile graphs in sound containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from market.models.limits import MAX_NODES
from market.models.operations import OPERATIONS
from tests.model_files.draft import Draft, appended, changed, linear, node, replaced

Files = Iterator[tuple[str, bytes]]

CODE = "__import__('os').mkdir('ran')"

OFF_THE_LIST = (
    "aten.relu_.default", "aten.add_.Tensor", "aten.copy_.default", "aten.fill_.Scalar",
    "aten.set_.source_Storage", "aten.resize_.default", "aten.as_strided.default",
    "aten.as_strided_.default", "aten.linear.out", "aten.relu.out", "aten.rand.default",
    "aten.randn.default", "aten.randint.default", "aten.bernoulli.default",
    "aten.multinomial.default", "aten.dropout.default", "aten.native_dropout.default",
    "aten.rrelu.default", "aten.normal.float_float", "aten.empty.memory_format",
    "aten.zeros.default", "aten.ones.default", "aten.full.default", "aten.arange.default",
    "aten.eye.default", "aten.linspace.default", "aten.repeat.default", "aten.tile.default",
    "aten.from_file.default", "aten.to.device", "aten.item.default",
    "aten._local_scalar_dense.default", "aten.nonzero.default", "aten.index.Tensor",
    "aten.index_select.default", "aten.gather.default", "aten.scatter.src",
    "aten.embedding_bag.default", "aten.scaled_dot_product_attention.default", "aten.sort.default",
    "aten._print.default", "aten.batch_norm.default\0", "aten.relu", "aten.default", "aten", "",
    "relu", "torch.relu", "aten.linear.default ", "ATEN.linear.default", "aten::linear",
    "torch.ops.aten.linear.default", "torch.os.system", "torch.os.mkdir", "torch.builtins.open",
    "builtins.eval", "os.system", "__import__", CODE, "higher_order.cond",
    "torch.ops.higher_order.while_loop", "prim.device.default",
    "prims.convert_element_type.default", "quantized.linear.default", "inductor.foo.default",
    "mkldnn._convolution.default", "call_function", "_operator.getitem", "math.sqrt",
    "aten.__class__.x", "aten.linear.default.__globals__", "x" * 10**5, "\x1b[2J", "%n",
    "{0.__class__}",
)  # fmt: skip

NO_ARGUMENTS = (
    {}, {"batch": 0}, {"batch": -1}, {"batch": 2**40}, {"batch": "1"}, {"batch": 1, "more": 1},
    [[[]]], 2**63, -(2**63), 10**19, CODE, "inf ", {"as_expr": {"expr_str": CODE}}, [CODE],
    [{"batch": {"batch": 1}}],
)  # fmt: skip
"""Nothing takes any of these."""


def operations() -> Files:
    """Operations that a model must not have."""
    for name in OFF_THE_LIST:
        yield name[:60], replaced("nodes.2.op", name)
    for value in (None, 1, [], {}, ["aten.relu.default"], True):
        yield f"op {value}", replaced("nodes.2.op", value)


def shape_of_it() -> Files:
    """Graphs with parts missing, unknown, or of another kind."""
    for entry in ("frozen", "input", "nodes"):
        yield f"without {entry}", changed(lambda draft, entry=entry: draft.graph.pop(entry))
        for value in (None, 0, 1, "text", True, {"a": 1}, [[]], [None], [1.5]):
            yield f"{entry} = {value}", replaced(entry, value)
    for more in ("guards_code", "range_constraints", "subgraphs", "custom_objects", "output", ""):
        yield f"with {more}", replaced(more, [CODE])
    for entry in ("op", "arguments"):
        yield (
            f"node without {entry}",
            changed(lambda d, entry=entry: d.graph["nodes"][1].pop(entry)),
        )
    for more in ("name", "kwargs", "stack_trace", "metadata"):
        yield f"node with {more}", replaced(f"nodes.1.{more}", CODE)
    for entry in ("input", "weight", "bias"):
        yield (
            f"argument {entry} missing",
            changed(lambda d, entry=entry: d.graph["nodes"][1]["arguments"].pop(entry)),
        )
    for more in ("out", "dtype", "device", "self", "__class__", "inplace"):
        yield f"argument {more} more", replaced(f"nodes.1.arguments.{more}", None)
    yield "no nodes", replaced("nodes", [])
    yield (
        "too many nodes",
        changed(
            lambda d: d.graph["nodes"].extend(
                node("aten.relu.default", self=4 + n) for n in range(MAX_NODES)
            )
        ),
    )
    for dtype in ("I32", "BOOL", "F16", "BF16", "U8", "", None, 1, [], "f32", CODE):
        yield f"input dtype {dtype}", replaced("input.dtype", dtype)
    for shape in (
        None, 6, [], [0], [-1], ["6"], [6.0], [True], [2**31], [1] * 8, [5], [7], {"batch": 1},
        [[6]], [2**31 - 1] * 7, [6, 2**30],
    ):  # fmt: skip
        yield f"input shape {shape}", replaced("input.shape", shape)
    yield "input with more", replaced("input.range", [0, 1])
    for frozen in (
        ["offset", "offset"], ["second.bias", "offset"], ["nobody"], [], ["offset", "zzz"], [1],
        ["offset "], ["__class__"],
    ):  # fmt: skip
        if frozen:
            yield f"frozen {frozen}", replaced("frozen", frozen)


def references() -> Files:
    """Outcomes that are not there yet, and weights that are not there at all."""
    for value in (
        2, 3, 4, 5, 2_000, 2_001, 2**31, 2**63, -1, -4, 1.0, True, None, "2", "", "nobody",
        "rows", "first.weight ", "__class__", [1], [], {}, {"batch": 1}, "first",
        "first.weight.T",
    ):  # fmt: skip
        yield f"input = {value!r}", replaced("nodes.1.arguments.input", value)
    yield (
        "cycle",
        changed(
            lambda d: (
                d.graph["nodes"][0]["arguments"].__setitem__("self", 3),
                d.graph["nodes"][2]["arguments"].__setitem__("self", 1),
            )
        ),
    )
    yield "itself", replaced("nodes.2.arguments.self", 3)
    yield "rows unused", replaced("nodes.0.arguments.self", "offset")
    yield "outcome unused", appended(linear(3, "second"))
    yield "weights as rows", replaced("nodes.1.arguments.input", "first.weight")


def arguments() -> Files:
    """Every argument of every operation, one at a time, as something that it never is."""
    for name, operation in OPERATIONS.items():
        for entry in operation.arguments:
            for value in NO_ARGUMENTS:
                others = {each: 4 for each in operation.arguments}
                yield (
                    f"{name} {entry} {str(value)[:20]}",
                    appended(node(name, **{**others, entry: value})),
                )


def lookups() -> Files:
    """Embeddings that look beside their table."""

    def table(
        draft: Draft, positions: np.ndarray, *between: dict[str, Any], dtype: str = "I64"
    ) -> None:
        draft.tensors, draft.data = {}, b""
        draft.add("positions", dtype, positions)
        draft.add("table", "F32", np.zeros((5, 6), "<f4"))
        last = len(between) or "positions"
        draft.graph["frozen"] = ["positions"]
        draft.graph["nodes"] = [
            *between,
            node("aten.embedding.default", weight="table", indices=last, padding_idx=-1),
            node("aten.add.Tensor", self=0, other=len(between) + 1, alpha=1),
        ]

    for value in (5, 6, -1, 2**31, 2**62, -(2**63)):
        yield f"position {value}", changed(lambda d, v=value: table(d, np.array([v], "<i8")))
    for value in (5, -1, 2**31 - 1):
        yield (
            f"short position {value}",
            changed(lambda d, v=value: table(d, np.array([v], "<i4"), dtype="I32")),
        )
    yield (
        "position computed",
        changed(
            lambda d: table(
                d,
                np.array([1], "<i8"),
                node("aten.to.dtype", self="positions", dtype="F32"),
                node("aten.mul.Scalar", self=1, other=1e6),
                node("aten.to.dtype", self=2, dtype="I64"),
            )
        ),
    )
    yield "positions of floats", changed(lambda d: table(d, np.array([1], "<f4"), dtype="F32"))
    yield (
        "positions that are trained",
        changed(lambda d: (table(d, np.array([1], "<i8")), d.graph.__setitem__("frozen", []))),
    )
    yield (
        "truth value of 2",
        changed(
            lambda d: (
                d.add("truth", "BOOL", np.array([2], "u1")),
                d.graph["nodes"].append(
                    node("aten.masked_fill.Scalar", self=4, mask="truth", value=0)
                ),
                d.graph.__setitem__("frozen", ["offset", "truth"]),
            )
        ),
    )


def graphs() -> Files:
    """All of them but `arguments`, which are thousands."""
    for group in (operations, shape_of_it, references, lookups):
        for name, data in group():
            yield f"{group.__name__}: {name}", data
