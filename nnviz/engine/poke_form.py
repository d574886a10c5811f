"""Pokes as text in a project file."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from nnviz.core.pokes import BIAS, Edited, Pokes, UnitPlace, WeightPlace

_Index = Annotated[int, Field(ge=0)]
_Source = Annotated[int, Field(ge=BIAS)]
_Weight = Annotated[float, Field(allow_inf_nan=False)]


class PokesForm(BaseModel):
    """What is changed by hand: places are [layer, neuron, source] (−1: the bias) for weights, [layer, neuron]."""

    model_config = ConfigDict(extra="forbid", strict=True)

    edited: list[tuple[_Index, _Index, _Source, _Weight, _Weight]] = []
    frozen_weights: list[tuple[_Index, _Index, _Source]] = []
    frozen_neurons: list[tuple[_Index, _Index]] = []
    off: list[tuple[_Index, _Index]] = []

    def pokes(self) -> Pokes:
        """Make the value of it."""
        frozen_weights = (WeightPlace(*place) for place in self.frozen_weights)
        frozen_neurons = (UnitPlace(*place) for place in self.frozen_neurons)
        return Pokes(
            tuple(Edited(WeightPlace(*place), before, value) for *place, before, value in self.edited),
            frozenset((*frozen_weights, *frozen_neurons)),
            frozenset(UnitPlace(*place) for place in self.off),
        )


def written(pokes: Pokes) -> str:
    """Write them as JSON, which `PokesForm` reads."""
    weights = sorted(each for each in pokes.frozen if isinstance(each, WeightPlace))
    neurons = sorted(each for each in pokes.frozen if isinstance(each, UnitPlace))
    return json.dumps(
        {
            "edited": [[*_numbers(each.weight), each.before, each.value] for each in pokes.edited],
            "frozen_weights": [_numbers(each) for each in weights],
            "frozen_neurons": [[each.layer, each.unit] for each in neurons],
            "off": [[each.layer, each.unit] for each in sorted(pokes.off)],
        }
    )


def _numbers(weight: WeightPlace) -> list[int]:
    return [weight.layer, weight.unit, weight.source]
