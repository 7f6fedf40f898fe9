"""Hostile containers: what stands around a graph."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.model_files.draft import Draft, changed, framed, node, text

Files = Iterator[tuple[str, bytes]]

TENSOR_NAMES = (
    "", ".", "..", "a..b", ".a", "a.", "../../etc/passwd", "a/b", "a\\b", "a b", "a\nb", "a\0b",
    "ä", "\ud800", "a" * 201, "a" * 100_000, ".".join("a" * 40), "__class__", "__init__.weight",
    "__dict__", "training", "forward", "train.weight", "about", "about.graph", "check_rows",
    "_parameters", "_modules.weight", "T_destination", "named_parameters.weight", "first",
    "first.weight.inner", "eval(1)", "first-weight", "<b>", "\x1b[31m", "%s", "{0}",
)  # fmt: skip


def foreign() -> Files:
    """Files of other kinds."""
    yield "empty", b""
    for count in range(1, 10):
        yield f"{count} zero bytes", bytes(count)
    yield "pickle", pickle.dumps({"weight": [1.0, 2.0]})
    yield "ELF", b"\x7fELF" + bytes(200)
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(200)
    yield "gzip bomb", gzip.compress(bytes(10**7))
    for name in ("archive/data.pkl", "model/models/model.json", "../escape"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, bytes(10**7))
        yield f"zip bomb {name}", file.getvalue()
    noise = random.Random(0)
    for number in range(10):
        yield f"noise {number}", noise.randbytes(500)


def cut() -> Files:
    """The good file, too short or too long, or with another length of its header."""
    good = Draft().file()
    for length in (*range(8, 20), *range(20, len(good), 97), len(good) - 1):
        yield f"cut at {length}", good[:length]
    for more in (1, 8, 4096):
        yield f"{more} bytes too many", good + bytes(more)
    size = int.from_bytes(good[:8], "little")
    for length in (
        0,
        1,
        2,
        size - 1,
        size + 1,
        size + 8,
        len(good),
        2**22 + 1,
        2**31,
        2**63,
        2**64 - 1,
    ):
        yield f"length {length}", length.to_bytes(8, "little") + good[8:]
    yield "length big endian", size.to_bytes(8, "big") + good[8:]


def texts() -> Files:
    """Headers that are no JSON, or JSON of an awkward kind."""
    good = Draft().header()
    data = Draft().data
    for value in ("[]", "{}", "1", '"a"', "null", "true", "", " ", "{", "}", '{"a":}', "{'a':1}"):
        yield f"header {value}", framed(value.ljust(8).encode())
    for constant in (
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "9" * 21,
        "9" * 5000,
        "-" + "9" * 400,
    ):
        yield f"number {constant[:12]}", framed(f'{{"a":{constant}}}'.encode())
    for count in (9, 1000, 10**6):
        yield f"{count} lists deep", framed(b"[" * count)
        yield f"{count} lists deep, closed", framed(b"[" * count + b"]" * count)
        yield f"{count} objects deep", framed(b'{"a":' * count)
    yield "quote never closed", framed(b'{"' + b"a" * 10**6)
    yield "quotes escaped", framed(b'{"' + b'\\"' * 10**6)
    yield "quotes escaped, outside", framed(b'\\"' * 10**6)
    yield "many empty objects", framed(b"[" + b"{}," * 10**6 + b"{}]")
    yield "many small objects", framed(b"[" + b'{"":0},' * 590_000 + b"0]")
    yield (
        "many names",
        framed(b"{" + b"".join(b'"%06d":0,' % each for each in range(380_000)) + b'"":0}'),
    )
    yield "many zeros", framed(b"[" + b"0," * 2 * 10**6 + b"0]")
    yield "no UTF-8", framed(b'{"\xff\xfe":1}')
    yield "UTF-16", framed(good.decode().encode("utf-16"), data)
    yield "byte order mark", framed(b"\xef\xbb\xbf" + good, data)
    yield "entry twice", framed(b'{"__metadata__":{},' + good[1:], data)
    yield "tensor twice", framed(good.replace(b'"offset":{', b'"first.bias":{'), data)
    yield (
        "field twice",
        framed(good.replace(b'"dtype":"F32",', b'"dtype":"F32","dtype":"F32",', 1), data),
    )
    yield "space within", framed(good.replace(b'":', b'": ', 1), data)
    yield "newline behind", framed(good.rstrip() + b"\n" * 8, data)
    yield "padded more", framed(good + b" " * 8, data)
    yield "not padded", framed(good.rstrip() + b" " * 3, data)
    yield "zero behind", framed(good.rstrip() + b"\0" * 8, data)
    yield "escaped letter", framed(good.replace(b'"offset":{', b'"\\u006ffset":{'), data)
    yield (
        "other order",
        framed(b"{" + b",".join(reversed(good.strip()[1:-1].split(b',"f'))) + b"}", data),
    )


def metadata() -> Files:
    """Metadata that is not a model's."""
    for value in (None, [], 1, "text", {"graph": 1}, {"graph": None}, {"graph": {}}, {}, {"a": []}):
        yield (
            f"metadata {value}",
            changed(lambda draft, value=value: setattr(draft, "metadata", value)),
        )

    def entry(name: str, value: Any) -> bytes:
        return changed(lambda draft: draft.metadata.__setitem__(name, value))

    for name, value in (
        ("format", ""), ("format", "pt"), ("format", "market-model\0"), ("format", "Market-Model"),
        ("version", ""), ("version", "0"), ("version", "2"), ("version", "1.0"), ("version", "01"),
        ("guards_code", "__import__('os').mkdir('ran')"), ("example_inputs", "gASVAAAA"), ("", ""),
        ("use_pickle", "true"), ("__reduce__", "os.system"), ("graph", ""), ("graph", "null"),
        ("graph", "[]"), ("graph", "{}"), ("graph", "[" * 10**5), ("graph", '{"a":' * 10**5),
        ("graph", '{"frozen":[],"frozen":[]}'), ("graph", "NaN"), ("graph", "\ud800"),
        ("graph", "__import__('os').mkdir('ran')"), ("graph", text(Draft().graph) + " "),
    ):  # fmt: skip
        yield f"metadata {name} = {value[:20]!r}", entry(name, value)
    yield "no format", changed(lambda draft: draft.metadata.pop("format"))
    yield "no version", changed(lambda draft: draft.metadata.pop("version"))
    yield "no graph", changed(lambda draft: setattr(draft, "graph", None))


def entries() -> Files:
    """Entries of tensors that lie."""
    wrong: dict[str, tuple[Any, ...]] = {
        "dtype": ("F8_E4M3", "f32", "U8", "C64", "", None, 5, ["F32"], "F64", "I64", "object",
                  "__import__('os').mkdir('ran')"),
        "shape": (
            None, 6, "6", [], [0], [-6], [5], [7], [6.0], [True, 6], ["6"], [[6]], [6, 0], [2**31],
            [2**63], [2**31 - 1] * 8, [1] * 9, [6, 2**40], {"batch": 1}, [1e3],
        ),
        "data_offsets": (
            None, [], [112], [112, 136, 136], [136, 112], [-24, 0], [0, 24], [112, 2**63],
            [2**62, 2**62 + 24], [113, 137], [112, 135], [112.0, 136.0], ["112", "136"],
            [True, 136], [112, -1], [0, 0],
        ),
    }  # fmt: skip
    for entry, values in wrong.items():
        for value in values:

            def lie(draft: Draft, entry: str = entry, value: Any = value) -> None:
                draft.tensors["offset"][entry] = value

            yield f"{entry} {str(value)[:40]}", changed(lie)
    for value in (None, [], 1, "F32", {}, {"dtype": "F32"}):
        yield (
            f"tensor {value}",
            changed(lambda d, value=value: d.tensors.__setitem__("offset", value)),
        )
    for more in ("strides", "path", "use_pickle", "requires_grad", "storage_offset"):
        yield (
            f"tensor with {more}",
            changed(lambda d, m=more: d.tensors["offset"].__setitem__(m, 1)),
        )
    for entry in ("dtype", "shape", "data_offsets"):
        yield (
            f"tensor without {entry}",
            changed(lambda d, entry=entry: d.tensors["offset"].pop(entry)),
        )
    yield (
        "tensors of one place",
        changed(lambda d: d.tensors["second.bias"].__setitem__("data_offsets", [0, 12])),
    )
    yield "tensor nobody uses", changed(lambda d: d.add("spare", "F32", np.zeros(3, "<f4")))
    yield "tensor missing", changed(lambda d: d.tensors.pop("offset"))
    yield (
        "too many tensors",
        changed(
            lambda d: [
                d.add(f"spare{number}", "F32", np.zeros(1, "<f4")) for number in range(10_000)
            ]
        ),
    )
    yield "gap in front", changed(lambda d: setattr(d, "data", bytes(8) + d.data))


def names() -> Files:
    """Tensors with names that are none, or that a module cannot have."""
    for name in TENSOR_NAMES:

        def rename(draft: Draft, name: str = name) -> None:
            draft.graph["nodes"][0]["arguments"]["other"] = name
            draft.graph["frozen"] = [name]
            good, tensors = draft.data, {**draft.tensors, name: draft.tensors["offset"]}
            del tensors["offset"]
            # In the order in which a model's come: the name alone is wrong.
            draft.data, draft.tensors = b"", {}
            for each in sorted(tensors):
                start, end = tensors[each]["data_offsets"]
                values = np.frombuffer(good[start:end], "<f4")
                draft.add(each, "F32", values.reshape(tensors[each]["shape"]))

        yield f"name {name[:40]!r}", changed(rename)


def scopes() -> Files:
    """Few tensors that would become many modules."""

    def deep(draft: Draft) -> None:
        draft.tensors, draft.data = {}, b""
        names = [f"{number:x}" + ".a" * 30 for number in range(9_000)]
        for name in sorted(names):
            draft.add(name, "F32", np.ones((1,), "<f4"))
        draft.graph["frozen"] = []
        nodes = []
        for start in range(0, len(names), 64):
            nodes.append(node("aten.cat.default", tensors=names[start : start + 64], dim=0))
        draft.graph["nodes"] = nodes

    yield "deep names", changed(deep)


def numbers() -> Files:
    """Tensors of numbers that are none."""
    for name, value in (("NaN", np.nan), ("inf", np.inf), ("-inf", -np.inf)):
        for tensor in ("first.weight", "first.bias", "second.bias"):

            def spoil(draft: Draft, tensor: str = tensor, value: float = value) -> None:
                start = draft.tensors[tensor]["data_offsets"][0]
                spoilt = np.float32(value).tobytes()
                draft.data = draft.data[:start] + spoilt + draft.data[start + 4 :]

            yield f"{name} in {tensor}", changed(spoil)
    yield (
        "NaN in a frozen tensor",
        changed(
            lambda d: setattr(d, "data", d.data[:112] + np.float32(np.nan).tobytes() + d.data[116:])
        ),
    )


def containers() -> Files:
    """All of them."""
    for group in (foreign, cut, texts, metadata, entries, names, scopes, numbers):
        for name, data in group():
            yield f"{group.__name__}: {name}", data
