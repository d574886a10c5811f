"""What the worksheet says: the formula of each question, how it is worked out, and what went wrong."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import DataSummary
from nnviz.core.playback import Frame
from nnviz.core.settings import SettingError
from nnviz.core.spec import NetworkSpec, SpecError
from nnviz.core.trace import Trace
from nnviz.core.worksheet_quantities import Kind, Quantity, Slip, plain_rate
from nnviz.ui.formula.backward import backward_formula
from nnviz.ui.formula.forward import forward_formula, more_terms
from nnviz.ui.formula.loss import loss_formula
from nnviz.ui.formula.numbers import all_digits, come_to, result_digits, subscript, total
from nnviz.ui.formula.scene import Focus, Scene
from nnviz.ui.widgets.fact_sheet import NO_BREAK
from nnviz.ui.widgets.unit_names import unit_names

TERMS = 4
DIGITS = 5
translate = QCoreApplication.translate


def symbol_of(asked: Quantity) -> str:
    """Name the quantity as formulas do."""
    unit = subscript(asked.unit)
    weight = unit if asked.source is None else subscript(asked.unit, asked.source)
    match asked.kind:
        case Kind.SUM:
            return f"z{unit}"
        case Kind.OUTPUT:
            return f"a{unit}"
        case Kind.LOSS:
            return "L"
        case Kind.OUTPUT_GRADIENT:
            return f"∂L/∂a{unit}"
        case Kind.DELTA:
            return f"δ{unit}"
        case Kind.WEIGHT_GRADIENT:
            return f"∂L/∂w{weight}"
        case Kind.BIAS_GRADIENT:
            return f"∂L/∂b{unit}"
        case Kind.UPDATE:
            return f"Δw{weight}"


def result_of(asked: Quantity, trace: Trace) -> str:
    """Write the right number with all its digits; for a change, the new weight, too."""
    result = _equation(symbol_of(asked), asked.value)
    if asked.kind is not Kind.UPDATE:
        return result
    after = trace.layers[asked.layer].parameters["weight"].after
    assert after is not None
    weight = _equation(symbol_of(asked).removeprefix("Δ"), float(after[asked.unit, asked.source]))
    return translate("worksheet", "{change}, so {weight}").format(change=result, weight=weight)


def _equation(symbol: str, value: float) -> str:
    return f"{symbol} = {all_digits(value)}".replace(" ", NO_BREAK)


def name_of(asked: Quantity, network: NetworkSpec, summary: DataSummary | None) -> str:
    """Say which neurons the weight of a question joins; what belongs to one neuron alone says so by its index."""
    if asked.source is None:
        return ""
    start = unit_names(network, asked.layer - 1, summary)
    end = unit_names(network, asked.layer, summary)
    return f"{start.of_kind(asked.source)} → {end.of_kind(asked.unit)}"


# --- formulas ---------------------------------------------------------------------------------------------------------


def formula_of(asked: Quantity, frame: Frame, catalogue: Catalogue) -> str:
    """Write the quantity out with its numbers and its result. The frame is that of its stage."""
    scene = Scene(frame, catalogue, Focus(asked.layer, asked.unit, asked.source), TERMS)
    with np.errstate(all="ignore"), result_digits(DIGITS):
        match asked.kind:
            case Kind.SUM | Kind.OUTPUT:
                return forward_formula(scene)
            case Kind.LOSS:
                return loss_formula(scene)
            case Kind.OUTPUT_GRADIENT | Kind.DELTA | Kind.WEIGHT_GRADIENT:
                return backward_formula(scene)
            case Kind.BIAS_GRADIENT:
                return _bias_gradient(asked, scene)
            case Kind.UPDATE:
                return _update(asked, frame.trace, catalogue)


def _bias_gradient(asked: Quantity, scene: Scene) -> str:
    deltas = scene.batch_column(asked.layer, scene.here.spec.parts[0].name, asked.unit, gradient=True)
    rule = translate("worksheet", "Σ δ{unit} over the batch").format(unit=subscript(asked.unit))
    return come_to(
        f"{symbol_of(asked)} = {rule}",
        lambda num: total(num, deltas, lambda row: num(float(deltas[row])), TERMS, more_terms()),
        asked.value,
    )


def _update(asked: Quantity, trace: Trace, catalogue: Catalogue) -> str:
    gradient = trace.layers[asked.layer].parameters["weight"].gradient
    assert gradient is not None
    slope, rate = float(gradient[asked.unit, asked.source]), learning_rate(trace, catalogue)
    return come_to(f"{symbol_of(asked)} = −η·∂L/∂w", lambda num: num(-rate) * num(slope), asked.value)


def learning_rate(trace: Trace, catalogue: Catalogue) -> float:
    """Return the rate that was set; where it is not known, the one that the step shows."""
    try:
        return catalogue.optimizer(trace.optimizer.name).complete(trace.optimizer)["lr"]
    except (SpecError, SettingError):
        return plain_rate(trace) or 0.0


# --- words ------------------------------------------------------------------------------------------------------------


def way_to(asked: Quantity, trace: Trace) -> str:
    """Say in one sentence how the quantity is worked out."""
    is_last = asked.layer == len(trace.layers) - 1
    batch = trace.batch_size > 1
    match asked.kind:
        case Kind.SUM:
            return translate("worksheet", "Multiply each input by its weight, add up the products, add the bias.")
        case Kind.OUTPUT:
            return translate("worksheet", "Put z into the activation function.")
        case Kind.LOSS:
            return translate("worksheet", "Put outputs and targets into the loss.")
        case Kind.OUTPUT_GRADIENT if is_last:
            return translate("worksheet", "Differentiate the loss by this output.")
        case Kind.OUTPUT_GRADIENT:
            return translate("worksheet", "Follow each edge to the next layer: weight times δ there. Add them up.")
        case Kind.DELTA if is_last and trace.fused_loss:
            return translate("worksheet", "For this loss the slope cancels: output minus target, divided by the batch.")
        case Kind.DELTA:
            return translate("worksheet", "Multiply what arrives, ∂L/∂a, by the slope of the activation function.")
        case Kind.WEIGHT_GRADIENT if batch:
            return translate("worksheet", "Multiply δ at the edge's end by the input at its start. Add up the batch.")
        case Kind.WEIGHT_GRADIENT:
            return translate("worksheet", "Multiply δ at the end of the edge by the input at its start.")
        case Kind.BIAS_GRADIENT:
            return translate("worksheet", "The input of a bias is 1, so its gradient is δ, added up over the batch.")
        case Kind.UPDATE:
            return translate("worksheet", "Go against the gradient: minus learning rate times gradient.")


def said_of(slip: Slip, trace: Trace) -> str:
    """Say which mistake leads to the number that was given."""
    match slip:
        case Slip.SIGN:
            return translate("worksheet", "The size is right, the sign is not.")
        case Slip.NO_BIAS:
            return translate("worksheet", "That is the sum without the bias.")
        case Slip.TRANSPOSED:
            return translate("worksheet", "You mixed up rows and columns of the weights.")
        case Slip.NO_ACTIVATION:
            return translate("worksheet", "That is z itself: the activation function is still to come.")
        case Slip.EXPONENT_SIGN:
            return translate("worksheet", "The minus in exp(−z) is missing.")
        case Slip.NO_HALF:
            return translate("worksheet", "The factor ½ is missing.")
        case Slip.HALVED:
            return translate("worksheet", "That is half of it: there is no ½ here.")
        case Slip.NO_MEAN:
            return translate("worksheet", "The loss is the mean over the outputs: divide by their number.")
        case Slip.DECIMAL_LOGARITHM:
            return translate("worksheet", "That is the logarithm to base 10: take the natural one, ln.")
        case Slip.NO_BATCH:
            return translate("worksheet", "The factor 1/{count} is missing: the loss is a mean over the batch.").format(
                count=trace.batch_size
            )
        case Slip.NO_TWO:
            return translate("worksheet", "The factor 2, from the square, is missing.")
        case Slip.TWO_LEFT:
            return translate("worksheet", "The 2 from the square and the ½ cancel.")
        case Slip.NO_SLOPE:
            return translate("worksheet", "You forgot the slope φ′(z) of the activation function.")
        case Slip.SLOPE_OF_Z:
            return translate("worksheet", "The slope is written with the output a; you put in z.")
        case Slip.SLOPE_TOO_MUCH:
            return translate("worksheet", "You multiplied by the slope: with this loss it has cancelled.")
        case Slip.NO_SLOPE_AFTER:
            return translate("worksheet", "You sent back ∂L/∂a of the next layer: take its δ, with the slope in it.")
        case Slip.ONE_PATH:
            return translate("worksheet", "That is a single path: add up all neurons of the next layer.")
        case Slip.NEW_WEIGHTS:
            return translate("worksheet", "You used the weights after the update: the way back takes the old ones.")
        case Slip.NO_INPUT:
            return translate("worksheet", "That is δ: multiply it by the input.")
        case Slip.ONE_SAMPLE:
            return translate("worksheet", "That is this sample's share: add up the batch.")
        case Slip.NO_RATE:
            return translate("worksheet", "The learning rate η is missing.")
        case Slip.NEW_WEIGHT:
            return translate("worksheet", "That is the new weight: asked is its change Δw.")
        case Slip.OTHER_ROW:
            return translate("worksheet", "That is the number of another row.")
