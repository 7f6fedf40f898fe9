"""What the proofs say: one statement per file, composed into the circuit of a round."""

from circuits.round import RoundStatement
from circuits.shape import SALT_ENTRIES, Shape

__all__ = ["SALT_ENTRIES", "RoundStatement", "Shape"]
