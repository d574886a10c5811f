"""The data sets that need no files, and how they are found by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.core.data import Task
from nnviz.core.settings import SettingError
from nnviz.core.spec import DataSpec, SpecError
from nnviz.engine.datasets import DATASETS, DataPlaces, load_dataset

NOWHERE = DataPlaces(None, Path("/nonexistent/nnviz"))
WITHOUT_FILES = [entry for entry in DATASETS if not entry.needs_download]
ON_THE_PLANE = ["circle", "xor", "gaussians", "spiral", "moons", "plane"]


def load(name: str, seed: int = 1, **settings: object):
    return load_dataset(DataSpec(name, settings), seed, NOWHERE)


def test_the_catalogue_names_them() -> None:
    assert [entry.name for entry in DATASETS] == ["digits", "mnist", *ON_THE_PLANE, "given"]


def test_nothing_slow_is_imported() -> None:
    code = (
        "import sys, nnviz.engine.datasets as d; from pathlib import Path; from nnviz.core.spec import DataSpec\n"
        "d.load_dataset(DataSpec('digits'), 1, d.DataPlaces(None, Path('x')))\n"
        "assert not {'torch', 'sklearn', 'scipy', 'pooch', 'requests', 'PySide6'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("entry", WITHOUT_FILES, ids=lambda entry: entry.name)
def test_each_is_what_its_entry_says(entry) -> None:
    data = load(entry.name)
    assert (data.name, data.title, data.classes) == (entry.name, entry.label, entry.classes)
    assert data.sample_shape == entry.sample_shape
    assert not data.raw.flags.writeable
    assert not data.targets.flags.writeable
    if data.task is Task.CLASSES:
        assert data.targets.dtype == np.int64
        assert data.targets.shape == (len(data),)
        assert set(np.unique(data.targets)) == set(range(len(data.classes)))
    else:
        assert data.targets.dtype == np.float32
        assert data.targets.shape == (len(data), 1)
    assert set(entry.settings) == set(entry.defaults)


def test_unknown_names_and_settings_are_refused() -> None:
    with pytest.raises(SpecError, match=r"no data set 'cats'; there are: digits, mnist"):
        load("cats")
    with pytest.raises(SettingError, match="no setting 'noise'"):
        load("digits", noise=0.1)
    with pytest.raises(SettingError, match="between 10 and 10000, not 9"):
        load("circle", samples=9)
    with pytest.raises(SettingError, match="a whole number"):
        load("circle", samples=50.5)
    with pytest.raises(SettingError, match=r"between 0 and 0\.5"):
        load("spiral", noise=0.6)


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    theirs, ours = load_digits(), load("digits")
    np.testing.assert_array_equal(ours.raw, theirs.images)
    np.testing.assert_array_equal(ours.targets, theirs.target)
    assert ours.raw.dtype == np.uint8
    assert ours.divisor == ours.raw.max() == 16


@pytest.mark.parametrize("name", ON_THE_PLANE)
@settings(deadline=None, max_examples=15)
@given(samples=st.integers(10, 700), noise=st.floats(0, 0.5), seed=st.integers(0, 2**31 - 1))
def test_points_are_as_many_as_asked_for_and_always_alike(name, samples, noise, seed) -> None:
    data, again = (load(name, seed, samples=samples, noise=noise) for _ in range(2))
    assert len(data) == samples
    assert data.raw.dtype == np.float32
    assert np.isfinite(data.raw).all()
    assert np.isfinite(data.targets).all()
    assert data.feature_names == ("x₁", "x₂")
    np.testing.assert_array_equal(data.raw, again.raw)
    np.testing.assert_array_equal(data.targets, again.targets)


@pytest.mark.parametrize("name", ["circle", "xor", "gaussians", "moons", "plane"])
def test_another_seed_gives_other_points(name) -> None:
    assert (load(name, 1).raw != load(name, 2).raw).any()


@pytest.mark.parametrize("name", ["circle", "gaussians", "spiral", "moons"])
def test_the_classes_are_equally_frequent(name) -> None:
    assert np.bincount(load(name, samples=501).targets).tolist() in ([250, 251], [251, 250])


def test_circle_without_noise() -> None:
    data = load("circle", samples=4000)
    radius = np.hypot(*data.raw.astype(float).T)
    assert radius[data.targets == 1].max() <= 2.5 + 1e-5
    assert radius[data.targets == 0].min() >= 3.5 - 1e-5
    assert 4.9 < radius.max() <= 5 + 1e-5


def test_xor_without_noise() -> None:
    data = load("xor", samples=4000)
    np.testing.assert_array_equal(data.targets, data.raw[:, 0] * data.raw[:, 1] > 0)
    assert np.abs(data.raw).min() >= 0.3 - 1e-6
    assert np.abs(data.raw).max() <= 5.3 + 1e-6


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.5, 4.0)])
def test_gaussians_have_playgrounds_means_and_variances(noise, variance) -> None:
    data = load("gaussians", samples=10_000, noise=noise)
    for label, mean in ((1, 2.0), (0, -2.0)):
        points = data.raw[data.targets == label]
        np.testing.assert_allclose(points.mean(axis=0), mean, atol=0.1)
        np.testing.assert_allclose(points.var(axis=0), variance, rtol=0.06)


def test_spiral_follows_playgrounds_formula() -> None:
    data = load("spiral", samples=100)
    for label, turned in ((1, 0.0), (0, np.pi)):
        for i, (x, y) in enumerate(data.raw[data.targets == label]):
            r, t = i / 50 * 5, 1.75 * i / 50 * 2 * np.pi + turned
            assert (x, y) == pytest.approx((r * np.sin(t), r * np.cos(t)), abs=1e-5)


def test_moons_are_centred_in_the_plane() -> None:
    raw = load("moons").raw
    assert np.abs(raw.min(axis=0) + raw.max(axis=0)).max() < 0.1
    assert 4 < np.abs(raw).max() < 6


def test_plane_is_a_sum_scaled_to_one() -> None:
    data = load("plane", samples=1000)
    np.testing.assert_allclose(data.targets[:, 0], data.raw.sum(axis=1) / 12, atol=1e-6)
    assert np.abs(data.targets).max() <= 1


@pytest.mark.parametrize("name", ["circle", "xor"])
def test_noise_flips_labels_near_the_border(name) -> None:
    clean, noisy = load(name, samples=2000), load(name, samples=2000, noise=0.3)
    np.testing.assert_array_equal(clean.raw, noisy.raw)
    assert 0.02 < (clean.targets != noisy.targets).mean() < 0.4


def test_places_come_from_the_command_line_or_the_environment(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path / "from environment"))
    assert DataPlaces.from_environment().folder == tmp_path / "from environment"
    assert DataPlaces.from_environment(tmp_path / "given").folder == tmp_path / "given"
    monkeypatch.setenv("NNVIZ_DATA_DIR", "")
    places = DataPlaces.from_environment()
    assert places.folder is None
    assert places.folders == (places.cache,)
    assert places.cache.name == "nnviz"
    assert DataPlaces.from_environment(tmp_path).folders == (tmp_path, places.cache)
