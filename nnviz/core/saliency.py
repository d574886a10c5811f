"""Saliency: which pixels an answer hangs on (Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034)."""

from __future__ import annotations

from dataclasses import dataclass

from nnviz.core.data import FloatArray
from nnviz.core.questions import Question


@dataclass(frozen=True, eq=False)
class AskSaliency(Question):
    """How does the score of a class change with each value of an input? Answered by `Saliency`.

    Attributes
    ----------
    inputs : ndarray, shape (*sample_shape,)
        One preprocessed sample.
    label : int or None
        The class; None for the one that the network predicts.
    """

    inputs: FloatArray
    label: int | None


@dataclass(frozen=True, eq=False)
class Saliency:
    """The gradient ∂score/∂x.

    Attributes
    ----------
    label : int
        The class whose score was differentiated.
    score : float
        The weighted sum z of that class, before softmax. Where one output tells two classes apart, the first class
        has −z.
    gradient : ndarray, shape (*sample_shape,)
    """

    label: int
    score: float
    gradient: FloatArray
