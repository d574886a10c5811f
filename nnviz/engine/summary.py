"""What the window is told about the data of a run."""

from __future__ import annotations

import numpy as np

from nnviz.core.data import DataSummary
from nnviz.engine.run import Run

PREVIEW_SAMPLES = 24


def data_summary(run: Run) -> DataSummary:
    """Summarise the data set of `run`, and how it is split."""
    dataset = run.dataset
    training, validation = run.samples
    is_plane = dataset.sample_shape == (2,)
    return DataSummary(
        name=dataset.name,
        title=dataset.title,
        sample_shape=dataset.sample_shape,
        training_samples=training,
        validation_samples=validation,
        test_samples=0 if dataset.test_raw is None else len(dataset.test_raw),
        divisor=dataset.divisor,
        classes=dataset.classes,
        task=dataset.task,
        feature_names=dataset.feature_names,
        value_range=(float(dataset.raw.min()), float(dataset.raw.max())),
        stored_type=str(dataset.raw.dtype),
        preview_raw=dataset.raw[:PREVIEW_SAMPLES],
        preview_targets=dataset.targets[:PREVIEW_SAMPLES],
        points=np.asarray(dataset.raw, np.float32) if is_plane else None,
        point_targets=dataset.targets if is_plane else None,
        held_out=run.data.held_out if is_plane else None,
    )
