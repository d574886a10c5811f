"""What can be asked at a stage: the recorded number, and the numbers that frequent mistakes lead to.

Formulas: z = W·x + b, a = φ(z); backwards δ = ∂L/∂z = φ′(z)·∂L/∂a, ∂L/∂a = Σ w·δ of the layer after, ∂L/∂w = Σ δ·x
over the batch (Rumelhart, Hinton & Williams 1986). The loss is the mean over the batch, so every δ has 1/batch in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnviz.core.playback import PARAMETERS, Phase, Stage
from nnviz.core.spec import Wiring
from nnviz.core.trace import Trace

MOST = 6
MOST_UPDATES = 8
MOST_COMPARED = 4_096
Numbers = NDArray[np.float64]


class Kind(StrEnum):
    """What is asked for."""

    SUM = "sum"
    OUTPUT = "output"
    LOSS = "loss"
    OUTPUT_GRADIENT = "output_gradient"
    DELTA = "delta"
    WEIGHT_GRADIENT = "weight_gradient"
    BIAS_GRADIENT = "bias_gradient"
    UPDATE = "update"


class Slip(StrEnum):
    """A frequent mistake."""

    SIGN = "sign"
    NO_BIAS = "no_bias"
    TRANSPOSED = "transposed"
    NO_ACTIVATION = "no_activation"
    EXPONENT_SIGN = "exponent_sign"
    NO_HALF = "no_half"
    HALVED = "halved"
    NO_MEAN = "no_mean"
    DECIMAL_LOGARITHM = "decimal_logarithm"
    NO_BATCH = "no_batch"
    NO_TWO = "no_two"
    TWO_LEFT = "two_left"
    NO_SLOPE = "no_slope"
    SLOPE_OF_Z = "slope_of_z"
    SLOPE_TOO_MUCH = "slope_too_much"
    NO_SLOPE_AFTER = "no_slope_after"
    ONE_PATH = "one_path"
    NEW_WEIGHTS = "new_weights"
    NO_INPUT = "no_input"
    ONE_SAMPLE = "one_sample"
    NO_RATE = "no_rate"
    NEW_WEIGHT = "new_weight"
    OTHER_ROW = "other_row"


@dataclass(frozen=True)
class Place:
    """A neuron, or the weight into it from unit `source` of the layer before."""

    layer: int
    unit: int
    source: int | None = None


@dataclass(frozen=True)
class Quantity:
    """One number to be computed.

    Attributes
    ----------
    layer, unit, source : int
        A neuron; for weights, the one that it comes from, too. The loss belongs to the last layer's unit 0.
    value : float
        The right number, as it was recorded.
    slips : tuple
        Frequent mistakes, each with the number that it leads to.
    """

    kind: Kind
    layer: int
    unit: int
    value: float
    slips: tuple[tuple[Slip, float], ...] = ()
    source: int | None = None

    @property
    def place(self) -> Place:
        """The neuron or the weight that it belongs to."""
        return Place(self.layer, self.unit, self.source)


def quantities(trace: Trace, stage: Stage, sample: int) -> tuple[Quantity, ...]:
    """Choose what to ask at a stage: everything in a small layer, and the most telling few in a large one.

    Only dense layers compute something; and of the optimizers only those whose step is −η·∂L/∂w.
    """
    sheet = _Sheet(trace, sample)
    with np.errstate(all="ignore"):  # a network that has diverged
        found = list(_asked(sheet, stage))
    return tuple(quantity for quantity in found if math.isfinite(quantity.value))


def _asked(sheet: _Sheet, stage: Stage) -> Iterable[Quantity]:
    if stage.phase is Phase.LOSS:
        return [sheet.loss()]
    if stage.phase is Phase.UPDATE:
        return sheet.updates()
    spec = sheet.trace.network.layers[stage.layer]
    if spec.wiring is not Wiring.DENSE:
        return []
    if stage.part == PARAMETERS:
        return sheet.parameter_gradients(stage.layer)
    first = stage.part == spec.parts[0].name
    ask: Callable[[int, int], Quantity]
    if stage.phase is Phase.FORWARD:
        ask = sheet.sum if first else sheet.output
    else:
        ask = sheet.delta if first else sheet.output_gradient
    return [ask(stage.layer, unit) for unit in sheet.units(stage.layer)]


def _largest(sizes: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Indices of the largest |numbers|, in their own order."""
    if sizes.size <= count:
        return np.arange(sizes.size)
    return np.sort(np.argpartition(-np.abs(np.nan_to_num(sizes)), count)[:count])


@dataclass(frozen=True)
class _Sheet:
    """The numbers of one sample of a trace, with 64 bits."""

    trace: Trace
    sample: int

    # --- reading ------------------------------------------------------------------------------------------------------

    def _array(self, layer: int, last: bool, gradient: bool) -> NDArray[np.float32]:
        parts = self.trace.network.layers[layer].parts
        record = self.trace.layers[layer].parts[parts[-1 if last else 0].name]
        array = record.gradient if gradient else record.value
        assert array is not None
        return array.reshape(len(array), -1)

    def _row(self, layer: int, last: bool, gradient: bool = False) -> Numbers:
        """One part of a layer for this sample (its output, or what it computes first), shape (units,)."""
        row: Numbers = self._array(layer, last, gradient)[self.sample].astype(np.float64)
        return row

    def _column(self, layer: int, last: bool, unit: int, gradient: bool = False) -> Numbers:
        """One unit for all samples, shape (batch,)."""
        column: Numbers = self._array(layer, last, gradient)[:, unit].astype(np.float64)
        return column

    def _weights(self, layer: int) -> NDArray[np.float32]:
        return self.trace.layers[layer].parameters["weight"].before

    @property
    def _batch(self) -> int:
        return self.trace.batch_size

    @property
    def _last(self) -> int:
        return len(self.trace.layers) - 1

    def _activation(self, layer: int) -> str | None:
        return self.trace.network.layers[layer].activation_name

    def units(self, layer: int) -> list[int]:
        """Which neurons are asked for: those with the largest outputs, where there are many."""
        return [int(unit) for unit in _largest(self._row(layer, True), MOST)]

    def _sent_back(self, value: float, *slips: tuple[Slip, float]) -> tuple[tuple[Slip, float], ...]:
        """Add what can go wrong with every gradient."""
        batch = ((Slip.NO_BATCH, value * self._batch),) if self._batch > 1 else ()
        return (*slips, *batch, (Slip.SIGN, -value))

    # --- forward ------------------------------------------------------------------------------------------------------

    def sum(self, layer: int, unit: int) -> Quantity:
        """Ask for z = Σ w·x + b."""
        value = float(self._row(layer, False)[unit])
        x, slips = self._row(layer - 1, True), []
        weight, bias = self._weights(layer), self.trace.layers[layer].parameters.get("bias")
        offset = 0.0 if bias is None else float(bias.before[unit])
        if bias is not None:
            slips.append((Slip.NO_BIAS, value - offset))
        if weight.shape[0] == weight.shape[1]:
            slips.append((Slip.TRANSPOSED, float(weight[:, unit] @ x) + offset))
        return Quantity(Kind.SUM, layer, unit, value, (*slips, (Slip.SIGN, -value)))

    def output(self, layer: int, unit: int) -> Quantity:
        """Ask for a = φ(z)."""
        value = float(self._row(layer, True)[unit])
        slips = [(Slip.NO_ACTIVATION, float(self._row(layer, False)[unit]))]
        if self._activation(layer) == "sigmoid":
            slips.append((Slip.EXPONENT_SIGN, 1 - value))
        return Quantity(Kind.OUTPUT, layer, unit, value, (*slips, (Slip.SIGN, -value)))

    def loss(self) -> Quantity:
        """Ask for the loss of this sample."""
        assert self.trace.sample_losses is not None
        value = float(self.trace.sample_losses[self.sample])
        outputs = len(self._row(self._last, True))
        slips = [(Slip.SIGN, -value)]
        match self.trace.loss_name:
            case "half_squared_error":
                slips.append((Slip.NO_HALF, 2 * value))
            case "mean_squared_error":
                slips += [(Slip.NO_MEAN, value * outputs)] if outputs > 1 else []
                slips.append((Slip.HALVED, value / 2))
            case _:
                slips.append((Slip.DECIMAL_LOGARITHM, value / math.log(10)))
                slips += [(Slip.NO_MEAN, value * outputs)] if self.trace.loss_name == "binary_crossentropy" else []
        return Quantity(Kind.LOSS, self._last, 0, value, tuple(slips))

    # --- backward -----------------------------------------------------------------------------------------------------

    def output_gradient(self, layer: int, unit: int) -> Quantity:
        """Ask for ∂L/∂a: from the loss at the last layer, else Σ w·δ of the layer after."""
        value = float(self._row(layer, True, gradient=True)[unit])
        slips = self._slope_slips(value) if layer == self._last else self._slips_from_after(layer, unit)
        return Quantity(Kind.OUTPUT_GRADIENT, layer, unit, value, self._sent_back(value, *slips))

    def _slope_slips(self, value: float) -> list[tuple[Slip, float]]:
        outputs = len(self._row(self._last, True))
        match self.trace.loss_name:
            case "half_squared_error":
                return [(Slip.TWO_LEFT, 2 * value), (Slip.HALVED, value / 2)]
            case "mean_squared_error":
                return [(Slip.NO_TWO, value / 2), (Slip.NO_MEAN, value * outputs)]
        return [(Slip.NO_MEAN, value * outputs)] if self.trace.loss_name == "binary_crossentropy" else []

    def _slips_from_after(self, layer: int, unit: int) -> list[tuple[Slip, float]]:
        after = layer + 1
        if self.trace.network.layers[after].wiring is not Wiring.DENSE:
            return []
        weight, record = self._weights(after), self.trace.layers[after].parameters["weight"]
        deltas = self._row(after, False, gradient=True)
        slips = []
        if not (after == self._last and self.trace.fused_loss):
            slips.append((Slip.NO_SLOPE_AFTER, float(weight[:, unit] @ self._row(after, True, gradient=True))))
        if record.after is not None:
            slips.append((Slip.NEW_WEIGHTS, float(record.after[:, unit] @ deltas)))
        if weight.shape[0] == weight.shape[1]:
            slips.append((Slip.TRANSPOSED, float(weight[unit] @ deltas)))
        if len(deltas) <= MOST:
            slips += [(Slip.ONE_PATH, float(weight[each, unit] * deltas[each])) for each in range(len(deltas))]
        return slips

    def delta(self, layer: int, unit: int) -> Quantity:
        """Ask for δ = ∂L/∂z = φ′(z)·∂L/∂a; from the logits, where the loss is computed from them."""
        value = float(self._row(layer, False, gradient=True)[unit])
        a, z = (float(self._row(layer, last)[unit]) for last in (True, False))
        slips: list[tuple[Slip, float]] = []
        if layer == self._last and self.trace.fused_loss:
            slips.append((Slip.SLOPE_TOO_MUCH, value * a * (1 - a)))
        else:
            flowing = float(self._row(layer, True, gradient=True)[unit])
            slips.append((Slip.NO_SLOPE, flowing))
            match self._activation(layer):
                case "sigmoid":
                    slips.append((Slip.SLOPE_OF_Z, flowing * z * (1 - z)))
                case "tanh":
                    slips.append((Slip.SLOPE_OF_Z, flowing * (1 - z * z)))
        return Quantity(Kind.DELTA, layer, unit, value, self._sent_back(value, *slips))

    def parameter_gradients(self, layer: int) -> list[Quantity]:
        """Ask for ∂L/∂w of the weights, then ∂L/∂b of the biases, as far as there is room."""
        gradient = self.trace.layers[layer].parameters["weight"].gradient
        assert gradient is not None
        rows = np.array(self.units(layer))
        chosen = _largest(gradient[rows].ravel(), MOST)
        places = [(int(rows[place // gradient.shape[1]]), int(place % gradient.shape[1])) for place in chosen]
        asked = [self._weight_gradient(layer, unit, source) for unit, source in places]
        bias = self.trace.layers[layer].parameters.get("bias")
        if bias is not None and bias.gradient is not None:
            for unit in rows[: MOST - len(asked)].tolist():
                asked.append(self._bias_gradient(layer, unit, float(bias.gradient[unit])))
        return asked

    def _weight_gradient(self, layer: int, unit: int, source: int) -> Quantity:
        gradient = self.trace.layers[layer].parameters["weight"].gradient
        assert gradient is not None
        value = float(gradient[unit, source])
        deltas, x = self._column(layer, False, unit, gradient=True), self._column(layer - 1, True, source)
        slips = [(Slip.NO_INPUT, float(deltas.sum()))]
        if not (layer == self._last and self.trace.fused_loss):
            slips.append((Slip.NO_SLOPE, float(self._column(layer, True, unit, gradient=True) @ x)))
        if self._batch > 1:
            slips.append((Slip.ONE_SAMPLE, float(deltas[self.sample] * x[self.sample])))
        return Quantity(Kind.WEIGHT_GRADIENT, layer, unit, value, self._sent_back(value, *slips), source)

    def _bias_gradient(self, layer: int, unit: int, value: float) -> Quantity:
        deltas = self._column(layer, False, unit, gradient=True)
        slips = [(Slip.ONE_SAMPLE, float(deltas[self.sample]))] if self._batch > 1 else []
        return Quantity(Kind.BIAS_GRADIENT, layer, unit, value, self._sent_back(value, *slips))

    # --- update -------------------------------------------------------------------------------------------------------

    def updates(self) -> list[Quantity]:
        """Ask for Δw = −η·∂L/∂w, the last layer first; for nothing where the optimizer does more than that."""
        rate = plain_rate(self.trace)
        if rate is None:
            return []
        layers = self.trace.network.layers_with_parameters[::-1]
        share = max(1, MOST_UPDATES // len(layers))
        asked: list[Quantity] = []
        for layer in layers[:MOST_UPDATES]:
            record = self.trace.layers[layer].parameters.get("weight")
            if record is None or record.gradient is None or record.after is None:
                continue
            for place in _largest(record.gradient.ravel(), share).tolist():
                unit, source = divmod(place, record.gradient.shape[1])
                gradient = float(record.gradient[unit, source])
                value, after = -rate * gradient, float(record.after[unit, source])
                slips = ((Slip.SIGN, -value), (Slip.NO_RATE, -gradient), (Slip.NEW_WEIGHT, after))
                asked.append(Quantity(Kind.UPDATE, layer, unit, value, slips, source))
        return asked


def plain_rate(trace: Trace) -> float | None:
    """Learning rate of a step that was −η·∂L/∂w for every parameter; None where the optimizer did something else.

    Taken from the numbers themselves (least squares; of a large array, from some of them), with the rounding of 32-bit
    weights allowed for.
    """
    steps, gradients, spacing = [], [], []
    for layer in trace.layers:
        for record in layer.parameters.values():
            if record.gradient is None or record.after is None:
                return None
            some = slice(None, None, max(1, record.before.size // MOST_COMPARED))
            before, after, gradient = (each.ravel()[some] for each in (record.before, record.after, record.gradient))
            steps.append(after.astype(np.float64) - before)
            gradients.append(gradient.astype(np.float64))
            spacing.append(np.spacing(np.abs(before)).astype(np.float64))
    step, slope = np.concatenate(steps), np.concatenate(gradients)
    power = float(slope @ slope)
    if not power or not math.isfinite(power):
        return None
    rate = -float(step @ slope) / power
    plain = np.abs(step + rate * slope) <= 1e-3 * np.abs(rate * slope) + 2 * np.concatenate(spacing)
    return rate if rate > 0 and bool(plain.all()) else None
