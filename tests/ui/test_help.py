"""The pages of the help: what they refer to is there, and a link leads to its page."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
from PySide6.QtWidgets import QListWidget, QTextBrowser
from pytestqt.qtbot import QtBot

from nnviz.core.resources import resources
from nnviz.ui.help import HelpWindow, help_files
from nnviz.ui.theme import theme_manager

FILES = help_files()
LINK = re.compile(r"(!?)\[[^\]]+\]\(([^)]+)\)")


@pytest.fixture
def window(qtbot: QtBot) -> HelpWindow:
    theme_manager()
    window = HelpWindow()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def parts(window: HelpWindow) -> tuple[QListWidget, QTextBrowser]:
    return window.findChild(QListWidget, "help_contents"), window.findChild(QTextBrowser, "help_page")


@pytest.mark.parametrize("name", FILES)
def test_links_and_pictures_are_there(name: str) -> None:
    for is_picture, target in LINK.findall(FILES[name]):
        folder = "screenshots" if is_picture else "help"
        assert (resources() / folder / target).is_file(), target


def test_each_part_with_a_picture_shows_it(window: HelpWindow) -> None:
    contents, page = parts(window)
    shown = 0
    for row, text in enumerate(FILES.values()):
        contents.setCurrentRow(row)
        for is_picture, target in LINK.findall(text):
            if is_picture:
                picture = page.document().resource(QTextDocument.ResourceType.ImageResource.value, QUrl(target))
                assert isinstance(picture, QImage)
                assert not picture.isNull()
                assert picture.width() / picture.devicePixelRatio() < page.viewport().width()
                shown += 1
    assert shown >= 10


def test_a_link_leads_to_its_page(window: HelpWindow, qtbot: QtBot) -> None:
    contents, page = parts(window)
    page.anchorClicked.emit(QUrl("9-keys.md"))
    assert contents.currentItem().text() == "Keys"
    assert "Space" in page.toPlainText()


def test_a_link_to_the_web_opens_the_browser(window: HelpWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    contents, page = parts(window)
    page.anchorClicked.emit(QUrl("https://pytorch.org"))
    assert [url.host() for url in opened] == ["pytorch.org"]
    assert contents.currentRow() == 0
