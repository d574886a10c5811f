"""What the microscope says of a weight: the check of its gradient, its samples, and its optimizer, line by line."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from nnviz.core.catalogue import Catalogue
from nnviz.core.microscope import DoubleArray, Nudges, OptimizerStep, noise_of
from nnviz.core.playback import Frame
from nnviz.core.spec import SpecError
from nnviz.ui.formula.numbers import come_to, power_of_ten, significant
from nnviz.ui.formula.optimizer_lines import optimizer_lines
from nnviz.ui.widgets.fact_sheet import Fact, Formula, Line, Note
from nnviz.ui.widgets.texts import translated

DIGITS = 4
ENOUGH_DIGITS = 4
translate = QCoreApplication.translate


def check_lines(nudges: Nudges, in_training: int, exact: int) -> list[Line]:
    """Say how the gradient was checked, in how many digits the values agree, and what the penalties add.

    Parameters
    ----------
    in_training, exact : int
        The digits that the recorded gradient, and autograd's with 64 bits, have in common with the finite difference.
    """
    if nudges.exact_gradient == nudges.difference == 0:
        text = translate("microscope", "All are exactly 0: this weight does not matter for any sample of the batch.")
        return [Note(text), *_penalty_lines(nudges)]
    agreement = translate(
        "microscope",
        "Autograd and the finite difference, both computed with 64-bit numbers, agree in {exact} digits; what the "
        "training found with 32 bits, in {digits}.",
    ).format(exact=exact, digits=in_training)
    lines: list[Line] = [Formula(_quotient(nudges)), Note(agreement)]
    if exact < ENOUGH_DIGITS:
        doubt = translate("microscope", "So few, because the gradient is tiny, or a ReLU switches right here.")
        lines.append(Note(doubt))
    return [*lines, *_penalty_lines(nudges)]


def _quotient(nudges: Nudges) -> str:
    h = power_of_ten(round(math.log10(nudges.h)))
    return translate("microscope", "difference = (L(w + h) − L(w − h))/2h, h = {h}").format(h=h)


def _penalty_lines(nudges: Nudges) -> list[Line]:
    """Write out what the penalties add to the gradient."""
    w = float(nudges.weights[nudges.middle])
    lines: list[Line] = []
    if nudges.l2:
        lines.append(Formula(come_to("L2: λ₂·w", lambda num: num(nudges.l2) * num(w), nudges.l2 * w)))
    if nudges.l1:
        sign = (w > 0) - (w < 0)
        lines.append(Formula(come_to("L1: λ₁·sign(w)", lambda num: num(nudges.l1) * num(sign), nudges.l1 * sign)))
    if lines:
        lines.insert(0, Note(translate("microscope", "They contain what the penalties add:")))
    return lines


def sample_lines(gradients: DoubleArray, frame: Frame) -> list[Line]:
    """Say how the samples' gradients are spread around their mean."""
    noise, count = noise_of(gradients), len(gradients)
    if count == 1:
        return [
            Fact("∂L/∂w", significant(noise.mean, DIGITS)),
            Note(translate("microscope", "A batch of one: this sample alone says where w goes.")),
        ]
    lines: list[Line] = []
    sample = frame.cursor.sample
    if sample is not None:
        lines.append(
            Fact(translate("microscope", "this sample (ringed)"), significant(float(gradients[sample]), DIGITS))
        )
    mean = translate("microscope", "mean = ∂L/∂w without penalties") if frame.trace.penalty else "mean = ∂L/∂w"
    lines += [
        Fact(mean, significant(noise.mean, DIGITS)),
        Fact(translate("microscope", "standard deviation σ"), significant(noise.deviation, DIGITS)),
        Fact(translate("microscope", "pull the other way"), _share(noise.against, count)),
    ]
    if noise.silent:
        lines.append(Fact(translate("microscope", "say nothing (0)"), _share(noise.silent, count)))
    text = translate(
        "microscope",
        "Another batch of {count} would give a mean that differs by about σ/√{count} = {error}: that is the noise of a "
        "step. A batch four times as large has half of it.",
    )
    return [*lines, Note(text.format(count=count, error=significant(noise.error)))]


def _share(part: int, count: int) -> str:
    return translate("microscope", "{part} of {count} ({share})").format(
        part=part, count=count, share=f"{part / count:.0%}"
    )


def optimizer_step_lines(step: OptimizerStep, catalogue: Catalogue) -> list[Line]:
    """Write out what the optimizer did; its name alone where it is not known here."""
    try:
        entry = catalogue.optimizer(step.optimizer)
        written, outcome = optimizer_lines(step)
    except (SpecError, KeyError):
        return [Fact(translate("microscope", "optimizer"), step.optimizer, is_number=False)]
    lines: list[Line] = [Note(f"{translated(entry.label)}: {_settings(step)}")]
    for line in written:
        if line.words:
            lines.append(Note(line.words))
        lines.append(Formula(line.formula))
    lines += [
        Note(translate("microscope", "Step")),
        Formula(outcome.formula),
        Fact(translate("microscope", "w after − w before"), outcome.change),
    ]
    if not outcome.agrees:
        lines.append(
            Note(
                translate(
                    "microscope",
                    "Not quite the same: w is a 32-bit number with about 7 digits, too coarse for so small a step.",
                )
            )
        )
    return lines


_SYMBOLS = {
    "lr": "η",
    "momentum": "μ",
    "alpha": "α",
    "beta1": "β₁",
    "beta2": "β₂",
    "eps": "ε",
    "lr_decay": "d",
    "weight_decay": "λ",
}


def _settings(step: OptimizerStep) -> str:
    """List the settings that play a part, by the symbols of the formulas."""
    used = {name: value for name, value in step.settings.items() if value}
    return ", ".join(f"{_SYMBOLS[name]} = {significant(value)}" for name, value in used.items() if name in _SYMBOLS)
