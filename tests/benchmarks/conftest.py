"""Benchmarks: what `pytest tests/benchmarks` collects, how contestants take turns, and the table at the end."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

import pytest
from cpuinfo import get_cpu_info
from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 5

Figure = Callable[[], float]


def pytest_collect_file(file_path, parent):
    """Collect ``bench_*.py``, but only where the command line names this folder: a plain test run measures nothing."""
    named = any("benchmarks" in str(each) for each in parent.config.args)
    if named and file_path.name.startswith("bench_") and not parent.session.isinitpath(file_path):
        return pytest.Module.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Fail a benchmark that misses a target, after all of it has been measured."""
    result = yield
    measuring = pyfuncitem.funcargs.get("bench")
    if measuring is not None and measuring.missed():
        pytest.fail("\n".join(measuring.missed()), pytrace=False)
    return result


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, against what, and what is wanted."""

    question: str
    measured: str
    baseline: str
    result: str
    wanted: str
    met: bool | None


class Bench:
    """Measures one question; whatever it finds goes into the table, and into the data of ``--benchmark-json``."""

    def __init__(self, benchmark: BenchmarkFixture, rows: list[Row]) -> None:
        self._benchmark, self._rows = benchmark, rows

    def take_turns(self, figures: dict[str, Figure], rounds: int = ROUNDS) -> dict[str, float]:
        """Let contestants take turns, and return the median of each one's figures.

        Parameters
        ----------
        figures : dict
            By name, what measures one figure (seconds, samples per second, bytes: the unit is the caller's). The last
            one is the subject, whose calls pytest-benchmark times and lists; the others are measured before each of
            its rounds.
        """
        names = list(figures)
        found: dict[str, list[float]] = {name: [] for name in names}

        def measure(name: str) -> None:
            found[name].append(figures[name]())

        def others() -> None:
            for name in names[:-1]:
                measure(name)

        self._benchmark.pedantic(measure, args=(names[-1],), setup=others, rounds=rounds, iterations=1, warmup_rounds=0)
        medians = {name: float(median(values)) for name, values in found.items()}
        self._benchmark.extra_info.setdefault("medians", {}).update(medians)
        self._benchmark.extra_info.setdefault("figures", {}).update(found)
        return medians

    def at_least(self, question: str, measured: str, baseline: str, ratio: float, wanted: float) -> None:
        """Note a ratio that should be large."""
        self._note(Row(question, measured, baseline, f"{ratio:.2f} ×", f"≥ {wanted:g} ×", bool(ratio >= wanted)))

    def at_most(
        self, question: str, measured: str, baseline: str, value: float, wanted: float, unit: str = "×"
    ) -> None:
        """Note a ratio or an amount that should be small."""
        self._note(
            Row(question, measured, baseline, f"{value:.3g} {unit}", f"≤ {wanted:g} {unit}", bool(value <= wanted))
        )

    def tell(self, question: str, measured: str, baseline: str = "", result: str = "") -> None:
        """Note what is worth knowing, but has no target."""
        self._note(Row(question, measured, baseline, result, "", None))

    def _note(self, row: Row) -> None:
        self._rows.append(row)
        self._benchmark.extra_info.setdefault("table", []).append(asdict(row))

    def missed(self) -> list[str]:
        """Targets of this test that were missed."""
        rows = self._benchmark.extra_info.get("table", [])
        return [f"{row['question']}: {row['result']}, wanted {row['wanted']}" for row in rows if row["met"] is False]


ROWS = pytest.StashKey[list[Row]]()


@pytest.fixture
def bench(benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> Bench:
    """Measure and note; the test fails at its end for targets that were missed."""
    return Bench(benchmark, request.config.stash.setdefault(ROWS, []))


def pytest_terminal_summary(terminalreporter, config):
    """Print one table of everything that was measured."""
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    head = ("question", "measured", "baseline", "result", "wanted", "")
    lines = [
        (r.question, r.measured, r.baseline, r.result, r.wanted, {True: "✓", False: "✗", None: ""}[r.met]) for r in rows
    ]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    machine = f"{os.cpu_count()} × {get_cpu_info().get('brand_raw', platform.machine())}"
    terminalreporter.section(f"nnviz on {machine}, Python {platform.python_version()}")
    for line in [head, tuple("-" * width for width in widths), *lines]:
        terminalreporter.write_line(" | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)))
