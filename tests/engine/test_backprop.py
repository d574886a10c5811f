"""The written-out backpropagation gives autograd's gradients, to the bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nnviz.core.spec import NetworkSpec
from nnviz.engine.backprop import backprop_for
from nnviz.engine.layers import Dense, Flatten, Input
from nnviz.engine.losses import loss_from_scores
from nnviz.engine.run import Run
from tests.engine.support import picture_data, picture_preset, point_data, point_preset
from tests.engine.test_recording import COMBINATIONS


def assert_equal_to_autograd(run: Run) -> None:
    for _ in range(3):
        batch, network, loss_name = run.next_batch(), run.network, run.training.loss
        network.flat_grad.zero_()
        scores = network.quick_scores(batch.inputs)
        loss = loss_from_scores(loss_name, scores, batch.targets)
        loss.backward()
        expected = network.flat_grad.clone()
        backprop = backprop_for(network, loss_name)
        assert backprop is not None
        network.flat_grad.fill_(7.0)
        own_loss, own_scores = backprop(batch.inputs, batch.targets)
        assert torch.equal(own_loss, loss)
        assert torch.equal(own_scores, scores)
        assert torch.equal(network.flat_grad, expected)
        run.plain_step()


@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_every_activation_and_loss(hidden: str, output: str, loss: str) -> None:
    assert_equal_to_autograd(Run(picture_preset(hidden=hidden, output=output, loss=loss), picture_data(), 1))


def test_layers_without_bias_and_single_outputs() -> None:
    network = NetworkSpec((Input((4, 4)), Flatten(), Dense(6, "relu", bias=False), Dense(3, "softmax", bias=False)))
    assert_equal_to_autograd(Run(replace(picture_preset(), network=network), picture_data(), 1))
    assert_equal_to_autograd(Run(point_preset(), point_data(), 1))


def test_networks_with_dropout_are_left_to_autograd() -> None:
    run = Run(picture_preset(dropout=0.5), picture_data(), 1)
    assert backprop_for(run.network, run.training.loss) is None
