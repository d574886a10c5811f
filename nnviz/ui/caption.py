"""The caption under the picture: what happens at this stage, and the formula with the real numbers."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import PARAMETERS, Frame, Phase
from nnviz.core.worksheet_quantities import Place
from nnviz.session.worksheet import Permission, Secrecy
from nnviz.ui.formula import Explanation, Focus, describe
from nnviz.ui.formula.blank import TO_COME, blanked, shortened
from nnviz.ui.theme import SMALLEST_POINT_SIZE, number_font, theme_manager

SENTENCE_POINTS = SMALLEST_POINT_SIZE + 2
NUMBER_POINTS = SMALLEST_POINT_SIZE + 1
LINES = 3
SPACE = 6
MOST_TERMS = 3


class Caption(QLabel):
    """One line for the sentence, two for the formula: always, so that the picture above never moves."""

    def __init__(self, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("caption")
        self.setAccessibleName(self.tr("What happens at this stage"))
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setWordWrap(True)
        self.setContentsMargins(SPACE, 2, SPACE, 2)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._catalogue = catalogue
        self._frame: Frame | None = None
        self._focus: Focus | None = None
        self._permission = Permission()
        self._waits = False
        self._note = ""
        self.set_type_scale(1.0)
        theme_manager().changed.connect(self._write_again)

    def set_type_scale(self, scale: float) -> None:
        """Write so many times as large as usual."""
        self._scale = scale
        font = self.font()
        font.setPointSize(round(SENTENCE_POINTS * scale))
        self._numbers = number_font(round(NUMBER_POINTS * scale))
        self.setFont(font)
        self.setFixedHeight(self.sizeHint().height())
        self._show()

    @Slot()
    def _write_again(self) -> None:
        """Take the colours of the theme; its style sheet has taken back the size of the type."""
        self.set_type_scale(self._scale)

    def sizeHint(self) -> QSize:
        """Room for one line of text and two of numbers, whatever is written."""
        height = QFontMetrics(self.font()).lineSpacing() + (LINES - 1) * QFontMetrics(self._numbers).lineSpacing()
        return QSize(400, height + 2 * SPACE)

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be."""
        return QSize(200, self.sizeHint().height())

    def set_focus(self, layer: int, unit: int, source: int | None = None) -> None:
        """Write out this neuron's numbers; with `source`, those of its weight from there."""
        self._focus = Focus(layer, unit, source)
        self._show()

    def clear_focus(self) -> None:
        """Choose the neuron with the largest number again."""
        self._focus = None
        self._show()

    def show_frame(self, frame: Frame | None, permission: Permission | None = None) -> None:
        """Explain the frame, with as much of its formulas as may be seen; without a permission, all."""
        self._frame, self._permission = frame, permission or Permission()
        self._show()

    def set_waiting(self, waits: bool) -> None:
        """Leave the result open while the numbers that it is made of are on their way."""
        if waits != self._waits:
            self._waits = waits
            self._show()

    def set_note(self, note: str) -> None:
        """Write this into the last line, where the formula has to leave it free; nothing for an empty one."""
        if note != self._note:
            self._note = note
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as many terms as there is now room for."""
        super().resizeEvent(event)
        self._show()

    @Slot()
    def _show(self) -> None:
        if self._frame is None:
            self.setText("")
            return
        self._numbers.setStyleHint(QFont.StyleHint.Monospace)
        metrics = QFontMetrics(self._numbers)
        line = (self.width() - 4 * SPACE) * 0.92  # a line is broken before a long number
        focus = self._permitted_focus(self._frame)
        room = line if self._note else (LINES - 1) * line
        for terms in range(MOST_TERMS, 0, -1):
            explanation = self._permitted(describe(self._frame, self._catalogue, focus, terms), focus)
            if metrics.horizontalAdvance(explanation.formula) <= room:
                break
        else:
            if self._note:
                explanation = replace(explanation, formula=shortened(explanation.formula))
        self.setText(self._html(explanation) + (self._note_html() if self._note else ""))

    def _permitted_focus(self, frame: Frame) -> Focus | None:
        """Choose what a worksheet asks next, unless something of this stage is pinned."""
        permission, focus = self._permission, self._focus
        if permission.secrecy is not Secrecy.RESULT_HIDDEN:
            return focus
        updated = frame.phase is Phase.UPDATE
        of_weights = updated or frame.stage.part == PARAMETERS
        layers = range(len(frame.layers)) if updated else (frame.stage.layer,)
        if focus is not None and (focus.source is not None) is of_weights and focus.layer in layers:
            return focus
        place = permission.asked or next(iter(permission.solved), None)
        return focus if place is None else Focus(place.layer, place.unit, place.source)

    def _permitted(self, explanation: Explanation, focus: Focus | None) -> Explanation:
        match self._permission.secrecy:
            case Secrecy.RESULT_HIDDEN if focus is None or _place(focus) not in self._permission.solved:
                return replace(explanation, formula=blanked(explanation.formula))
            case Secrecy.HIDDEN:
                return replace(explanation, formula="")
        return replace(explanation, formula=blanked(explanation.formula, TO_COME)) if self._waits else explanation

    def _note_html(self) -> str:
        color, size = theme_manager().theme.muted, self._numbers.pointSize()
        return f'<div style="color: {color}; font-size: {size}pt">{escape(self._note)}</div>'

    def _html(self, explanation: Explanation) -> str:
        formula = escape(explanation.formula).replace(" = ", "&nbsp;= ").replace("  ", "&nbsp; ")
        face, size = self._numbers.family(), self._numbers.pointSize()
        return (
            f"<div>{escape(explanation.sentence)}</div>"
            f"<div style=\"font-family: '{face}'; font-size: {size}pt\">{formula}</div>"
        )


def _place(focus: Focus) -> Place:
    return Place(focus.layer, focus.unit, focus.source)
