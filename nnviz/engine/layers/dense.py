"""The dense (fully connected) layer: every output sees every input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnviz.core.settings import Choice, Number, Option, Switch, setting
from nnviz.core.spec import LayerSpec, Part, Picture, Shape, SpecError, Wiring

if TYPE_CHECKING:
    from torch import nn

ACTIVATIONS = (
    Option("linear", "linear", "φ(z) = z: passes the sum on unchanged. For numbers to be predicted."),
    Option("relu", "ReLU", "φ(z) = max(0, z): passes positive sums, blocks negative ones."),
    Option("leaky_relu", "leaky ReLU", "φ(z) = z, or 0.01·z where z is negative: never quite dead."),
    Option("sigmoid", "sigmoid", "φ(z) = 1/(1 + e^−z): squeezes into 0 … 1."),
    Option("tanh", "tanh", "φ(z) = (e^z − e^−z)/(e^z + e^−z): squeezes into −1 … 1."),
    Option("gelu", "GELU", "φ(z) = z·Φ(z): a smooth ReLU, used in transformers."),
    Option("softmax", "softmax", "φ(z)ᵢ = e^zᵢ / Σ e^zⱼ: turns the sums into probabilities that add up to 1."),
)

INITIALISATIONS = (
    Option("glorot_uniform", "Glorot uniform", "Uniform in ±√(6/(in + out)) (Glorot & Bengio 2010). Keras's default."),
    Option("glorot_normal", "Glorot normal", "Normal with σ = √(2/(in + out)) (Glorot & Bengio 2010)."),
    Option("he_uniform", "He uniform", "Uniform in ±√(6/in) (He et al. 2015). Made for ReLU."),
    Option("he_normal", "He normal", "Normal with σ = √(2/in) (He et al. 2015). Made for ReLU."),
    Option("zeros", "zeros", "All weights 0: all neurons of a layer stay alike, and nothing is learned. Try it."),
    Option("pytorch", "PyTorch's default", "Uniform in ±1/√in, weights and biases."),
)

LARGEST_LAYER = 16_384
LARGEST_MATRIX = 50_000_000


@dataclass(frozen=True)
class Dense(LayerSpec):
    """Weights and activation, as in Keras: z = W·x + b, a = φ(z)."""

    units: int = setting(
        16,
        Number("Units", "Number of neurons in this layer.", 1, LARGEST_LAYER, integer=True),
    )
    activation: str = setting(
        "relu",
        Choice("Activation", "The function φ that turns the weighted sum z into the output a.", ACTIVATIONS),
    )
    initialisation: str = setting(
        "glorot_uniform",
        Choice("Initial weights", "How the weights are drawn before training.", INITIALISATIONS),
    )
    bias: bool = setting(True, Switch("Bias", "Give each neuron a number b that is added to its weighted sum."))

    kind: ClassVar[str] = "dense"
    title: ClassVar[str] = "Dense"
    help: ClassVar[str] = "Every neuron weighs all outputs of the layer before: z = Σ w·x + b, then a = φ(z)."
    wiring: ClassVar[Wiring] = Wiring.DENSE
    parts: ClassVar[tuple[Part, ...]] = (
        Part("pre_activation", "weighted sum", "z"),
        Part("activation", "activation", "a"),
    )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the number of units; the input has to be flat."""
        if len(input_shape) != 1:
            shape = "×".join(str(extent) for extent in input_shape)
            raise SpecError(f"A dense layer needs a flat input, not {shape}: put a Flatten layer in front of it.")
        if input_shape[0] * self.units > LARGEST_MATRIX:
            raise SpecError(
                f"{input_shape[0]:,} × {self.units:,} weights are too many for this program "
                f"(at most {LARGEST_MATRIX:,} in a layer): take fewer units."
            )
        return (self.units,)

    def picture(self, input_shape: Shape) -> Picture:
        """Neurons as circles."""
        return Picture.UNITS

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Weight (out, in) and bias (out,), as in ``nn.Linear``."""
        shapes: dict[str, Shape] = {"weight": (self.units, input_shape[0])}
        if self.bias:
            shapes["bias"] = (self.units,)
        return shapes

    def build(self, input_shape: Shape) -> nn.Module:
        """Build linear map, probe, activation function, probe."""
        from torch import nn

        from nnviz.engine.activations import activation_module, initialise
        from nnviz.engine.probe import named_pieces

        linear = nn.Linear(input_shape[0], self.units, bias=self.bias)
        initialise(linear, self.initialisation)
        return named_pieces(
            linear=linear, pre_activation=None, function=activation_module(self.activation), activation=None
        )

    @property
    def activation_name(self) -> str | None:
        """Name of the activation function."""
        return self.activation

    @property
    def detail(self) -> str:
        """Name the activation function as people write it."""
        return next(option.label for option in ACTIVATIONS if option.value == self.activation)
