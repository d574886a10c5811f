"""The worksheet: predict a number, then see it. What is still to be predicted is hidden in the whole window."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame, Phase
from nnviz.core.settings import Option
from nnviz.core.worksheet import TOLERANCES, Item, Pass, State
from nnviz.session.session import Session
from nnviz.ui.formula.blank import blanked
from nnviz.ui.panels.panel import Panel
from nnviz.ui.panels.worksheet_texts import formula_of, name_of, result_of, said_of, symbol_of, way_to
from nnviz.ui.stage_names import stage_name
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.layout import ROW_GAP, SECTION_GAP, heading, message_label, scrolled_column, show_message
from nnviz.ui.widgets.worksheet_row import RowContent, WorksheetRow


class _NextButton(QPushButton):
    """Takes Return, too: the hand that typed the last answer is there."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class WorksheetPanel(Panel):
    """The questions of the stage at hand, one row each; the next stage opens when all are answered or shown."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._items: tuple[Item, ...] = ()
        self._rows: list[WorksheetRow] = []
        self._goes_on = False
        self._make_widgets()
        self._lay_out()
        session.worksheet.changed.connect(self._refresh)
        self._refresh()

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._switch = QCheckBox(self.tr("Predict, then reveal"))
        self._switch.setObjectName("worksheet_switch")
        self._switch.setToolTip(self.tr("Hide every number until you have worked it out"))
        self._switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._switch.toggled.connect(self.session.worksheet.set_active)
        options = (
            Option("percent", self.tr("±1 %")),
            Option("permille", self.tr("±0.1 %")),
            Option("five_percent", self.tr("±5 %")),
            Option("hundredth", self.tr("±0.01"), self.tr("For small numbers: ±10 %")),
            Option("thousandth", self.tr("±0.001"), self.tr("For small numbers: ±10 %")),
        )
        self._tolerance = ChoiceBox(options, self)
        self._tolerance.setObjectName("worksheet_tolerance_combo")
        self._tolerance.setAccessibleName(self.tr("An answer is right within"))
        self._tolerance_label = QLabel(self.tr("Right within"))
        self._stage = heading("")
        self._stage.setObjectName("worksheet_stage")
        self._message = message_label("muted")
        self._message.setObjectName("worksheet_message")
        self._next = _NextButton()
        self._next.setObjectName("worksheet_next")
        self._next.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._next.clicked.connect(self._go_on)
        self._score = message_label()
        self._score.setObjectName("worksheet_score")

    def _lay_out(self) -> None:
        column = scrolled_column(self, "worksheet")
        area = self.findChild(QScrollArea)
        assert area is not None
        self._area = area
        column.addWidget(self._switch)
        tolerance = QHBoxLayout()
        tolerance.addWidget(self._tolerance_label)
        tolerance.addWidget(self._tolerance, 1)
        column.addLayout(tolerance)
        column.addSpacing(SECTION_GAP - ROW_GAP)
        column.addWidget(self._stage)
        column.addWidget(self._message)
        self._row_column = QVBoxLayout()
        self._row_column.setContentsMargins(0, 0, 0, 0)
        self._row_column.setSpacing(ROW_GAP)
        column.addLayout(self._row_column)
        column.addWidget(self._next)
        column.addWidget(self._score)
        column.addStretch(1)

    # --- showing ------------------------------------------------------------------------------------------------------

    def show_frame(self, frame: Frame | None) -> None:
        """Ask what is to be known at the cursor."""
        active = self.session.worksheet.active
        for widget in (self._tolerance, self._tolerance_label):
            widget.setVisible(active)
        obstacle = self._obstacle(frame)
        if frame is None or obstacle:
            self._show_rows((), frame)
            self._show_texts("", obstacle, "", "")
            return
        sheet, position = self.session.worksheet.current(frame), frame.cursor.position
        title = stage_name(frame.stage, frame.trace.network)
        first_open = sheet.first_open()
        if position > first_open:
            self._show_rows((), frame)
            wanted = stage_name(sheet.walk[first_open], frame.trace.network)
            message = self.tr("First work out what comes before: {stage}.").format(stage=wanted)
            self._show_texts(title, message, self.tr("Go there"), self._score_text(sheet))
            return
        items = sheet.items(position)
        self._show_rows(items, frame)
        message = self._counting(sheet) if items else self.tr("Nothing to be worked out by hand at this stage.")
        is_over = first_open == len(sheet.walk)
        onwards = self.tr("Next batch") if is_over else self.tr("Next stage")
        self._show_texts(title, message, onwards if position < first_open else "", self._score_text(sheet))
        if self._goes_on:
            self._goes_on = False
            self._move_on()

    def _counting(self, sheet: Pass) -> str:
        """Explain the indices, until they have been used."""
        score = sheet.score()
        if score.right + score.shown:
            return ""
        return self.tr(
            "Neurons are counted from 0, beginning at the top: z₀ belongs to neuron 0, and w₀,₁ leads to it from "
            "neuron 1."
        )

    def _obstacle(self, frame: Frame | None) -> str:
        """Say why nothing can be asked; empty where something can."""
        if not self.session.worksheet.active:
            return self.tr(
                "Numbers are hidden until you have worked them out; each answer is marked at once. Begin with the "
                "preset Mazur's example, or with XOR: they are small enough for paper and pencil."
            )
        if frame is None or not frame.trace.has_backward:
            return self.tr("There is no batch to be worked out.")
        if frame.cursor.overview:
            return self.tr("Press Space to pause, and → for the next batch.")
        if frame.cursor.sample is None:
            return self.tr("A worksheet is about one sample: choose one with the keys 1 … 9.")
        return ""

    def _show_texts(self, title: str, message: str, onwards: str, score: str) -> None:
        show_message(self._stage, title)
        show_message(self._message, message)
        self._next.setText(onwards)
        self._next.setVisible(bool(onwards))
        show_message(self._score, score)

    def _show_rows(self, items: tuple[Item, ...], frame: Frame | None) -> None:
        if items is not self._items:
            self._items = items
            self._replace_rows(len(items))
        if frame is None:
            return
        above = items[0].asked.layer if items and frame.phase is not Phase.UPDATE else None
        for row, item in zip(self._rows, items, strict=True):
            layer = item.asked.layer
            content = self._content(item, frame)
            row.show_content(replace(content, heading="" if layer == above else frame.layers[layer].name))
            above = layer

    def _replace_rows(self, count: int) -> None:
        for row in self._rows:
            self._row_column.removeWidget(row)
            row.hide()
            row.setParent(None)
            row.deleteLater()
        self._area.verticalScrollBar().setValue(0)
        self._rows = [WorksheetRow(number) for number in range(1, count + 1)]
        for index, row in enumerate(self._rows):
            row.answered.connect(partial(self._answer, index))
            row.given_up.connect(partial(self._give_up, index))
            self._row_column.addWidget(row)
            row.show()  # at once, so that it can take the focus

    def _content(self, item: Item, frame: Frame) -> RowContent:
        formula = formula_of(item.asked, frame, self.catalogue)
        symbol, name = symbol_of(item.asked), name_of(item.asked, frame.trace.network, self.session.summary)
        result = result_of(item.asked, frame.trace)
        match item.state:
            case State.RIGHT:
                praise = self.tr("✓ {answer} is right: {result}").format(answer=item.answer, result=result)
                return RowContent(symbol, formula, item.answer, name=name, praise=praise, closed=True)
            case State.SHOWN:
                way = self.tr("{way} Here {result}.").format(way=way_to(item.asked, frame.trace), result=result)
                return RowContent(symbol, formula, "", name=name, way=way, closed=True)
            case State.WRONG:
                said = way_to(item.asked, frame.trace) if item.slip is None else said_of(item.slip, frame.trace)
                hint = self.tr("✗ Not yet. {hint}").format(hint=said)
                return RowContent(symbol, blanked(formula), item.answer, name=name, hint=hint)
        return RowContent(symbol, blanked(formula), "", name=name)

    def _score_text(self, sheet: Pass) -> str:
        score = sheet.score()
        if not score.right + score.shown:
            return ""
        text = self.tr("Score: {right} right ({at_once} at once), {shown} shown")
        return text.format(right=score.right, at_once=score.at_once, shown=score.shown)

    # --- answering ----------------------------------------------------------------------------------------------------

    def _answer(self, index: int, text: str, number: float) -> None:
        frame = self.session.frame
        if frame is not None:
            tolerance = TOLERANCES[self._tolerance.entry]
            if self.session.worksheet.answer(frame, index, text, number, tolerance).right:
                self._move_on()

    def _give_up(self, index: int) -> None:
        frame = self.session.frame
        if frame is not None:
            self.session.worksheet.show_way(frame, index)
            self._move_on()

    def _go_on(self) -> None:
        """Go to the next stage where there is something to work out; behind the last, to the next batch."""
        frame = self.session.frame
        if frame is not None:
            self._goes_on = True
            self.session.go_to_position(self.session.worksheet.current(frame).first_open())

    def _move_on(self) -> None:
        """Put the keyboard where the next answer is wanted."""
        waiting = [row for row, item in zip(self._rows, self._items, strict=True) if not item.done]
        if waiting:
            waiting[0].field.setFocus()
            waiting[0].field.selectAll()
            self._area.ensureWidgetVisible(waiting[0])  # its formula, too
        elif self._next.isVisible():
            self._next.setFocus()

    def _refresh(self) -> None:
        self._switch.blockSignals(True)
        self._switch.setChecked(self.session.worksheet.active)
        self._switch.blockSignals(False)
        if self.isVisible() or not self.session.worksheet.active:
            self.show_frame(self.session.frame)
