"""Help (F1): a few pages in plain words, shipped as Markdown in ``resources/help``.

Pages refer to each other and to the pictures of ``resources/screenshots`` by the names of their files.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QMessageBox, QTextBrowser, QWidget

from nnviz import __version__
from nnviz.core.resources import resources
from nnviz.ui.widgets.layout import MARGIN

PICTURE_WIDTH = 580


def help_files() -> dict[str, str]:
    """Return the pages in order: name of the file → Markdown."""
    files = (page for page in (resources() / "help").iterdir() if page.name.endswith(".md"))
    return {page.name: page.read_text(encoding="utf-8") for page in sorted(files, key=lambda page: page.name)}


def help_pages() -> dict[str, str]:
    """Return the pages in order: heading → Markdown."""
    return {_heading(text): text for text in help_files().values()}


def _heading(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


class _Page(QTextBrowser):
    """A page with its pictures, as wide as the window is at first."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return a picture of the program, at the resolution of this screen."""
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        picture = QImage.fromData((resources() / "screenshots" / QUrl(name).fileName()).read_bytes())
        ratio = self.devicePixelRatioF()
        picture = picture.scaledToWidth(round(PICTURE_WIDTH * ratio), Qt.TransformationMode.SmoothTransformation)
        picture.setDevicePixelRatio(ratio)
        return picture


class HelpWindow(QDialog):
    """Contents on the left, the page on the right; stays open beside the program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help_window")
        self.setWindowTitle(self.tr("Help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 680)
        files = help_files()
        self._names = list(files)
        self._pages = {_heading(text): text for text in files.values()}
        self._contents = QListWidget()
        self._contents.setObjectName("help_contents")
        self._contents.setAccessibleName(self.tr("Contents"))
        self._contents.addItems(list(self._pages))
        self._contents.setFixedWidth(self._contents.sizeHintForColumn(0) + 2 * self._contents.frameWidth() + MARGIN)
        self._contents.setIconSize(QSize(0, 0))
        self._page = _Page()
        self._page.setObjectName("help_page")
        self._page.setAccessibleName(self.tr("Page"))
        self._page.setOpenLinks(False)
        self._page.anchorClicked.connect(self._follow_link)
        self._page.document().setDocumentMargin(14)
        self._contents.currentTextChanged.connect(self._show_page)
        row = QHBoxLayout(self)
        row.addWidget(self._contents)
        row.addWidget(self._page, 1)
        self._contents.setCurrentRow(0)

    @Slot(str)
    def _show_page(self, heading: str) -> None:
        self._page.setMarkdown(self._pages[heading])

    @Slot(QUrl)
    def _follow_link(self, link: QUrl) -> None:
        if link.fileName() in self._names:
            self._contents.setCurrentRow(self._names.index(link.fileName()))
        else:
            QDesktopServices.openUrl(link)


def show_about(parent: QWidget) -> None:
    """Say what this program is; blocks nothing."""
    box = QMessageBox(parent)
    box.setObjectName("about_box")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(box.tr("About nnviz"))
    box.setText(f"<b>nnviz {__version__}</b>")
    box.setInformativeText(
        box.tr("See a neural network learn: every number on the screen is a real one, computed by PyTorch.")
    )
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.setModal(False)
    box.show()
