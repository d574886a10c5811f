"""Taking the same steps again: from a checkpoint to any later moment, bit by bit as the first time."""

from __future__ import annotations

from time import perf_counter

from nnviz.engine.run import Run


def replay(run: Run, step: int, seconds: float | None = None) -> bool:
    """Take the steps up to `step` again; with a bound, for about `seconds` (at least one step).

    What was measured at the ends of the epochs is known already, and takes no part in the training: it is left out.

    Returns
    -------
    bool
        Whether `run` stands at `step` now.
    """
    started, first, most = perf_counter(), run.step, step if seconds is None else 1
    while run.step < step:
        run.plain_steps(min(most, step - run.step))
        if run.epoch_is_over:
            run.begin_epoch()
        if seconds is not None:
            elapsed = perf_counter() - started
            if elapsed >= seconds:
                break
            most = max(1, int((seconds - elapsed) / elapsed * (run.step - first)))
    return run.step >= step
