"""One neuron or one edge in numbers: the terms of its sum, its activation, and what the chain rule makes of it.

All numbers are those of the step's forward and backward pass, so they are computed with the weights *before* the
step, also in the update phase, when the engine already holds the new ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnviz.core.data import IntArray
from nnviz.core.playback import Frame
from nnviz.core.spec import NetworkSpec, Shape, Wiring

MOST_TERMS = 1000


@dataclass(frozen=True)
class Terms:
    """The terms w·x of a weighted sum, the largest |w·x| first (the largest |w| while x is not known).

    Attributes
    ----------
    units : ndarray of int64, shape (terms,)
        Where each term comes from: units of the layer before.
    weights : ndarray of float64, shape (terms,)
    inputs, products : ndarray of float64, shape (terms,), or None
        None as long as they are not computed.
    rest_count : int
        How many more terms there are, which are too small to be listed.
    rest_sum : float or None
        Their sum.
    total : float or None
        Sum of all terms, so that total + bias = z.
    """

    units: IntArray
    weights: NDArray[np.float64]
    inputs: NDArray[np.float64] | None
    products: NDArray[np.float64] | None
    rest_count: int
    rest_sum: float | None
    total: float | None


@dataclass(frozen=True)
class NeuronFacts:
    """What is known of one unit at a cursor; None stands for what is not computed, or does not exist.

    Attributes
    ----------
    terms : Terms or None
        None for units that do not weigh anything: input, flatten, dropout.
    source : float or None
        For a unit that hangs on a single other one: the value of that one.
    target : float or None
        For outputs: what the value should have been.
    output_gradient : float or None
        ∂loss/∂a, of the chosen sample (with the factor 1/batch of the mean loss) or the mean over the batch.
    """

    layer: int
    unit: int
    terms: Terms | None
    bias: float | None
    z: float | None
    value: float | None
    source: float | None
    target: float | None
    output_gradient: float | None
    bias_gradient: float | None


@dataclass(frozen=True)
class EdgeFacts:
    """What is known of one weight at a cursor; None stands for what is not computed.

    Attributes
    ----------
    weight : float
        Before the step.
    source, product : float or None
        x and w·x, of the chosen sample or the mean over the batch.
    share : float or None
        δ·x, what the chosen sample adds to the gradient; None for the mean of the batch.
    gradient : float or None
        ∂loss/∂w of the whole objective, over the batch.
    update : float or None
        What the optimizer makes of it: the weight after the step − before. Known as soon as the gradient is.
    """

    layer: int
    out: int
    inp: int
    weight: float
    source: float | None
    product: float | None
    share: float | None
    gradient: float | None
    update: float | None


def image_behind(network: NetworkSpec, layer: int) -> Shape | None:
    """Shape of the input image whose pixels are the units of `layer`, in the same order; None if there is none.

    True for the input itself and for layers that only reshape it or thin it out.
    """
    while network.layers[layer].wiring in (Wiring.RESHAPE, Wiring.ONE_TO_ONE):
        layer -= 1
    shape = network.output_shapes()[layer]
    return shape if layer == 0 and len(shape) == 2 else None


def input_behind(network: NetworkSpec, layer: int) -> bool:
    """Whether the units of `layer` are those of the input, in the same order."""
    while network.layers[layer].wiring in (Wiring.RESHAPE, Wiring.ONE_TO_ONE):
        layer -= 1
    return layer == 0


def _at(array: NDArray[np.float32] | None, unit: int) -> float | None:
    return None if array is None else float(np.ravel(array)[unit])


def terms_of(weights: NDArray[np.float32], inputs: NDArray[np.float32] | None, multiplied: bool, most: int) -> Terms:
    """List the `most` largest terms of Σ w·x; `multiplied` says whether the products are computed by now."""
    w = weights.astype(np.float64)
    x = None if inputs is None else np.ravel(inputs).astype(np.float64)
    with np.errstate(invalid="ignore"):  # 0 · ∞, when the training has diverged
        products = w * x if multiplied and x is not None else None
    sizes = np.abs(w if products is None else products)
    order = np.argsort(-sizes, kind="stable")
    listed = order[:most]
    return Terms(
        units=listed,
        weights=w[listed],
        inputs=None if x is None else x[listed],
        products=None if products is None else products[listed],
        rest_count=len(order) - len(listed),
        rest_sum=None if products is None else float(products[order[most:]].sum()),
        total=None if products is None else float(products.sum()),
    )


def neuron_facts(frame: Frame, layer: int, unit: int, most: int = MOST_TERMS) -> NeuronFacts:
    """Collect what is known of a unit at the cursor of `frame`, with its `most` largest terms.

    Raises
    ------
    IndexError
        If there is no such unit.
    """
    here = frame.layers[layer]
    count = math.prod(here.output_shape)
    if not 0 <= unit < count:
        raise IndexError(f"{here.name} has {count} units, there is no unit {unit}")
    parts = here.spec.parts
    record = frame.trace.layers[layer].parameters
    last = layer == len(frame.layers) - 1
    before = frame.layers[layer - 1].output if layer > 0 else None
    terms = bias = source = None
    if here.spec.wiring is Wiring.DENSE:
        terms = terms_of(record["weight"].before[unit], before, parts[0].name in here.values, most)
        bias = _at(record["bias"].before, unit) if "bias" in record else None
    elif layer > 0:
        source = _at(before, unit)
    return NeuronFacts(
        layer=layer,
        unit=unit,
        terms=terms,
        bias=bias,
        z=_at(here.values.get(parts[0].name), unit) if terms is not None else None,
        value=_at(here.output, unit),
        source=source,
        target=_at(frame.target, unit) if last else None,
        output_gradient=_at(here.output_gradient, unit),
        bias_gradient=_at(here.parameter_gradients.get("bias"), unit),
    )


def edge_facts(frame: Frame, layer: int, out: int, inp: int) -> EdgeFacts:
    """Collect what is known of the weight from unit `inp` of the layer before to unit `out` of a dense layer.

    Raises
    ------
    IndexError
        If there is no such edge.
    """
    here = frame.layers[layer]
    record = frame.trace.layers[layer].parameters.get("weight")
    if record is None or not (0 <= out < record.before.shape[0] and 0 <= inp < record.before.shape[1]):
        raise IndexError(f"{here.name} has no edge from {inp} to {out}")
    weight = float(record.before[out, inp])
    source = _at(frame.layers[layer - 1].output, inp)
    single = frame.cursor.sample is not None
    delta = _at(here.gradients.get(here.spec.parts[0].name), out) if single else None
    gradient = here.parameter_gradients.get("weight")
    after = None if gradient is None or record.after is None else float(record.after[out, inp])
    return EdgeFacts(
        layer=layer,
        out=out,
        inp=inp,
        weight=weight,
        source=source,
        product=None if source is None else weight * source,
        share=None if delta is None or source is None else delta * source,
        gradient=None if gradient is None else float(gradient[out, inp]),
        update=None if after is None else after - weight,
    )
