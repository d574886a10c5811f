"""Slices through the loss surface, against NumPy."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
import torch

from nnviz.core.facts import Failed
from nnviz.core.race import BeginRace, CancelSurface, MeasureSurface, RaceLooked, SurfaceMeasured, TakeRacer
from nnviz.core.spec import OptimizerSpec
from nnviz.core.surface import Plane, Surface
from nnviz.engine.race import RaceTrainer
from nnviz.engine.run import Run
from nnviz.engine.surface import CELLS, MOST_SAMPLES, filter_normalised, principal_slice, random_slice, ranges_around
from tests.engine.support import picture_preset, point_data, point_preset, stepper
from tests.engine.test_race import FOUR, SGD, look, race, start_of, to_the_end


def measured(trainer: RaceTrainer, command: MeasureSurface) -> list[Surface]:
    (looked,) = trainer.execute(command)
    assert isinstance(looked, RaceLooked)
    assert looked.measured == 0.0
    surfaces = []
    deadline = time.monotonic() + 60
    while trainer.running:
        assert time.monotonic() < deadline
        surfaces += [fact.surface for fact in trainer.advance(0.016) if isinstance(fact, SurfaceMeasured)]
    return surfaces


def cross_entropy(weights: torch.Tensor, run: Run, most: int) -> float:
    """Loss of a tanh–tanh–softmax network, from its flat weights, in NumPy alone."""
    training = _training_indices(run)[:most]
    a = run.dataset.raw[training].reshape(len(training), -1).astype(np.float64) / run.dataset.divisor
    flat = weights.double().numpy()
    arrays = [flat[place.here].reshape(place.shape) for place in run.network.places]
    for number in range(0, len(arrays), 2):
        z = a @ arrays[number].T + arrays[number + 1]
        a = np.tanh(z)
    logs = z - z.max(axis=1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(training)), run.dataset.targets[training]].mean())


def _training_indices(run: Run) -> np.ndarray:
    count = len(run.dataset)
    order = np.random.default_rng([run.training.seed, 1]).permutation(count)
    return order[round(count * 0.2) :]


def test_random_directions_are_as_long_as_the_filters_and_leave_biases_alone() -> None:
    run = stepper(picture_preset()).run
    run.plain_steps(5)
    weights = run.network.flat.clone()
    direction = filter_normalised(run.network, weights, 3)
    for place in run.network.places:
        mine = direction[place.here].reshape(place.shape).numpy()
        theirs = weights[place.here].reshape(place.shape).numpy()
        if place.name == "bias":
            assert not mine.any()
        else:
            np.testing.assert_allclose(np.linalg.norm(mine, axis=1), np.linalg.norm(theirs, axis=1), rtol=1e-5)
    assert torch.equal(direction, filter_normalised(run.network, weights, 3))
    assert not torch.equal(direction, filter_normalised(run.network, weights, 4))


def test_a_neuron_without_weights_has_no_direction() -> None:
    run = stepper(picture_preset()).run
    run.network.flat.zero_()
    assert not filter_normalised(run.network, run.network.flat, 0).any()


def test_the_centre_is_the_loss_of_the_weights() -> None:
    present = stepper(picture_preset())
    present.run.plain_steps(6)
    point = start_of(present)
    surfaces = measured(RaceTrainer(), MeasureSurface(Plane.RANDOM, point, seed=1))
    assert [len(surface.losses) - 1 for surface in surfaces] == [4, 8, 16, 32]
    assert [surface.complete for surface in surfaces] == [False, False, False, True]
    middle = surfaces[-1].losses[CELLS // 2, CELLS // 2]
    assert middle == pytest.approx(cross_entropy(present.run.network.flat, present.run, MOST_SAMPLES), rel=1e-5)
    assert surfaces[-1].samples == present.run.samples[0]
    assert surfaces[-1].loss_at(0.0, 0.0) == middle


def test_a_corner_is_the_loss_of_the_moved_weights() -> None:
    present = stepper(picture_preset())
    where = random_slice(present.run, 1)
    surface = measured(RaceTrainer(), MeasureSurface(Plane.RANDOM, start_of(present), seed=1))[-1]
    moved = present.run.network.flat + where.first - where.second  # the last column of the first row
    assert surface.losses[0, -1] == pytest.approx(cross_entropy(moved, present.run, MOST_SAMPLES), rel=1e-4)


def test_coarse_grids_are_part_of_the_fine_ones() -> None:
    surfaces = measured(RaceTrainer(), MeasureSurface(Plane.RANDOM, start_of(stepper(picture_preset())), seed=2))
    for coarse, fine in pairwise(surfaces):
        np.testing.assert_array_equal(coarse.losses, fine.losses[::2, ::2])


def test_dropout_does_not_make_the_surface_noisy() -> None:
    present = stepper(picture_preset(dropout=0.5))
    surface = measured(RaceTrainer(), MeasureSurface(Plane.RANDOM, start_of(present), seed=1))[-1]
    present.run.network.eval()
    middle = surface.losses[CELLS // 2, CELLS // 2]
    assert middle == pytest.approx(cross_entropy(present.run.network.flat, present.run, MOST_SAMPLES), rel=1e-5)


def test_the_plane_through_the_paths_is_that_of_numpys_svd() -> None:
    rng = np.random.default_rng(0)
    points = (rng.standard_normal((40, 7)) * [9, 5, 1, 1, 0.5, 0.5, 0.1]).astype(np.float32)
    tensors = [torch.from_numpy(point) for point in points]
    where = principal_slice(tensors)
    moved = points.astype(np.float64) - points.astype(np.float64).mean(axis=0)
    _, sizes, directions = np.linalg.svd(moved, full_matrices=False)
    for column, mine in enumerate((where.first, where.second)):
        assert abs(float(mine.double().numpy() @ directions[column])) == pytest.approx(1.0, abs=1e-5)
    coordinates = where.coordinates(tensors)
    signs = np.sign(np.sum(coordinates * (moved @ directions[:2].T), axis=0))
    np.testing.assert_allclose(coordinates, moved @ directions[:2].T * signs, atol=1e-4)
    assert where.held(tensors) == pytest.approx((sizes[:2] ** 2).sum() / (sizes**2).sum(), rel=1e-5)
    for column in (0, 1):
        assert coordinates[np.abs(coordinates[:, column]).argmax(), column] > 0


def test_the_nearest_points_of_an_oblique_plane_are_those_of_least_squares() -> None:
    run = stepper(picture_preset()).run
    where = random_slice(run, 5)
    rng = np.random.default_rng(1)
    points = [where.origin + torch.from_numpy(rng.standard_normal(len(where.origin)).astype(np.float32))]
    across = torch.stack((where.first, where.second)).double().numpy()
    wanted = np.linalg.lstsq(across.T, (points[0] - where.origin).double().numpy(), rcond=None)[0]
    np.testing.assert_allclose(where.coordinates(points)[0], wanted, rtol=1e-5)


def test_a_straight_path_still_spans_a_plane() -> None:
    line = [torch.tensor([float(t), 2.0 * t, 0.0]) for t in range(5)]
    where = principal_slice(line)
    assert float(where.first @ where.second) == pytest.approx(0.0, abs=1e-6)
    assert float(where.second.norm()) == pytest.approx(1.0)
    assert where.held(line) == pytest.approx(1.0)


def test_paths_begin_together_and_end_at_the_racers() -> None:
    trainer = race(*FOUR, start=start_of(stepper(picture_preset())), epochs=4)
    to_the_end(trainer)
    assert all(racer.path is None for racer in look(trainer).racers)
    surface = measured(trainer, MeasureSurface(Plane.PATHS))[-1]
    paths = [racer.path for racer in look(trainer).racers]
    for path in paths[1:]:
        np.testing.assert_array_equal(path[0], paths[0][0])
    together = np.concatenate(paths)
    assert together[:, 0].min() > surface.x[0]
    assert together[:, 0].max() < surface.x[1]
    assert together[:, 1].min() > surface.y[0]
    assert together[:, 1].max() < surface.y[1]
    assert 0.5 < surface.held <= 1.0


def test_paths_grow_while_the_race_goes_on() -> None:
    trainer = race(*FOUR, start=start_of(stepper(picture_preset())), epochs=500)
    while look(trainer).racers[-1].step < 20:
        list(trainer.advance(0.001))
    list(trainer.execute(MeasureSurface(Plane.PATHS)))
    first = look(trainer).racers[0].path
    for _ in range(3):
        list(trainer.advance(0.016))
    later = look(trainer).racers[0].path
    assert not np.array_equal(first[-1], later[-1])
    np.testing.assert_array_equal(first[0], later[0])


def test_measuring_can_be_cancelled() -> None:
    trainer = RaceTrainer()
    list(trainer.execute(MeasureSurface(Plane.RANDOM, start_of(stepper(picture_preset())))))
    list(trainer.advance(1e-6))
    assert trainer.running
    assert 0 < look(trainer).measured < 1
    (looked,) = trainer.execute(CancelSurface())
    assert looked.measured is None
    assert not trainer.running


def test_the_surface_of_a_race_is_that_of_its_weights() -> None:
    present = stepper(picture_preset())
    trainer = race(SGD, FOUR[3], start=start_of(present), epochs=4)
    to_the_end(trainer)
    surface = measured(trainer, MeasureSurface(Plane.PATHS))[-1]
    end = look(trainer).racers[0].path[-1]
    (fact,) = trainer.execute(TakeRacer(0))
    wanted = cross_entropy(fact.checkpoint.weights, present.run, MOST_SAMPLES)
    assert surface.held > 0.9  # so what the plane holds of the path comes close to it
    assert surface.loss_at(*end.tolist()) == pytest.approx(wanted, rel=0.05)


def test_without_a_race_there_are_no_paths() -> None:
    failed, _ = RaceTrainer().execute(MeasureSurface(Plane.PATHS))
    assert isinstance(failed, Failed)


def test_paths_of_another_network_are_not_drawn() -> None:
    trainer = race(SGD, start=start_of(stepper(picture_preset())), epochs=1)
    to_the_end(trainer)
    other = start_of(stepper(point_preset(), point_data()))
    surface = measured(trainer, MeasureSurface(Plane.RANDOM, other))[-1]
    assert surface.held is None
    assert look(trainer).racers[0].path is None


def test_a_new_race_forgets_the_plane_of_the_one_before() -> None:
    start = start_of(stepper(picture_preset()))
    trainer = race(SGD, start=start, epochs=1)
    to_the_end(trainer)
    measured(trainer, MeasureSurface(Plane.PATHS))
    list(trainer.execute(BeginRace(2, start, (SGD,), 1)))
    assert look(trainer).racers[0].path is None


def test_infinite_losses_are_no_holes() -> None:
    preset = picture_preset(hidden="linear", output="linear", loss="mean_squared_error")
    present = stepper(preset)
    present.run.network.flat.mul_(1e12)
    surface = measured(RaceTrainer(), MeasureSurface(Plane.RANDOM, start_of(present), seed=1))[-1]
    assert not np.isnan(surface.losses).any()


def test_the_range_holds_all_points_and_is_never_flat() -> None:
    (left, right), (low, high) = ranges_around(np.array([[0.0, 1.0], [10.0, 1.0]]))
    assert left < 0 < 10 < right
    assert high - low >= 0.3 * (right - left) * 0.99
    assert ranges_around(np.zeros((1, 2))) == ((-1.0, 1.0), (-1.0, 1.0))


def test_between_the_points_of_the_grid_the_loss_is_interpolated() -> None:
    losses = np.array([[0.0, 1.0], [2.0, 5.0]])
    surface = Surface(1, Plane.RANDOM, losses, (0.0, 2.0), (-1.0, 1.0), 10, None, True)
    assert surface.loss_at(0.0, -1.0) == 0.0
    assert surface.loss_at(2.0, 1.0) == 5.0
    assert surface.loss_at(1.0, 0.0) == 2.0
    assert surface.loss_at(2.1, 0.0) is None


def test_random_planes_differ_from_seed_to_seed() -> None:
    run = stepper(picture_preset()).run
    assert not torch.equal(random_slice(run, 1).first, random_slice(run, 2).first)
    assert not torch.equal(random_slice(run, 1).second, random_slice(run, 2).first)


def test_who_ran_away_does_not_stretch_the_plane() -> None:
    preset = picture_preset(hidden="linear", output="linear", loss="mean_squared_error")
    wild = OptimizerSpec("sgd", {"lr": 100.0})
    together = race(SGD, wild, FOUR[3], start=start_of(stepper(preset)), epochs=4)
    alone = race(SGD, FOUR[3], start=start_of(stepper(preset)), epochs=4)
    for trainer in (together, alone):
        to_the_end(trainer)
    surface, wanted = (measured(trainer, MeasureSurface(Plane.PATHS))[-1] for trainer in (together, alone))
    assert surface.x == wanted.x
    assert surface.held == wanted.held
    np.testing.assert_array_equal(surface.losses, wanted.losses)
