"""The caption's text: what happens at a stage, in one sentence and as a formula with the real numbers."""

from nnviz.ui.formula.describe import describe
from nnviz.ui.formula.scene import Explanation, Focus

__all__ = ["Explanation", "Focus", "describe"]
