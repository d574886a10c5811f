"""A switch for the sample of the data set that the picture shows: it tells which pixels the answer hangs on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from nnviz.core.data import FloatArray, Task
from nnviz.session.session import Session
from nnviz.ui.widgets.layout import ROW_GAP, message_label, push_button, show_message
from nnviz.ui.widgets.saliency_asker import SaliencyAsker


class PixelsButton(QWidget):
    """Asks for ∂score/∂x of the sample as long as it is shown; it goes off with the sample, and when it is hidden.

    Signals
    -------
    changed(object)
        The newest gradient, shape (rows, columns), or None when there is none any more.
    """

    changed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sample = -1
        self._asker = SaliencyAsker(session, "mistakes", self)
        self._asker.answered.connect(self._show)
        self._button: QPushButton = push_button(
            "mistakes_pixels_button",
            self.tr("Which pixels matter?"),
            self.tr("Colour the pixels of this sample by how much the answer hangs on them (saliency)"),
            self,
        )
        self._button.setAccessibleName(self._button.text())
        self._button.setCheckable(True)
        self._button.toggled.connect(self._turn)
        self._text: QLabel = message_label("muted")
        self._text.setObjectName("mistakes_pixels_text")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._button)
        column.addWidget(self._text)
        show_message(self._text, "")
        session.frame_changed.connect(self._follow)
        session.loaded.connect(self._follow_data)
        self._follow_data()

    def _follow_data(self) -> None:
        """Be there for images only."""
        summary = self._session.summary
        self.setVisible(summary is not None and summary.is_image and summary.task is Task.CLASSES)
        self._follow()

    def _follow(self) -> None:
        """Ask anew about what is shown now: another sample, or other weights."""
        frame = self._session.frame
        sample = int(frame.trace.sample_indices[0]) if frame is not None and frame.trace.is_drawing else -1
        if sample != self._sample:
            self._sample = sample
            self._asker.forget()
        self._button.setEnabled(sample >= 0)
        if sample < 0:
            self._button.setChecked(False)
        elif self._button.isChecked():
            self._ask()

    def _turn(self, on: bool) -> None:
        text = self.tr("Which pixels matter?")
        self._button.setText(f"✓ {text}" if on else text)
        if on:
            self._ask()
        else:
            self._asker.forget()
            show_message(self._text, "")
            self.changed.emit(None)

    def _ask(self) -> None:
        frame = self._session.frame
        assert frame is not None  # it shows a sample
        self._asker.ask(frame.trace.inputs[0], None)

    def _show(self, inputs: FloatArray, gradient: FloatArray, text: str) -> None:
        show_message(self._text, text)
        self.changed.emit(gradient)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody can see the switch any more: it goes off."""
        super().hideEvent(event)
        self._button.setChecked(False)
