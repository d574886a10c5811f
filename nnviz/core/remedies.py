"""What to try against an illness: other settings, ready to be put in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from nnviz.core.catalogue import Catalogue
from nnviz.core.health import Illness
from nnviz.core.settings import settings_of
from nnviz.core.spec import LayerSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec

LOWER = 10.0  # what the learning rate is divided by
HIGHER, HIGHEST = 10.0, 1.0  # what it is multiplied by, and how far
FIRST_PENALTY, MORE_PENALTY, LARGEST_PENALTY = 0.001, 10.0, 1.0
DROPOUT = "dropout"
SQUASHING = ("sigmoid", "tanh")
RELUS = ("relu", "leaky_relu", "gelu")


class Cure(StrEnum):
    """What a remedy does."""

    GO_BACK = "go_back"
    LOWER_LEARNING_RATE = "lower_learning_rate"
    HIGHER_LEARNING_RATE = "higher_learning_rate"
    NEW_WEIGHTS = "new_weights"
    RELU = "relu"
    LEAKY_RELU = "leaky_relu"
    DROPOUT = "dropout"
    PENALTY = "penalty"


@dataclass(frozen=True)
class Remedy:
    """Settings to be put in force. `value` is the new number: learning rate, dropout rate, L2 penalty.

    `GO_BACK` puts them in force at the last moment at which training was sound. What needs other initial weights
    (`starts_afresh`) begins the training anew, everything else goes on as it is.
    """

    cure: Cure
    training: TrainingSpec | None = None
    network: NetworkSpec | None = None
    value: float = 0.0
    starts_afresh: bool = False


def remedies(illness: Illness, preset: Preset, catalogue: Catalogue) -> tuple[Remedy, ...]:
    """What to try against `illness`, the best first; what would change nothing is left out."""
    tried = (make(preset, catalogue) for make in _REMEDIES[illness])
    return tuple(remedy for remedy in tried if remedy is not None)


def slower(optimizer: OptimizerSpec, catalogue: Catalogue) -> OptimizerSpec:
    """Return the same optimizer with a tenth of the learning rate."""
    return _with_learning_rate(optimizer, _learning_rate(optimizer, catalogue) / LOWER)


def _learning_rate(optimizer: OptimizerSpec, catalogue: Catalogue) -> float:
    return catalogue.optimizer(optimizer.name).complete(optimizer)["lr"]


def _with_learning_rate(optimizer: OptimizerSpec, lr: float) -> OptimizerSpec:
    lr = float(f"{lr:.6g}")  # 0.003, not 0.0029999999999999996
    return replace(optimizer, settings={**optimizer.settings, "lr": lr})


def _go_back(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    return _with(slower(preset.training.optimizer, catalogue), Cure.GO_BACK, preset, catalogue)


def _lower_learning_rate(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    return _with(slower(preset.training.optimizer, catalogue), Cure.LOWER_LEARNING_RATE, preset, catalogue)


def _higher_learning_rate(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    optimizer = preset.training.optimizer
    lr = _learning_rate(optimizer, catalogue) * HIGHER
    faster = _with_learning_rate(optimizer, lr)
    return None if lr > HIGHEST else _with(faster, Cure.HIGHER_LEARNING_RATE, preset, catalogue)


def _with(optimizer: OptimizerSpec, cure: Cure, preset: Preset, catalogue: Catalogue) -> Remedy | None:
    """Let the optimizer have another learning rate, if that may be."""
    lr = optimizer.settings["lr"]
    if catalogue.optimizer(optimizer.name).settings["lr"].problem(lr):
        return None
    return Remedy(cure, training=replace(preset.training, optimizer=optimizer), value=lr)


def _suitable_weights(layer: LayerSpec) -> LayerSpec:
    """He's initialisation for ReLU and its kin, Glorot's for the rest."""
    if "initialisation" not in settings_of(layer):
        return layer
    return replace(layer, initialisation="he_uniform" if layer.activation_name in RELUS else "glorot_uniform")  # type: ignore[call-arg]


def _with_hidden(network: NetworkSpec, change: Callable[[LayerSpec], LayerSpec]) -> NetworkSpec:
    """Change the hidden layers that learn."""
    learning = network.layers_with_parameters
    return NetworkSpec(
        tuple(change(layer) if index in learning[:-1] else layer for index, layer in enumerate(network.layers))
    )


def _new_weights(preset: Preset, catalogue: Catalogue) -> Remedy:
    """The same network with newly drawn weights: drawn suitably, or, where they are, with another seed."""
    del catalogue
    network = NetworkSpec(tuple(_suitable_weights(layer) for layer in preset.network.layers))
    if network != preset.network:
        return Remedy(Cure.NEW_WEIGHTS, network=network, starts_afresh=True)
    seed = (preset.training.seed + 1) % (2**31 - 1)
    return Remedy(Cure.NEW_WEIGHTS, training=replace(preset.training, seed=seed), starts_afresh=True)


def _relu(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    """ReLU with He's weights in place of functions that squash."""
    del catalogue

    def change(layer: LayerSpec) -> LayerSpec:
        squashes = layer.activation_name in SQUASHING
        return _suitable_weights(replace(layer, activation="relu")) if squashes else layer  # type: ignore[call-arg]

    network = _with_hidden(preset.network, change)
    return None if network == preset.network else Remedy(Cure.RELU, network=network, starts_afresh=True)


def _leaky_relu(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    """Leaky ReLU, with the same weights: there is a slope for the dead ones, too."""
    del catalogue

    def change(layer: LayerSpec) -> LayerSpec:
        return replace(layer, activation="leaky_relu") if layer.activation_name == "relu" else layer  # type: ignore[call-arg]

    network = _with_hidden(preset.network, change)
    return None if network == preset.network else Remedy(Cure.LEAKY_RELU, network=network)


def _dropout(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    """Dropout in front of the output layer, unless there is some."""
    network = preset.network
    layer = next((each for each in catalogue.layers if each.kind == DROPOUT), None)
    last = network.layers_with_parameters[-1]
    if layer is None or last < 2 or any(each.kind == DROPOUT for each in network.layers):
        return None
    dropout = layer()
    changed = NetworkSpec((*network.layers[:last], dropout, *network.layers[last:]))
    return Remedy(Cure.DROPOUT, network=changed, value=getattr(dropout, "rate", 0.0))


def _penalty(preset: Preset, catalogue: Catalogue) -> Remedy | None:
    """An L2 penalty, or a stronger one."""
    del catalogue
    l2 = max(FIRST_PENALTY, float(f"{preset.training.l2 * MORE_PENALTY:.6g}"))
    if l2 > LARGEST_PENALTY:
        return None
    return Remedy(Cure.PENALTY, training=replace(preset.training, l2=l2), value=l2)


_REMEDIES: dict[Illness, tuple[Callable[[Preset, Catalogue], Remedy | None], ...]] = {
    Illness.OVERFLOW: (_go_back,),
    Illness.ALIKE: (_new_weights,),
    Illness.LEARNING_RATE: (_lower_learning_rate,),
    Illness.EXPLODING: (_lower_learning_rate, _new_weights),
    Illness.DEAD: (_leaky_relu, _lower_learning_rate),
    Illness.STUCK: (_new_weights, _higher_learning_rate),
    Illness.VANISHING: (_relu, _new_weights),
    Illness.OVERFITTING: (_dropout, _penalty),
}
