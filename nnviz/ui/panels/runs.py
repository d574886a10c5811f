"""The dock with the runs: what they are called and how far they came; to show, to continue, to forget."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QPixmap, QResizeEvent, QShowEvent
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
from nnviz.ui.widgets.racer_names import racer_name
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.row_table import column_width

NAME, LOSS, ACCURACY, COMMON, STEPS, OPTIMIZER, NOTE = range(7)
NUMBERS = (LOSS, ACCURACY, COMMON, STEPS)
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LESS_AND_LESS = (LOSS, ACCURACY, NOTE, COMMON, STEPS, OPTIMIZER)  # important; what does not fit is left to tool tips
CHIP = 12
REFRESH_MS = 400
NUMBER = Qt.ItemDataRole.UserRole


class RunsPanel(Panel):
    """One row for each run, with a check box that shows and hides its curves, and its colour."""

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
        self._refresher = Refresher(self, self._refresh, REFRESH_MS)
        self._machine.runs_changed.connect(self._refresher.now)
        session.history_changed.connect(self._refresher.soon)
        session.run_state_changed.connect(self._enable_buttons)
        theme_manager().changed.connect(self._refresher.now)

    # --- building -----------------------------------------------------------------------------------------------------

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setObjectName("runs_table")
        table.setAccessibleName(self.tr("Runs"))
        labels = (
            self.tr("Run"),
            self.tr("Val. loss"),
            self.tr("Val. acc."),
            "",
            self.tr("Steps"),
            self.tr("Optimizer"),
        )
        table.setHeaderLabels([*labels, ""])
        for column, text in (
            (OPTIMIZER, self.tr("The optimizer and its learning rate at the end of the run")),
            (LOSS, self.tr("Loss on the validation data, after the last epoch of the run")),
            (ACCURACY, self.tr("Share of the validation data that it gets right, after the last epoch of the run")),
            (COMMON, self.tr("Loss on the validation data after the last epoch that all of the runs have come to")),
        ):
            table.headerItem().setToolTip(column, text)
        for column in NUMBERS:
            table.headerItem().setTextAlignment(column, RIGHT)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
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
        header.setMinimumSectionSize(48)
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
        self._refresher.now()

    def _refresh(self) -> None:
        table = self._table
        if table.state() is QAbstractItemView.State.EditingState:
            return
        runs = self._machine.runs
        common = common_epoch(runs)
        table.blockSignals(True)
        table.headerItem().setText(COMMON, self.tr("at epoch {0}").format(common))
        while table.topLevelItemCount() > len(runs):
            table.takeTopLevelItem(table.topLevelItemCount() - 1)
        for row, run in enumerate(runs):
            if row == table.topLevelItemCount():
                table.addTopLevelItem(QTreeWidgetItem())
            self._fill(table.topLevelItem(row), run, common)
        self._fit_columns()
        table.blockSignals(False)
        if table.currentItem() is None and runs:
            table.setCurrentItem(table.topLevelItem(0), NAME, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._enable_buttons()

    def _fill(self, item: QTreeWidgetItem, run: SessionRun, common: int | None) -> None:
        theme, info = theme_manager().theme, run.info
        is_present = info.number == self._machine.present
        color = theme.run_color(run.color) if self._machine.colored else theme.color("accent")
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
        item.setCheckState(NAME, Qt.CheckState.Checked if run.shown or is_present else Qt.CheckState.Unchecked)
        training = self.session.preset.training if is_present and self.session.preset is not None else info.training
        item.setText(OPTIMIZER, racer_name(self.catalogue, training.optimizer))
        item.setText(STEPS, f"{steps:,}")
        item.setText(LOSS, "–" if loss is None else significant(loss, 4))
        item.setText(ACCURACY, "–" if accuracy is None else f"{100 * accuracy:.1f} %")
        at_common = next((each.val_loss for each in run.history.epochs if each.epoch == common), None)
        item.setText(COMMON, "–" if at_common is None else significant(at_common, 4))
        item.setText(NOTE, self._memory_text(info.memory))
        item.setForeground(NOTE, QBrush(theme.color("muted")))
        for column in NUMBERS:
            item.setTextAlignment(column, RIGHT)
            item.setFont(column, number_font())
        font = self.font()
        font.setBold(is_present)
        item.setFont(NAME, font)
        name = f"{usual_name(run)}, {self.tr('in training')}" if is_present else usual_name(run)
        self._explain(item, name)

    def _explain(self, item: QTreeWidgetItem, name: str) -> None:
        """Say in the tool tip of a row all that it is about: there may be no room for some columns."""
        header = self._table.headerItem()
        known = [column for column in self._needed() if column not in (NAME, NOTE)]
        lines = [name, *(f"{header.text(column)}: {item.text(column)}" for column in known), item.text(NOTE)]
        for column in range(self._table.columnCount()):
            item.setToolTip(column, "\n".join(filter(None, lines)))

    def _needed(self) -> tuple[int, ...]:
        """The columns that have something to say."""
        runs = self._machine.runs
        blank = {NOTE} if not any(self._memory_text(run.info.memory) for run in runs) else set()
        if common_epoch(runs) is None:
            blank.add(COMMON)
        return tuple(column for column in range(self._table.columnCount()) if column not in blank)

    def _fit_columns(self) -> None:
        """Show as many columns as there is room for beside the names."""
        table, header, needed = self._table, self._table.header(), self._needed()
        room = table.viewport().width() - table.sizeHintForColumn(NAME)
        for column in LESS_AND_LESS:
            if column in needed:
                room -= column_width(table, header, column)
            table.setColumnHidden(column, column not in needed or (room < 0 and column is not LOSS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the columns that fit."""
        super().resizeEvent(event)
        self._fit_columns()

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
            QTimer.singleShot(0, self, self._refresher.now)  # an empty name gives way to the usual one

    def _switch(self) -> None:
        if (run := self._selected()) is not None:
            self._machine.switch_to(run.info.number)

    def _edit(self) -> None:
        if (item := self._table.currentItem()) is not None:
            self._table.editItem(item, NAME)

    def _forget(self) -> None:
        if (run := self._selected()) is not None:
            self._machine.delete(run.info.number)


def common_epoch(runs: Sequence[SessionRun]) -> int | None:
    """Last epoch that all runs have come to; None where there is none, or all have come equally far."""
    reached = {run.history.epochs[-1].epoch if run.history.epochs else 0 for run in runs}
    return min(reached) or None if len(reached) > 1 else None


def _chip(color: QColor) -> QPixmap:
    """Make a patch of a colour."""
    pixmap = QPixmap(CHIP, CHIP)
    pixmap.fill(color)
    return pixmap
