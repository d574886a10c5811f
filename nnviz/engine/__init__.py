"""The engine: data sets, layers, training. Knows torch, and nothing of Qt."""
