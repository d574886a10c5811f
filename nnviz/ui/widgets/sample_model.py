"""The samples of a batch as a list model: what each is, what it is taken for, how wrong that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from nnviz.core.data import FloatArray, Task
from nnviz.core.playback import batch_mean
from nnviz.core.trace import Trace
from nnviz.ui.formula.numbers import all_digits
from nnviz.ui.widgets.grey_image import screen_pixels

Index = QModelIndex | QPersistentModelIndex
LONGEST_IN_ONE_LINE = 5
MOST_NUMBERS = 3


class Verdict(IntEnum):
    """What is to be said of a prediction."""

    UNKNOWN = 0
    RIGHT = 1
    WRONG = 2
    NONE = 3


@dataclass(frozen=True)
class Thumbnail:
    """What is painted of one sample. `row` is None for the mean of the batch, `pixels` for what is no image."""

    row: int | None
    inputs: FloatArray
    pixels: NDArray[np.uint32] | None
    captions: tuple[str, ...]
    note: str
    verdict: Verdict
    hue: float | None


ThumbnailRole = Qt.ItemDataRole.UserRole + 1


class SampleModel(QAbstractListModel):
    """The mean of the batch (row 0), and the samples of a trace (row i + 1).

    Predictions and losses are told only as far as the learner has walked: see `show_progress`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trace: Trace | None = None
        self._count = 0  # the view asks for it once per row when it lays out
        self._classes: tuple[str, ...] = ()
        self._task = Task.CLASSES
        self._predicted: np.ndarray = np.zeros(0)
        self._pixels: NDArray[np.uint32] | None = None
        self._forward_done = self._loss_known = False

    def set_trace(self, trace: Trace | None, classes: tuple[str, ...], task: Task) -> None:
        """Show another batch."""
        count = 0 if trace is None else trace.batch_size + 1
        resized = count != self._count
        if resized:
            self.beginResetModel()
        self.trace, self._count, self._classes, self._task = trace, count, classes, task
        if trace is not None:
            self._predicted = _predictions(trace, task)
            self._pixels = _pixels(trace)
        if resized:
            self.endResetModel()

    def show_progress(self, forward_done: bool, loss_known: bool) -> bool:
        """Tell predictions from the end of the forward pass on, and losses from the loss on; return what changed."""
        changed = (forward_done, loss_known) != (self._forward_done, self._loss_known)
        self._forward_done, self._loss_known = forward_done, loss_known
        return changed

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Count the entries."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the thumbnail, or the sentence for tool tips and screen readers."""
        if not index.isValid() or self.trace is None:
            return None
        if role == ThumbnailRole:
            return self._thumbnail(index.row() - 1)
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return self._sentence(index.row() - 1)
        return None

    # --- one entry ----------------------------------------------------------------------------------------------------

    def _thumbnail(self, row: int) -> Thumbnail:
        trace = self.trace
        assert trace is not None
        if row < 0:
            note = loss_text(trace.loss) if self._loss_known and trace.loss is not None else ""
            mean = batch_mean(trace.inputs)
            pixels = None if self._pixels is None else self._pixels[-1]
            return Thumbnail(None, mean, pixels, (self.tr("mean"),), note, Verdict.NONE, None)
        captions = captions_for(self._target_name(row), self._prediction_name(row))
        pixels = None if self._pixels is None else self._pixels[row]
        return Thumbnail(row, trace.inputs[row], pixels, captions, self._loss(row), self._verdict(row), self._hue(row))

    def _sentence(self, row: int) -> str:
        trace = self.trace
        assert trace is not None
        if row < 0:
            return self.tr("The mean of the {count} samples of this batch").format(count=trace.batch_size)
        parts = [self.tr("Sample {row}").format(row=row + 1)]
        if trace.is_drawing:
            index = int(trace.sample_indices[0])
            from_data = self.tr("Sample {index} of the data").format(index=index)
            parts = [self.tr("Your drawing") if index < 0 else from_data]
        if trace.targets is not None:
            parts.append(self.tr("target {name}").format(name=self._target_name(row)))
        if self._forward_done:
            parts.append(self.tr("predicted {name}").format(name=self._prediction_name(row)))
        parts += {Verdict.RIGHT: [self.tr("right")], Verdict.WRONG: [self.tr("wrong")]}.get(self._verdict(row), [])
        if self._loss(row) and trace.sample_losses is not None:
            parts.append(self.tr("loss {loss}").format(loss=all_digits(float(trace.sample_losses[row]))))
        return ", ".join(parts)

    def _class_name(self, index: int) -> str:
        return self._classes[index] if 0 <= index < len(self._classes) else str(index)

    def _target_name(self, row: int) -> str:
        targets = self.trace.targets if self.trace is not None else None
        if targets is None:
            return "?"
        if self._task is Task.VALUES:
            return numbers_text(targets[row])
        return self._class_name(int(targets[row]))

    def _prediction_name(self, row: int) -> str:
        if not self._forward_done:
            return "?"
        predicted = self._predicted[row]
        return numbers_text(predicted) if self._task is Task.VALUES else self._class_name(int(predicted))

    def _verdict(self, row: int) -> Verdict:
        trace = self.trace
        if trace is None or trace.targets is None or self._task is Task.VALUES:
            return Verdict.NONE
        if not self._forward_done:
            return Verdict.UNKNOWN
        return Verdict.RIGHT if int(self._predicted[row]) == int(trace.targets[row]) else Verdict.WRONG

    def _loss(self, row: int) -> str:
        losses = self.trace.sample_losses if self.trace is not None else None
        return "" if losses is None or not self._loss_known else loss_text(float(losses[row]))

    def _hue(self, row: int) -> float | None:
        """Where the target lies between −1 and 1, for the colour of a point."""
        targets = self.trace.targets if self.trace is not None else None
        if targets is None:
            return None
        if self._task is Task.VALUES:
            return float(np.clip(np.ravel(targets[row])[0], -1.0, 1.0))
        return 2.0 * int(targets[row]) / max(1, len(self._classes) - 1) - 1.0


def loss_text(loss: float) -> str:
    """Write a loss with four decimals; what they cannot show, rounding errors below zero too, is "< 0.0001"."""
    return "< 0.0001" if 0.0 < abs(loss) < 0.00005 else f"{loss + 0.0:.4f}"  # −0 + 0 is 0


def numbers_text(values: FloatArray) -> str:
    """Write the first few of the numbers that are to be predicted of a sample, or are predicted."""
    texts = [f"{round(value, 2) + 0.0:.2f}" for value in np.ravel(values)[:MOST_NUMBERS].tolist()]  # −0 + 0 is 0
    return ", ".join([*texts, "…"] if np.size(values) > MOST_NUMBERS else texts)


def captions_for(target: str, prediction: str) -> tuple[str, ...]:
    """Return "target → prediction", on two lines where the names are long."""
    if max(len(target), len(prediction)) > LONGEST_IN_ONE_LINE:
        return (target, f"→ {prediction}")
    return (f"{target} → {prediction}",)


def _pixels(trace: Trace) -> NDArray[np.uint32] | None:
    """Return the images of all samples, and last their mean; None where samples are no images."""
    if trace.inputs.ndim != 3:
        return None
    return screen_pixels(np.concatenate([trace.inputs, batch_mean(trace.inputs)[None]]))


def _predictions(trace: Trace, task: Task) -> np.ndarray:
    """Return the class that each sample is taken for, shape (batch,), or the numbers, shape (batch, outputs)."""
    outputs = trace.outputs.reshape(trace.batch_size, -1)
    if task is Task.VALUES:
        return outputs
    return (outputs[:, 0] > 0.5).astype(np.int64) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
