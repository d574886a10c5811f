"""A network that is rebuilt keeps what its layers have learned, where their shapes are the same."""

from __future__ import annotations

from difflib import SequenceMatcher

from nnviz.core.spec import NetworkSpec, Shape
from nnviz.engine.network import Network


def keep_equal_layers(network: Network, other: Network) -> int:
    """Take over the weights of `other` for layers of equal shape; return for how many.

    The layers are paired in their order, so that one that is added or removed does not part the others.
    """
    mine, theirs = _shapes(network.spec), _shapes(other.spec)
    matches = SequenceMatcher(None, list(theirs.values()), list(mine.values()), autojunk=False)
    sources = {}
    for block in matches.get_matching_blocks():
        for step in range(block.size):
            sources[list(mine)[block.b + step]] = list(theirs)[block.a + step]
    old = {(index, name): parameter for index, name, parameter in other.named_layer_parameters()}
    for index, name, parameter in network.named_layer_parameters():
        if index in sources:
            parameter.data.copy_(old[sources[index], name].data)
    return len(sources)


def _shapes(network: NetworkSpec) -> dict[int, tuple[tuple[str, Shape], ...]]:
    """Shapes of the parameters of each layer that learns."""
    return {i: tuple(shapes.items()) for i, shapes in enumerate(network.parameter_shapes()) if shapes}
