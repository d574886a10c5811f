"""Room for a dock that opens: as high as its contents need to be read, where it would be a strip."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

MOST = 0.43  # of the height of the window
BESIDE = 0.74  # of the width, where other docks stand beside it


def ask_for_room(panel: QWidget, height: int) -> None:
    """Let the dock around `panel` be so high, once the layout rests; a floating one is left alone."""
    QTimer.singleShot(0, panel, lambda: _take_room(panel, height))


def _take_room(panel: QWidget, height: int) -> None:
    dock = panel.parentWidget()
    window = dock.parentWidget() if isinstance(dock, QDockWidget) else None
    if not isinstance(dock, QDockWidget) or not isinstance(window, QMainWindow) or dock.isFloating():
        return
    wanted = min(height, round(MOST * window.height()))
    if panel.height() < wanted:
        window.resizeDocks([dock], [wanted], Qt.Orientation.Vertical)
    area = window.dockWidgetArea(dock)
    group = [dock, *window.tabifiedDockWidgets(dock)]
    beside = [
        other
        for other in window.findChildren(QDockWidget)
        if other not in group and window.dockWidgetArea(other) == area and other.isVisible() and not other.isFloating()
    ]
    if area == Qt.DockWidgetArea.BottomDockWidgetArea and len(beside) == 1:
        room = dock.width() + beside[0].width()
        shares = [round(BESIDE * room), room - round(BESIDE * room)]
        window.resizeDocks([dock, beside[0]], shares, Qt.Orientation.Horizontal)
