"""The colours of runs can be told apart, also with each of the three kinds of colour blindness."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from nnviz.ui.theme import DARK, LIGHT, Theme

# Machado, Oliveira & Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# severity 1.0, on linear RGB
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.95047, 1.0, 1.08883])
CLEARLY_DIFFERENT = 25.0  # in ΔE (CIE 1976): 2 can just be seen


def linear(name: str) -> np.ndarray:
    rgb = np.array(QColor(name).getRgbF()[:3])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(linear(name) @ TO_XYZ[1]) for name in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_runs_can_be_told_apart(theme: Theme, vision: str) -> None:
    seen = [lab(np.array(VISIONS[vision]) @ linear(name)) for name in theme.runs]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > CLEARLY_DIFFERENT


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_runs_stand_out_from_the_ground(theme: Theme) -> None:
    assert min(contrast(name, ground) for name in theme.runs for ground in (theme.panel, theme.canvas)) >= 3.0


def test_after_the_last_colour_they_begin_again() -> None:
    assert LIGHT.run_color(len(LIGHT.runs) + 1).name() == LIGHT.runs[1]
