"""What the inspector says of a neuron, a pixel or an edge: facts and formulas, as far as they are computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import DataSummary
from nnviz.core.explain import EdgeFacts, NeuronFacts, input_behind
from nnviz.core.playback import PARAMETERS, Frame, Phase, Stage, frame_at
from nnviz.core.settings import SettingError
from nnviz.core.spec import SpecError, Wiring
from nnviz.core.weight_step import weight_step
from nnviz.ui.formula.backward import backward_formula, update_formula
from nnviz.ui.formula.forward import forward_formula
from nnviz.ui.formula.numbers import (
    Expr,
    Num,
    all_digits,
    at,
    come_to,
    digits_to_tell,
    function,
    significant,
    subscript,
    written_change,
)
from nnviz.ui.formula.scene import Focus, Scene
from nnviz.ui.panels.why_lines import why_it_moves
from nnviz.ui.widgets.fact_sheet import Fact, Formula, Line, Note, Section, Sentence
from nnviz.ui.widgets.texts import translated

DIGITS = 5
TERMS = 2
translate = QCoreApplication.translate


@dataclass(frozen=True)
class Inspection:
    """A frame, and where names and formulas come from."""

    frame: Frame
    catalogue: Catalogue
    summary: DataSummary | None

    def scene_at(self, stage: Stage, focus: Focus, even_ahead: bool = False) -> Scene | None:
        """Return the scene at an earlier stage, where the numbers come from; None if it has not been reached."""
        frame = self.frame
        walk = frame.walk if even_ahead else frame.walk[: frame.cursor.position + 1]
        if stage not in walk:
            return None
        cursor = replace(frame.cursor, position=walk.index(stage), overview=False)
        return Scene(frame_at(frame.trace, cursor), self.catalogue, focus, TERMS)


def number(name: str, value: float | None) -> Fact:
    """One number, or that it is not computed yet."""
    if value is None:
        return Fact(name, translate("inspector", "not computed yet"), is_number=False)
    return Fact(name, significant(value, DIGITS), in_full=all_digits(value))


def _in_full(value: float | None) -> str:
    return "" if value is None else all_digits(value)


# --- neurons ----------------------------------------------------------------------------------------------------------


def neuron_lines(about: Inspection, facts: NeuronFacts) -> list[Line]:
    """Say all about a unit."""
    spec = about.frame.layers[facts.layer].spec
    if spec.wiring is Wiring.DENSE:
        return [*_forward_lines(about, facts), *_backward_lines(about, facts)]
    if spec.wiring is Wiring.ONE_TO_ONE:
        return [
            number(translate("inspector", "value before"), facts.source),
            number(translate("inspector", "value after"), facts.value),
            *_gradient_of_value(about, facts),
        ]
    return _input_lines(about, facts)


def _forward_lines(about: Inspection, facts: NeuronFacts) -> list[Line]:
    updated = about.frame.phase is Phase.UPDATE
    title = translate("inspector", "Forward, before the step") if updated else translate("inspector", "Forward")
    lines: list[Line] = [Section(title)]
    layer, focus = about.frame.layers[facts.layer], Focus(facts.layer, facts.unit)
    scene = about.scene_at(Stage(Phase.FORWARD, facts.layer, layer.spec.parts[0].name), focus)
    lines.append(number("z = Σ w·x + b", None) if scene is None else Formula(forward_formula(scene), _in_full(facts.z)))
    scene = about.scene_at(Stage(Phase.FORWARD, facts.layer, layer.spec.parts[-1].name), focus)
    lines.append(
        number("a = φ(z)", None) if scene is None else Formula(_activation_formula(scene, facts), _in_full(facts.value))
    )
    if facts.target is not None:
        lines.append(number(translate("inspector", "target y"), facts.target))
    return lines


def _backward_lines(about: Inspection, facts: NeuronFacts) -> list[Line]:
    lines: list[Line] = [Section(translate("inspector", "Backward"))]
    if not about.frame.trace.has_backward:
        return [*lines, Note(no_way_back(about.frame))]
    layer, focus = about.frame.layers[facts.layer], Focus(facts.layer, facts.unit)
    scene = about.scene_at(Stage(Phase.BACKWARD, facts.layer, layer.spec.parts[-1].name), focus)
    lines.extend(
        _gradient_of_value(about, facts)
        if scene is None
        else [Formula(backward_formula(scene), _in_full(facts.output_gradient))]
    )
    first = layer.spec.parts[0].name
    scene = about.scene_at(Stage(Phase.BACKWARD, facts.layer, first), focus)
    lines.append(
        number("δ = ∂L/∂z", None)
        if scene is None
        else Formula(backward_formula(scene), _in_full(at(layer.gradients[first], facts.unit)))
    )
    if facts.bias is not None:
        lines.append(number(translate("inspector", "∂L/∂b (Σ δ of the batch)"), facts.bias_gradient))
    if about.frame.trace.batch_size > 1:
        lines.append(_batch_note(about.frame.trace.batch_size))
    return [*lines, *_bias_lines(about, facts)]


def _bias_lines(about: Inspection, facts: NeuronFacts) -> list[Line]:
    """The bias before and after the step that was taken."""
    after = about.frame.layers[facts.layer].parameters.get("bias")
    if about.frame.phase is not Phase.UPDATE or facts.bias is None or after is None:
        return []
    return [
        Section(translate("inspector", "Update taken")),
        number(translate("inspector", "b before the step"), facts.bias),
        number(translate("inspector", "b after the step"), float(after[facts.unit])),
    ]


def _activation_formula(scene: Scene, facts: NeuronFacts) -> str:
    """Write out a = φ(z); for softmax shorter than the caption does, with the sum of all powers as one number."""
    here, value = scene.here, facts.value
    if here.spec.activation_name != "softmax" or scene.is_mean or value is None:
        return forward_formula(scene)
    sums = np.ravel(here.values[here.spec.parts[0].name]).astype(np.float64)
    own, highest = float(sums[facts.unit]), float(sums.max())
    with np.errstate(invalid="ignore"):  # ∞ − ∞, when the training has diverged
        total = float(np.exp(sums - highest).sum())
    index = subscript(facts.unit)

    def arithmetic(num: Num) -> Expr:
        return function("exp", num(own) - num(highest), math.exp) / num(total)

    return come_to(f"a{index} = exp(z{index} − max z)/Σ exp(z − max z)", arithmetic, value)


def _gradient_of_value(about: Inspection, facts: NeuronFacts) -> list[Line]:
    """∂L/∂a, which a fused loss does not compute: there the way back begins with δ."""
    stage = Stage(Phase.BACKWARD, facts.layer, about.frame.layers[facts.layer].spec.parts[-1].name)
    return [number("∂L/∂a", facts.output_gradient)] if stage in about.frame.walk else []


def no_way_back(frame: Frame) -> str:
    """Say why a trace without loss has none."""
    if frame.target is None:
        return translate("inspector", "Without a target there is no loss, and nothing flows back.")
    return translate(
        "inspector", "It has only passed forward. Step through it to see its loss, and what flows back from there."
    )


def _batch_note(count: int) -> Note:
    return Note(
        translate("inspector", "δ contains the 1/{count} of the mean loss: the sum over the batch is a mean.").format(
            count=count
        )
    )


def _input_lines(about: Inspection, facts: NeuronFacts) -> list[Line]:
    lines: list[Line] = [number(translate("inspector", "value x"), facts.value)]
    summary = about.summary
    if summary is None or facts.value is None or not input_behind(about.frame.trace.network, facts.layer):
        return lines
    value, divisor = facts.value, summary.divisor
    raw = value * divisor
    low, high = (significant(bound, 3) for bound in summary.value_range)
    lines.append(number(translate("inspector", "raw value, as stored"), float(f"{raw:.6g}")))
    lines.append(Fact(translate("inspector", "range of raw values"), f"{low} … {high}"))
    if divisor != 1:
        lines.append(Formula(come_to("x", lambda num: num(float(f"{raw:.6g}")) / num(divisor), value)))
    return lines


# --- edges ------------------------------------------------------------------------------------------------------------


def edge_lines(about: Inspection, facts: EdgeFacts) -> list[Line]:
    """Say all about a weight."""
    updated = about.frame.phase is Phase.UPDATE
    weight = translate("inspector", "w before the step") if updated else translate("inspector", "weight w")
    digits = DIGITS if facts.update is None else _digits_of_weight(facts.weight, facts.update)
    lines: list[Line] = [
        Fact(weight, significant(facts.weight, digits), in_full=all_digits(facts.weight)),
        number(translate("inspector", "input x"), facts.source),
        number(translate("inspector", "contribution w·x"), facts.product),
        Section(translate("inspector", "Gradient")),
    ]
    if not about.frame.trace.has_backward:
        return [*lines, Note(no_way_back(about.frame))]
    focus = Focus(facts.layer, facts.out, facts.inp)
    scene = about.scene_at(Stage(Phase.BACKWARD, facts.layer, PARAMETERS), focus)
    lines.append(number("∂L/∂w", facts.gradient))
    if scene is not None:
        if about.frame.cursor.sample is not None:
            lines.append(number(translate("inspector", "this sample's share δ·x"), facts.share))
        lines.append(Formula(backward_formula(scene), _in_full(facts.gradient)))
        if about.frame.trace.batch_size > 1:
            lines.append(_batch_note(about.frame.trace.batch_size))
    lines.append(Section(translate("inspector", "Update taken") if updated else translate("inspector", "Next update")))
    lines.extend(_update_lines(about, facts, focus))
    return lines


def _update_lines(about: Inspection, facts: EdgeFacts, focus: Focus) -> list[Line]:
    name, settings = _optimizer(about)
    lines: list[Line] = []
    if settings and facts.update is not None:
        step = weight_step(about.frame.trace, facts.layer, facts.out, facts.inp, settings)
        assert step is not None  # its change is known
        lines.append(Sentence(why_it_moves(step, name, has_momentum=bool(settings.get("momentum")))))
    lines.append(Fact(translate("inspector", "optimizer"), name, is_number=False))
    if settings:
        lines.append(Fact(translate("inspector", "learning rate η"), significant(settings["lr"], DIGITS)))
    if facts.update is None:
        return [*lines, number("Δw", None)]
    after_step = facts.weight + facts.update
    lines.append(Fact("Δw", written_change(facts.update, facts.weight), in_full=all_digits(facts.update)))
    if about.frame.phase is Phase.UPDATE:
        after = significant(after_step, _digits_of_weight(facts.weight, facts.update))
        lines.append(Fact(translate("inspector", "w after the step"), after, in_full=all_digits(after_step)))
    scene = about.scene_at(about.frame.walk[-1], focus, even_ahead=True)
    return lines if scene is None else [*lines, Formula(update_formula(scene), all_digits(after_step))]


def _digits_of_weight(weight: float, update: float) -> int:
    return max(DIGITS, digits_to_tell(weight, weight + update))


def _optimizer(about: Inspection) -> tuple[str, Mapping[str, float]]:
    """Name and settings of the optimizer; no settings where it is not known here."""
    spec = about.frame.trace.optimizer
    try:
        entry = about.catalogue.optimizer(spec.name)
        return translated(entry.label), entry.complete(spec)
    except (SpecError, SettingError):
        return spec.name, {}
