"""The microscope's numbers: against NumPy in 64 bits, autograd run sample by sample, and torch's own functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.func import functional_call, grad, vmap

from nnviz.core.activation_curves import ACTIVATION_CURVES, softmax_curve
from nnviz.core.microscope import AskNudges, AskOptimizerStep, Nudges, WeightQuestion, sample_gradients
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.engine.activations import activation_module
from nnviz.engine.inquiries import Inquirer
from nnviz.engine.inquiries.microscope import POINTS
from nnviz.engine.layers.dense import ACTIVATIONS
from nnviz.engine.losses import loss_from_scores
from nnviz.engine.stepper import Stepper
from tests.engine.support import answer, picture_preset, stepper
from tests.support.reference import reference_trace

FIRST, LAST = 2, 4
CASES = [
    pytest.param(hidden, output, loss, id=f"{hidden}-{output}-{loss}")
    for hidden in ("tanh", "relu", "leaky_relu", "sigmoid", "gelu", "linear")
    for output, loss in (
        ("softmax", "categorical_crossentropy"),
        ("sigmoid", "binary_crossentropy"),
        ("softmax", "mean_squared_error"),
        ("tanh", "mean_squared_error"),
        ("sigmoid", "half_squared_error"),
    )
]


def proposed(preset: Preset, steps: int = 3) -> Stepper:
    found = stepper(preset)
    for _ in range(steps):
        found.propose()
        found.commit()
    found.propose()
    return found


def about(kind: type[WeightQuestion], steps: Stepper, layer: int, out: int, inp: int) -> WeightQuestion:
    assert steps.proposal is not None
    return kind(steps.run.revision, steps.proposal.trace.step, layer, out, inp)


def nudges_of(steps: Stepper, layer: int, out: int, inp: int) -> Nudges:
    found = answer(steps, about(AskNudges, steps, layer, out, inp))
    assert isinstance(found, Nudges)
    return found


@pytest.mark.parametrize("layer", [FIRST, 3, LAST])
@pytest.mark.parametrize(("hidden", "output", "loss"), CASES)
def test_losses_and_gradients_are_those_of_numpy(hidden: str, output: str, loss: str, layer: int) -> None:
    steps = proposed(picture_preset(hidden=hidden, output=output, loss=loss))
    trace = steps.proposal.trace
    nudges = nudges_of(steps, layer, 1, 3)
    weights = [
        {name: record.before.astype(np.float64) for name, record in each.parameters.items()} for each in trace.layers
    ]
    for place in (0, 7, nudges.middle, 40):
        weights[layer]["weight"][1, 3] = nudges.weights[place]
        own = reference_trace(trace.network, weights, trace.inputs, trace.target_values, trace.targets, loss)
        assert nudges.losses[place] == pytest.approx(own.loss, rel=1e-11)
    weights[layer]["weight"][1, 3] = nudges.weights[nudges.middle]
    own = reference_trace(trace.network, weights, trace.inputs, trace.target_values, trace.targets, loss)
    expected = float(own.layers[layer].parameters["weight"].gradient[1, 3])
    assert nudges.exact_gradient == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert nudges.difference == pytest.approx(nudges.exact_gradient, rel=1e-6, abs=1e-9)
    assert nudges.gradient == pytest.approx(nudges.exact_gradient, rel=1e-3, abs=1e-7)
    assert nudges.weights[nudges.middle] == float(trace.layers[layer].parameters["weight"].before[1, 3])


@pytest.mark.parametrize("layer", [FIRST, LAST + 1])
def test_dropout_keeps_what_it_drew_in_the_step(layer: int) -> None:
    steps = proposed(picture_preset(dropout=0.4))
    nudges = nudges_of(steps, layer, 1, 3)
    assert nudges.losses[nudges.middle] == pytest.approx(steps.proposal.trace.loss, rel=1e-6)
    assert nudges.difference == pytest.approx(nudges.exact_gradient, rel=1e-6, abs=1e-9)
    assert nudges.gradient == pytest.approx(nudges.exact_gradient, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize(("l1", "l2"), [(0.01, 0.0), (0.0, 0.05), (0.02, 0.03)])
def test_penalties_belong_to_the_loss(l1: float, l2: float) -> None:
    preset = picture_preset()
    steps = proposed(preset.with_training(replace(preset.training, l1=l1, l2=l2)))
    trace = steps.proposal.trace
    nudges = nudges_of(steps, 3, 1, 3)
    assert (nudges.l1, nudges.l2) == (l1, l2)
    assert nudges.losses[nudges.middle] == pytest.approx(trace.loss + trace.penalty, rel=1e-6)
    assert nudges.difference == pytest.approx(nudges.exact_gradient, rel=1e-6)
    assert nudges.gradient == pytest.approx(nudges.exact_gradient, rel=1e-4)
    w = float(nudges.weights[nudges.middle])
    without = sample_gradients(trace, 3, 1, 3).mean()
    assert without + l1 * np.sign(w) + l2 * w == pytest.approx(nudges.exact_gradient, rel=1e-5)


@pytest.mark.parametrize("rows", [1, 7, 2_500])
def test_batches_of_all_sizes_are_computed_in_blocks(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = proposed(picture_preset())
    whole = nudges_of(steps, 3, 1, 3)
    monkeypatch.setattr("nnviz.engine.exact.MOST_ROWS", rows)
    np.testing.assert_allclose(nudges_of(steps, 3, 1, 3).losses, whole.losses, rtol=1e-14)


def test_a_long_answer_comes_in_pieces_while_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = proposed(picture_preset())
    whole = nudges_of(steps, 3, 1, 3)
    monkeypatch.setattr("nnviz.engine.exact.MOST_ROWS", 1)
    monkeypatch.setattr("nnviz.engine.inquiries.LONGEST", 1e-9)  # one block for each piece
    inquirer, question = Inquirer(), about(AskNudges, steps, 3, 1, 3)
    for _ in range(POINTS):
        assert not inquirer.answer(steps, question).complete
        steps.propose()
        steps.commit()
    while not (found := inquirer.answer(steps, question)).complete:
        steps.plain_steps(1)
    for name in ("weights", "losses", "gradient", "exact_gradient", "difference"):
        np.testing.assert_allclose(getattr(found.answer, name), getattr(whole, name), rtol=1e-9)


def test_a_question_that_looks_alike_is_answered_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnviz.engine.inquiries.LONGEST", 1e-9)
    steps, inquirer = proposed(picture_preset()), Inquirer()
    assert not inquirer.answer(steps, about(AskNudges, steps, 3, 1, 3)).complete
    steps.change_training(replace(steps.run.training, l2=0.1), "l2")
    steps.propose_again()
    question = about(AskNudges, steps, 3, 1, 3)
    while not (found := inquirer.answer(steps, question)).complete:
        pass
    assert isinstance(found.answer, Nudges)
    assert found.answer.l2 == 0.1


@pytest.mark.parametrize("kind", [AskNudges, AskOptimizerStep])
def test_asking_changes_nothing(kind: type[WeightQuestion]) -> None:
    asked, silent = (proposed(picture_preset(dropout=0.3, optimizer=OptimizerSpec("adam"))) for _ in range(2))
    assert answer(asked, about(kind, asked, FIRST, 0, 0)) is not None
    for steps in (asked, silent):
        steps.commit()
        for _ in range(4):
            steps.plain_steps(1)
    assert torch.equal(asked.run.network.flat, silent.run.network.flat)


@pytest.mark.parametrize("kind", [AskNudges, AskOptimizerStep])
def test_it_is_about_the_step_that_is_shown_before_and_after_it_is_taken(kind: type[WeightQuestion]) -> None:
    steps = proposed(picture_preset())
    question = about(kind, steps, FIRST, 0, 3)
    before = answer(steps, question)
    steps.commit()
    after = answer(steps, question)
    for name in ("weight", "weights", "losses", "gradient"):
        np.testing.assert_array_equal(getattr(before, name, 0), getattr(after, name, 0))


@pytest.mark.parametrize("kind", [AskNudges, AskOptimizerStep])
@pytest.mark.parametrize(
    "changes",
    [{"step": 99}, {"revision": 7}, {"layer": 1}, {"layer": 9}, {"out": 6}, {"out": -1}, {"inp": 16}],
    ids=str,
)
def test_what_is_not_there_has_no_answer(kind: type[WeightQuestion], changes: dict[str, int]) -> None:
    steps = proposed(picture_preset())
    assert answer(steps, replace(about(kind, steps, FIRST, 0, 0), **changes)) is None


def test_while_no_step_is_proposed_there_is_no_answer() -> None:
    steps = proposed(picture_preset())
    question = about(AskNudges, steps, FIRST, 0, 0)
    steps.drop_proposal()
    assert answer(steps, question) is None


def test_after_a_change_of_the_loss_the_old_step_is_not_judged_by_the_new_one() -> None:
    steps = proposed(picture_preset())
    question = about(AskNudges, steps, FIRST, 0, 0)
    steps.commit()
    steps.change_training(replace(steps.run.training, loss="mean_squared_error"), "loss")
    assert answer(steps, question) is None


# --- the samples' own gradients ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [FIRST, LAST])
@pytest.mark.parametrize(("hidden", "output", "loss"), CASES)
def test_each_samples_gradient_is_that_of_autograd_run_sample_by_sample(
    hidden: str, output: str, loss: str, layer: int
) -> None:
    steps = proposed(picture_preset(hidden=hidden, output=output, loss=loss))
    network, batch = steps.run.network, steps.proposal.batch
    parameter = next(p for index, name, p in network.named_layer_parameters() if (index, name) == (layer, "weight"))
    expected = []
    for row in range(len(batch.inputs)):
        scores = network.quick_scores(batch.inputs[row : row + 1])
        slope = torch.autograd.grad(loss_from_scores(loss, scores, batch.targets[row : row + 1]), parameter)[0]
        expected.append(slope[1, 3].item())
    found = sample_gradients(steps.proposal.trace, layer, 1, 3)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-7)


def test_each_samples_gradient_is_that_of_torch_func() -> None:
    steps = proposed(picture_preset(hidden="gelu"))
    network, batch = steps.run.network, steps.proposal.batch
    parameters = {name: parameter.detach() for name, parameter in network.named_parameters()}

    def loss_of_one(own: dict[str, torch.Tensor], inputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        output = functional_call(network, own, (inputs[None],))
        return torch.nn.functional.nll_loss(output.log(), target[None])

    slopes = vmap(grad(loss_of_one), (None, 0, 0))(parameters, batch.inputs, batch.targets)
    for layer in (FIRST, 3, LAST):
        name = next(name for name in parameters if name.startswith(f"layers.{layer}.") and name.endswith("weight"))
        found = sample_gradients(steps.proposal.trace, layer, 1, 3)
        np.testing.assert_allclose(found, slopes[name][:, 1, 3].numpy(), rtol=2e-4, atol=1e-7)


# --- activation functions for plots -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [option.value for option in ACTIVATIONS])
def test_curves_and_slopes_of_all_activations_are_those_of_torch(name: str) -> None:
    places = np.array([-700.0, -6.0, -1.3, -0.01, 0.01, 0.7, 3.0, 50.0])
    if name == "softmax":
        sums = np.array([0.3, -1.2, 2.0, 0.0])
        curve = softmax_curve(sums, 2)
        z = torch.tensor(sums).repeat(len(places), 1)
        z[:, 2] = torch.tensor(places)
        z.requires_grad_()
        a = torch.softmax(z, 1)[:, 2]
        slope = torch.autograd.grad(a.sum(), z)[0][:, 2]
    else:
        curve = ACTIVATION_CURVES[name]
        z = torch.tensor(places, requires_grad=True)
        a = activation_module(name)(z)
        slope = torch.autograd.grad(a.sum(), z)[0]
    np.testing.assert_allclose(curve.value(places), a.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(curve.slope(places), slope.numpy(), rtol=1e-9, atol=1e-15)
