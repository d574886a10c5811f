"""``nnviz presets``: what there is to start with."""

from __future__ import annotations

from math import prod

from nnviz.core.spec import NetworkSpec
from nnviz.engine.presets import read_presets


def list_presets() -> int:
    """Print the presets, and return the exit code."""
    for name, preset in read_presets().items():
        size = f"{preset.network.parameter_count():,} parameters"
        print(f"{name:10}{preset.title}: {layer_sizes(preset.network)}, {size}")
        print(f"{'':10}{preset.description}")
    return 0


def layer_sizes(network: NetworkSpec) -> str:
    """Name a network by its sizes: 784-20-14-10."""
    shapes = network.output_shapes()
    return "-".join(str(prod(shapes[index])) for index in (0, *network.layers_with_parameters))
