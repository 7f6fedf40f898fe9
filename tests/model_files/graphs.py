"""Hostile graphs in sound containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from market.models.operations import OPERATIONS
from tests.model_files.draft import Draft, appended, changed, linear, node, replaced

Files = Iterator[tuple[str, bytes]]

CODE = "__import__('os').mkdir('ran')"

OFF_THE_LIST = (
    "aten.relu_.default", "aten.add_.Tensor", "aten.copy_.default", "aten.fill_.Scalar", "aten.set_.source_Storage",
    "aten.resize_.default", "aten.as_strided.default", "aten.as_strided_.default", "aten.linear.out",
    "aten.relu.out", "aten.rand.default", "aten.randn.default", "aten.randint.default",
    "aten.bernoulli.default", "aten.multinomial.default", "aten.dropout.default",
    "aten.native_dropout.default", "aten.rrelu.default", "aten.normal.float_float",
    "aten.empty.memory_format", "aten.zeros.default", "aten.ones.default", "aten.full.default",
    "aten.arange.default", "aten.eye.default", "aten.linspace.default", "aten.repeat.default",
    "aten.tile.default", "aten.from_file.default", "aten.to.device", "aten.item.default",
    "aten._local_scalar_dense.default", "aten.nonzero.default", "aten.index.Tensor",
    "aten.index_select.default", "aten.gather.default", "aten.scatter.src", "aten.embedding_bag.default",
    "aten.scaled_dot_product_attention.default", "aten.sort.default", "aten._print.default",
    "aten.batch_norm.default\0", "aten.relu", "aten.default", "aten", "", "relu", "torch.relu",
    "aten.linear.default ", "ATEN.linear.default", "aten::linear", "torch.ops.aten.linear.default",
    "torch.os.system", "torch.os.mkdir", "torch.builtins.open", "builtins.eval", "os.system", "__import__",
    CODE, "higher_order.cond", "torch.ops.higher_order.while_loop", "prim.device.default",
    "prims.convert_element_type.default", "quantized.linear.default", "inductor.foo.default",
    "mkldnn._convolution.default", "call_function", "_operator.getitem", "math.sqrt", "aten.__class__.x",
    "aten.linear.default.__globals__", "x" * 10**5, "\x1b[2J", "%n", "{0.__class__}",
)  # fmt: skip

NO_ARGUMENTS = (
    {}, {"batch": 0}, {"batch": -1}, {"batch": 2**40}, {"batch": "1"}, {"batch": 1, "more": 1}, [[[]]], 2**63,
    -(2**63), 10**19, CODE, "inf ", {"as_expr": {"expr_str": CODE}}, [CODE], [{"batch": {"batch": 1}}],
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
        "10,001 nodes",
        changed(
            lambda d: d.graph["nodes"].extend(
                node("aten.relu.default", self=4 + n) for n in range(9_997)
            )
        ),
    )
    for dtype in ("I32", "BOOL", "F16", "BF16", "U8", "", None, 1, [], "f32", CODE):
        yield f"input dtype {dtype}", replaced("input.dtype", dtype)
    for shape in (None, 6, [], [0], [-1], ["6"], [6.0], [True], [2**31], [1] * 8, [5], [7], {"batch": 1}, [[6]],
                  [2**31 - 1] * 7, [6, 2**30]):  # fmt: skip
        yield f"input shape {shape}", replaced("input.shape", shape)
    yield "input with more", replaced("input.range", [0, 1])
    for frozen in (["offset", "offset"], ["second.bias", "offset"], ["nobody"], [], ["offset", "zzz"], [1],
                   ["offset "], ["__class__"]):  # fmt: skip
        if frozen:
            yield f"frozen {frozen}", replaced("frozen", frozen)


def references() -> Files:
    """Outcomes that are not there yet, and weights that are not there at all."""
    for value in (2, 3, 4, 5, 10_000, 10_001, 2**31, 2**63, -1, -4, 1.0, True, None, "2", "", "nobody", "rows",
                  "first.weight ", "__class__", [1], [], {}, {"batch": 1}, "first", "first.weight.T"):  # fmt: skip
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


def growth() -> Files:
    """Graphs that would allocate, or take long, if they were run."""
    for extents in ([{"batch": 1}, 3], [{"batch": 2**31 - 1}, 3], [{"batch": 1}, 2**31 - 1, 3], [2**31 - 1] * 8,
                    [2**31 - 1, {"batch": 1}, 3], [-1] * 3, [{"batch": 1}, {"batch": 1}, 3], [10**6, 10**3, {"batch": 1}, 3]):  # fmt: skip
        if extents != [{"batch": 1}, 3]:
            yield f"expand {extents}", appended(node("aten.expand.default", self=4, size=extents))
        yield (
            f"reshape {extents}",
            appended(node("aten.reshape.default", self=4, shape=[*extents, 7])),
        )
    for pad in (
        [0, 2**16],
        [2**16] * 4,
        [2**16] * 2,
        [-4, 0],
        [1],
        [0] * 65,
        [2**31, 0],
        [0, 2**40],
    ):
        for mode in ("constant", "reflect", "replicate", "circular"):
            wide = [] if pad not in ([0, 2**16], [2**16] * 2) else [0]
            yield (
                f"pad {mode} {pad[:4]}",
                appended(
                    node("aten.pad.default", self=4, pad=pad, mode=mode, value=None),
                    *(_linear_away(5) for _ in wide),
                ),
            )
    for name in ("cat", "stack"):
        doubled = []
        for number in range(40):
            doubled.append(node(f"aten.{name}.default", tensors=[4 + number] * 2, dim=-1))
        yield f"{name} doubled 40 times", appended(*doubled)
        doubled = [
            node("aten.cat.default", tensors=[4 + number] * 64, dim=1) for number in range(6)
        ]
        yield f"{name} of 64, six times", appended(*doubled[: 5 + len(name)])
    yield (
        "rows by rows",
        appended(
            node("aten.transpose.int", self=4, dim0=0, dim1=1),
            node("aten.matmul.default", self=4, other=5),
        ),
    )
    yield (
        "rows times rows",
        appended(
            node("aten.unsqueeze.default", self=4, dim=0),
            node("aten.unsqueeze.default", self=4, dim=1),
            node("aten.mul.Tensor", self=5, other=6),
        ),
    )
    yield (
        "sum of rows",
        appended(
            node("aten.sum.dim_IntList", self=4, dim=[0], keepdim=True),
            node("aten.add.Tensor", self=4, other=5, alpha=1),
        ),
    )
    yield (
        "batch as one row",
        appended(node("aten.reshape.default", self=4, shape=[1, {"batch": 3}])),
    )
    yield "nothing left", appended(node("aten.slice.Tensor", self=4, dim=1, start=3, end=3, step=1))
    yield (
        "nine dimensions",
        appended(*(node("aten.unsqueeze.default", self=4 + number, dim=1) for number in range(7))),
    )
    yield "no batch", appended(node("aten.select.int", self=4, dim=0, index=0))
    yield "truth values", appended(node("aten.gt.Scalar", self=4, other=0))
    yield "whole numbers", appended(node("aten.to.dtype", self=4, dtype="I64"))
    yield (
        "arithmetic of whole numbers",
        appended(
            node("aten.to.dtype", self=4, dtype="I64"),
            node("aten.pow.Tensor_Scalar", self=5, exponent=-1),
            node("aten.to.dtype", self=6, dtype="F32"),
        ),
    )
    for dtype in ("C64", "U8", "float32", "", None, 6, ["F32"]):
        yield f"cast to {dtype}", appended(node("aten.to.dtype", self=4, dtype=dtype))
    images = node("aten.reshape.default", self=4, shape=[{"batch": 1}, 1, 1, 3])
    for size in ([2**16, 2**16], [0, 1], [-1, 1], [1], [1, 1, 1], [2**20, 1]):
        yield (
            f"adaptive pool {size}",
            appended(images, node("aten.adaptive_avg_pool2d.default", self=5, output_size=size)),
        )
    for entry, value in (("kernel_size", [0, 0]), ("kernel_size", [9, 9]), ("stride", [0, 0]), ("stride", [0]),
                         ("padding", [-1, 0]), ("padding", [5, 5]), ("dilation", [0, 0]), ("kernel_size", [1]),
                         ("kernel_size", []), ("kernel_size", [2**20, 1]), ("dilation", [2**16, 2**16])):  # fmt: skip
        window = {"kernel_size": [1, 2], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1]}
        yield (
            f"pool {entry} {value}",
            appended(
                images,
                node(
                    "aten.max_pool2d.default", self=5, ceil_mode=False, **{**window, entry: value}
                ),
            ),
        )
    yield from _large()


def _linear_away(source: int) -> dict[str, Any]:
    return node("aten.mean.dim", self=source, dim=[0], keepdim=True)


def _large() -> Files:
    """Few bytes, much work."""

    def convolution(draft: Draft, **wrong: Any) -> None:
        kernel = np.zeros((1, 1, 64, 64), "<f4")
        draft.graph["input"]["shape"] = [1, 4096, 4096]
        given = {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1, **wrong}
        draft.graph["nodes"] = [
            node("aten.conv2d.default", input=0, weight="k", bias=None, **given)
        ]
        draft.graph["frozen"], draft.tensors, draft.data = [], {}, b""
        draft.add("k", "F32", kernel)

    yield "convolution with large windows", changed(convolution)
    for entry, value in (("stride", [0, 0]), ("dilation", [0, 0]), ("groups", 0), ("groups", 3), ("groups", -1),
                         ("padding", [-1, -1]), ("padding", [2**16, 2**16]), ("stride", [1]), ("groups", True)):  # fmt: skip
        yield (
            f"convolution {entry} {value}",
            changed(lambda d, e=entry, v=value: convolution(d, **{e: v})),
        )

    def products(draft: Draft) -> None:
        draft.graph["input"]["shape"] = [2048, 2048]
        many = [node("aten.matmul.default", self=number, other=number) for number in range(30)]
        draft.graph["nodes"] = [*many, node("aten.mul.Tensor", self=30, other="offset")]
        draft.graph["frozen"], draft.tensors, draft.data = ["offset"], {}, b""
        draft.add("offset", "F32", np.zeros(1, "<f4"))

    yield "many products", changed(products)

    def fixed(draft: Draft) -> None:
        draft.graph["nodes"] = [
            node("aten.expand.default", self="offset", size=[2**14, 2**14, 6]),
            node("aten.sum.dim_IntList", self=1, dim=[0, 1], keepdim=False),
            node("aten.add.Tensor", self=0, other=2, alpha=1),
            *draft.graph["nodes"],
        ]

    yield "weights stretched", changed(fixed)


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
    """All of them but `arguments`, which are more than a thousand."""
    for group in (operations, shape_of_it, references, growth, lookups):
        for name, data in group():
            yield f"{group.__name__}: {name}", data
