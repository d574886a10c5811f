"""Help (F1): a few pages in plain words, shipped as Markdown in ``resources/help``."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QMessageBox, QTextBrowser, QWidget

from nnviz import __version__
from nnviz.core.resources import resources


def help_pages() -> dict[str, str]:
    """Return the pages in order: heading → Markdown."""
    files = sorted(
        (page for page in (resources() / "help").iterdir() if page.name.endswith(".md")), key=lambda p: p.name
    )
    texts = (page.read_text(encoding="utf-8") for page in files)
    return {text.partition("\n")[0].lstrip("# "): text for text in texts}


class HelpWindow(QDialog):
    """Contents on the left, the page on the right; stays open beside the program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help_window")
        self.setWindowTitle(self.tr("Help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(820, 560)
        self._pages = help_pages()
        self._contents = QListWidget()
        self._contents.setObjectName("help_contents")
        self._contents.setAccessibleName(self.tr("Contents"))
        self._contents.addItems(list(self._pages))
        self._contents.setFixedWidth(210)
        self._contents.setIconSize(QSize(0, 0))
        self._page = QTextBrowser()
        self._page.setObjectName("help_page")
        self._page.setAccessibleName(self.tr("Page"))
        self._page.setOpenExternalLinks(True)
        self._page.document().setDocumentMargin(14)
        self._contents.currentTextChanged.connect(self._show_page)
        row = QHBoxLayout(self)
        row.addWidget(self._contents)
        row.addWidget(self._page, 1)
        self._contents.setCurrentRow(0)

    @Slot(str)
    def _show_page(self, heading: str) -> None:
        self._page.setMarkdown(self._pages[heading])


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
