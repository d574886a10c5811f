"""Texts of the catalogue (labels, help) in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def translated(text: str) -> str:
    """Return a text that core or engine wrote, in the language of the window."""
    return QCoreApplication.translate("catalogue", text)
