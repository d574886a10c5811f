"""All edges painted by OpenGL, off the screen: sums per pixel on the GPU, then colours, then a `QImage`.

One instance is one edge, and the matrix of numbers itself is what is sent for each picture, one float an edge: adding
knows no order, so nothing is sorted or gathered. The sums are fixed-point numbers of 16 bits, one for each sign. Half
floats would swallow faint edges where many lie over each other; floats of 32 bits are blended several times as slowly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QOpenGLContext, QVector2D, QVector3D
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
    QOpenGLTexture,
    QOpenGLTimerQuery,
    QOpenGLVertexArrayObject,
)
from shiboken6 import Shiboken, VoidPtr

from nnviz.core.resources import resources
from nnviz.ui.graph.faint_edges import DENSEST, DENSITIES, DenseGap, EdgePicture, tone_table

CAPACITY = 8.0  # density of one sign that fits into a sum; its last digit is then worth 0.00012
FAINTEST_DRAWN = 0.001  # opacity; what is fainter would be rounded away
AT_ONCE = 1 << 18  # edges per call: a slow GPU that is busy for a second with one call is taken for dead
NAP_SECONDS = 0.0003
PATIENCE_SECONDS = 10.0
LARGEST_FLOAT = float(np.finfo(np.float32).max)

# names of OpenGL, which PySide does not have
GL_ONE, GL_BLEND, GL_DITHER, GL_FLOAT = 1, 0x0BE2, 0x0BD0, 0x1406
GL_TRIANGLES, GL_TRIANGLE_STRIP = 4, 5
GL_COLOR_BUFFER_BIT = 0x4000
GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV = 0x80E1, 0x8367
GL_RGBA8, GL_RG16, GL_RG32F = 0x8058, 0x822C, 0x8230
GL_TEXTURE_BUFFER, GL_TEXTURE_2D, GL_TEXTURE0 = 0x8C2A, 0x0DE1, 0x84C0

BGRA = (QOpenGLTexture.PixelFormat.BGRA, QOpenGLTexture.PixelType.UInt32_RGBA8_Rev)

Thing = TypeVar("Thing", bound=Shiboken.Object)


class GlError(RuntimeError):
    """OpenGL does not do what it should."""


def _program(name: str) -> QOpenGLShaderProgram:
    program = QOpenGLShaderProgram()
    folder = resources() / "shaders"
    for kind, suffix in ((QOpenGLShader.ShaderTypeBit.Vertex, "vert"), (QOpenGLShader.ShaderTypeBit.Fragment, "frag")):
        program.addShaderFromSourceCode(kind, (folder / f"{name}.{suffix}").read_bytes())
    if not program.link():
        raise GlError(f"{name}: {program.log()}")
    return program


def _framebuffer(size: QSize, internal_format: int) -> QOpenGLFramebufferObject:
    kind = QOpenGLFramebufferObjectFormat()
    kind.setInternalTextureFormat(internal_format)
    framebuffer = QOpenGLFramebufferObject(size, kind)
    if not framebuffer.isValid():
        raise GlError(f"no framebuffer of {size.width()} × {size.height()} pixels")
    return framebuffer


def _for(resources: ExitStack, thing: Thing) -> Thing:
    """Have a thing deleted when the picture is done, however that ends: later it would have no context."""
    resources.callback(shiboken6.delete, thing)
    return thing


def _fill(buffer: QOpenGLBuffer, numbers: NDArray[np.float32]) -> None:
    """Send numbers, without waiting for who still reads what was there before."""
    numbers = np.ascontiguousarray(numbers, np.float32)
    buffer.bind()
    buffer.allocate(numbers.nbytes)
    buffer.write(0, VoidPtr(numbers), numbers.nbytes)


class GlCanvas:
    """Paints all edges in the context that was current when it was made, and is again whenever it is used.

    What must be deleted in that context lives no longer than one picture; everything else may be forgotten anywhere.

    Raises
    ------
    GlError
        Here and in `paint`, if OpenGL refuses.
    """

    def __init__(self, context: QOpenGLContext) -> None:
        self._gl = context.extraFunctions()
        self._gl.glDisable(GL_DITHER)
        self._edges, self._tones = _program("edges"), _program("tones")
        self._numbers = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        self._numbers.setUsagePattern(QOpenGLBuffer.UsagePattern.StreamDraw)
        self._points = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        if not (self._numbers.create() and self._points.create()):
            raise GlError("no buffers")
        self._size = QSize()

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        """Paint; see `AllEdgesPainter.paint`."""
        with ExitStack() as resources:
            vertices = _for(resources, QOpenGLVertexArrayObject())
            vertices.create()
            vertices.bind()
            self._make_framebuffers(picture.width, picture.height)
            self._gl.glViewport(0, 0, picture.width, picture.height)
            self._begin_sums(picture.width, picture.height)
            for gap in picture.gaps:
                if gap.values.size and not self._add_gap(gap, cancelled, resources):
                    return None
            self._colour(picture.negative, picture.positive, resources)
            return self._read(picture.width, picture.height) if self._finished(cancelled, resources) else None

    def _make_framebuffers(self, width: int, height: int) -> None:
        size = QSize(width, height)
        if self._size != size:
            self._sums, self._picture = _framebuffer(size, GL_RG16), _framebuffer(size, GL_RGBA8)
            self._size = size

    def _begin_sums(self, width: int, height: int) -> None:
        self._sums.bind()
        self._gl.glClearColor(0.0, 0.0, 0.0, 0.0)
        self._gl.glClear(GL_COLOR_BUFFER_BIT)
        self._gl.glEnable(GL_BLEND)
        self._gl.glBlendFunc(GL_ONE, GL_ONE)
        self._edges.bind()
        self._edges.setUniformValue("size", QVector2D(width, height))
        self._edges.setUniformValue1f("capacity", CAPACITY)
        self._edges.setUniformValue1f("faintest_drawn", FAINTEST_DRAWN)

    def _add_gap(self, gap: DenseGap, cancelled: Callable[[], bool], resources: ExitStack) -> bool:
        """Add the edges of a gap to the sums; False if nobody wants them any more."""
        points = _for(resources, QOpenGLTexture(QOpenGLTexture.Target.TargetBuffer))
        points.create()
        _fill(self._points, np.concatenate([gap.starts, gap.ends]))
        points.bind(0)
        self._gl.glTexBuffer(GL_TEXTURE_BUFFER, GL_RG32F, self._points.bufferId())
        self._edges.setUniformValue1i("inputs", len(gap.starts))
        self._edges.setUniformValue1f("limit", gap.limit if math.isfinite(gap.limit) else LARGEST_FLOAT)
        self._edges.setUniformValue("opacity", QVector3D(gap.faintest, gap.strongest, gap.contrast))
        _fill(self._numbers, gap.values[:])
        value = self._edges.attributeLocation("value")
        self._edges.enableAttributeArray(value)
        self._gl.glVertexAttribDivisor(value, 1)
        for first in range(0, gap.values.size, AT_ONCE):
            if cancelled():
                return False
            self._edges.setUniformValue1i("first", first)
            self._edges.setAttributeBuffer(value, GL_FLOAT, first * 4, 1)
            self._gl.glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, min(AT_ONCE, gap.values.size - first))
            self._gl.glFlush()
        return True

    def _colour(self, negative: QColor, positive: QColor, resources: ExitStack) -> None:
        table = tone_table(negative, positive)
        tones = _for(resources, QOpenGLTexture(QOpenGLTexture.Target.Target2D))
        tones.setFormat(QOpenGLTexture.TextureFormat.RGBA8_UNorm)
        tones.setSize(table.shape[1], table.shape[0])
        tones.setMinMagFilters(QOpenGLTexture.Filter.Nearest, QOpenGLTexture.Filter.Nearest)
        tones.allocateStorage(*BGRA)
        tones.setData(*BGRA, VoidPtr(table))
        self._picture.bind()
        self._gl.glDisable(GL_BLEND)
        self._tones.bind()
        self._tones.setUniformValue1i("sums", 0)
        self._tones.setUniformValue1i("tones", 1)
        self._tones.setUniformValue1f("densest", DENSEST)
        self._tones.setUniformValue1f("capacity", CAPACITY)
        tones.bind(1)
        self._gl.glActiveTexture(GL_TEXTURE0)
        self._gl.glBindTexture(GL_TEXTURE_2D, self._sums.texture())
        self._gl.glDrawArrays(GL_TRIANGLES, 0, 3)

    def _finished(self, cancelled: Callable[[], bool], resources: ExitStack) -> bool:
        """Wait for the GPU in naps: waiting inside of OpenGL would hold Python's lock, and the window with it."""
        query = _for(resources, QOpenGLTimerQuery())
        if not query.create():
            raise GlError("no timer queries")
        query.recordTimestamp()
        self._gl.glFlush()
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not query.isResultAvailable():
            if cancelled():
                return False
            if time.monotonic() > give_up:
                raise GlError(f"the GPU is not done after {PATIENCE_SECONDS:g} s")
            time.sleep(NAP_SECONDS)
        return True

    def _read(self, width: int, height: int) -> QImage:
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        pixels = VoidPtr(image.bits())
        self._gl.glReadPixels(0, 0, width, height, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, pixels)
        if error := self._gl.glGetError():
            raise GlError(f"error 0x{error:x}")
        return image


def check(canvas: GlCanvas) -> None:
    """Paint two lines on top of each other and look at every pixel: a faulty driver often reports no error.

    Raises
    ------
    GlError
    """
    start, end = np.array([[1.0, 1.5], [1.0, 1.5]], np.float32), np.array([[7.0, 1.5]], np.float32)
    lines = DenseGap(start, end, np.ones((1, 2), np.float32), 1.0, 0.0, 1.0, 1.0)
    orange, blue = QColor(255, 128, 0), QColor(0, 128, 255)
    image = canvas.paint(EdgePicture(8, 4, (lines,), orange, blue), lambda: False)
    assert image is not None
    expected = np.zeros((4, 8), np.uint32)
    expected[1, 1:7] = tone_table(orange, blue)[round(np.sqrt(2.0 / DENSEST) * (DENSITIES - 1)), -1]
    if not np.array_equal(np.frombuffer(image.constBits(), np.uint32).reshape(4, 8), expected):
        raise GlError("what is painted is wrong")
