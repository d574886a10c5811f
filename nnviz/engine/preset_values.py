"""A preset as plain values, in the form in which it stands in a file; and back.

Reading takes the values for right: where that is not known, they go through `preset_form` first, which needs pydantic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from nnviz.core.settings import settings_of
from nnviz.core.spec import DataSpec, LayerSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.layers import LAYERS

FORMAT = 1

_LAYER_TYPES = {layer.kind: layer for layer in LAYERS}


def describe_layer(layer: LayerSpec) -> dict[str, Any]:
    """Return the fields of a layer as they stand in a file."""
    return {"kind": layer.kind, **{field.name: getattr(layer, field.name) for field in fields(layer)}}


def describe_data(data: DataSpec) -> dict[str, Any]:
    """Return the fields of a data description as they stand in a file."""
    own = {name: getattr(data, name) for name in settings_of(data)}
    return {"name": data.name, **data.settings, **own}


def describe_training(training: TrainingSpec) -> dict[str, Any]:
    """Return the training settings as they stand in a file."""
    values = {field.name: getattr(training, field.name) for field in fields(training)}
    return {**values, "optimizer": {"name": training.optimizer.name, **training.optimizer.settings}}


def network_from(layers: Iterable[Mapping[str, Any]]) -> NetworkSpec:
    """Make the network of `describe_layer`'s values.

    Raises
    ------
    SpecError
        If the layers do not fit together.
    """
    made = []
    for values in layers:
        own: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        made.append(_LAYER_TYPES[own.pop("kind")](**own))
    return NetworkSpec(tuple(made))


def preset_from(values: Mapping[str, Any]) -> Preset:
    """Make the preset of the values in a file that is known to be right."""
    data, training = dict(values["data"]), dict(values["training"])
    shared = {name: data.pop(name) for name in settings_of(DataSpec)}
    optimizer = dict(training.pop("optimizer"))
    return Preset(
        values["title"],
        values["description"],
        DataSpec(data.pop("name"), data, **shared),
        network_from(values["network"]),
        TrainingSpec(OptimizerSpec(optimizer.pop("name"), optimizer), **training),
    )
