"""The runs beside the present one: what is remembered of them, and how one goes from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nnviz.core.facts import RunsChanged, Visited
from nnviz.core.history import EpochResult
from nnviz.core.runs import Memory, RunInfo
from nnviz.core.spec import Preset, SpecError, TrainingSpec
from nnviz.engine.batches import Batch
from nnviz.engine.checkpoint import Checkpoint, Timeline
from nnviz.engine.replay import replay
from nnviz.engine.stepper import Stepper
from nnviz.engine.visit import Visit

MOST_RUNS = 12


@dataclass(frozen=True)
class _Left:
    """A run that is not trained at present: how it began, and where and with what it was left."""

    number: int
    parent: int | None
    begun: int
    step: int
    training: TrainingSpec
    epochs: tuple[EpochResult, ...]
    extra_batches: Mapping[int, Batch]
    end: Checkpoint | None
    timeline: Timeline | None

    @property
    def memory(self) -> Memory:
        if self.end is None:
            return Memory.CURVES
        return Memory.END if self.timeline is None else Memory.ALL

    @property
    def info(self) -> RunInfo:
        return RunInfo(self.number, self.parent, self.begun, self.step, self.training, self.memory)

    def copy(self) -> _Left:
        """Return the same with a row of its own: the other changes when one goes on with the run."""
        return self if self.timeline is None else replace(self, timeline=self.timeline.until(self.step))

    def checkpoints(self) -> Iterator[Checkpoint]:
        if self.end is not None:
            yield self.end
        if self.timeline is not None:
            yield from self.timeline


@dataclass(frozen=True)
class BranchesState:
    """All runs at a time: those that were left, and how the present one is numbered."""

    left: tuple[_Left, ...]
    number: int
    last_number: int
    begun: int
    parent: int | None

    def checkpoints(self) -> Iterator[Checkpoint]:
        """Go through all checkpoints of the runs that were left."""
        for each in self.left:
            yield from each.checkpoints()

    def without_checkpoints(self) -> BranchesState:
        """Return the same with nothing remembered of the runs that were left."""
        return replace(self, left=tuple(replace(each, end=None, timeline=None) for each in self.left))


class Branches:
    """Numbers the runs, keeps those that were left, and looks at the past of the present one.

    All runs that can be continued share the network and the data of the present one. What they remember has to fit
    into the memory that the present run leaves: the one that was left first loses its checkpoints first, its end last.
    """

    def __init__(self) -> None:
        self._left: list[_Left] = []  # those left longest ago first
        self._number = self._last_number = self._begun = 0
        self._parent: int | None = None
        self._origin: tuple[Preset, Stepper] | None = None
        self._visit: Visit | None = None
        self._visited: Checkpoint | None = None  # where a visit has just ended: the way there is not gone twice

    # --- looking back -------------------------------------------------------------------------------------------------

    def visit(self, stepper: Stepper, step: int) -> Visited:
        """Stand at an earlier moment, or at the earliest that is remembered; see `Visit`."""
        if self._visit is None:
            self._visit = Visit(stepper)
        return replace(self._visit.go_to(stepper.timeline.remembered(step)), step=step)

    @property
    def visiting(self) -> bool:
        """Whether the engine stands at a past moment."""
        return self._visit is not None

    def come_back(self) -> None:
        """Stand at the present again."""
        self._visited = None
        if self._visit is not None:
            self._visited = self._visit.end()
            self._visit = None

    # --- from run to run ----------------------------------------------------------------------------------------------

    def begin(self, preset: Preset, stepper: Stepper, fresh: bool) -> RunsChanged:
        """Take note of another network: it goes on with the present run, or (`fresh`) begins a new one.

        Runs on other data are forgotten. Where only the network is another one, their curves stay.
        """
        before, self._origin = self._origin, (preset, stepper)
        fits = before is not None and _place(*before) == _place(preset, stepper)
        is_new_subject = before is None or (fresh and _is_new_subject(before[0], preset))
        if before is None or is_new_subject:
            self._left, self._last_number = [], 0
        elif fresh and not self._leave(before[1]):
            self._last_number -= self._number == self._last_number  # nothing had been learned: the number is free
        if not fits:
            self._left = [replace(each, end=None, timeline=None) for each in self._left]
        if fresh or before is None:
            self._name_present(None, stepper.run.step)
        return self.report(stepper, is_new_subject)

    @property
    def state(self) -> BranchesState:
        """The runs as they are now, to be brought back: also when one goes on with another of them meanwhile."""
        left = tuple(each.copy() for each in self._left)
        return BranchesState(left, self._number, self._last_number, self._begun, self._parent)

    def bring_back(self, state: BranchesState, preset: Preset, stepper: Stepper) -> RunsChanged:
        """Let the runs be as they were; `stepper` is the present one again."""
        self._left, self._number, self._last_number = list(state.left), state.number, state.last_number
        self._begun, self._parent, self._origin = state.begun, state.parent, (preset, stepper)
        return self.report(stepper)

    def forget_all(self) -> None:
        """Let what begins next be the first run."""
        self._origin = None

    def branch(self, stepper: Stepper, step: int) -> Stepper:
        """Leave the present run, and begin another one at its moment before `step`, or the earliest remembered."""
        run, step = stepper.run, stepper.timeline.remembered(step)
        start = stepper.timeline.start_for(step, self._visited)
        parent = self._number if self._leave(stepper) else self._parent
        run.restore(start)
        replay(run, step)
        run.extra_batches = {at: batch for at, batch in run.extra_batches.items() if at <= step}
        epochs = [result for result in stepper.epochs if result.step <= step]
        self._name_present(parent, step)
        return self._go_on_with(Stepper(run, stepper.timeline.memory_limit, epochs, stepper.timeline.until(step)))

    def switch(self, stepper: Stepper, number: int) -> Stepper:
        """Leave the present run, and go on with another one at its end.

        Raises
        ------
        SpecError
            If its end is not remembered.
        """
        run, other = stepper.run, next((each for each in self._left if each.number == number), None)
        if other is None or other.end is None:
            raise SpecError("That run cannot be continued: its weights are not remembered any more.")
        self._left.remove(other)  # before there are too many
        self._leave(stepper)
        if other.timeline is not None:
            other.timeline.set_limit(stepper.timeline.memory_limit)
        self._number, self._parent, self._begun = other.number, other.parent, other.begun
        run.restore(other.end)
        run.extra_batches = dict(other.extra_batches)
        return self._go_on_with(Stepper(run, stepper.timeline.memory_limit, other.epochs, other.timeline))

    def delete(self, number: int) -> None:
        """Forget a run that was left."""
        self._left = [each for each in self._left if each.number != number]

    def _go_on_with(self, stepper: Stepper) -> Stepper:
        assert self._origin is not None
        self._origin = self._origin[0], stepper
        return stepper

    def _name_present(self, parent: int | None, begun: int) -> None:
        self._last_number += 1
        self._number, self._parent, self._begun = self._last_number, parent, begun

    def _leave(self, stepper: Stepper) -> bool:
        """Keep the present run; False, and it is forgotten, if it has not taken a step of its own."""
        run = stepper.run
        if run.step == self._begun:
            return False
        self._left.append(
            _Left(
                self._number,
                self._parent,
                self._begun,
                run.step,
                run.training,
                tuple(stepper.epochs),
                run.extra_batches,
                run.checkpoint(),
                stepper.timeline,
            )
        )
        del self._left[: 1 - MOST_RUNS]
        return True

    # --- memory -------------------------------------------------------------------------------------------------------

    def make_room(self, present: Timeline, limit: int) -> bool:
        """Forget as much of the runs that were left as does not fit into `limit` bytes beside the present one.

        Returns
        -------
        bool
            Whether there was any.
        """
        before = [each.memory for each in self._left]
        for forget_end in (False, True):
            for index, each in enumerate(self._left):
                if self.size(present) <= limit:
                    break
                self._left[index] = replace(each, timeline=None, end=None if forget_end else each.end)
        return before != [each.memory for each in self._left]

    def size(self, present: Timeline) -> int:
        """Memory taken with the present run, in bytes: a branch shares the checkpoints from before it began."""
        distinct = {id(kept): kept.size for each in self._left for kept in each.checkpoints()}
        distinct |= {id(kept): kept.size for kept in present}
        return sum(distinct.values())

    def report(self, stepper: Stepper, is_new_subject: bool = False) -> RunsChanged:
        """Say which runs there are."""
        run = stepper.run
        present = RunInfo(self._number, self._parent, self._begun, run.step, run.training)
        runs = sorted((present, *(each.info for each in self._left)), key=lambda info: info.number)
        return RunsChanged(tuple(runs), self._number, is_new_subject)


def _place(preset: Preset, stepper: Stepper) -> tuple[object, ...]:
    """What must be equal for a checkpoint of one run to be continued in another, to the bit."""
    return preset.network, preset.data, preset.training.seed, stepper.run.device


def _is_new_subject(before: Preset, now: Preset) -> bool:
    """Whether the curves of before say nothing about what was loaded now."""
    return before.data != now.data or before.title != now.title
