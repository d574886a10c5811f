"""The layer types there are. To add one: a file like `dense.py`, and one entry here."""

from nnviz.engine.layers.dense import Dense
from nnviz.engine.layers.dropout import Dropout
from nnviz.engine.layers.flatten import Flatten
from nnviz.engine.layers.input import Input

LAYERS = (Input, Flatten, Dense, Dropout)

__all__ = ["LAYERS", "Dense", "Dropout", "Flatten", "Input"]
