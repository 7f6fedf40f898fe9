"""People's data, held against what a project says of its rows.

A `Schema` says what a row is; `read` gives immutable `Rows` from a table, arrays, a folder of
images or a function, or one `MismatchError` that names everything that does not fit.
`read_inputs` gives X alone, of rows that need no labels.
"""

from market.data.form import from_dict, to_dict
from market.data.inputs import DROP, REFUSE, Array, Column, Columns, Image
from market.data.mismatch import Mismatch, MismatchError
from market.data.read import read, read_inputs
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.target import Classes, Labels, Numbers

__all__ = [
    "DROP",
    "REFUSE",
    "Array",
    "Classes",
    "Column",
    "Columns",
    "Image",
    "Labels",
    "Mismatch",
    "MismatchError",
    "Numbers",
    "Rows",
    "Schema",
    "from_dict",
    "read",
    "read_inputs",
    "to_dict",
]
