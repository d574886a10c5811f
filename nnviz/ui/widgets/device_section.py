"""Where the network is computed: a choice, for machines that have one, and the measured reason for it."""

from __future__ import annotations

from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.devices import AUTO, Devices, DeviceSpeeds
from nnviz.core.facts import Loaded
from nnviz.core.questions import Question
from nnviz.session.session import Session
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.layout import SECTION_GAP, heading


class DeviceSection(QWidget):
    """Hidden where there is only a CPU. Pointing at the choice measures a step on each device, and tells."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._devices = Devices()
        self._measured_for: object = None
        self._combo = ChoiceBox((), self)
        self._combo.setObjectName("device_combo")
        self._combo.setAccessibleName(self.tr("Device"))
        self._combo.settled.connect(lambda: session.set_device(self._combo.entry))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SECTION_GAP, 0, 0)
        column.addWidget(heading(self.tr("Device")))
        column.addWidget(self._combo)
        self.hide()
        session.loaded.connect(self._on_loaded)
        session.inquiries.answered.connect(self._on_answered)

    def _on_loaded(self, fact: Loaded) -> None:
        self._devices = devices = fact.devices
        self.setVisible(len(devices.labels) > 1)
        if self.isHidden():
            return
        self._combo.blockSignals(True)
        self._combo.clear()
        self._combo.addItem(self.tr("automatic: {device}").format(device=devices.label), AUTO)
        for name, label in devices.labels.items():
            self._combo.addItem(label, name)
        self._combo.blockSignals(False)
        self._combo.show_value(devices.wish)
        self._combo.setToolTip(self._help())

    def _help(self) -> str:
        return self.tr(
            "Automatic: small networks are computed on the CPU, where they are faster, large ones on the GPU."
        )

    def enterEvent(self, event: QEnterEvent) -> None:
        """Measure, once for each network: this takes a moment, so it is not done unasked."""
        network = None if self._session.preset is None else self._session.preset.network
        if network is not None and network != self._measured_for:
            self._measured_for = network
            self._session.inquiries.ask(DeviceSpeeds())
        super().enterEvent(event)

    def _on_answered(self, question: Question, answer: object) -> None:
        if not isinstance(question, DeviceSpeeds) or not isinstance(answer, dict):
            return
        measured = ", ".join(
            self.tr("{milliseconds:.2f} ms on {device}").format(milliseconds=1000 * seconds, device=label)
            for name, label in self._devices.labels.items()
            if (seconds := answer.get(name)) is not None
        )
        text = self.tr("Measured: a training step of this network takes {measured}.").format(measured=measured)
        self._combo.setToolTip(f"{text} {self._help()}")
