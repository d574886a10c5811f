"""Frozen descriptions of a network, its data and its training: what is saved, sent between threads and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

from nnviz.core.added_points import AddedPoint, added_points_problem
from nnviz.core.given import GivenSamples, GivenWeights, weights_problem
from nnviz.core.settings import Number, Switch, check_settings, setting

Shape = tuple[int, ...]


class SpecError(ValueError):
    """A description that does not make sense as a whole, said in the user's words."""


class Wiring(StrEnum):
    """How a layer's outputs hang on the outputs of the layer before it."""

    NONE = "none"
    DENSE = "dense"
    LOCAL = "local"
    ONE_TO_ONE = "one_to_one"
    RESHAPE = "reshape"


class Picture(StrEnum):
    """How a layer is drawn. Views choose by this, never by the type of the layer."""

    UNITS = "units"
    IMAGE = "image"
    STRIP = "strip"
    MAPS = "maps"
    MATRIX = "matrix"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a layer computes on the way. The last part of a layer is its output.

    `symbol` is how formulas call it (z, a).
    """

    name: str
    label: str
    symbol: str


OUTPUT = Part("output", "output", "a")


@dataclass(frozen=True)
class LayerSpec:
    """One column of the picture. Subclasses are frozen dataclasses whose declared fields become the form.

    A subclass is importable without torch; only `build` imports it.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    wiring: ClassVar[Wiring]
    parts: ClassVar[tuple[Part, ...]] = (OUTPUT,)
    draws_by_chance: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse values outside of their range."""
        check_settings(self)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of this layer's output for one sample.

        Raises
        ------
        SpecError
            If the layer cannot take an input of that shape.
        """
        raise NotImplementedError

    def picture(self, input_shape: Shape) -> Picture:
        """How the layer is drawn when it is fed `input_shape`."""
        raise NotImplementedError

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Name and shape of every learned parameter, as PyTorch names and stores them (weight: (out, in))."""
        del input_shape
        return {}

    def build(self, input_shape: Shape) -> Any:
        """Build the ``torch.nn.Module``: a `Sequential` of named pieces with one `Probe` per part."""
        raise NotImplementedError

    @property
    def activation_name(self) -> str | None:
        """Name of the activation function at the layer's output, for layers that have one."""
        return None

    @property
    def detail(self) -> str:
        """A few words for the header of the column, such as "ReLU"."""
        return ""


@dataclass(frozen=True)
class NetworkSpec:
    """The layers of a network, the input layer first.

    Raises
    ------
    SpecError
        If there is no input layer in front, or the shapes do not fit together.
    """

    layers: tuple[LayerSpec, ...]

    def __post_init__(self) -> None:
        """Refuse networks whose layers do not fit together."""
        if len(self.layers) < 2:
            raise SpecError("A network needs an input layer and at least one more layer.")
        for position, layer in enumerate(self.layers):
            if (layer.wiring is Wiring.NONE) != (position == 0):
                raise SpecError("The input layer comes first, and there is only one.")
        self.output_shapes()

    def output_shapes(self) -> tuple[Shape, ...]:
        """Output shape of every layer, for one sample."""
        return self._output_shapes

    # the views ask for these hundreds of times per picture
    @cached_property
    def _output_shapes(self) -> tuple[Shape, ...]:
        shapes: list[Shape] = [self.layers[0].output_shape(())]
        for layer in self.layers[1:]:
            shapes.append(layer.output_shape(shapes[-1]))
        return tuple(shapes)

    def input_shapes(self) -> tuple[Shape, ...]:
        """Input shape of every layer, for one sample; the input layer's own shape comes first."""
        shapes = self.output_shapes()
        return (shapes[0], *shapes[:-1])

    def pictures(self) -> tuple[Picture, ...]:
        """How each layer is drawn."""
        return tuple(layer.picture(shape) for layer, shape in zip(self.layers, self.input_shapes(), strict=True))

    def parameter_shapes(self) -> tuple[dict[str, Shape], ...]:
        """Shapes of the learned parameters, layer by layer."""
        return tuple(
            layer.parameter_shapes(shape) for layer, shape in zip(self.layers, self.input_shapes(), strict=True)
        )

    def parameter_count(self) -> int:
        """Count all learned numbers."""
        return sum(prod(shape) for shapes in self.parameter_shapes() for shape in shapes.values())

    @cached_property
    def layers_with_parameters(self) -> tuple[int, ...]:
        """Positions of the layers that learn something."""
        return tuple(index for index, shapes in enumerate(self.parameter_shapes()) if shapes)

    def layer_name(self, index: int) -> str:
        """What the layer at `index` is called everywhere: Input, Flatten, Hidden 1, Hidden 2, Output."""
        learning = self.layers_with_parameters
        if learning and index == learning[-1]:
            return "Output"
        if index in learning:
            return f"Hidden {learning.index(index) + 1}"
        return self.layers[index].title


@dataclass(frozen=True)
class DataSpec:
    """Which data set, how it is made, and how it is split.

    `settings` are the data set's own (noise, number of points); what is left out has its default. `points` are added
    to those of a data set in the plane, and are all trained on. `given` are the samples of the data set "given".
    """

    name: str = "digits"
    settings: Mapping[str, Any] = field(default_factory=dict)
    validation_split: float = setting(
        0.2,
        Number(
            "Validation split",
            "Share of the samples that is kept out of training, to measure how well the network does on samples it "
            "has never seen.",
            0.0,
            0.9,
            step=0.05,
        ),
    )
    shuffle: bool = setting(
        True, Switch("Shuffle", "Draw the samples in a new order in every epoch, so that batches differ.")
    )
    points: tuple[AddedPoint, ...] = ()
    given: GivenSamples | None = None

    def __post_init__(self) -> None:
        """Refuse values outside of their range."""
        check_settings(self)
        if problem := added_points_problem(self.points):
            raise SpecError(problem)


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer by name, with those of its settings that differ from its defaults."""

    name: str = "adam"
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingSpec:
    """How the network learns."""

    optimizer: OptimizerSpec = field(default_factory=OptimizerSpec)
    loss: str = "categorical_crossentropy"
    batch_size: int = setting(
        32,
        Number(
            "Batch size",
            "Number of samples whose gradients are averaged for one step: small batches give noisy, large ones calm "
            "steps.",
            1,
            100_000,
            integer=True,
        ),
    )
    l1: float = setting(
        0.0,
        Number(
            "L1 penalty",
            "Adds this times the sum of all |w| to the loss: drives weights that help little to exactly zero.",
            0.0,
            10.0,
            step=0.001,
            logarithmic=True,
        ),
    )
    l2: float = setting(
        0.0,
        Number(
            "L2 penalty",
            "Adds half of this times the sum of all w² to the loss: keeps all weights small.",
            0.0,
            10.0,
            step=0.001,
            logarithmic=True,
        ),
    )
    seed: int = setting(
        1,
        Number(
            "Seed",
            "Start of all chance: initial weights, split, order of the samples, dropout. The same seed gives the same "
            "run, to the last digit.",
            0,
            2**31 - 1,
            integer=True,
        ),
    )

    def __post_init__(self) -> None:
        """Refuse values outside of their range."""
        check_settings(self)


@dataclass(frozen=True)
class Preset:
    """Everything that is needed to start: data, network and training. What a preset or project file holds.

    `weights` are initial weights that are given rather than drawn: nothing, or one entry per layer.

    Raises
    ------
    SpecError
        If they do not fit the network.
    """

    title: str
    description: str
    data: DataSpec
    network: NetworkSpec
    training: TrainingSpec
    weights: tuple[GivenWeights | None, ...] = ()

    def __post_init__(self) -> None:
        """Refuse weights that do not fit."""
        if problem := weights_problem(self.weights, self.network.parameter_shapes()):
            raise SpecError(f"layer {problem[0] + 1}: {problem[1]}")

    def with_training(self, training: TrainingSpec) -> Self:
        """Return the same with other training settings."""
        return replace(self, training=training)

    def with_network(self, network: NetworkSpec) -> Self:
        """Return the same with another network; weights that were given for other shapes are given up."""
        fits = weights_problem(self.weights, network.parameter_shapes()) is None
        return replace(self, network=network, weights=self.weights if fits else ())
