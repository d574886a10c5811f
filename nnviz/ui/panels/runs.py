"""The dock with the runs: what they are called and how far they came; to show, to continue, to forget."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnviz.core.catalogue import Catalogue
from nnviz.core.runs import Memory
from nnviz.session.session import Session
from nnviz.session.time_machine import SessionRun
from nnviz.ui.formula.numbers import significant
from nnviz.ui.panels.panel import Panel
from nnviz.ui.run_names import full_name, usual_name
from nnviz.ui.theme import number_font, theme_manager
from nnviz.ui.widgets.layout import ROW_GAP

NAME, STEPS, LOSS, ACCURACY, NOTE = range(5)
CHIP = 12
REFRESH_MS = 400
NUMBER = Qt.ItemDataRole.UserRole


class RunsPanel(Panel):
    """One row for each run, with a check box that shows and hides its curves, and its colour."""

    name: ClassVar[str] = "runs"
    title: ClassVar[str] = "Runs"
    area: ClassVar[Qt.DockWidgetArea] = Qt.DockWidgetArea.BottomDockWidgetArea
    shown_at_first: ClassVar[bool] = False

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._machine = session.time_machine
        self._table = self._make_table()
        self._continue = self._button("continue_run_button", self.tr("Continue"), self._switch)
        self._continue.setToolTip(self.tr("Go to the end of the selected run, and train on from there"))
        self._rename = self._button("rename_run_button", self.tr("Rename"), self._edit)
        self._rename.setToolTip(self.tr("Give the selected run another name (F2)"))
        self._delete = self._button("delete_run_button", self.tr("Delete"), self._forget)
        self._delete.setToolTip(self.tr("Forget the selected run, and its curves"))
        buttons = QHBoxLayout()
        buttons.setContentsMargins(ROW_GAP, 0, ROW_GAP, ROW_GAP)
        buttons.setSpacing(ROW_GAP)
        for button in (self._continue, self._rename, self._delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._table, 1)
        column.addLayout(buttons)
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._machine.runs_changed.connect(self._refresh)
        session.history_changed.connect(self._refresh_soon)
        session.run_state_changed.connect(self._enable_buttons)
        theme_manager().changed.connect(self._refresh)

    # --- building -----------------------------------------------------------------------------------------------------

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setObjectName("runs_table")
        table.setAccessibleName(self.tr("Runs"))
        table.setHeaderLabels([self.tr("Run"), self.tr("Steps"), self.tr("Loss"), self.tr("Accuracy"), ""])
        table.headerItem().setToolTip(LOSS, self.tr("On the validation data, after the last epoch"))
        table.headerItem().setToolTip(ACCURACY, self.tr("On the validation data, after the last epoch"))
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        header = table.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        table.itemChanged.connect(self._take_change)
        table.currentItemChanged.connect(self._enable_buttons)
        return table

    def _button(self, name: str, text: str, clicked: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setEnabled(False)
        button.clicked.connect(clicked)
        return button

    # --- what is shown ------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._refresh()

    def _refresh_soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        table = self._table
        if not self.isVisible() or table.state() is QAbstractItemView.State.EditingState:
            return
        runs = self._machine.runs
        table.blockSignals(True)
        while table.topLevelItemCount() > len(runs):
            table.takeTopLevelItem(table.topLevelItemCount() - 1)
        for row, run in enumerate(runs):
            if row == table.topLevelItemCount():
                table.addTopLevelItem(QTreeWidgetItem())
            self._fill(table.topLevelItem(row), run)
        table.setColumnHidden(NOTE, not any(self._memory_text(run.info.memory) for run in runs))
        table.blockSignals(False)
        if table.currentItem() is None and runs:
            table.setCurrentItem(table.topLevelItem(0), NAME, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._enable_buttons()

    def _fill(self, item: QTreeWidgetItem, run: SessionRun) -> None:
        theme, info = theme_manager().theme, run.info
        is_present = info.number == self._machine.present
        color = theme.color("accent") if len(self._machine.runs) == 1 else theme.run_color(info.number - 1)
        progress = self.session.progress
        steps = progress.step if is_present and progress is not None else info.step
        last = run.history.epochs[-1] if run.history.epochs else None
        loss = None if last is None else last.val_loss
        accuracy = None if last is None else last.val_accuracy
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsEditable
        item.setFlags(flags if is_present else flags | Qt.ItemFlag.ItemIsUserCheckable)
        item.setData(NAME, NUMBER, info.number)
        item.setData(NAME, Qt.ItemDataRole.DecorationRole, _chip(color))
        item.setText(NAME, full_name(run))
        item.setToolTip(NAME, f"{usual_name(run)}, {self.tr('in training')}" if is_present else usual_name(run))
        item.setCheckState(NAME, Qt.CheckState.Checked if run.shown or is_present else Qt.CheckState.Unchecked)
        item.setText(STEPS, f"{steps:,}")
        item.setText(LOSS, "–" if loss is None else significant(loss, 4))
        item.setText(ACCURACY, "–" if accuracy is None else f"{100 * accuracy:.1f} %")
        item.setText(NOTE, self._memory_text(info.memory))
        item.setForeground(NOTE, QBrush(theme.color("muted")))
        for column in (STEPS, LOSS, ACCURACY):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(column, number_font())
        font = self.font()
        font.setBold(is_present)
        item.setFont(NAME, font)

    def _memory_text(self, memory: Memory) -> str:
        """Say what is left of a run that cannot do everything any more."""
        if memory is Memory.END:
            return self.tr("no way back")
        return self.tr("only curves left") if memory is Memory.CURVES else ""

    def _selected(self) -> SessionRun | None:
        item = self._table.currentItem()
        number = None if item is None else item.data(NAME, NUMBER)
        return next((run for run in self._machine.runs if run.info.number == number), None)

    def _enable_buttons(self) -> None:
        run = self._selected()
        other = run is not None and run.info.number != self._machine.present
        self._continue.setEnabled(other and run is not None and run.info.memory is not Memory.CURVES)
        self._delete.setEnabled(other)
        self._rename.setEnabled(run is not None)

    # --- what a person changes ----------------------------------------------------------------------------------------

    def _take_change(self, item: QTreeWidgetItem, column: int) -> None:
        """Take a name that was typed, or a check box that was clicked."""
        number = item.data(NAME, NUMBER)
        run = next((run for run in self._machine.runs if run.info.number == number), None)
        if run is not None and column == NAME:
            text = item.text(NAME).strip()
            self._machine.rename(number, "" if text == usual_name(run) else text)
            if number != self._machine.present:
                self._machine.show_run(number, item.checkState(NAME) is Qt.CheckState.Checked)
            QTimer.singleShot(0, self, self._refresh)  # an empty name gives way to the usual one

    def _switch(self) -> None:
        if (run := self._selected()) is not None:
            self._machine.switch_to(run.info.number)

    def _edit(self) -> None:
        if (item := self._table.currentItem()) is not None:
            self._table.editItem(item, NAME)

    def _forget(self) -> None:
        if (run := self._selected()) is not None:
            self._machine.delete(run.info.number)


def _chip(color: QColor) -> QPixmap:
    """Make a patch of a colour."""
    pixmap = QPixmap(CHIP, CHIP)
    pixmap.fill(color)
    return pixmap
