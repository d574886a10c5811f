"""The form of a preset file: which fields it has and what they may hold, and what is wrong with one, in plain words.

The fields of layers, data and training are not listed here: pydantic's models are made from the specs and from the
settings they declare, so a new layer type or setting can be saved and read as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import partial
from typing import Annotated, Any, Literal, TypeVar, Union, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from nnviz.core.added_points import AddedPoint
from nnviz.core.given import GivenWeights, weights_problem
from nnviz.core.settings import Number, Setting, SettingError, settings_of
from nnviz.core.spec import DataSpec, LayerSpec, NetworkSpec, OptimizerSpec, Preset, SpecError, TrainingSpec
from nnviz.engine.datasets import DATASETS, given
from nnviz.engine.layers import LAYERS
from nnviz.engine.losses import LOSSES
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.preset_values import FORMAT, SAMPLE_FIELDS, network_from, samples_from, weights_from

LARGEST_WHOLE_NUMBER = 2**53
LONGEST_MESSAGE = 300

_LAYER_TYPES = {layer.kind: layer for layer in LAYERS}
_OPTIMIZERS = {entry.name: entry for entry in OPTIMIZERS}
_DATASETS = {entry.name: entry for entry in DATASETS}
_LOSSES = {entry.name: entry for entry in LOSSES}


class _LayerError(SpecError):
    """Something is wrong with one layer, counted from 0."""

    def __init__(self, layer: int, message: str) -> None:
        super().__init__(message)
        self.layer = layer


class _Form(BaseModel):
    """Nothing is converted, nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _OpenForm(_Form):
    """Besides its own fields it takes those that its `name` brings along, such as lr or noise."""

    model_config = ConfigDict(extra="allow")
    name: str


def _checked(name: str, declared: Setting, value: Any) -> Any:
    """Return `value` as a field called `name` may hold it; raises `SettingError`."""
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE_NUMBER:
        raise SettingError(name, f"{name} is far too large.")
    if problem := declared.problem(value):
        raise SettingError(name, problem.replace(declared.label, name, 1))
    if isinstance(declared, Number):
        return int(value) if declared.integer else float(value)
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bias(declared: Setting, value: Any) -> Any:
    """Return the biases, or whether there are any; raises `SettingError`."""
    if isinstance(value, list):
        if not all(map(_is_number, value)):
            raise SettingError("bias", "bias must be true, false or a list of numbers.")
        return value
    return _checked("bias", declared, value)


def _targets(rows: list[Any]) -> list[Any]:
    """Return one row of numbers, or one number, for each sample; raises `SettingError`."""
    for row in rows:
        if not _is_number(row) and not (isinstance(row, list) and all(map(_is_number, row))):
            raise SettingError("targets", f"each target is a number, or a list of numbers, not {row!r}.")
    return rows


def _members(spec: type, mandatory: frozenset[str]) -> dict[str, Any]:
    """Make the members of a pydantic model from the fields of a spec."""
    hints, declared = get_type_hints(spec), settings_of(spec)
    members: dict[str, Any] = {}
    for field in fields(spec):
        kind = hints[field.name]
        if field.name in declared:
            kind = Annotated[Any, AfterValidator(partial(_checked, field.name, declared[field.name]))]
        optional = field.default is not MISSING and field.name not in mandatory
        members[field.name] = (kind, field.default if optional else ...)
    return members


def _layer_form(spec: type[LayerSpec]) -> type[BaseModel]:
    """Make the form of a layer. Its first field is what the layer is all about, and cannot be left out."""
    members = _members(spec, frozenset(field.name for field in fields(spec)[:1]))
    members["kind"] = (Literal[spec.kind], ...)
    if "bias" in members:  # layers with weights: these can be written out, the biases in place of their switch
        members["bias"] = (Annotated[Any, AfterValidator(partial(_bias, settings_of(spec)["bias"]))], True)
        members["weights"] = (list[list[float]] | None, None)
    return create_model(spec.__name__, __base__=_Form, **members)


def _network(forms: list[BaseModel]) -> tuple[NetworkSpec, tuple[GivenWeights | None, ...]]:
    layers = [dict(form) for form in forms]
    network, weights = network_from(layers), weights_from(layers)
    if problem := weights_problem(weights, network.parameter_shapes()):
        raise _LayerError(*problem)
    return network, weights


Entry = TypeVar("Entry")


def _find(entries: Mapping[str, Entry], what: str, name: str) -> Entry:
    if name not in entries:
        raise SpecError(f"there is no {what} {name!r}; there are: {', '.join(entries)}.")
    return entries[name]


def _named_settings(form: _OpenForm, declared: Mapping[str, Setting]) -> dict[str, Any]:
    """Check what a form has besides its own fields."""
    values = form.__pydantic_extra__ or {}
    for name in values:
        if name not in declared:
            raise SettingError(name, f"there is no {name!r} here; there are: {', '.join(declared)}.")
    return {name: _checked(name, declared[name], value) for name, value in values.items()}


def _optimizer(form: _OpenForm) -> OptimizerSpec:
    entry = _find(_OPTIMIZERS, "optimizer", form.name)
    return OptimizerSpec(form.name, _named_settings(form, entry.settings))


def _data(form: _OpenForm) -> DataSpec:
    entry = _find(_DATASETS, "data set", form.name)
    own = {name: getattr(form, name) for name in settings_of(DataSpec)}
    points = tuple(AddedPoint(*point) for point in form.points)  # type: ignore[attr-defined]
    samples = samples_from({name: getattr(form, name) for name in SAMPLE_FIELDS})
    if form.name == given.ENTRY.name:
        own |= {name: value for name, value in given.AS_WRITTEN.items() if name not in form.model_fields_set}
    elif samples is not None:
        raise SettingError("inputs", f"inputs and targets belong to the data set {given.ENTRY.name!r}.")
    return DataSpec(form.name, _named_settings(form, entry.settings), points=points, given=samples, **own)


def _loss(name: str) -> str:
    _find(_LOSSES, "loss", name)
    return name


def _as_training(form: BaseModel) -> TrainingSpec:
    return TrainingSpec(**dict(form))


def _as_preset(form: BaseModel) -> Preset:
    values = dict(form)
    del values["format"]
    values["network"], weights = values["network"]
    return Preset(**values, weights=weights)


_LayerForm: Any = Annotated[Union[tuple(map(_layer_form, LAYERS))], Field(discriminator="kind")]  # noqa: UP007
_DataForm = create_model(
    "_DataForm",
    __base__=_OpenForm,
    **{name: _members(DataSpec, frozenset())[name] for name in settings_of(DataSpec)},
    points=(list[tuple[float, float, float]], []),
    inputs=(list[list[float]], []),
    targets=(Annotated[list[Any], AfterValidator(_targets)], []),
    features=(list[str], []),
    classes=(list[str], []),
)
_TrainingForm = create_model(
    "_TrainingForm",
    __base__=_Form,
    **{
        **_members(TrainingSpec, frozenset({"batch_size"})),
        "optimizer": (Annotated[_OpenForm, AfterValidator(_optimizer)], ...),
        "loss": (Annotated[str, AfterValidator(_loss)], ...),
    },
)
_PRESET_MEMBERS: dict[str, Any] = {
    "format": (Literal[FORMAT], ...),
    "title": (str, ...),
    "description": (str, ""),
    "data": (Annotated[_DataForm, AfterValidator(_data)], ...),
    "network": (Annotated[list[_LayerForm], AfterValidator(_network)], ...),
    "training": (Annotated[_TrainingForm, AfterValidator(_as_training)], ...),
}
_PresetForm = create_model("_PresetForm", __base__=_Form, **_PRESET_MEMBERS)


def parse_preset(text: bytes) -> Preset:
    """Read the JSON text of a preset.

    Raises
    ------
    SpecError
        Which says what is wrong, and where.
    """
    try:
        return _as_preset(_PresetForm.model_validate_json(text))
    except ValidationError as error:
        message = _explain(error.errors(include_url=False)[0])
    if len(message) > LONGEST_MESSAGE:
        message = message[: LONGEST_MESSAGE - 1] + "…"
    raise SpecError(message)


_WANTED = {
    "string_type": "text in quotation marks",
    "int_type": "a whole number",
    "list_type": "a list [ … ]",
    "tuple_type": "a list [ … ]",
    "float_type": "a number",
    "model_type": "an object { … }",
    "model_attributes_type": "an object { … }",
}


def _explain(error: ErrorDetails) -> str:
    """Put the first thing that pydantic found into the words of the person who wrote the file."""
    place, kind = error["loc"], error["type"]
    field = str(place[-1]) if place else ""
    cause = error.get("ctx", {}).get("error")
    if kind == "json_invalid":
        return f"it is not valid JSON ({error['ctx']['error']})."
    if kind == "literal_error" and place == ("format",):
        return f"its format is {error['input']!r}; this version of nnviz reads format {FORMAT}."
    if isinstance(cause, _LayerError):
        return _at((*place, cause.layer), str(cause))
    if isinstance(cause, SettingError):
        return _at(place[:-1] if field == cause.field_name else place, str(cause))
    if isinstance(cause, Exception):
        return _at(place, str(cause))
    if kind == "missing":
        return _at(place[:-1], f"{field} is missing.")
    if kind == "extra_forbidden":
        return _at(place[:-1], f"there is no field {field!r}.")
    if kind == "union_tag_not_found":
        return _at(place, "kind is missing.")
    if kind == "union_tag_invalid":
        return _at(place, f"there is no layer {error['ctx']['tag']!r}; there are: {', '.join(_LAYER_TYPES)}.")
    if kind in _WANTED:
        return _at(place, f"this must be {_WANTED[kind]}.")
    return _at(place, f"{error['msg']}.")


def _at(place: tuple[int | str, ...], text: str) -> str:
    """Say where: "network, layer 3 (dense): …"."""
    words: list[str] = []
    rest = list(place)
    while rest:
        step = rest.pop(0)
        if words == ["network"] and isinstance(step, int):
            kind = f" ({rest.pop(0)})" if rest else ""
            words.append(f"layer {step + 1}{kind}")
        else:
            words.append(f"entry {step + 1}" if isinstance(step, int) else step)
    return f"{', '.join(words)}: {text}" if words else text
