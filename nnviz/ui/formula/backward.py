"""The formulas of the way back and of the update, with the numbers of the frame."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnviz.core.memo import Memo
from nnviz.core.playback import PARAMETERS, LayerFrame
from nnviz.core.pokes import WeightPlace
from nnviz.core.settings import SettingError
from nnviz.core.spec import SpecError, Wiring
from nnviz.ui.formula.forward import mean_of, mean_over_batch, more_terms, switched_off, weighted_sum
from nnviz.ui.formula.functions import FUNCTIONS
from nnviz.ui.formula.loss import loss_slope_formula
from nnviz.ui.formula.numbers import (
    Expr,
    Num,
    at,
    change_expr,
    come_to,
    digits_to_tell,
    significant,
    subscript,
    total,
)
from nnviz.ui.formula.scene import Scene, largest
from nnviz.ui.widgets.texts import translated

translate = QCoreApplication.translate
_most = Memo(largest)  # all edges of a layer are looked through, at each stage of a trace


def backward_formula(scene: Scene) -> str:
    """Write out one gradient of the layer at work."""
    here, part = scene.here, scene.frame.stage.part
    if part == PARAMETERS:
        return _weight_gradient(scene)
    gradient = here.gradients.get(part)
    if gradient is None:
        return ""
    unit = scene.unit(gradient)
    value = at(gradient, unit)
    is_last_layer = here.index == len(scene.frame.layers) - 1
    is_output = part == here.spec.parts[-1].name
    if not is_output and here.spec.wiring is Wiring.DENSE:
        if is_last_layer and scene.frame.trace.fused_loss:
            return loss_slope_formula(scene, f"δ{subscript(unit)}", unit, value, fused=True)
        return _through_activation(scene, unit, value)
    symbol = f"∂L/∂a{subscript(unit)}"
    if is_last_layer:
        return loss_slope_formula(scene, symbol, unit, value, fused=False)
    return _from_next_layer(scene, symbol, unit, value)


def _through_activation(scene: Scene, unit: int, value: float) -> str:
    """δ = ∂L/∂z = φ′(z) · ∂L/∂a."""
    here = scene.here
    before, after = (part.name for part in here.spec.parts)
    symbol = f"δ{subscript(unit)}"
    if scene.frame.trace.pokes.is_off(here.index, unit):
        return switched_off(symbol)
    name = here.spec.activation_name or ""
    if scene.is_mean and name != "linear":
        return mean_over_batch(scene, symbol, scene.batch_column(here.index, before, unit, gradient=True), value)
    incoming, a = here.gradients[after], here.values[after]
    if name == "softmax":
        return _through_softmax(scene, symbol, unit, value)
    written = FUNCTIONS.get(name)
    flowing, z = at(incoming, unit), at(here.values[before], unit)

    def arithmetic(num: Num) -> Expr:
        if written is not None and written.slope is not None:
            slope = written.slope(num, z, at(a, unit))
        else:  # no formula for the slope fits here: its value
            slope = num(value / flowing if flowing else 0.0)
        return slope * num(flowing)

    rule = "φ′(z)" if written is None else written.slope_symbol
    return come_to(f"{mean_of(symbol, scene)} = {rule}·∂L/∂a", arithmetic, value)


def _through_softmax(scene: Scene, symbol: str, unit: int, value: float) -> str:
    after = scene.here.spec.parts[-1].name
    flowing, outputs = scene.here.gradients[after], scene.here.values[after]

    def arithmetic(num: Num) -> Expr:
        mixed = weighted_sum(num, scene, flowing, outputs)
        return num(at(outputs, unit)) * (num(at(flowing, unit)) - mixed)

    return come_to(f"{symbol} = a·(∂L/∂a − Σ ∂L/∂a·a)", arithmetic, value)


def _from_next_layer(scene: Scene, symbol: str, unit: int, value: float) -> str:
    """∂L/∂a = Σ w·δ over the neurons that a feeds."""
    following = scene.frame.layers[scene.here.index + 1]
    flowing = np.ravel(following.gradients[following.spec.parts[0].name])
    left = mean_of(symbol, scene)
    if following.spec.wiring is Wiring.DENSE:
        weights = following.parameters["weight"][:, unit]

        def arithmetic(num: Num) -> Expr:
            return weighted_sum(num, scene, weights, flowing)

        return come_to(f"{left} = Σ w·δ", arithmetic, value)
    if following.spec.wiring is Wiring.ONE_TO_ONE and at(flowing, unit) and not scene.is_mean:
        source = at(flowing, unit)
        return come_to(left, lambda num: num(source) * num(value / source), value)
    return f"{left} = {significant(value)}"


def _weight_gradient(scene: Scene) -> str:
    """∂L/∂w = Σ δ·x over the batch: the factor 1/batch of the mean loss is in δ."""
    here = scene.here
    gradients = here.parameter_gradients.get("weight")
    if gradients is None or here.spec.wiring is not Wiring.DENSE:
        return ""
    unit, source = _chosen_weight(scene, here, gradients)
    value = float(gradients[unit, source])
    errors = scene.batch_column(here.index, here.spec.parts[0].name, unit, gradient=True)
    inputs = scene.batch_column(here.index - 1, scene.frame.layers[here.index - 1].spec.parts[-1].name, source)
    products = errors.astype(np.float64) * inputs
    penalty = value - float(products.sum()) if scene.frame.trace.penalty else 0.0

    def arithmetic(num: Num) -> Expr:
        return total(
            num,
            products,
            lambda row: num(at(errors, row)) * num(at(inputs, row)),
            scene.terms,
            more_terms(),
            *(
                (Expr(f"{num(penalty).text} ({translate('formula', 'penalty')})", num(penalty).value),)
                if penalty
                else ()
            ),
        )

    rule = translate("formula", "Σ δ{unit}·a{source} over the batch").format(
        unit=subscript(unit), source=subscript(source)
    )
    return come_to(f"∂L/∂w{subscript(unit, source)} = {rule}", arithmetic, value)


def _chosen_weight(scene: Scene, layer: LayerFrame, sizes: np.ndarray) -> tuple[int, int]:
    """Row and column of the weight in focus, or else of the largest |number|, within the neuron in focus if any."""
    focus = scene.focus_on(layer.index)
    if focus is None or not 0 <= focus.unit < len(sizes):
        unit, source = divmod(_most(sizes), sizes.shape[1])
        return unit, source
    if focus.source is not None and 0 <= focus.source < sizes.shape[1]:
        return focus.unit, focus.source
    return focus.unit, largest(sizes[focus.unit])


# --- update -----------------------------------------------------------------------------------------------------------


def updated_weight(scene: Scene) -> WeightPlace | None:
    """Choose the weight whose step is written out: the one in focus, or else the one that moves the most of all."""
    updates = {
        layer.index: layer.parameter_updates["weight"]
        for layer in scene.frame.layers
        if layer.spec.wiring is Wiring.DENSE and "weight" in layer.parameter_updates
    }
    if not updates:
        return None
    focused = [index for index in updates if scene.focus_on(index)]
    index = focused[0] if focused else max(updates, key=lambda index: abs(at(updates[index], _most(updates[index]))))
    return WeightPlace(index, *_chosen_weight(scene, scene.frame.layers[index], updates[index]))


def update_formula(scene: Scene) -> str:
    """Write out how one weight changes: in plain arithmetic where that is all, or else as before, change and after."""
    frame, place = scene.frame, updated_weight(scene)
    if place is None:
        return ""
    layer, unit, source = frame.layers[place.layer], place.unit, place.source
    record = frame.trace.layers[layer.index].parameters["weight"]
    before, after = float(record.before[unit, source]), float(layer.parameters["weight"][unit, source])
    gradient = None if record.gradient is None else float(record.gradient[unit, source])
    symbol = f"w{subscript(unit, source)}"
    if frame.trace.pokes.is_frozen(place):
        return translate("formula", "{symbol} = {value}   (frozen: the step leaves it out)").format(
            symbol=symbol, value=significant(after)
        )
    digits = digits_to_tell(before, after)
    rate = _plain_rate(scene)
    if rate is not None and gradient is not None and _comes_from(after - before, -rate * gradient, before):
        return come_to(f"{symbol} ← w − η·∂L/∂w", lambda num: num(before) - num(rate) * num(gradient), after, digits)
    change = change_expr(after - before, before)
    formula = come_to(f"{symbol} ← w + Δw", lambda num: num(before) + change, after, digits)
    note = translate("formula", "Δw from {optimizer}").format(optimizer=optimizer_name(scene))
    if gradient is not None:
        note += f"; ∂L/∂w = {significant(gradient)}"
    return f"{formula}   ({note})"


def _comes_from(change: float, expected: float, weight: float) -> bool:
    """Whether a weight has moved as expected, but for its rounding to float32."""
    return math.isclose(change, expected, rel_tol=1e-3, abs_tol=float(np.spacing(np.float32(abs(weight)))))


def _plain_rate(scene: Scene) -> float | None:
    """Learning rate of an optimizer that does nothing but w − η·∂L/∂w; None for all others."""
    spec = scene.frame.trace.optimizer
    if spec.name != "sgd":
        return None
    try:
        settings = scene.catalogue.optimizer(spec.name).complete(spec)
    except (SpecError, SettingError):
        return None
    return None if settings.get("weight_decay") else settings.get("lr")


def optimizer_name(scene: Scene) -> str:
    """What the optimizer is called."""
    name = scene.frame.trace.optimizer.name
    try:
        return translated(scene.catalogue.optimizer(name).label)
    except SpecError:
        return name.upper()
