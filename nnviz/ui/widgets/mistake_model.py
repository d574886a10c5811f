"""Judged samples as a list model of thumbnails, the highest loss first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import QWidget

from nnviz.core.confusion import Mistakes
from nnviz.ui.formula.numbers import significant
from nnviz.ui.widgets.grey_image import screen_pixels
from nnviz.ui.widgets.sample_model import Index, Thumbnail, ThumbnailRole, Verdict, captions_for


class MistakeModel(QAbstractListModel):
    """What each sample is and is taken for, its loss, and how sure the network was."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mistakes: Mistakes | None = None
        self._classes: tuple[str, ...] = ()
        self._in_percent = True
        self._count = 0
        self._pixels: NDArray[np.uint32] | None = None

    def show_mistakes(self, mistakes: Mistakes | None, classes: tuple[str, ...], in_percent: bool) -> None:
        """Show other samples; `in_percent` says that outputs are probabilities."""
        count = 0 if mistakes is None else len(mistakes.indices)
        resized = count != self._count
        if resized:
            self.beginResetModel()
        self.mistakes, self._classes, self._in_percent, self._count = mistakes, classes, in_percent, count
        self._pixels = screen_pixels(mistakes.inputs) if mistakes is not None and mistakes.inputs.ndim == 3 else None
        if resized:
            self.endResetModel()
        elif count:
            self.dataChanged.emit(self.index(0), self.index(count - 1))

    def row_of(self, sample: int | None) -> int | None:
        """Where a sample of the data set stands; None if it is not here (any more)."""
        if self.mistakes is None or sample is None:
            return None
        rows = np.flatnonzero(self.mistakes.indices == sample)
        return int(rows[0]) if len(rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Count the samples."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the thumbnail, or the sentence for tool tips and screen readers."""
        if not index.isValid() or self.mistakes is None:
            return None
        if role == ThumbnailRole:
            return self._thumbnail(index.row(), self.mistakes)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._sentence(index.row(), self.mistakes)
        return None

    def _sureness(self, row: int, mistakes: Mistakes) -> str:
        output = float(mistakes.outputs[row])
        return f"{100 * output:.0f} %" if self._in_percent else f"{output:.2f}"

    def _thumbnail(self, row: int, mistakes: Mistakes) -> Thumbnail:
        target, predicted = int(mistakes.targets[row]), int(mistakes.predictions[row])
        return Thumbnail(
            row=row,
            inputs=mistakes.inputs[row],
            pixels=None if self._pixels is None else self._pixels[row],
            captions=captions_for(self._classes[target], self._classes[predicted]),
            note=significant(float(mistakes.losses[row])),
            verdict=Verdict.RIGHT if target == predicted else Verdict.WRONG,
            hue=2.0 * target / max(1, len(self._classes) - 1) - 1.0,
        )

    def _sentence(self, row: int, mistakes: Mistakes) -> str:
        return self.tr("Sample {index}: target {target}, predicted {answer} ({sureness}), loss {loss}").format(
            index=int(mistakes.indices[row]),
            target=self._classes[int(mistakes.targets[row])],
            answer=self._classes[int(mistakes.predictions[row])],
            sureness=self._sureness(row, mistakes),
            loss=significant(float(mistakes.losses[row])),
        )
