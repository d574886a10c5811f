"""The button that shows the whole curves, and goes back to those of the present run."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

WIDE = 420  # pixels of the plot: there it has room for all its words


class RangeButton(QToolButton):
    """Says what the next double click would show; hidden where that is what is seen already."""

    def __init__(self, name: str, plot_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._plot_name = plot_name
        self.setObjectName(name)
        self.setAutoRaise(True)
        self.hide()

    def offer(self, back: bool, everything: bool, width: int) -> None:
        """Offer the way back to the present run, or everything, or nothing, beside a plot of that width."""
        if back:
            text, tip = self.tr("This run") if width >= WIDE else self.tr("This"), self.tr("As long as this run (A)")
        else:
            text, tip = self.tr("View all") if width >= WIDE else self.tr("All"), self.tr("Show the whole curves (A)")
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(f"{self._plot_name}: {tip}")
        self.setVisible(back or everything)
