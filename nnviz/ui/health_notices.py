"""One notice when something keeps the network from learning, with what to try first."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject, Slot

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import Loaded
from nnviz.core.health import SERIOUS, Finding, Illness
from nnviz.core.remedies import remedies
from nnviz.session.session import Session
from nnviz.ui.docks import Docks
from nnviz.ui.health_texts import finding_text, remedy_text
from nnviz.ui.notices import Level, Notice, Notices

PANEL = "layers"


class HealthNotices(QObject):
    """Tells of each illness once, as long as the layers panel, which tells of all, is not in sight.

    An overflow has a message of its own, which says in which step it happened.
    """

    def __init__(self, session: Session, catalogue: Catalogue, notices: Notices, docks: Docks) -> None:
        super().__init__(notices)
        self._session = session
        self._catalogue = catalogue
        self._notices = notices
        self._docks = docks
        self._told: set[Illness] = set()
        self._shown: tuple[Illness, Notice] | None = None
        session.health.changed.connect(self._follow)
        session.loaded.connect(self._start_afresh)

    @Slot(object)
    def _start_afresh(self, fact: Loaded) -> None:
        if fact.fresh:
            self._told.clear()

    @Slot()
    def _follow(self) -> None:
        findings = self._session.health.findings
        serious = [finding for finding in findings if finding.illness in SERIOUS - {Illness.OVERFLOW}]
        if self._shown is not None and self._shown[0] not in {finding.illness for finding in serious}:
            if shiboken6.isValid(self._shown[1]):  # else a person has put it away
                self._shown[1].dismiss()
            self._shown = None
        if serious and self._shown is None and serious[0].illness not in self._told:
            self._told.update(finding.illness for finding in serious)
            if not self._docks.is_visible(PANEL):
                self._tell(serious[0])

    def _tell(self, finding: Finding) -> None:
        preset = self._session.preset
        assert preset is not None
        notice = self._notices.show_notice(Level.WARNING, finding_text(finding, preset.network))
        self._shown = finding.illness, notice
        first = next(iter(remedies(finding.illness, preset, self._catalogue)), None)
        if first is not None:
            notice.add_action(remedy_text(first), lambda: self._session.health.apply(first))
