"""The decision boundary: what the network answers everywhere in the plane, while it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QSizePolicy, QWidget

from nnviz.core.added_points import AddedPoint
from nnviz.core.catalogue import Catalogue
from nnviz.core.data import DataSummary, Task
from nnviz.core.facts import Failed, Place, RunState
from nnviz.core.plane import PlaneAnswer
from nnviz.core.playback import Frame
from nnviz.core.settings import Number, settings_of
from nnviz.core.spec import DataSpec
from nnviz.session.session import Session
from nnviz.ui.graph.wording import number
from nnviz.ui.panels.latest_wish import LatestWish
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.answer_choice import AnswerChoice
from nnviz.ui.widgets.layout import SECTION_GAP, message_label, scrolled_column, show_message
from nnviz.ui.widgets.plane_paint import class_colors, value_limit
from nnviz.ui.widgets.plane_picture import PlanePicture
from nnviz.ui.widgets.setting_slider import SettingSlider
from nnviz.ui.widgets.texts import translated

WATCHER = "plane"
NOISE, SPLIT = "noise", "validation_split"
WIDTH = 366  # px: for a picture in which points can be told apart


class PlanePanel(Panel):
    """The plane with its points, adding points, and the sliders for noise and split.

    Signals
    -------
    heat_maps_chosen(bool)
        Whether the neurons of the network picture are to be maps of the plane.
    """

    heat_maps_chosen = Signal(bool)

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._data = LatestWish(self._set_data, self._may_send, self)
        self._points = LatestWish(self._set_points, self._may_send, self)
        self._runs_on = False
        self._pointed: tuple[float, float] | None = None
        self._sliders: dict[str, SettingSlider] = {}
        self.setMinimumWidth(WIDTH)
        self._make_widgets()
        self._lay_out()
        session.loaded.connect(self._follow_data)
        session.failed.connect(self._go_back)
        session.run_state_changed.connect(self._go_on, Qt.ConnectionType.QueuedConnection)  # after all others
        session.plane.answered.connect(self._show_answer)
        theme_manager().changed.connect(self._show_key)
        self._follow_data()

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._message = message_label("muted")
        self._message.setObjectName("plane_message")
        self._message.setText(self.tr("For points in the plane: choose Circle, XOR, Spiral or the like as data."))
        self.picture = PlanePicture(self)
        self.picture.setToolTip(
            self.tr("<p>A click adds a point. A right click on a point that you have added takes it away.</p>")
        )
        self.picture.added.connect(self._add)
        self.picture.removed.connect(self._remove)
        self.picture.pointed.connect(self._read)
        self._reading = message_label("muted")
        self._reading.setObjectName("plane_reading")
        self._key = QLabel(self)
        self._key.setObjectName("plane_key")
        self._key.setWordWrap(True)
        self._key.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._choice = AnswerChoice(self)
        self._problem = message_label("error")
        self._problem.setObjectName("plane_problem")
        self._remove_button = QPushButton(self)
        self._remove_button.setObjectName("remove_points_button")
        self._remove_button.setAutoDefault(False)
        policy = self._remove_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # it comes and goes, and must not move what a person points at
        self._remove_button.setSizePolicy(policy)
        self._remove_button.clicked.connect(lambda: self._points.wish(()))
        self._heat_maps = QCheckBox(self.tr("Show maps in the neurons"), self)
        self._heat_maps.setObjectName("heat_maps_check")
        self._heat_maps.setToolTip(self.tr("Each neuron of the picture shows what it answers over the plane"))
        self._heat_maps.toggled.connect(self.heat_maps_chosen)

    def _lay_out(self) -> None:
        column = scrolled_column(self, "plane")
        self._contents = (self.picture, self._reading, self._key, self._choice, self._remove_button, self._heat_maps)
        column.addWidget(self._message)
        for widget in (self.picture, self._reading, self._key):
            column.addWidget(widget)
        column.addSpacing(SECTION_GAP)
        column.addWidget(self._choice)
        column.addWidget(self._problem)
        column.addSpacing(SECTION_GAP)
        for slider in self._make_sliders():
            column.addWidget(slider)
        column.addWidget(self._heat_maps)
        column.addSpacing(SECTION_GAP)
        column.addWidget(self._remove_button)
        column.addStretch(1)

    def _make_sliders(self) -> tuple[SettingSlider, ...]:
        noise = next(entry.settings[NOISE] for entry in self.catalogue.datasets if NOISE in entry.settings)
        numbers = {NOISE: noise, SPLIT: settings_of(DataSpec)[SPLIT]}
        width = max(self.fontMetrics().horizontalAdvance(translated(each.label)) for each in numbers.values()) + 6
        for name, setting in numbers.items():
            assert isinstance(setting, Number)
            slider = SettingSlider(setting, f"plane_{name}_slider", width, self)
            slider.settled.connect(lambda value, name=name: self._choose(name, value))
            self._sliders[name] = slider
        return tuple(self._sliders.values())

    def set_heat_maps(self, shown: bool) -> None:
        """Say whether the neurons are maps now."""
        self._heat_maps.setChecked(shown)

    # --- what a person changes ----------------------------------------------------------------------------------------

    def _choose(self, name: str, value: float) -> None:
        data = self._data.wanted
        if data is None:
            return
        if name == SPLIT:
            data = replace(data, validation_split=value)
        else:
            own = {key: each for key, each in data.settings.items() if key != name}
            default = self.catalogue.dataset(data.name).defaults[name]
            data = replace(data, settings=own if value == default else {**own, name: value})
        self._data.wish_soon(data)

    def _add(self, x1: float, x2: float) -> None:
        self._points.wish((*(self._points.wanted or ()), AddedPoint(x1, x2, self._choice.answer)))

    def _remove(self, index: int) -> None:
        first = self._first_added()
        points = self._points.wanted or ()
        self._points.wish(tuple(point for place, point in enumerate(points) if place != index - first))

    def _set_data(self, data: DataSpec) -> None:
        self._keep_running()
        self.session.set_data(data)

    def _set_points(self, points: tuple[AddedPoint, ...]) -> None:
        self._keep_running()
        self.session.set_points(points)

    def _keep_running(self) -> None:
        """Go on running after a change that stops the training for a moment."""
        self._runs_on = self._runs_on or self.session.run_state is RunState.RUNNING

    def _may_send(self) -> bool:
        """Say whether nothing is being loaded: what would come after it may not fit it any more."""
        return self.session.run_state is not RunState.LOADING

    def _go_on(self) -> None:
        self._data.go_on()
        self._points.go_on()
        if self.session.run_state is RunState.PAUSED and self._runs_on:
            self._runs_on = False
            self.session.run()

    def _go_back(self, failure: Failed) -> None:
        """Show again what is in force, and why a wish was not granted."""
        self._runs_on = False
        self._data.refuse()
        self._points.refuse()
        self._follow_data()
        if failure.place is Place.DATA and self.picture.isVisible():
            show_message(self._problem, failure.message)

    # --- following the session ----------------------------------------------------------------------------------------

    def _first_added(self) -> int:
        summary, preset = self.session.summary, self.session.preset
        if summary is None or summary.points is None or preset is None:
            return 0
        return len(summary.points) - len(preset.data.points)

    def _follow_data(self) -> None:
        summary, preset = self.session.summary, self.session.preset
        is_plane = summary is not None and summary.has_plane
        show_message(self._problem, "")
        self._message.setVisible(not is_plane)
        for widget in (*self._contents, *self._sliders.values()):
            widget.setVisible(is_plane)
        if preset is None:
            return
        self._points.settle(preset.data.points)
        if self._data.settle(preset.data) and is_plane:
            self._show_settings(preset.data)
        if is_plane:
            self._show_data(summary, len(preset.data.points))

    def _show_settings(self, data: DataSpec) -> None:
        own = {**self.catalogue.dataset(data.name).defaults, **data.settings}
        self._sliders[NOISE].setVisible(NOISE in own)
        self._sliders[NOISE].show_value(own.get(NOISE, 0.0))
        self._sliders[SPLIT].show_value(data.validation_split)

    def _show_data(self, summary: DataSummary, added: int) -> None:
        self.picture.show_data(summary, len(summary.points) - added)
        self._choice.show_data(summary)
        self._remove_button.setVisible(added > 0)
        text = self.tr("Remove the added point") if added == 1 else self.tr("Remove the {count} added points")
        self._remove_button.setText(text.format(count=added))
        self._show_key()
        self._write_reading()
        if self.session.plane.answer is not None:
            self._show_answer(self.session.plane.answer)

    def _show_answer(self, answer: PlaneAnswer) -> None:
        if self.isVisible():
            self.picture.show_answer(answer)
            self._write_reading()

    def _show_key(self) -> None:
        """Say what the colours and shapes mean."""
        summary, theme = self.session.summary, theme_manager().theme
        if summary is None or not summary.has_plane:
            return
        if summary.task is Task.CLASSES:
            names = [translated(name) for name in summary.classes]
        else:
            limit = number(value_limit(summary), 2)
            names = [f"−{limit}", limit]
        colors = [color.name() for color in class_colors(theme, len(names))]
        signs = [("●", color, name) for color, name in zip(colors, names, strict=True)]
        if summary.validation_samples:
            signs.append(("◎", theme.muted, self.tr("for validation")))
        if summary.task is Task.CLASSES:
            signs.append(("━", theme.text, self.tr("undecided")))
        parts = (
            f'<span style="color:{color}">{sign}</span>&nbsp;{text.replace(" ", "&nbsp;")}'
            for sign, color, text in signs
        )
        self._key.setText(" &nbsp; ".join(parts))

    def _read(self, place: tuple[float, float] | None) -> None:
        """Follow the pointer."""
        self._pointed = place
        self._write_reading()

    def _write_reading(self) -> None:
        """Write what the network answers under the pointer now."""
        answer, summary, place = self.session.plane.answer, self.session.summary, self._pointed
        if place is None or answer is None or summary is None:
            self._reading.setText(self.tr("Click into the plane to add a point."))
            return
        outputs = answer.at(*place)
        if summary.task is Task.VALUES:
            said = number(float(outputs[0]))
        else:
            shares = answer.class_shares_of(outputs, len(summary.classes))
            label = int(np.argmax(shares))
            said = f"{translated(summary.classes[label])} {float(shares[label]):.0%}".replace("%", " %")
        x1, x2 = (f"{each:.2f}".replace("-", "−") for each in place)
        self._reading.setText(self.tr("({x1}, {x2}) → {answer}").format(x1=x1, x2=x2, answer=said))

    def show_frame(self, frame: Frame | None) -> None:
        """Mark the sample that is shown; none while many pass by."""
        place = None
        if frame is not None and frame.cursor.sample is not None and not frame.cursor.overview:
            shown = np.ravel(frame.trace.inputs[min(frame.cursor.sample, len(frame.trace.inputs) - 1)])
            place = (float(shown[0]), float(shown[1])) if len(shown) == 2 else None
        self.picture.show_sample(place)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask while somebody looks."""
        super().showEvent(event)
        self.session.plane.watch(WATCHER)
        if self.session.plane.answer is not None:
            self._show_answer(self.session.plane.answer)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask no more."""
        self.session.plane.unwatch(WATCHER)
        super().hideEvent(event)
