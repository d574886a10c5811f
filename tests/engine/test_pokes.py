"""Weights that are set or frozen, neurons that are off: compared with arithmetic that does not know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.pokes import (
    NO_POKES,
    AskPokeEffect,
    Change,
    Edited,
    Freeze,
    PokeEffect,
    Pokes,
    SetWeight,
    SwitchOff,
    UnitPlace,
    WeightPlace,
)
from nnviz.core.spec import DataSpec, OptimizerSpec, Preset, SpecError
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.files import FileError, read_project, write_project
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.pokes import flat_index
from nnviz.engine.project import load_project, save_project
from nnviz.engine.run import Run
from nnviz.engine.trainer import Trainer
from tests.engine.support import answer, picture_data, picture_preset, stepper
from tests.engine.test_recording import COMBINATIONS
from tests.engine.test_slices import assert_same, run_with, take, take_recorded, variants

HIDDEN = 2  # the first dense layer of the picture preset: 16 → 6
WEIGHT, BIAS, NEURON = WeightPlace(HIDDEN, 1, 5), WeightPlace(HIDDEN, 2), UnitPlace(HIDDEN, 3)
FREEZE = (Freeze(WEIGHT, True), Freeze(NEURON, True))
OFF = (SwitchOff(NEURON, True), SwitchOff(UnitPlace(3, 0), True))


def poked(preset: Preset, *changes: Change) -> Run:
    run = run_with(preset)
    run.poke(changes)
    return run


def frozen_mask(run: Run) -> torch.Tensor:
    mask = torch.zeros_like(run.network.flat, dtype=torch.bool)
    mask[flat_index(run.network, WEIGHT)] = True
    for source in range(-1, 16):
        mask[flat_index(run.network, WeightPlace(NEURON.layer, NEURON.unit, source))] = True
    return mask


# --- setting ----------------------------------------------------------------------------------------------------------


def test_a_weight_is_set_and_nothing_else() -> None:
    run, plain = run_with(picture_preset()), run_with(picture_preset())
    run.poke([SetWeight(WEIGHT, 0.7), SetWeight(BIAS, -1.5)])
    found = {(index, name): parameter for index, name, parameter in run.network.named_layer_parameters()}
    assert found[HIDDEN, "weight"][1, 5].item() == np.float32(0.7)
    assert found[HIDDEN, "bias"][2].item() == -1.5
    assert (run.network.flat != plain.network.flat).sum() == 2
    before = float(plain.network.flat[flat_index(run.network, WEIGHT)])
    assert run.pokes.edited == (Edited(WEIGHT, before, float(np.float32(0.7))), Edited(BIAS, 0.0, -1.5))
    run.poke(run.pokes.changes_to(NO_POKES))
    assert torch.equal(run.network.flat, plain.network.flat)
    assert run.pokes == NO_POKES


@pytest.mark.parametrize(
    "change",
    [
        SetWeight(WeightPlace(HIDDEN, 6, 0), 1.0),
        SetWeight(WeightPlace(HIDDEN, 0, 16), 1.0),
        SetWeight(WeightPlace(0, 0, 0), 1.0),
        SetWeight(WeightPlace(9, 0), 1.0),
        Freeze(UnitPlace(HIDDEN, 6), True),
        Freeze(UnitPlace(0, 0), True),
        SwitchOff(UnitPlace(0, 0), True),
        SwitchOff(UnitPlace(4, 0), True),
        SwitchOff(UnitPlace(HIDDEN, 6), True),
    ],
    ids=str,
)
def test_what_is_not_there_is_refused_and_nothing_has_changed(change: Change) -> None:
    run, plain = run_with(picture_preset()), run_with(picture_preset())
    with pytest.raises(SpecError):
        run.poke([SetWeight(WEIGHT, 3.0), change])
    assert torch.equal(run.network.flat, plain.network.flat)
    assert run.pokes == NO_POKES


# --- freezing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("l2", [0.0, 1e-3], ids=["in slices", "step by step"])
@pytest.mark.parametrize("spec", [spec for row in OPTIMIZERS for spec in variants(row)], ids=str)
def test_what_is_frozen_stays_to_the_bit_however_one_steps(spec: OptimizerSpec, l2: float) -> None:
    preset = picture_preset(optimizer=spec)
    preset = preset.with_training(replace(preset.training, l2=l2))
    plain, recorded = run_with(preset), run_with(preset)
    for run, go in ((plain, lambda run: take(run, 5, 5)), (recorded, lambda run: take_recorded(run, 5))):
        go(run)  # there is momentum by now
        run.poke(FREEZE)
        before = run.network.flat.clone()
        go(run)
        mask = frozen_mask(run)
        assert torch.equal(run.network.flat[mask], before[mask])
        assert (run.network.flat[~mask] != before[~mask]).float().mean() > 0.9
    assert_same(plain, recorded)


def test_the_others_learn_as_if_only_the_gradient_were_missing() -> None:
    """SGD by hand: w − lr·g for all but the frozen ones."""
    run = poked(picture_preset(), *FREEZE)
    for _ in range(3):
        before = run.network.flat.clone()
        trace, _ = run.recorded_step()
        gradient = torch.cat(
            [
                torch.from_numpy(trace.layers[place.layer].parameters[place.name].gradient.reshape(-1).copy())
                for place in run.network.places
            ]
        )
        mask = frozen_mask(run)
        assert gradient[mask].abs().sum() > 0  # the true gradient is recorded
        expected = torch.where(mask, before, before - 0.1 * gradient)
        torch.testing.assert_close(run.network.flat, expected, rtol=0, atol=1e-7)


def test_after_thawing_it_learns_on() -> None:
    run = poked(picture_preset(), *FREEZE)
    take(run, 2, 2)
    before = run.network.flat.clone()
    run.poke([Freeze(WEIGHT, False), Freeze(NEURON, False)])
    take(run, 1, 1)
    assert not torch.equal(run.network.flat[frozen_mask(run)], before[frozen_mask(run)])


@pytest.mark.parametrize("changes", [[SetWeight(WEIGHT, 0.7)], FREEZE, OFF], ids=["set", "frozen", "off"])
def test_none_of_it_leaves_the_fast_way(changes: Sequence[Change]) -> None:
    run = run_with(picture_preset())
    run.plain_steps(1)
    run.poke(changes)
    assert len(run.plain_steps(5)) == 5


# --- switching off ----------------------------------------------------------------------------------------------------


def forward(run: Run, inputs: np.ndarray, off: dict[int, list[int]]) -> np.ndarray:
    """Tanh, tanh, softmax, with NumPy and 64 bits."""
    parameters = {
        (i, name): p.detach().numpy().astype(np.float64) for i, name, p in run.network.named_layer_parameters()
    }
    a = inputs.reshape(len(inputs), -1).astype(np.float64)
    for layer in (2, 3, 4):
        z = a @ parameters[layer, "weight"].T + parameters[layer, "bias"]
        a = np.tanh(z) if layer < 4 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        a[:, off.get(layer, [])] = 0.0
    return a


def mean_loss(run: Run, inputs: np.ndarray, targets: np.ndarray, off: dict[int, list[int]]) -> float:
    return float(-np.log(forward(run, inputs, off)[np.arange(len(targets)), targets]).mean())


OFF_UNITS = {2: [3], 3: [0]}


def test_a_neuron_that_is_off_gives_0_in_every_way_through_the_network() -> None:
    run = poked(picture_preset(), *OFF)
    batch = run.next_batch()
    expected = forward(run, batch.inputs.numpy(), OFF_UNITS)
    np.testing.assert_allclose(run.network(batch.inputs).detach().numpy(), expected, atol=1e-6)
    assert run.forward_trace(batch.inputs[0].numpy()).layers[2].parts["activation"].value[0, 3] == 0
    trace, result = run.recorded_step()
    np.testing.assert_allclose(trace.outputs, expected, atol=1e-6)
    again = poked(picture_preset(), *OFF)
    assert result.loss == pytest.approx(
        mean_loss(again, batch.inputs.numpy(), batch.targets.numpy(), OFF_UNITS), abs=1e-6
    )


def test_gradients_are_those_of_the_loss_without_it() -> None:
    run = poked(picture_preset(), *OFF)
    batch = run.next_batch()
    inputs, targets = batch.inputs.numpy(), batch.targets.numpy()
    trace, _ = run.recorded_step()
    probe = poked(picture_preset(), *OFF)
    flat, h = probe.network.flat, 1e-3
    for place in probe.network.places:
        gradient = trace.layers[place.layer].parameters[place.name].gradient.reshape(-1)
        for index in range(0, len(gradient), 7):
            values = []
            for shift in (h, -h):
                kept = flat[place.here.start + index].clone()
                flat[place.here.start + index] += shift
                values.append(mean_loss(probe, inputs, targets, OFF_UNITS))
                flat[place.here.start + index] = kept
            assert gradient[index] == pytest.approx((values[0] - values[1]) / (2 * h), abs=2e-5)


def test_nothing_flows_back_through_it() -> None:
    run = poked(picture_preset(), *OFF)
    trace, _ = run.recorded_step()
    layer = trace.layers[2]
    assert not layer.parts["activation"].value[:, 3].any()
    assert not layer.parts["pre_activation"].gradient[:, 3].any()
    assert layer.parts["pre_activation"].value[:, 3].any()
    assert not layer.parameters["weight"].gradient[3].any()
    assert not trace.layers[3].parameters["weight"].gradient[:, 3].any()
    assert trace.pokes.is_off(2, 3)


@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_slices_are_recorded_steps_to_the_bit_with_every_activation(hidden: str, output: str, loss: str) -> None:
    preset = picture_preset(hidden=hidden, output=output, loss=loss)
    fast, slow = poked(preset, *OFF, Freeze(WEIGHT, True)), poked(preset, *OFF, Freeze(WEIGHT, True))
    assert take(fast, 12, 7) == take_recorded(slow, 12)
    assert_same(fast, slow)
    for run in (fast, slow):
        run.poke([SwitchOff(NEURON, False), SwitchOff(UnitPlace(HIDDEN, 4), True)])
    assert take(fast, 12, 7) == take_recorded(slow, 12)
    assert_same(fast, slow)


def test_plain_and_recorded_steps_agree_and_it_comes_back_on() -> None:
    preset = picture_preset(optimizer=OptimizerSpec("adam"), dropout=0.3)
    plain, recorded = poked(preset, OFF[0]), poked(preset, OFF[0])
    assert take(plain, 20, 20) == take_recorded(recorded, 20)
    assert_same(plain, recorded)
    plain.poke(plain.pokes.changes_to(NO_POKES))
    assert plain.recorded_step()[0].layers[2].parts["activation"].value[:, 3].any()


def test_another_loss_keeps_it_off() -> None:
    run = poked(picture_preset(), *OFF)
    run.change_training(replace(run.training, loss="mean_squared_error"))
    assert not run.recorded_step()[0].layers[2].parts["activation"].value[:, 3].any()


# --- going back -------------------------------------------------------------------------------------------------------


def trainer_with(preset: str = "circle") -> Trainer:
    made = Trainer(catalogue(), DataPlaces(None, Path("/nonexistent")))
    list(made.execute(c.LoadPreset(catalogue().presets[preset])))
    return made


def recorded(facts: list[f.Fact]) -> f.Recorded:
    (found,) = [fact for fact in facts if isinstance(fact, f.Recorded)]
    return found


CHANGES = (
    SetWeight(WeightPlace(1, 0, 1), 1.25),
    SetWeight(WeightPlace(1, 2), 0.5),
    Freeze(WeightPlace(1, 1, 0), True),
    SwitchOff(UnitPlace(1, 3), True),
)


def test_back_and_forth_over_pokes_is_exact() -> None:
    made = trainer_with()
    traces = {}
    pokes_at = {40: CHANGES[:2], 70: CHANGES[2:], 90: (SwitchOff(UnitPlace(1, 3), False),)}
    for step in range(130):
        traces[step] = recorded(list(made.execute(c.GoTo(step)))).trace
        if step in pokes_at:
            traces[step] = recorded(list(made.execute(c.Poke(pokes_at[step])))).trace
    for step in (125, 95, 90, 89, 75, 70, 60, 40, 39, 10):
        (seen,) = [fact for fact in made.execute(c.Visit(step)) if isinstance(fact, f.Visited)]
        while not seen.arrived:
            (seen,) = [fact for fact in made.execute(c.Visit(step)) if isinstance(fact, f.Visited)]
        assert seen.trace.pokes == traces[step].pokes
        assert seen.trace.loss == traces[step].loss
        for mine, theirs in zip(seen.trace.layers, traces[step].layers, strict=True):
            for name, parameter in mine.parameters.items():
                np.testing.assert_array_equal(parameter.before, theirs.parameters[name].before)
                np.testing.assert_array_equal(parameter.after, theirs.parameters[name].after)
    list(made.execute(c.Return()))
    again = recorded(list(made.execute(c.GoTo(75))))
    assert again.trace.loss == traces[75].loss
    assert len(again.trace.pokes.off) == 1
    assert recorded(list(made.execute(c.GoTo(20)))).trace.pokes == NO_POKES


def test_a_poke_shows_the_same_batch_anew_and_leaves_one_mark() -> None:
    made = trainer_with()
    before = recorded(list(made.execute(c.Propose()))).trace
    facts = list(made.execute(c.Poke(CHANGES)))
    assert [type(fact).__name__ for fact in facts] == ["Poked", "Progress", "Recorded"]
    after = recorded(facts).trace
    assert facts[0].pokes == after.pokes
    assert after.step == before.step
    np.testing.assert_array_equal(after.inputs, before.inputs)
    assert after.loss != before.loss
    assert [mark.label for mark in facts[1].marks] == ["poke"]


def test_what_is_taken_back_at_once_leaves_no_mark() -> None:
    made = trainer_with()
    list(made.execute(c.Propose()))
    facts = list(made.execute(c.Poke(CHANGES)))
    there, mark = facts[0].pokes, facts[1].marks[0]
    assert facts[0].unmarked is None
    facts = list(made.execute(c.Poke(there.changes_to(NO_POKES))))
    assert (facts[0].pokes, facts[0].unmarked, facts[1].marks) == (NO_POKES, mark, ())
    facts = list(made.execute(c.Poke(NO_POKES.changes_to(there))))
    assert (facts[0].unmarked, facts[1].marks) == (None, (mark,))
    list(made.execute(c.Commit()))
    facts = list(made.execute(c.Poke(there.changes_to(NO_POKES))))  # something has been learned with it
    assert facts[0].unmarked is None
    assert [each.step for each in facts[1].marks] == [mark.step + 1]


def test_after_a_step_that_was_taken_the_next_one_shows_it() -> None:
    made = trainer_with()
    list(made.execute(c.Commit()))
    trace = recorded(list(made.execute(c.Poke(CHANGES)))).trace
    assert trace.step == 1
    assert trace.layers[1].parameters["weight"].before[0, 1] == 1.25


def test_while_it_runs() -> None:
    made = trainer_with()
    list(made.execute(c.Run()))
    list(made.advance(0.01))
    facts = list(made.execute(c.Poke(CHANGES)))
    assert [type(fact).__name__ for fact in facts] == ["Poked"]
    assert made.running
    list(made.advance(0.01))
    (progress,) = made.execute(c.Look())
    assert progress.trace.pokes == facts[0].pokes
    assert not progress.trace.layers[1].parts["activation"].value[:, 3].any()
    assert [mark.label for mark in progress.marks] == ["poke"]


def test_a_refusal_is_said_and_changes_nothing() -> None:
    made = trainer_with()
    facts = list(made.execute(c.Poke((SwitchOff(UnitPlace(0, 0), True),))))
    assert any(isinstance(fact, f.Failed) and "hidden layers" in fact.message for fact in facts)


def test_another_device_or_more_points_keep_them_and_a_new_start_does_not() -> None:
    made = trainer_with()
    pokes = recorded(list(made.execute(c.Poke(CHANGES)))).trace.pokes
    for command, kept in ((c.SetDevice("cpu"), pokes), (c.SetPoints(()), pokes), (c.Reset(), NO_POKES)):
        (loaded,) = [fact for fact in made.execute(command) if isinstance(fact, f.Loaded)]
        assert loaded.pokes == kept


def test_a_branch_has_the_pokes_of_its_beginning_and_switching_back_those_of_the_end() -> None:
    made = trainer_with()
    list(made.execute(c.GoTo(10)))
    pokes = recorded(list(made.execute(c.Poke(CHANGES)))).trace.pokes
    list(made.execute(c.GoTo(20)))
    assert recorded(list(made.execute(c.Branch(5)))).trace.pokes == NO_POKES
    list(made.execute(c.GoTo(7)))
    assert recorded(list(made.execute(c.SwitchRun(1)))).trace.pokes == pokes


# --- files ------------------------------------------------------------------------------------------------------------


def file_preset() -> Preset:
    return replace(picture_preset(optimizer=OptimizerSpec("adam")), data=DataSpec("digits", validation_split=0.2))


def new_run(preset: Preset) -> Run:
    return Run(preset, picture_data(), revision=1)


def test_a_project_keeps_them_and_goes_on_to_the_bit(tmp_path: Path) -> None:
    preset, path = file_preset(), tmp_path / "poked.nnviz"
    run = new_run(preset)
    run.plain_steps(3)
    run.poke([*FREEZE, *OFF, SetWeight(WEIGHT, 0.3), SetWeight(BIAS, 0.1)])
    run.plain_steps(1)
    save_project(path, preset, run, [])
    opened, _, _ = load_project(path, new_run)
    assert opened.pokes == run.pokes
    assert take(opened, 10, 10) == take(run, 10, 10)
    assert_same(opened, run)


@pytest.mark.parametrize(
    "pokes",
    [
        '{"edited": [[9, 0, 0, 1.0, 2.0]]}',
        '{"edited": [[2, 0, 0, 1.0]]}',
        '{"edited": [[2, 0, 0, 1.0, NaN]]}',
        '{"frozen_weights": [[2, 0, 99]]}',
        '{"frozen_neurons": [[2, 99]]}',
        '{"off": [[4, 0]]}',
        '{"off": [[2, -1]]}',
        '{"other": []}',
        "[]",
    ],
)
def test_impossible_pokes_in_a_file_are_refused(tmp_path: Path, pokes: str) -> None:
    preset, path = file_preset(), tmp_path / "poked.nnviz"
    save_project(path, preset, new_run(preset), [])
    project = read_project(path)
    write_project(path, replace(project, metadata={**project.metadata, "pokes": pokes}))
    with pytest.raises(FileError, match="nothing was opened"):
        load_project(path, new_run)


def test_a_file_from_before_there_were_pokes(tmp_path: Path) -> None:
    preset, path = file_preset(), tmp_path / "old.nnviz"
    save_project(path, preset, new_run(preset), [])
    project = read_project(path)
    write_project(path, replace(project, metadata={k: v for k, v in project.metadata.items() if k != "pokes"}))
    assert load_project(path, new_run)[0].pokes == NO_POKES


# --- what they do -----------------------------------------------------------------------------------------------------


def test_the_effect_is_that_of_the_network_without_and_with_them() -> None:
    made = stepper(picture_preset())
    run = made.run
    run.plain_steps(3)
    inputs, targets = run.data.validation_inputs.numpy(), run.data.validation_targets.numpy()
    without = forward(run, inputs, {})
    plain = run.network.flat.clone()
    run.poke([SetWeight(WEIGHT, 2.0), *OFF, *FREEZE])
    present = forward(run, inputs, OFF_UNITS)
    kept = run.network.flat.clone()
    effect = answer(made, AskPokeEffect(inputs[0]))
    assert isinstance(effect, PokeEffect)
    for judged, outputs in ((effect.without, without), (effect.present, present)):
        losses = -np.log(outputs[np.arange(len(targets)), targets])
        assert judged.loss == pytest.approx(losses.mean(), abs=1e-5)
        assert judged.accuracy == pytest.approx((outputs.argmax(axis=1) == targets).mean())
        np.testing.assert_allclose(judged.outputs, outputs[0], atol=1e-6)
    assert (effect.judged, effect.available) == (len(targets), len(targets))
    assert torch.equal(run.network.flat, kept)
    assert not torch.equal(kept, plain)
    assert run.network(run.data.validation_inputs).detach().numpy() == pytest.approx(present, abs=1e-6)


def test_the_effect_without_a_sample_or_with_one_of_another_network_or_without_pokes() -> None:
    made = stepper(picture_preset())
    assert answer(made, AskPokeEffect(None)) is None
    made.run.poke(OFF)
    for inputs in (None, np.zeros(7, np.float32)):
        effect = answer(made, AskPokeEffect(inputs))
        assert isinstance(effect, PokeEffect)
        assert effect.present.outputs == ()
    assert isinstance(made.run.pokes, Pokes)


def test_the_effect_where_there_is_no_validation_data() -> None:
    preset = picture_preset()
    made = stepper(replace(preset, data=replace(preset.data, validation_split=0.0)))
    made.run.poke(OFF)
    effect = answer(made, AskPokeEffect(None))
    assert isinstance(effect, PokeEffect)
    assert (effect.present.loss, effect.present.accuracy, effect.available) == (None, None, 0)


def test_a_twin_that_races_from_here_has_them_too() -> None:
    run = poked(picture_preset(optimizer=OptimizerSpec("adam")), *FREEZE, *OFF, SetWeight(BIAS, 0.4))
    take(run, 3, 3)
    twin = run.sibling(run.training)
    twin.restore(run.checkpoint())
    assert take(twin, 5, 5) == take(run, 5, 5)
    assert_same(twin, run)
