"""Graphs that would take memory or time if they were believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from market.models.limits import MAX_NODES
from tests.model_files.draft import Draft, appended, changed, node

Files = Iterator[tuple[str, bytes]]


def growth() -> Files:
    """Graphs that would allocate, or take long, if they were run."""
    for extents in (
        [{"batch": 1}, 3], [{"batch": 2**31 - 1}, 3], [{"batch": 1}, 2**31 - 1, 3],
        [2**31 - 1] * 8, [2**31 - 1, {"batch": 1}, 3], [-1] * 3,
        [{"batch": 1}, {"batch": 1}, 3], [10**6, 10**3, {"batch": 1}, 3],
    ):  # fmt: skip
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
    for entry, value in (
        ("kernel_size", [0, 0]), ("kernel_size", [9, 9]), ("stride", [0, 0]), ("stride", [0]),
        ("padding", [-1, 0]), ("padding", [5, 5]), ("dilation", [0, 0]), ("kernel_size", [1]),
        ("kernel_size", []), ("kernel_size", [2**20, 1]), ("dilation", [2**16, 2**16]),
    ):  # fmt: skip
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
    for entry, value in (
        ("stride", [0, 0]), ("dilation", [0, 0]), ("groups", 0), ("groups", 3), ("groups", -1),
        ("padding", [-1, -1]), ("padding", [2**16, 2**16]), ("stride", [1]), ("groups", True),
    ):  # fmt: skip
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


def slow() -> Files:
    """As many as there can be of the operations that take longest to check."""
    scaled = {"weight": "second.bias", "bias": "second.bias", "eps": 1e-5}
    measured = {"running_mean": "second.bias", "running_var": "second.bias"}
    for name, more in (
        ("layer_norm", {**scaled, "normalized_shape": [3]}),
        ("group_norm", {**scaled, "num_groups": 3}),
        ("batch_norm", {**scaled, **measured}),
    ):
        # All but the last are sound: the file is refused when all has been looked at.
        norms = [
            node(f"aten.{name}.default", input=4 + number, **more)
            for number in range(MAX_NODES - 5)
        ]
        yield name, appended(*norms, node("aten.gt.Scalar", self=MAX_NODES - 1, other=0))
