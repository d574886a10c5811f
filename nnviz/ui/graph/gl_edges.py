"""All edges painted by the graphics processor, where there is one, and by another painter everywhere else.

Whether there is one shows when the first picture is painted, on the thread that paints it. Whatever goes wrong there or
later, drivers being what they are, the other painter takes over for good; ``NNVIZ_NO_GPU=1`` keeps away from it all.

Qt wants the surface to be made on the GUI thread, and the context to be used on the thread that it belongs to. Between
two pictures the context belongs to no thread, so that each can take it.
"""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QThread
from PySide6.QtGui import QGuiApplication, QImage, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from nnviz.ui.graph.faint_edges import AllEdgesPainter, EdgePicture

if TYPE_CHECKING:
    from nnviz.ui.graph.gl_canvas import GlCanvas

OLDEST = (3, 3)
WITHOUT_SCREEN = ("offscreen", "minimal")
# parts of the names of renderers that compute on the processor, where another painter is faster
SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "swrast", "software", "microsoft basic render", "gdi generic")

GL_RENDERER = 0x1F01

_log = logging.getLogger(__name__)


class NoGpuError(RuntimeError):
    """There is no graphics processor that could paint."""


def refusal(renderer: str, version: tuple[int, int], embedded: bool) -> str | None:
    """Say why a renderer is not used; None if it is.

    Parameters
    ----------
    renderer : str
        What OpenGL calls it.
    version : tuple of int
    embedded : bool
        Whether it speaks OpenGL ES only, which does not know sums of 16 bits.
    """
    if embedded or version < OLDEST:
        return f"OpenGL {'ES ' if embedded else ''}{version[0]}.{version[1]} of {renderer} is too old"
    if any(name in renderer.lower() for name in SOFTWARE):
        return f"{renderer} is software"
    return None


def _wanted_format() -> QSurfaceFormat:
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setVersion(*OLDEST)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    return wanted


class Gpu:
    """A context of OpenGL that any thread may paint in, one at a time. To be made on the GUI thread.

    Attributes
    ----------
    usable : bool
        Whether nothing has gone wrong so far.
    renderer : str or None
        What OpenGL calls it; None as long as nothing has been painted, and once it is not usable.
    """

    def __init__(self, software_too: bool) -> None:
        self.usable = True
        self.renderer: str | None = None
        self._software_too = software_too
        self._busy = Lock()
        self._surface = QOffscreenSurface()
        self._surface.setFormat(_wanted_format())
        self._surface.create()
        self._context = QOpenGLContext()
        self._context.setFormat(_wanted_format())
        self._context.moveToThread(None)
        self._canvas: GlCanvas | None = None

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        """Paint; see `AllEdgesPainter.paint`.

        Raises
        ------
        NoGpuError, GlError
        """
        with self._current():
            if self._canvas is None:
                self._canvas = self._begin()
            return self._canvas.paint(picture, lambda: cancelled() or not self.usable)

    def give_up(self) -> None:
        """Never use it again; what is being painted is cancelled."""
        self.usable, self.renderer = False, None

    def close(self) -> None:
        """Give up, wait until that is so, and delete everything. To be called on the GUI thread."""
        self.give_up()
        with self._busy:
            self._canvas = None
            self._context.moveToThread(QThread.currentThread())
            shiboken6.delete(self._context)
            shiboken6.delete(self._surface)

    @contextmanager
    def _current(self) -> Iterator[None]:
        """Take the context to this thread, and leave it to whoever is next."""
        with self._busy:
            if not self.usable:
                raise NoGpuError("given up")
            self._context.moveToThread(QThread.currentThread())
            try:
                if not (self._context.isValid() or self._context.create()):
                    raise NoGpuError("no context of OpenGL")
                if not self._context.makeCurrent(self._surface):
                    raise NoGpuError("the context of OpenGL cannot be used")
                yield
            finally:
                self._context.doneCurrent()
                self._context.moveToThread(None)

    def _begin(self) -> GlCanvas:
        from nnviz.ui.graph.gl_canvas import GlCanvas, check  # not before it is needed: starting should be fast

        renderer = self._context.functions().glGetString(GL_RENDERER)
        reason = refusal(renderer, self._context.format().version(), self._context.isOpenGLES())
        if reason is not None and not self._software_too:
            raise NoGpuError(reason)
        canvas = GlCanvas(self._context)
        check(canvas)
        self.renderer = renderer
        _log.info("all edges are painted by %s", renderer)
        return canvas


class GlEdgePainter:
    """Paints on a `Gpu` as long as that goes well; see `nnviz.ui.graph.faint_edges.AllEdgesPainter`."""

    def __init__(self, gpu: Gpu, otherwise: AllEdgesPainter) -> None:
        self._gpu, self._otherwise = gpu, otherwise

    @property
    def renderer(self) -> str | None:
        """Name of the graphics processor; None before the first picture, and if there is none."""
        return self._gpu.renderer

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        """Paint; see `AllEdgesPainter.paint`."""
        if self._gpu.usable:
            try:
                return self._gpu.paint(picture, cancelled)
            except NoGpuError as reason:
                _log.info("no graphics processor paints: %s", reason)
            except Exception:  # a fault of a driver may look like anything
                _log.warning("the graphics processor is not used any more", exc_info=True)
            self._gpu.give_up()
        return self._otherwise.paint(picture, cancelled)


@cache
def _gpu(software_too: bool) -> Gpu:
    """Return the one there is: a painter may be forgotten on any thread, but this must not be."""
    gpu = Gpu(software_too)
    atexit.register(gpu.close)  # before Qt is gone, even if another thread paints
    return gpu


def gl_painter(otherwise: AllEdgesPainter, software_too: bool = False) -> AllEdgesPainter:
    """Return a painter that uses the graphics processor, and `otherwise` where there is none.

    To be called on the GUI thread, when all edges are wanted for the first time: it loads the driver, which takes
    tens of milliseconds.

    Parameters
    ----------
    software_too : bool
        Whether a renderer that computes on the processor will do: slow, but good for tests.
    """
    if QGuiApplication.platformName() in WITHOUT_SCREEN or os.environ.get("NNVIZ_NO_GPU"):
        return otherwise
    return GlEdgePainter(_gpu(software_too), otherwise)
