"""Which pixels the answer hangs on: a part of the drawing pad's dock."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnviz.core.data import FloatArray, Task
from nnviz.core.playback import Frame
from nnviz.session.session import Session
from nnviz.ui.graph.wording import number
from nnviz.ui.theme import Theme, theme_manager
from nnviz.ui.widgets.grey_image import screen_image
from nnviz.ui.widgets.layout import ROW_GAP, message_label
from nnviz.ui.widgets.saliency_asker import SaliencyAsker
from nnviz.ui.widgets.saliency_paint import draw_saliency, saliency_limit, saliency_pixels
from nnviz.ui.widgets.texts import translated

SIDE = 104
BAR_HEIGHT = 12
STEPS = 101


class SaliencyPicture(QWidget):
    """An input in greys, with the gradient over it, and the scale of its colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gradient: FloatArray | None = None
        self._image: FloatArray | None = None
        self.setObjectName("saliency_picture")
        self.setAccessibleName(self.tr("Saliency"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_saliency(self, gradient: FloatArray | None, image: FloatArray | None) -> None:
        """Show a gradient over the input that it is for, both of shape (rows, columns); or one alone, or nothing."""
        self._gradient, self._image = gradient, image
        self.update()

    def sizeHint(self) -> QSize:
        """The picture, and a scale below it."""
        return QSize(SIDE, SIDE + BAR_HEIGHT + self.fontMetrics().height() + 2 * ROW_GAP)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint picture and scale."""
        if self._image is None:
            return
        theme, painter = theme_manager().theme, QPainter(self)
        left = (self.width() - SIDE) / 2
        area = QRectF(left + 0.5, 0.5, SIDE - 1, SIDE - 1)
        gradient = np.zeros_like(self._image) if self._gradient is None else self._gradient
        draw_saliency(painter, area, gradient, self._image, theme)
        painter.setPen(theme.color("line"))
        painter.drawRect(area)
        if self._gradient is not None:
            self._paint_scale(painter, theme, area, saliency_limit(self._gradient))

    def _paint_scale(self, painter: QPainter, theme: Theme, area: QRectF, largest: float) -> None:
        """Paint, below the picture, what its colours stand for."""
        bar = QRectF(area.left(), SIDE + ROW_GAP, area.width(), BAR_HEIGHT)
        shares = np.linspace(-1.0, 1.0, STEPS)[None]
        painter.drawImage(bar, screen_image(saliency_pixels(shares, np.full_like(shares, 0.5), theme)))
        painter.drawRect(bar)
        limit = number(largest, 2)
        painter.setPen(theme.color("muted"))
        below = QRectF(bar.left(), bar.bottom() + 1, bar.width(), self.fontMetrics().height())
        ends = (f"−{limit}", Qt.AlignmentFlag.AlignLeft), (f"+{limit}", Qt.AlignmentFlag.AlignRight)
        if self.fontMetrics().horizontalAdvance(f"−{limit}  +{limit}") > bar.width():
            ends = ((f"±{limit}", Qt.AlignmentFlag.AlignHCenter),)
        for text, side in ends:
            painter.drawText(below, int(side | Qt.AlignmentFlag.AlignTop), text)


class SaliencySection(QWidget):
    """A switch, and while it is on: ∂score/∂x of the drawing, or of the sample that is shown, live.

    Signals
    -------
    changed(object)
        The newest gradient, shape (rows, columns), or None when there is none any more.
    turned(bool)
        It was switched on or off.
    """

    changed = Signal(object)
    turned = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asker = SaliencyAsker(session, "drawing", self)
        self._asker.answered.connect(self._show)
        self._make_widgets()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._switch)
        words = QVBoxLayout()
        words.setSpacing(2)
        for widget in (self._class_label, self._classes, self._text):
            words.addWidget(widget)
        words.addStretch(1)
        details = QHBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(2 * ROW_GAP)
        details.addWidget(self._picture)
        details.addLayout(words, 1)
        column.addWidget(self._details)
        self._details.hide()
        session.frame_changed.connect(self._ask)
        session.loaded.connect(self._follow_data)
        self._follow_data()

    def _make_widgets(self) -> None:
        self._switch = QCheckBox(self.tr("Show which pixels matter"), self)
        self._switch.setObjectName("saliency_check")
        self._switch.setToolTip(self.tr("The gradient of a class's score with respect to each pixel (saliency)"))
        self._switch.toggled.connect(self._toggle)
        self._details = QWidget(self)
        self._class_label = QLabel(self.tr("for the class"), self._details)
        self._classes = QComboBox(self._details)
        self._classes.setObjectName("saliency_class_combo")
        self._classes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._classes.setAccessibleName(self.tr("Class whose score is looked at"))
        self._classes.currentIndexChanged.connect(self._choose_class)
        self._class_label.setBuddy(self._classes)
        self._picture = SaliencyPicture(self._details)
        self._text = message_label("muted")
        self._text.setObjectName("saliency_text")

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def _wanted(self) -> bool:
        return self._switch.isChecked() and self.isVisible()

    def _toggle(self, on: bool) -> None:
        self._details.setVisible(on)
        self.turned.emit(on)
        if on:
            self._ask()
        else:
            self._asker.forget()
            self.changed.emit(None)

    def _follow_data(self) -> None:
        """Offer the classes of the data; there is nothing to see where the input is no image."""
        summary = self._session.summary
        possible = summary is not None and summary.is_image and summary.task is Task.CLASSES
        self.setVisible(possible)
        names = [translated(name) for name in summary.classes] if possible else []
        if names != [self._classes.itemText(index) for index in range(1, self._classes.count())]:
            self._classes.blockSignals(True)
            self._classes.clear()
            self._classes.addItems([self.tr("predicted one"), *names])
            self._classes.blockSignals(False)
        self.changed.emit(None)

    def _choose_class(self) -> None:
        self._asker.forget()  # an answer about another class would belie the choice
        self._ask()

    def _ask(self) -> None:
        """Ask about what the picture shows: the drawing, or a sample; but nothing that gives away its answer."""
        frame = self._session.frame
        if not self._wanted or frame is None:
            return
        inputs = _shown_inputs(frame)
        if inputs is None:
            self._show_none(None, self.tr("Choose a sample: the mean of the batch has no class."))
        elif self._session.worksheet.known(frame).layers[-1].output is None:
            self._show_none(inputs, self.tr("The output is not known yet at this stage: the colours come with it."))
        else:
            label = self._classes.currentIndex() - 1
            self._asker.ask(inputs, label if label >= 0 else None)

    def _show_none(self, inputs: FloatArray | None, text: str) -> None:
        """Show no gradient, not even one that is still on its way, and say why."""
        self._asker.forget()
        self._picture.show_saliency(None, inputs)
        self._text.setText(text)
        self.changed.emit(None)

    def _show(self, inputs: FloatArray, gradient: FloatArray, text: str) -> None:
        self._picture.show_saliency(gradient, inputs)
        self._text.setText(text)
        self.changed.emit(gradient)

    # --- life ---------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody can see the legend: the picture of the network goes without it, too."""
        super().hideEvent(event)
        self._asker.forget()
        self.changed.emit(None)


def _shown_inputs(frame: Frame) -> FloatArray | None:
    sample, inputs = frame.cursor.sample, frame.trace.inputs
    return None if sample is None else inputs[min(sample, len(inputs) - 1)]
