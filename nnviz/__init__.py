"""nnviz: see a neural network learn."""

__version__ = "0.3.0"
