"""Poke: what was changed by hand, and what that does to the network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame, Phase
from nnviz.core.pokes import (
    NO_POKES,
    AskPokeEffect,
    Change,
    Freeze,
    Judged,
    PokeEffect,
    SetWeight,
    SwitchOff,
    UnitPlace,
    WeightPlace,
)
from nnviz.core.questions import Question
from nnviz.core.trace import Trace
from nnviz.session.session import Session
from nnviz.ui.formula.numbers import significant
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.fact_sheet import Fact, FactSheet, Line, Note, Section
from nnviz.ui.widgets.layout import ROW_GAP, SECTION_GAP, UNLIMITED, heading, message_label, scrolled_column
from nnviz.ui.widgets.poke_list import PokeList, PokeRow
from nnviz.ui.widgets.poke_texts import long_name, short_name
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.texts import translated

RUNNING_INTERVAL_MS = 500
NARROWEST = 420
WIDEST_EFFECT = 300
DIGITS = 4
MOST_OUTPUTS = 3
NARROWEST_EFFECT = 215
PROBABILITIES = ("softmax", "sigmoid")


class PokePanel(Panel):
    """Lists the changes, and judges the network without them and with them while somebody looks."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._seen: tuple[Trace, int | None, bool] | None = None
        self._refresher = Refresher(self, self._ask, RUNNING_INTERVAL_MS)
        self._make_widgets()
        self._lay_out()
        session.pokes.changed.connect(self._show_pokes)
        session.loaded.connect(self._show_pokes)
        session.inquiries.answered.connect(self._take)
        self._show_pokes()

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._hint = message_label("muted")
        self._hint.setObjectName("poke_hint")
        self._hint.setText(
            self.tr(
                "Nothing is changed by hand. Click an edge or a neuron in the network: under “Poke it” in the "
                "Inspector you can set a weight, freeze it, or switch the neuron off. Here you see what that does."
            )
        )
        self._list = PokeList(self)
        self._list.taken_back.connect(lambda change: self.session.pokes.poke(change))
        self._reset_all = QPushButton(self.tr("Reset all"))
        self._reset_all.setObjectName("poke_reset_all_button")
        self._reset_all.setToolTip(self.tr("Take back everything that was changed by hand"))
        self._reset_all.setAutoDefault(False)
        self._reset_all.clicked.connect(lambda: self.session.pokes.change_to(NO_POKES))
        self._effect = FactSheet(self)
        self._effect.setMinimumWidth(NARROWEST_EFFECT)
        self._effect.setObjectName("poke_effect")
        self._effect.setAccessibleName(self.tr("Without what is changed by hand → with it"))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(heading(self.tr("By hand")), 1)
        top.addWidget(self._reset_all)
        changes = QVBoxLayout()
        changes.setSpacing(ROW_GAP)
        changes.addLayout(top)
        changes.addWidget(self._list, 1)
        effect = QVBoxLayout()
        effect.addWidget(self._effect)
        effect.addStretch(1)
        self._contents = QWidget()
        self._contents.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._contents)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(SECTION_GAP)
        self._halves.addLayout(changes)
        self._halves.addLayout(effect, 1)
        column = scrolled_column(self, "poke")
        column.addWidget(self._hint)
        column.addWidget(self._contents, 1)
        column.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the effect beside the list in a dock that is wider than high, else below it."""
        is_wide = event.size().width() > max(NARROWEST, event.size().height())
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._halves.setStretch(0, 1 if is_wide else 0)
        self._effect.setMaximumWidth(WIDEST_EFFECT if is_wide else UNLIMITED)
        super().resizeEvent(event)

    # --- the list -----------------------------------------------------------------------------------------------------

    @Slot()
    def _show_pokes(self) -> None:
        pokes = self.session.pokes.present
        self._hint.setVisible(not pokes)
        self._contents.setVisible(bool(pokes))
        self._list.show_rows(tuple(self._rows()))
        self._refresher.follow(self.session)

    def _rows(self) -> Iterator[PokeRow]:
        pokes = self.session.pokes.present
        for each in pokes.edited:
            how = f"= {significant(each.value)}"
            full = self.tr("set from {before} to {value}").format(
                before=significant(each.before, DIGITS), value=significant(each.value, DIGITS)
            )
            yield self._row(each.weight, how, full, SetWeight(each.weight, each.before, forget=True))
        for what in sorted(pokes.frozen, key=lambda what: (what.layer, what.unit, str(what))):
            yield self._row(what, self.tr("frozen"), self.tr("frozen"), Freeze(what, False))
        for unit in sorted(pokes.off):
            yield self._row(unit, self.tr("off"), self.tr("switched off"), SwitchOff(unit, False))

    def _row(self, what: WeightPlace | UnitPlace, how: str, full: str, undo: Change) -> PokeRow:
        assert self.session.preset is not None
        network, summary = self.session.preset.network, self.session.summary
        return PokeRow(short_name(what, network, summary), how, f"{long_name(what, network, summary)}: {full}", undo)

    # --- asking -------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._refresher.now()

    def show_frame(self, frame: Frame | None) -> None:
        """Judge anew when weights or sample have changed: at once, or now and then while the network runs."""
        if frame is None:
            return
        seen = frame.trace, frame.cursor.sample, frame.phase is Phase.UPDATE
        if self._seen is None or seen[0] is not self._seen[0] or seen[1:] != self._seen[1:]:
            self._seen = seen
            self._refresher.follow(self.session)

    def _ask(self) -> None:
        if self.session.pokes.present:
            self.session.inquiries.ask(AskPokeEffect(self._sample()))

    def _sample(self) -> np.ndarray | None:
        """The sample that is shown; None for the mean of the batch."""
        frame = self.session.frame
        if frame is None or frame.cursor.sample is None:
            return None
        sample: np.ndarray = frame.trace.inputs[min(frame.cursor.sample, frame.trace.batch_size - 1)]
        return sample

    @Slot(object, object)
    def _take(self, question: Question, answer: object) -> None:
        if isinstance(question, AskPokeEffect) and isinstance(answer, PokeEffect):
            self._effect.show_lines(self._lines(answer))

    # --- the effect ---------------------------------------------------------------------------------------------------

    def _lines(self, effect: PokeEffect) -> list[Line]:
        before, now = effect.without, effect.present
        lines: list[Line] = [Section(self.tr("Without it → with it"))]
        if before.loss is not None and now.loss is not None:
            lines.append(Fact(self.tr("val. loss"), _numbers(before.loss, now.loss, DIGITS)))
        if before.accuracy is not None and now.accuracy is not None:
            lines.append(Fact(self.tr("val. acc."), _percents(before.accuracy, now.accuracy)))
        if before.outputs:
            lines += self._sample_lines(before, now)
        if self.session.pokes.went_on:
            text = self.tr("The batch was learned already: now the next one is shown. To compare, change it earlier.")
            lines.append(Note(text))
        if effect.judged < effect.available:
            text = self.tr("Judged on {judged} of {available} samples.")
            lines.append(Note(text.format(judged=f"{effect.judged:,}", available=f"{effect.available:,}")))
        return lines

    def _sample_lines(self, before: Judged, now: Judged) -> Iterator[Fact]:
        summary, preset = self.session.summary, self.session.preset
        names = () if summary is None else tuple(translated(name) for name in summary.classes)
        if len(names) == len(before.outputs) > 1 and preset is not None:
            in_percent = preset.network.layers[-1].activation_name in PROBABILITIES
            best = [int(np.argmax(each.outputs)) for each in (before, now)]
            yield Fact(self.tr("prediction"), f"{names[best[0]]} → {names[best[1]]}")
            for each in dict.fromkeys(best):
                sizes = before.outputs[each], now.outputs[each]
                name = self.tr("output {index}").format(index=names[each])
                yield Fact(name, _percents(*sizes) if in_percent else _numbers(*sizes))
            return
        for index, (old, new) in enumerate(zip(before.outputs[:MOST_OUTPUTS], now.outputs, strict=False)):
            name = self.tr("output") if len(before.outputs) == 1 else self.tr("output {index}").format(index=index)
            yield Fact(name, _numbers(old, new))


def _percents(before: float, now: float) -> str:
    return f"{100 * before:.1f} → {100 * now:.1f} %"


def _numbers(before: float, now: float, digits: int = 3) -> str:
    return f"{significant(before, digits)} → {significant(now, digits)}"
