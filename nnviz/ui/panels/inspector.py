"""The inspector: all numbers of the neuron, the pixel or the edge that has been pinned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.explain import edge_facts, image_behind, neuron_facts
from nnviz.core.playback import Frame, Phase
from nnviz.core.spec import Wiring
from nnviz.core.worksheet_quantities import Place
from nnviz.session.session import Session
from nnviz.ui.panels.calm_panel import CalmPanel
from nnviz.ui.panels.inspector_lines import Inspection, edge_lines, neuron_lines
from nnviz.ui.panels.microscope_edge import EdgeScope
from nnviz.ui.panels.microscope_neuron import NeuronScope
from nnviz.ui.panels.microscope_rivals import RivalScope
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.fold import Fold
from nnviz.ui.widgets.layout import ROW_GAP, SECTION_GAP, message_label, scrolled_column, show_message
from nnviz.ui.widgets.poke_section import PokeSection
from nnviz.ui.widgets.term_table import TermTable
from nnviz.ui.widgets.unit_names import unit_names
from nnviz.ui.widgets.weight_image import WeightImage


@dataclass(frozen=True)
class PinnedNeuron:
    """A unit of a layer, as a flat index."""

    layer: int
    unit: int


@dataclass(frozen=True)
class PinnedEdge:
    """A weight of a dense layer: row `out`, column `inp`."""

    layer: int
    out: int
    inp: int


class InspectorPanel(CalmPanel):
    """Follows what is pinned through all stages.

    Signals
    -------
    neuron_picked(int, int)
        The user wants to see another unit (layer, unit).
    pin_cleared()
        The user has taken the pin away.
    effect_wanted()
        The user wants to see what the changes by hand do.
    """

    neuron_picked = Signal(int, int)
    pin_cleared = Signal()
    effect_wanted = Signal()

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self.setObjectName("inspector")
        self.setAccessibleName(self.tr("Inspector"))
        self._pinned: PinnedNeuron | PinnedEdge | None = None
        self._make_widgets()
        self._lay_out()
        theme_manager().changed.connect(self._repaint)
        self._repaint()

    @property
    def pinned(self) -> PinnedNeuron | PinnedEdge | None:
        """What is pinned."""
        return self._pinned

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._hint = message_label("muted")
        self._hint.setObjectName("inspector_hint")
        self._heading = QLabel(self)
        self._heading.setObjectName("inspector_title")
        self._heading.setTextFormat(Qt.TextFormat.RichText)
        self._heading.setWordWrap(True)
        self._heading.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._heading.linkActivated.connect(self._follow_link)
        self._unpin = QToolButton(self)
        self._unpin.setObjectName("unpin_button")
        self._unpin.setText("✕")
        self._unpin.setAutoRaise(True)
        self._unpin.setAccessibleName(self.tr("Unpin"))
        self._unpin.setToolTip(self.tr("Unpin"))
        self._unpin.clicked.connect(self._take_pin_away)
        self._sample = message_label("muted")
        self._image_fold = Fold("weight_image", self.tr("Incoming weights"), is_open=True)
        self._image = WeightImage(self)
        self._image_fold.column.addWidget(self._image)
        self._sheet = FactSheet(self)
        self._sheet.setObjectName("inspector_facts")
        self._sheet.setAccessibleName(self.tr("Numbers"))
        self._table_fold = Fold("terms", "", is_open=True)
        self._table = TermTable("term_table", self.tr("Terms of the weighted sum"))
        self._table.unit_picked.connect(self._pick_source)
        self._table_fold.column.addWidget(self._table, 1)
        self._table_fold.column.addStretch(0)
        self._neuron_scope = NeuronScope(self)
        self._neuron_scope.neuron_picked.connect(self.neuron_picked)
        self._rivals = RivalScope(self)
        self._rivals.neuron_picked.connect(self.neuron_picked)
        self._edge_scope = EdgeScope(self.session, self.catalogue, self)
        self._poke = PokeSection(self.session, self)
        self._poke.effect_wanted.connect(self.effect_wanted)

    def _lay_out(self) -> None:
        column = scrolled_column(self, "inspector")
        column.addWidget(self._hint)
        top = QHBoxLayout()
        top.addWidget(self._heading, 1)
        top.addWidget(self._unpin, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        column.addWidget(self._sample)
        column.addWidget(self._sheet)
        column.addSpacing(SECTION_GAP - ROW_GAP)
        column.addWidget(self._rivals)
        column.addWidget(self._poke)
        column.addWidget(self._neuron_scope)
        column.addWidget(self._edge_scope)
        column.addWidget(self._image_fold)
        column.addWidget(self._table_fold, 1)
        column.addStretch(0)

    # --- pinning ------------------------------------------------------------------------------------------------------

    def pin_neuron(self, layer: int, unit: int) -> None:
        """Inspect a unit: a neuron, a pixel, a feature (flat index)."""
        self._pinned = PinnedNeuron(layer, unit)
        self._repaint()

    def pin_edge(self, layer: int, out: int, inp: int) -> None:
        """Inspect the weight from unit `inp` of the layer before to unit `out` of `layer`."""
        self._pinned = PinnedEdge(layer, out, inp)
        self._repaint()

    def clear_pin(self) -> None:
        """Inspect nothing."""
        self._pinned = None
        self._repaint()

    def _take_pin_away(self) -> None:
        self.clear_pin()
        self.pin_cleared.emit()

    def _pick_source(self, unit: int) -> None:
        if self._pinned is not None:
            self.neuron_picked.emit(self._pinned.layer - 1, unit)

    def _follow_link(self, link: str) -> None:
        layer, unit = link.split(",")
        self.neuron_picked.emit(int(layer), int(unit))

    # --- showing ------------------------------------------------------------------------------------------------------

    def _repaint(self) -> None:
        self.refresh(self.session.frame)

    def refresh(self, frame: Frame | None) -> None:
        """Show the numbers of what is pinned, as far as they are computed, and no secret of a worksheet."""
        pinned = self._pinned
        if frame is not None:
            frame = self.session.worksheet.known(frame, None if pinned is None else _place_of(pinned))
        if frame is not None and isinstance(pinned, PinnedNeuron) and _has_unit(frame, pinned):
            self._show_neuron(frame, pinned)
        elif frame is not None and isinstance(pinned, PinnedEdge) and _has_edge(frame, pinned):
            self._show_edge(frame, pinned)
        else:
            self._show_nothing()

    def _show_nothing(self) -> None:
        show_message(
            self._hint,
            self.tr("Click a neuron, a pixel or an edge in the picture to pin it: here you see all its numbers."),
        )
        for widget in (self._heading, self._unpin, self._sample, self._sheet):
            widget.hide()
        self._show_folds(None)
        self._poke.hide()
        self._show_image(None, 0, 0)

    def _show_neuron(self, frame: Frame, pinned: PinnedNeuron) -> None:
        facts = neuron_facts(frame, pinned.layer, pinned.unit)
        network, summary = frame.trace.network, self.session.summary
        names = unit_names(network, pinned.layer, summary)
        self._show_top(f"<b>{escape(names.long(pinned.unit))}</b>", frame)
        self._sheet.show_lines(neuron_lines(Inspection(frame, self.catalogue, summary), facts))
        self._show_folds(self._neuron_scope)
        self._show_image(frame, pinned.layer, pinned.unit)
        self._neuron_scope.show_neuron(frame, pinned.layer, pinned.unit, summary)
        self._rivals.show_neuron(self.session.worksheet.known(frame), pinned.layer, pinned.unit, summary)
        self._poke.show_neuron(frame, pinned.layer, pinned.unit)
        if facts.terms is not None:
            self._table.show_terms(facts.terms, unit_names(network, pinned.layer - 1, summary))
            self._table_fold.set_title(self._terms_title(frame, facts.terms.products is not None))
        self._table_fold.setVisible(facts.terms is not None)

    def _terms_title(self, frame: Frame, known: bool) -> str:
        if frame.phase is Phase.UPDATE:
            return self.tr("Terms w·x, before the step")
        return self.tr("Terms w·x, largest first") if known else self.tr("Weights, largest first")

    def _show_edge(self, frame: Frame, pinned: PinnedEdge) -> None:
        facts = edge_facts(frame, pinned.layer, pinned.out, pinned.inp)
        if self.session.worksheet.hides_update(frame, _place_of(pinned)):
            facts = replace(facts, update=None)
        source = self._link(frame, pinned.layer - 1, pinned.inp)
        target = self._link(frame, pinned.layer, pinned.out)
        self._show_top(f"<b>{source}<br>→ {target}</b>", frame)
        self._sheet.show_lines(edge_lines(Inspection(frame, self.catalogue, self.session.summary), facts))
        self._show_folds(self._edge_scope)
        self._show_image(None, 0, 0)
        self._edge_scope.show_edge(frame, pinned.layer, pinned.out, pinned.inp)
        self._poke.show_edge(frame, pinned.layer, pinned.out, pinned.inp)

    def _link(self, frame: Frame, layer: int, unit: int) -> str:
        name = escape(unit_names(frame.trace.network, layer, self.session.summary).long(unit))
        return f'<a href="{layer},{unit}" style="color:{theme_manager().theme.accent}">{name}</a>'

    def _show_top(self, title: str, frame: Frame) -> None:
        show_message(self._hint, "")
        self._heading.setText(title)
        self._sample.setText(self._sample_text(frame))
        for widget in (self._heading, self._unpin, self._sample, self._sheet):
            widget.show()

    def _sample_text(self, frame: Frame) -> str:
        count = frame.trace.batch_size
        if frame.trace.is_drawing:
            index = int(frame.trace.sample_indices[0])
            if index < 0:
                return self.tr("for your drawing")
            return self.tr("for sample {index} of the data").format(index=index)
        if frame.cursor.sample is None:
            return self.tr("mean of the {count} samples of this batch").format(count=count)
        return self.tr("for sample {number} of {count}").format(number=frame.cursor.sample + 1, count=count)

    def _show_image(self, frame: Frame | None, layer: int, unit: int) -> None:
        """Show the weights of a neuron as an image, if what they weigh is one."""
        shape = None
        if frame is not None and frame.layers[layer].spec.wiring is Wiring.DENSE:
            shape = image_behind(frame.trace.network, layer - 1)
        if shape is not None and frame is not None:
            self._image.show_weights(frame.layers[layer].parameters["weight"][unit].reshape(shape))
            self._image_fold.set_title(
                self.tr("Incoming weights, after the step")
                if frame.phase is Phase.UPDATE
                else self.tr("Incoming weights")
            )
        self._image_fold.setVisible(shape is not None)

    def _show_folds(self, scope: QWidget | None) -> None:
        """Show the folds of a neuron, of an edge, or none."""
        for each in (self._neuron_scope, self._edge_scope):
            each.setVisible(each is scope)
        self._rivals.hide()
        self._table_fold.setVisible(False)


def _place_of(pinned: PinnedNeuron | PinnedEdge) -> Place:
    if isinstance(pinned, PinnedNeuron):
        return Place(pinned.layer, pinned.unit)
    return Place(pinned.layer, pinned.out, pinned.inp)


def _has_unit(frame: Frame, pinned: PinnedNeuron) -> bool:
    if not 0 <= pinned.layer < len(frame.layers):
        return False
    count = 1
    for extent in frame.layers[pinned.layer].output_shape:
        count *= extent
    return 0 <= pinned.unit < count


def _has_edge(frame: Frame, pinned: PinnedEdge) -> bool:
    if not 0 < pinned.layer < len(frame.layers) or frame.layers[pinned.layer].spec.wiring is not Wiring.DENSE:
        return False
    out, inp = frame.layers[pinned.layer].parameters["weight"].shape
    return 0 <= pinned.out < out and 0 <= pinned.inp < inp
