"""A preset as plain values, in the form in which it stands in a file; and back.

Reading takes the values for right: where that is not known, they go through `preset_form` first, which needs pydantic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from nnviz.core.added_points import AddedPoint
from nnviz.core.given import GivenSamples, GivenWeights
from nnviz.core.settings import settings_of
from nnviz.core.spec import DataSpec, LayerSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.datasets import given as given_data
from nnviz.engine.layers import LAYERS

FORMAT = 1
SAMPLE_FIELDS = ("inputs", "targets", "features", "classes")

_LAYER_TYPES = {layer.kind: layer for layer in LAYERS}


def describe_layer(layer: LayerSpec, given: GivenWeights | None = None) -> dict[str, Any]:
    """Return the fields of a layer as they stand in a file, with its initial weights where they are given."""
    values = {"kind": layer.kind, **{field.name: getattr(layer, field.name) for field in fields(layer)}}
    if given is not None and given.bias is not None:
        values["bias"] = given.bias  # instead of the switch
    if given is not None and given.weight is not None:
        values["weights"] = given.weight
    return values


def describe_network(preset: Preset) -> list[dict[str, Any]]:
    """Return the layers as they stand in a file."""
    given = preset.weights or [None] * len(preset.network.layers)
    return [describe_layer(layer, own) for layer, own in zip(preset.network.layers, given, strict=True)]


def describe_data(data: DataSpec) -> dict[str, Any]:
    """Return the fields of a data description as they stand in a file."""
    own = {name: getattr(data, name) for name in settings_of(data)}
    added = {"points": [list(point) for point in data.points]} if data.points else {}
    return {"name": data.name, **data.settings, **own, **added, **_describe_samples(data)}


def _describe_samples(data: DataSpec) -> dict[str, Any]:
    given = data.given
    if given is None or data.name != given_data.ENTRY.name:  # it may have been put aside for another data set
        return {}
    targets = [int(row[0]) for row in given.targets] if given.classes else given.targets
    values = {"inputs": given.inputs, "targets": targets, "features": given.features, "classes": given.classes}
    return {name: value for name, value in values.items() if value}


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
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name != "weights"
        }
        if isinstance(own.get("bias"), tuple):
            own["bias"] = True
        made.append(_LAYER_TYPES[own.pop("kind")](**own))
    return NetworkSpec(tuple(made))


def weights_from(layers: Iterable[Mapping[str, Any]]) -> tuple[GivenWeights | None, ...]:
    """Collect the weights in `describe_layer`'s values; empty where no layer has any."""
    given = [_given_weights(values.get("weights"), values.get("bias")) for values in layers]
    return tuple(given) if any(own is not None for own in given) else ()


def _given_weights(rows: Sequence[Sequence[float]] | None, bias: object) -> GivenWeights | None:
    numbers = tuple(map(float, bias)) if isinstance(bias, list | tuple) else None
    if rows is None and numbers is None:
        return None
    return GivenWeights(None if rows is None else as_rows(rows), numbers)


def as_rows(rows: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    """Make tuples of numbers out of lists of them."""
    return tuple(tuple(map(float, row)) for row in rows)


def samples_from(values: Mapping[str, Any]) -> GivenSamples | None:
    """Make the samples that stand in a file; None where there are none.

    Raises
    ------
    SettingError
        If they do not fit together.
    """
    if not values.get("inputs"):
        return None
    targets = (target if isinstance(target, list | tuple) else (target,) for target in values.get("targets") or ())
    return GivenSamples(
        as_rows(values["inputs"]),
        as_rows(targets),
        tuple(values.get("features") or ()),
        tuple(values.get("classes") or ()),
    )


def preset_from(values: Mapping[str, Any]) -> Preset:
    """Make the preset of the values in a file that is known to be right."""
    data, training = dict(values["data"]), dict(values["training"])
    shared = {name: data.pop(name) for name in settings_of(DataSpec)}
    points = tuple(AddedPoint(*point) for point in data.pop("points", ()))
    given = samples_from({name: data.pop(name, None) for name in SAMPLE_FIELDS})
    optimizer = dict(training.pop("optimizer"))
    return Preset(
        values["title"],
        values["description"],
        DataSpec(data.pop("name"), data, points=points, given=given, **shared),
        network_from(values["network"]),
        TrainingSpec(OptimizerSpec(optimizer.pop("name"), optimizer), **training),
        weights_from(values["network"]),
    )
