"""Stepping forwards and backwards: a run, its timeline, the step that is proposed, and what is new for the curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import isfinite
from time import thread_time

import numpy as np

from nnviz.core.facts import Progress
from nnviz.core.history import BatchPoints, EpochResult, Mark
from nnviz.core.spec import TrainingSpec
from nnviz.core.trace import Trace
from nnviz.engine.batches import Batch
from nnviz.engine.checkpoint import Checkpoint, Timeline
from nnviz.engine.replay import replay
from nnviz.engine.run import Run, StepResult

CHECKPOINT_EVERY = 50
FORESEEN_SECONDS = 0.02  # a step that takes longer is not recorded ahead: it would hold up what is asked for meanwhile


@dataclass(frozen=True)
class Proposal:
    """A recorded step, the batch it learns from, and the run before and after it."""

    trace: Trace
    batch: Batch
    before: Checkpoint
    after: Checkpoint
    result: StepResult
    epoch: EpochResult | None
    serial: int = field(default_factory=count().__next__)


@dataclass
class News:
    """What has been added to the curves since the last report."""

    first_step: int = 0
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    epochs: list[EpochResult] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def add(self, step: int, results: Sequence[StepResult], epoch: EpochResult | None) -> None:
        """Append the points from a step on, and the epoch that the last of them ended."""
        if not self.losses:
            self.first_step = step
        self.losses += [result.loss for result in results]
        self.accuracies += [result.accuracy for result in results if result.accuracy is not None]
        if epoch is not None:
            self.epochs.append(epoch)

    def points(self) -> tuple[BatchPoints, ...]:
        """The points as arrays."""
        if not self.losses:
            return ()
        accuracies = np.array(self.accuracies, np.float32) if self.accuracies else None
        return (BatchPoints(self.first_step, np.array(self.losses, np.float32), accuracies),)


class Stepper:
    """Takes steps on a run, keeps checkpoints on the way, and finds the way back by taking the same steps again."""

    def __init__(
        self, run: Run, memory_limit: int, epochs: Iterable[EpochResult] = (), timeline: Timeline | None = None
    ) -> None:
        self.run = run
        self.timeline = Timeline(memory_limit) if timeline is None else timeline
        self.timeline.add(run.checkpoint(pinned=True))
        self.epochs = list(epochs)
        self.news = News()
        self.proposal: Proposal | None = None
        self.committed = False
        self._foreseen: Proposal | None = None  # what comes after the proposal
        self._seconds = 0.0  # that the last recording took

    # --- one step at a time -------------------------------------------------------------------------------------------

    def propose(self, batch: Batch | None = None) -> Proposal:
        """Record the next step, and go back to before it; `batch` takes the place of the one from the data.

        A step that was proposed before and not taken is dropped.
        """
        foreseen = self._foreseen if batch is None and self.committed else None
        self.drop_proposal()
        if batch is not None:
            self.run.extra_batches[self.run.step] = batch
        self.proposal = foreseen or self._recorded_ahead()
        return self.proposal

    def _recorded_ahead(self) -> Proposal:
        """Record the next step, and go back to before it."""
        run = self.run
        started = thread_time()  # without what other threads took meanwhile
        before, batch = run.checkpoint(), run.next_batch()
        try:
            trace, result = run.recorded_step()
            epoch = run.finish_epoch() if run.epoch_is_over else None
            proposal = Proposal(trace, batch, before, run.checkpoint(), result, epoch)
        finally:
            run.restore(before)
        self._seconds = thread_time() - started
        return proposal

    def foresee(self) -> Proposal | None:
        """Record the step after the proposed one as well, to have it when it is asked for.

        None where nothing is proposed, or it might take long. Whatever changes the run meanwhile makes it void.
        """
        now = self.proposal
        if now is None or now.epoch is not None or self._seconds > FORESEEN_SECONDS:
            return None
        if self._foreseen is None:
            try:
                if not self.committed:
                    self.run.restore(now.after)
                if not self.run.last_batch_of_epoch:  # that would be judged on the validation data, too
                    self._foreseen = self._recorded_ahead()
            finally:
                if not self.committed:
                    self.run.restore(now.before)
        return self._foreseen

    def propose_again(self) -> Proposal:
        """Record the same step anew, after a setting has changed."""
        return self.propose(self.run.extra_batches.get(self.run.step))

    def drop_proposal(self) -> None:
        """Forget the proposal; if it was taken, it stays taken."""
        if self.proposal is not None and not self.committed:
            self.run.extra_batches.pop(self.run.step, None)
        self.proposal, self.committed, self._foreseen = None, False, None

    def commit(self, serial: int | None = None) -> bool:
        """Take the proposed step; False if there is none, it has been taken, or `serial` is that of another."""
        if self.proposal is None or self.committed or serial not in (None, self.proposal.serial):
            return False
        self.timeline.add(self.proposal.before)
        self.run.restore(self.proposal.after)
        self.committed = True
        self._take_note(self.proposal.before.step, [self.proposal.result], self.proposal.epoch)
        return True

    def revert(self, serial: int | None = None) -> bool:
        """Take the committed step back; False if there is none, or `serial` is that of another."""
        if self.proposal is None or not self.committed or serial not in (None, self.proposal.serial):
            return False
        self.run.restore(self.proposal.before)
        self.committed = False
        self._forget_results_after(self.run.step)
        return True

    def plain_steps(self, most: int) -> int | None:
        """Take up to `most` steps without recording them, to the next checkpoint or the end of the epoch at most.

        Returns
        -------
        int or None
            The step whose loss was not finite: what came after it is worth nothing, go back there. None while all is
            well.
        """
        self._checkpoint_now_and_then()
        first = self.run.step
        results = self.run.plain_steps(min(most, CHECKPOINT_EVERY - first % CHECKPOINT_EVERY))
        failed = next((step for step, result in enumerate(results, first) if not isfinite(result.loss)), None)
        epoch = self.run.finish_epoch() if failed is None and self.run.epoch_is_over else None
        last = self.run.step - 1 if failed is None else failed
        self._take_note(first, results[: last - first + 1], epoch)
        return failed

    def recorded_step(self) -> tuple[Trace, StepResult]:
        """Take one step and record it."""
        self._checkpoint_now_and_then()
        step = self.run.step
        trace, result = self.run.recorded_step()
        self._take_note(step, [result], self.run.finish_epoch() if self.run.epoch_is_over else None)
        return trace, result

    def _checkpoint_now_and_then(self) -> None:
        if self.run.step % CHECKPOINT_EVERY == 0:
            self.timeline.add(self.run.checkpoint())

    def _take_note(self, step: int, results: Sequence[StepResult], epoch: EpochResult | None) -> None:
        self.news.add(step, results, epoch)
        if epoch is not None:
            self.epochs.append(epoch)

    def _forget_results_after(self, step: int) -> None:
        self.epochs = [result for result in self.epochs if result.step <= step]
        self.news.epochs = [result for result in self.news.epochs if result.step <= step]
        kept = max(0, step - self.news.first_step)
        del self.news.losses[kept:], self.news.accuracies[kept:]

    # --- far ways -----------------------------------------------------------------------------------------------------

    def go_back_to(self, step: int) -> None:
        """Go to the moment before optimizer step `step`, bit-exact: from a checkpoint, by the same steps again.

        Raises
        ------
        SpecError
            If nothing that early is remembered.
        """
        checkpoint = self.timeline.start_for(step)
        self.proposal, self.committed, self._foreseen = None, False, None
        run = self.run
        run.restore(checkpoint)
        replay(run, step)
        self.timeline.forget_after(step)
        run.extra_batches = {at: batch for at, batch in run.extra_batches.items() if at <= step}
        self._forget_results_after(step)

    def change_training(self, training: TrainingSpec, label: str) -> None:
        """Go on with other settings from here; leaves a mark on the curves.

        Raises
        ------
        SpecError, SettingError
            And nothing has changed.
        """
        self.run.change_training(training)
        self.stay_here(Mark(self.run.step, label))

    def stay_here(self, mark: Mark) -> None:
        """Remember the present, which no earlier checkpoint leads to; leave a mark on the curves."""
        self._foreseen = None
        self.timeline.forget_after(self.run.step)
        self.timeline.add(self.run.checkpoint(pinned=True))
        self.news.marks.append(mark)

    def take_off(self, mark: Mark) -> None:
        """Forget a mark that has not been reported yet."""
        self.news.marks = [each for each in self.news.marks if each != mark]

    def progress(self, samples_per_second: float) -> Progress:
        """How far the run is, with everything new for the curves."""
        run, news = self.run, self.news
        self.news = News()
        epoch_loss, epoch_accuracy = run.epoch_so_far()
        return Progress(
            revision=run.revision,
            step=run.step,
            epoch=run.epoch,
            batch=run.batch_number,
            batches=run.batches,
            oldest_step=min(self.timeline.oldest_step or 0, run.step),
            samples_per_second=samples_per_second,
            points=news.points(),
            epochs=tuple(news.epochs),
            marks=tuple(news.marks),
            epoch_loss=epoch_loss,
            epoch_accuracy=epoch_accuracy,
        )
