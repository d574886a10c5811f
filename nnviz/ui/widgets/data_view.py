"""A loaded data set at a glance: what it is, how it is split, and how a sample becomes numbers for the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnviz.core.data import DataSummary, Task
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.layout import ROW_GAP, SECTION_GAP, heading, message_label
from nnviz.ui.widgets.preprocessing_strip import PreprocessingStrip
from nnviz.ui.widgets.split_bar import SplitBar
from nnviz.ui.widgets.texts import translated

if TYPE_CHECKING:
    from nnviz.ui.widgets.point_plot import PointPlot


class DataView(QWidget):
    """Summary, split, and either the steps of preprocessing an image or a picture of all points."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: DataSummary | None = None
        self._what = message_label()
        self._what.setObjectName("data_summary")
        self._split = SplitBar(self)
        self._steps = PreprocessingStrip(self)
        self._points: PointPlot | None = None
        self._key = QLabel(self)
        self._key.setObjectName("point_key")
        self._explanation = message_label("muted")
        self._explanation.setObjectName("preprocessing_text")
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(heading(self.tr("Samples")))
        column.addWidget(self._what)
        column.addWidget(self._split)
        column.addSpacing(SECTION_GAP)
        column.addWidget(heading(self.tr("What the network is given")))
        for widget in (self._steps, self._key, self._explanation):
            column.addWidget(widget)
        theme_manager().changed.connect(self._show_key)

    def show_summary(self, summary: DataSummary) -> None:
        """Show a data set."""
        self._summary = summary
        self._what.setText(self._sentence(summary))
        self._split.show_split(summary.training_samples, summary.validation_samples, summary.test_samples)
        shows_steps = summary.is_image and summary.task is Task.CLASSES
        self._steps.setVisible(shows_steps)
        if self._points is not None:
            self._points.setVisible(summary.has_plane)
        self._key.setVisible(summary.has_plane)
        if shows_steps:
            self._steps.show_sample(summary, 0)
            self._explanation.setText(self._image_explanation(summary))
        elif summary.has_plane:
            self._point_plot().show_points(summary)
            self._explanation.setText(self.tr("The coordinates go into the network as they are."))
        self._show_key()
        self.show()

    def _point_plot(self) -> PointPlot:
        """The picture of the points, made with the first ones: importing pyqtgraph takes a third of a second."""
        if self._points is None:
            from nnviz.ui.widgets.point_plot import PointPlot

            self._points = PointPlot(self)
            self._column.insertWidget(self._column.indexOf(self._key), self._points)
            self._points.show()
        return self._points

    def _sentence(self, summary: DataSummary) -> str:
        total = summary.training_samples + summary.validation_samples + summary.test_samples
        if summary.is_image:
            rows, columns = summary.sample_shape
            what = self.tr("{count} images of {rows}×{columns} pixels").format(
                count=f"{total:,}", rows=rows, columns=columns
            )
        else:
            what = self.tr("{count} points with {features}").format(
                count=f"{total:,}", features=self.tr(" and ").join(summary.feature_names)
            )
        if summary.task is Task.VALUES:
            return self.tr("{what}. To be predicted: a number.").format(what=what)
        return self.tr("{what}. To be predicted: one of {count} classes.").format(what=what, count=len(summary.classes))

    def _image_explanation(self, summary: DataSummary) -> str:
        """Work one pixel and the label of the shown sample through."""
        raw, label = summary.preview_raw[0], int(summary.preview_targets[0])
        grey = raw[(raw > 0) & (raw < raw.max())]
        pixel = float(np.sort(grey)[len(grey) // 2]) if len(grey) else float(raw.max())
        one_hot = " ".join("1" if index == label else "0" for index in range(len(summary.classes)))
        division = f"{pixel:g} ÷ {summary.divisor:g} = {pixel / summary.divisor:.2f}"
        return self.tr("A pixel of {pixel} becomes {division}.\nThe label {label} becomes\n{one_hot}").format(
            pixel=f"{pixel:g}",
            division=division.replace(" ", "\N{NO-BREAK SPACE}"),
            label=summary.classes[label],
            one_hot=one_hot.replace(" ", "\N{NO-BREAK SPACE}"),
        )

    def _show_key(self) -> None:
        """Name what the two colours of the points mean."""
        summary, theme = self._summary, theme_manager().theme
        if summary is None or not summary.has_plane:
            return
        if summary.task is Task.CLASSES:
            names = [translated(summary.classes[0]), translated(summary.classes[-1])]
        else:
            limit = float(np.abs(summary.point_targets).max()) if summary.point_targets is not None else 0.0
            names = [f"−{limit:.2g}", f"{limit:.2g}"]
        self._key.setText(
            f'<span style="color:{theme.negative}">●</span> {names[0]} &nbsp; '
            f'<span style="color:{theme.positive}">●</span> {names[1]}'
        )
