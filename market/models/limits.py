"""What a model file may hold, and what a model may ask of the machine that runs it.

A file beyond any of these is refused before anything of that size is read, parsed or allocated.
They are part of the format: another number would be another version.
"""

from __future__ import annotations

MAX_FILE_BYTES = 2**31
MAX_HEADER_BYTES = 2**22
"""Of the JSON in front of the weights, the graph included; parsed it takes some 30 times that."""

MAX_DEPTH = 8
"""Of nested JSON; a graph has six levels."""

MAX_TENSORS = 10_000
"""And as many scopes, of which their names are made; each becomes a module."""

MAX_NODES = 2_000
"""Some 40 blocks of a transformer; the slowest of them take four milliseconds each to be
checked."""

MAX_RANK = 8
MAX_EXTENT = 2**31 - 1
MAX_NAME = 200
MAX_LIST = 64
"""Entries of a list of arguments: sizes, tensors to concatenate."""

LARGEST_BATCH = 4_096
"""Rows that a model is ever called with at once."""

MAX_ROW_BYTES = 2**28
"""Outcomes of all operations for one row, and what the most demanding of them needs besides."""

MAX_ROW_WORK = 10**11
"""Multiplications for one row."""

FIXED_FACTOR, FIXED_BYTES = 8, 2**24
"""Outcomes that do not grow with the batch take at most `FIXED_FACTOR` times the weights' bytes and
`FIXED_BYTES` on top."""
