"""The part of the inspector that changes what is pinned: set a weight or a bias, freeze it, switch a neuron off."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget

from nnviz.core.playback import Frame, Phase
from nnviz.core.pokes import BIAS, Freeze, SetWeight, SwitchOff, UnitPlace, WeightPlace
from nnviz.core.settings import Number
from nnviz.core.spec import Wiring
from nnviz.session.session import Session
from nnviz.ui.widgets.fold import Fold
from nnviz.ui.widgets.layout import ROW_GAP, message_label, show_message
from nnviz.ui.widgets.number_field import NumberField
from nnviz.ui.widgets.texts import translated
from nnviz.ui.widgets.weight_slider import WeightSlider

VALUE = Number("The value", "Type another value, and see what the network makes of it.", -1e6, 1e6, step=0.1)
DIGITS = 6


class PokeSection(Fold):
    """Shows the weight or the neuron that is pinned, and voices what a person wants of it.

    Signals
    -------
    effect_wanted()
        The person wants to see what the changes do.
    """

    effect_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("poke", "", is_open=True, parent=parent)
        self._session = session
        self._frame: Frame | None = None
        self._weight: WeightPlace | None = None
        self._neuron: UnitPlace | None = None
        self._shown = 0.0
        self.set_title(self.tr("Poke it"))
        self._make_widgets()
        self._lay_out()
        session.pokes.changed.connect(self._refresh)
        self.hide()

    def _make_widgets(self) -> None:
        self._label = QLabel()
        self._field = NumberField(VALUE, 0.0)
        self._field.setObjectName("poke_value_spin")
        self._field.setToolTip(f"<p>{translated(VALUE.help)}</p>")
        self._label.setBuddy(self._field)
        self._field.settled.connect(self._take_entry)
        self._when = message_label("muted")
        self._when.setObjectName("poke_when")
        self._problem = message_label("error")
        self._problem.setObjectName("poke_value_problem")
        self._reset = QPushButton(self.tr("Reset"))
        self._reset.setObjectName("poke_reset_button")
        self._reset.setAutoDefault(False)
        self._reset.clicked.connect(self._take_back)
        self._slider = WeightSlider()
        self._slider.moved.connect(self._set)
        self._slider.dragged.connect(self._session.pokes.set_dragging)
        self._freeze = QCheckBox()
        self._freeze.setObjectName("poke_freeze_check")
        self._freeze.clicked.connect(self._set_frozen)
        self._off = QCheckBox(self.tr("Switch off"))
        self._off.setObjectName("poke_off_check")
        self._off.setToolTip(
            self.tr("<p>Its output is 0 for all that follows, and nothing flows back through it (ablation).</p>")
        )
        self._off.clicked.connect(self._set_off)
        self._effect = QPushButton(self.tr("What does it do?"))
        self._effect.setObjectName("poke_effect_button")
        self._effect.setToolTip(self.tr("Compare loss, accuracy and prediction without the changes and with them"))
        self._effect.setAutoDefault(False)
        self._effect.clicked.connect(self.effect_wanted)
        self._note = message_label("muted")
        self._note.setObjectName("poke_note")

    def _lay_out(self) -> None:
        self._value_row = QWidget()
        row = QHBoxLayout(self._value_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(ROW_GAP)
        for widget, stretch in ((self._label, 0), (self._field, 1), (self._reset, 0)):
            row.addWidget(widget, stretch)
        for widget in (self._when, self._value_row, self._problem, self._slider, self._freeze, self._off, self._note):
            self.column.addWidget(widget)
        self.column.addWidget(self._effect, 0, Qt.AlignmentFlag.AlignLeft)
        for label in (self._when, self._problem):
            show_message(label, "")

    # --- showing ------------------------------------------------------------------------------------------------------

    def show_edge(self, frame: Frame, layer: int, out: int, inp: int) -> None:
        """Offer to change a weight of a dense layer."""
        self._show(frame, WeightPlace(layer, out, inp), None)

    def show_neuron(self, frame: Frame, layer: int, unit: int) -> None:
        """Offer to change the bias of a neuron, and the neuron as a whole."""
        place = frame.layers[layer]
        if place.spec.wiring is not Wiring.DENSE:
            self.hide()
            return
        bias = WeightPlace(layer, unit) if "bias" in place.parameters else None
        self._show(frame, bias, UnitPlace(layer, unit))

    def _show(self, frame: Frame, weight: WeightPlace | None, neuron: UnitPlace | None) -> None:
        anew = (weight, neuron) != (self._weight, self._neuron)
        if anew:
            self._field.clearFocus()  # what is being typed is meant for the weight before
        self._frame, self._weight, self._neuron = frame, weight, neuron
        if anew:
            show_message(self._problem, "")
            self._name_widgets()
        self.show()
        self._show_value(anew)
        self._refresh()

    def _name_widgets(self) -> None:
        is_bias = self._weight is not None and self._weight.source == BIAS
        self._label.setText("b" if is_bias else "w")
        self._field.setAccessibleName(self.tr("Bias") if is_bias else self.tr("Weight"))
        for widget in (self._value_row, self._slider):
            widget.setVisible(self._weight is not None)
        if self._weight is None:
            self._when.hide()
        neuron = self._neuron
        self._freeze.setText(self.tr("Freeze") if neuron is None else self.tr("Freeze weights and bias"))
        self._freeze.setToolTip(self.tr("<p>It keeps its value while the network trains.</p>"))
        last = -1 if self._frame is None else len(self._frame.layers) - 1
        self._off.setVisible(neuron is not None and neuron.layer < last)

    def _show_value(self, anew: bool) -> None:
        frame, weight = self._frame, self._weight
        if frame is None or weight is None:
            return
        array = frame.layers[weight.layer].parameters[weight.name]
        index = (weight.unit,) if weight.source == BIAS else (weight.unit, weight.source)
        value = float(array[index])
        show_message(self._when, self._when_text(frame))
        self._shown = float(f"{value:.{DIGITS}g}")
        self._field.show_value(self._shown)
        self._slider.show_value(value, anew)

    def _when_text(self, frame: Frame) -> str:
        """Tell the value that can be changed, which is that of now, from the one that the formulas are about."""
        if frame.phase is not Phase.UPDATE:
            return ""
        if self._weight is not None and self._weight.source == BIAS:
            return self.tr("b after the step; the formulas use the one before it.")
        return self.tr("w after the step; the formulas use the one before it.")

    def _refresh(self) -> None:
        """Show what is changed now."""
        if self._frame is None:
            return
        pokes, weight, neuron = self._session.pokes.present, self._weight, self._neuron
        subject = neuron or weight
        by_neuron = neuron is None and weight is not None and weight.neuron in pokes.frozen
        self._check(self._freeze, subject in pokes.frozen or by_neuron)
        self._freeze.setEnabled(not by_neuron)
        self._check(self._off, neuron is not None and neuron in pokes.off)
        edit = None if weight is None else pokes.edit_of(weight)
        self._reset.setEnabled(edit is not None)
        was = "" if edit is None else f"{edit.before:.{DIGITS}g}".replace("-", "−")
        self._reset.setToolTip(self.tr("Set it to {value} again").format(value=was) if was else "")
        self._reset.setAccessibleName(self._reset.toolTip() or self._reset.text())
        self._effect.setVisible(bool(pokes))
        show_message(self._note, self._note_text(by_neuron))

    def _note_text(self, by_neuron: bool) -> str:
        if self._off.isChecked():
            return self.tr("Switched off: its output is 0, and nothing flows back through it.")
        if by_neuron:
            return self.tr("All weights of this neuron are frozen.")
        if self._freeze.isChecked():
            return self.tr("Frozen: the gradient is computed, but the step leaves it out.")
        return ""

    @staticmethod
    def _check(box: QCheckBox, checked: bool) -> None:
        with QSignalBlocker(box):
            box.setChecked(checked)

    # --- wishes -------------------------------------------------------------------------------------------------------

    def _take_entry(self) -> None:
        problem = self._field.problem
        show_message(self._problem, translated(problem or ""))
        entry = self._field.entry
        if problem is None and isinstance(entry, int | float) and entry != self._shown:
            self._set(float(entry))

    def _set(self, value: float) -> None:
        if self._weight is not None:
            self._session.pokes.poke(SetWeight(self._weight, value))

    def _take_back(self) -> None:
        edit = None if self._weight is None else self._session.pokes.present.edit_of(self._weight)
        if edit is not None:
            self._session.pokes.poke(SetWeight(edit.weight, edit.before, forget=True))

    def _set_frozen(self, on: bool) -> None:
        subject = self._neuron or self._weight
        if subject is not None:
            self._session.pokes.poke(Freeze(subject, on))

    def _set_off(self, on: bool) -> None:
        if self._neuron is not None:
            self._session.pokes.poke(SwitchOff(self._neuron, on))
