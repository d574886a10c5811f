"""Painting all edges with OpenGL: when it is used, and what happens when it fails.

What it paints is tested by ``on_screen_gl_edges.py``, on a virtual screen with a renderer in software.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from nnviz.ui.graph.faint_edges import EdgePicture
from nnviz.ui.graph.gl_edges import GlEdgePainter, NoGpuError, gl_painter, refusal

ON_SCREEN = Path(__file__).with_name("on_screen_gl_edges.py")


@pytest.mark.parametrize(
    ("renderer", "version"),
    [
        ("NVIDIA GeForce RTX 3060/PCIe/SSE2", (4, 6)),
        ("Mesa Intel(R) UHD Graphics 620 (KBL GT2)", (4, 6)),
        ("AMD Radeon RX 6600 (radeonsi, navi23, LLVM 15.0.7, DRM 3.49)", (4, 6)),
        ("Apple M2", (4, 1)),
        ("SVGA3D; build: RELEASE;  LLVM;", (3, 3)),
    ],
)
def test_a_gpu_is_used(renderer: str, version: tuple[int, int]) -> None:
    assert refusal(renderer, version, False) is None


@pytest.mark.parametrize(
    "renderer",
    [
        "llvmpipe (LLVM 15.0.6, 256 bits)",
        "softpipe",
        "zink Vulkan 1.3(llvmpipe (LLVM 15.0.6, 256 bits) (MESA_LLVMPIPE))",
        "virgl (LLVMPIPE (LLVM 12.0.0, 256 bits))",
        "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)",
        "D3D12 (Microsoft Basic Render Driver)",
        "GDI Generic",
        "Apple Software Renderer",
        "Software Rasterizer",
    ],
)
def test_software_is_not_used(renderer: str) -> None:
    assert refusal(renderer, (4, 6), False) == f"{renderer} is software"


@pytest.mark.parametrize(
    ("version", "embedded", "called"),
    [((2, 1), False, "OpenGL 2.1"), ((3, 2), False, "OpenGL 3.2"), ((3, 2), True, "OpenGL ES 3.2")],
)
def test_what_is_too_old_is_not_used(version: tuple[int, int], embedded: bool, called: str) -> None:
    assert refusal("Some GPU", version, embedded) == f"{called} of Some GPU is too old"


class Other:
    """The painter that is asked where there is no GPU."""

    def __init__(self) -> None:
        self.asked = 0
        self.image = QImage(3, 2, QImage.Format.Format_ARGB32_Premultiplied)

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        self.asked += 1
        return self.image


class FaultyGpu:
    """A GPU that paints once, and then does not any more."""

    def __init__(self, fault: Exception) -> None:
        self.usable, self.renderer = True, "Faulty"
        self.asked = 0
        self.image = QImage(5, 4, QImage.Format.Format_ARGB32_Premultiplied)
        self._fault = fault

    def paint(self, *arguments: object) -> QImage | None:
        self.asked += 1
        if self.asked > 1:
            raise self._fault
        return self.image

    def give_up(self) -> None:
        self.usable = False


@pytest.mark.parametrize(
    ("fault", "level"),
    [
        (RuntimeError("driver"), logging.WARNING),
        (ValueError("wrong"), logging.WARNING),
        (NoGpuError("x"), logging.INFO),
    ],
)
def test_after_a_fault_the_other_paints_for_good(
    fault: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gpu, other = FaultyGpu(fault), Other()
    painter = GlEdgePainter(gpu, other)
    images = [painter.paint(EdgePicture(5, 4, (), QColor(), QColor()), lambda: False) for _ in range(4)]
    assert images == [gpu.image, other.image, other.image, other.image]
    assert (gpu.asked, other.asked) == (2, 3)
    assert [record.levelno for record in caplog.records] == [level]


def test_without_a_screen_there_is_no_gpu(qtbot: QtBot) -> None:
    other = Other()
    assert gl_painter(other) is other


@pytest.fixture
def screen() -> Iterator[str]:
    """A virtual screen; its name."""
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("needs Xvfb")
    command = [xvfb, "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield f":{process.stdout.readline().strip()}"
        process.terminate()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a virtual screen")
def test_what_is_painted_on_a_virtual_screen(screen: str) -> None:
    """And the program ends without a complaint."""
    display = {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1", "NNVIZ_NO_GPU": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ON_SCREEN)]
    done = subprocess.run(command, env=os.environ | display, capture_output=True, text=True, timeout=240)
    if done.returncode == 0 and " passed" not in done.stdout:
        pytest.skip("needs OpenGL 3.3 in software: install libgl1-mesa-dri")
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
