"""Models as data: any traceable `nn.Module` in a file that holds no code, and a reader for
strangers'.

    exported = export_model(module, (1, 28, 28))   # bytes, and notes of what differs
    model = parse_model(exported.data)              # an nn.Module again, or an InputError
    model = read_model(path)                        # the same from a file

Useful without any chain. docs/model-files.md explains the format and its bounds.
"""

from market.models.model import Model
from market.models.reader import parse_model, read_model
from market.models.writer import Exported, export_model

__all__ = ["Exported", "Model", "export_model", "parse_model", "read_model"]
