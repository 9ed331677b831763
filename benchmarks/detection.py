"""How well onsets are found: recall, right kind, error of the date, false alarms.

Trains the cases of demo/ and the healthy runs over several seeds, asks the engine, and compares
with what each run says of itself. Run it with `python -m benchmarks.detection`; all of it takes
about ten minutes a seed on two cores. The table goes to stdout, the progress to stderr.

Seed 0 of a demo run is the one it is shipped with, for which its expectations were written. Others
are had by moving the SEED of the module that trains. With those the epoch of a fault may be another
by rights, and the fault may not show at all, so Keras's own logs are asked, never the engine:
where a non-finite loss is expected, all epochs move with the first one logged, and a run that logs
none is left out; where no learning is expected, a run that ends as well as a quiet run of the same
case and seed is left out. All other expectations are held against every seed as they stand.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import io
import math
import os
import sys
import tempfile
import time
import unittest.mock
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from benchmarks.healthy.registry import HEALTHY
from demo.__main__ import WINDOW_STEPS
from demo.case import DemoRun, Expectation
from demo.cases import CASES
from demo.run_directory import clear_run_directory
from tb_stability import StabilityCallback
from tb_stability.logdir import open_logdir
from tb_stability.onsets import KINDS, Onset, find_onsets

# Of a run that is said not to learn: it does, if it ends within this of one that learns.
AS_WELL = 0.05


@dataclasses.dataclass(frozen=True)
class Judged:
    """A run, what must be marked on it, and what was: in the end, and told while it trained."""

    name: str
    seed: int
    expected: tuple[Expectation, ...]
    may_show: tuple[str, ...]
    onsets: tuple[Onset, ...]
    told: tuple[Onset, ...] = ()

    @property
    def serious(self) -> list[Onset]:
        """The onsets of severity warning or above."""
        return [onset for onset in self.onsets if onset.severity != "info"]

    @property
    def false_alarms(self) -> list[Onset]:
        """Serious onsets of a run on which there must be none."""
        return [] if self.expected else self.serious

    @property
    def unexpected(self) -> list[Onset]:
        """Serious onsets of a faulty run that are neither expected nor allowed."""
        allowed = {expectation.kind for expectation in self.expected} | set(self.may_show)
        return [onset for onset in self.serious if self.expected and onset.kind not in allowed]

    @property
    def taken_back(self) -> list[Onset]:
        """Onsets told while training of which the end of the run knows nothing serious."""
        kinds = {onset.kind for onset in self.serious}
        return [onset for onset in self.told if onset.kind not in kinds]

    def match(self, expectation: Expectation) -> Onset | None:
        """Returns the first onset of the kind and row that are expected."""
        return next(
            (
                onset
                for onset in self.onsets
                if onset.kind == expectation.kind and expectation.row in (None, onset.row)
            ),
            None,
        )

    def recalled(self, expectation: Expectation) -> bool:
        """Whether the run would be looked at: it has a serious onset, or the one expected."""
        return bool(self.serious) or self.match(expectation) is not None


@dataclasses.dataclass
class Found:
    """Everything that the tables are made of."""

    judged: list[Judged] = dataclasses.field(default_factory=list)
    left_out: list[str] = dataclasses.field(default_factory=list)
    unhealthy: list[str] = dataclasses.field(default_factory=list)
    raised: list[str] = dataclasses.field(default_factory=list)

    @contextlib.contextmanager
    def survive(self, name: str, seed: int) -> Iterator[None]:
        """Notes a training that raises, so that one does not take the table of all with it."""
        try:
            yield
        except Exception as error:
            text = f"{name} seed {seed}: {type(error).__name__}: {error}"
            self.raised.append(text.splitlines()[0])


class Progress:
    """A line to stderr for each run."""

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._number = 0

    @contextlib.contextmanager
    def of(self, name: str, seed: int) -> Iterator[None]:
        """Names the run that is training, and its seconds when it is done."""
        self._number += 1
        text = f"[{self._number}/{self._runs}] {name} seed {seed} "
        print(text, end="", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        try:
            yield
        finally:
            print(f"{time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)

    def skip(self) -> None:
        """Counts a run that is not trained."""
        self._number += 1


@dataclasses.dataclass(frozen=True)
class Trained:
    """What came of a training: Keras's history, onsets found in the end, and told live."""

    history: Any
    onsets: tuple[Onset, ...]
    told: tuple[Onset, ...]


def train_and_judge(train: Callable[[list[Any]], Any], directory: Path, **options: Any) -> Trained:
    """Trains into a directory, reads it as TensorBoard does, and asks the engine."""
    clear_run_directory(directory)
    keras.utils.clear_session()  # the models of earlier runs would fill the memory
    told: list[Onset] = []
    callback = StabilityCallback(directory, on_onset=told.append, **options)
    with contextlib.redirect_stdout(io.StringIO()):  # the callback prints what it tells
        history = train([callback])
    reader, experiment_id = open_logdir(str(directory))
    (run,) = reader.list_runs(experiment_id=experiment_id)
    _, series = reader.read(run, experiment_id=experiment_id)
    return Trained(history, tuple(find_onsets(series)), tuple(told))


def seeded_module(run: DemoRun) -> Any:
    """Returns the module whose SEED decides a demo run; None where there is no such thing."""
    function: Any = run.train
    while isinstance(function, functools.partial):
        function = function.func
    module = sys.modules[function.__module__]
    return module if isinstance(getattr(module, "SEED", None), int) else None


def run_demo(found: Found, seeds: int, logdir: Path, progress: Progress) -> None:
    """Trains and judges all demo cases."""
    for case in CASES:
        for seed in range(seeds):
            trained: list[tuple[DemoRun, Trained]] = []
            for run in case.runs:
                name = f"demo/{case.name}/{run.name}"
                module = seeded_module(run)
                if seed and module is None:
                    progress.skip()
                    found.left_out.append(f"{name} seed {seed}: has one seed only")
                    continue
                moved = (
                    unittest.mock.patch.object(module, "SEED", module.SEED + seed)
                    if seed
                    else contextlib.nullcontext()
                )
                with found.survive(name, seed), progress.of(name, seed), moved:
                    directory = logdir / name / f"seed_{seed}"
                    result = train_and_judge(run.train, directory, window_steps=WINDOW_STEPS)
                    trained.append((run, result))
            quiet = next((it.history.history for run, it in trained if not run.expected), None)
            for run, result in trained:
                name = f"demo/{case.name}/{run.name}"
                expected: tuple[Expectation, ...] | None = run.expected
                if seed:
                    expected = expected_from_logs(run, result.history.history, quiet)
                if expected is None:
                    found.left_out.append(f"{name} seed {seed}: the fault does not show")
                    continue
                found.judged.append(
                    Judged(name, seed, expected, run.may_show, result.onsets, result.told)
                )


def expected_from_logs(
    run: DemoRun, logs: dict[str, list[float]], quiet: dict[str, list[float]] | None
) -> tuple[Expectation, ...] | None:
    """Returns what must be marked on a run from another seed; None if its fault does not show."""
    by_kind = {expectation.kind: expectation for expectation in run.expected}
    if "nonfinite_loss" in by_kind:
        first = next(
            (epoch for epoch, loss in enumerate(logs["loss"]) if not math.isfinite(loss)), None
        )
        if first is None:
            return None
        later = first - by_kind["nonfinite_loss"].epoch
        return tuple(
            dataclasses.replace(expectation, epoch=max(expectation.epoch + later, 0))
            for expectation in run.expected
        )
    if "not_learning" in by_kind and quiet is not None:
        if "accuracy" in logs:
            learns = logs["accuracy"][-1] >= quiet["accuracy"][-1] - AS_WELL
        else:
            learns = logs["loss"][-1] <= quiet["loss"][-1] + AS_WELL * abs(quiet["loss"][-1])
        return None if learns else run.expected
    return run.expected


def run_healthy(found: Found, seeds: int, logdir: Path, progress: Progress) -> None:
    """Trains and judges all healthy runs."""
    for run in HEALTHY:
        name = f"healthy/{run.name}"
        for seed in range(seeds):
            with found.survive(name, seed), progress.of(name, seed):
                directory = logdir / name / f"seed_{seed}"
                result = train_and_judge(functools.partial(run.train, seed), directory)
                found.judged.append(Judged(name, seed, (), (), result.onsets, result.told))
                short = run.shortfalls(result.history)
                found.unhealthy += [f"{name} seed {seed}: {text}" for text in short]


HEADER = (
    f"{'kind':28}{'expected':>9}{'recall':>8}{'right kind':>12}"
    f"{'epoch: 0':>10}{'1':>5}{'more':>6}{'unexpected':>12}{'false alarms':>14}"
)


def print_table(title: str, judged: Sequence[Judged]) -> None:
    """Prints a line per kind and one for all.

    recall: faulty runs that are marked at all; right kind: with the kind and row expected;
    epoch: of these, how many epochs off; unexpected: faulty runs that are marked with this kind,
    which is neither expected nor allowed there; false alarms: runs without a fault that are.
    """
    runs = len({(run.name, run.seed) for run in judged})
    faulty = sum(bool(run.expected) for run in judged)
    print(f"\n{title}: {runs} runs, {faulty} of them faulty\n\n{HEADER}")
    unexpected = Counter(kind for run in judged for kind in {one.kind for one in run.unexpected})
    alarms = Counter(kind for run in judged for kind in {one.kind for one in run.false_alarms})
    pairs = [(run, expectation) for run in judged for expectation in run.expected]
    for kind in KINDS:
        of_kind = [(run, expectation) for run, expectation in pairs if expectation.kind == kind]
        if of_kind or unexpected[kind] or alarms[kind]:
            _print_line(kind, of_kind, unexpected[kind], alarms[kind])
    for kind in {expectation.kind for _, expectation in pairs} - set(KINDS):
        _print_line(f"{kind} (no such rule)", [p for p in pairs if p[1].kind == kind], 0, 0)
    _print_line(
        "all",
        pairs,
        sum(bool(run.unexpected) for run in judged),
        sum(bool(run.false_alarms) for run in judged),
    )
    errors = [abs(error) for error in _errors(pairs)]
    quiet = runs - faulty
    print(
        f"\nrecall {_share(sum(run.recalled(one) for run, one in pairs), len(pairs))}, "
        f"right kind {_share(len(errors), len(pairs))}, "
        f"right epoch {_share(errors.count(0), len(errors))} of these, "
        f"false alarms on {_share(sum(bool(run.false_alarms) for run in judged), quiet)} "
        f"of {quiet} runs without a fault; told while training and taken back on "
        f"{sum(bool(run.taken_back) for run in judged)} of {runs} runs"
    )


def _print_line(
    name: str, pairs: Sequence[tuple[Judged, Expectation]], unexpected: int, alarms: int
) -> None:
    errors = [abs(error) for error in _errors(pairs)]
    print(
        f"{name:28}{len(pairs):9}{sum(run.recalled(one) for run, one in pairs):8}{len(errors):12}"
        f"{errors.count(0):10}{errors.count(1):5}{sum(error > 1 for error in errors):6}"
        f"{unexpected:12}{alarms:14}"
    )


def _errors(pairs: Sequence[tuple[Judged, Expectation]]) -> list[int]:
    matched = [(run.match(expectation), expectation) for run, expectation in pairs]
    return [onset.epoch - expectation.epoch for onset, expectation in matched if onset is not None]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def failures(run: Judged) -> Iterator[str]:
    """Yields a line for each thing that is not as it must be."""
    for expectation in run.expected:
        onset = run.match(expectation)
        row = f" in {expectation.row}" if expectation.row else ""
        if onset is None:
            seen = ", ".join(f"{one.kind} ({one.row}, epoch {one.epoch})" for one in run.onsets)
            due = f"{expectation.kind}{row} at epoch {expectation.epoch}"
            yield f"missed {due}; marked: {seen or 'nothing'}"
        elif onset.epoch != expectation.epoch:
            yield f"{onset.kind}{row} at epoch {onset.epoch}, expected at {expectation.epoch}"
    for onset in run.unexpected:
        yield f"unexpected {onset.severity} {onset.kind} at epoch {onset.epoch}: {onset.message}"
    for onset in run.false_alarms:
        yield f"FALSE ALARM {onset.severity} {onset.kind} at step {onset.step}: {onset.message}"
    for onset in run.taken_back:
        yield f"told and taken back: {onset.severity} {onset.kind}: {onset.message}"


def print_report(found: Found) -> None:
    """Prints the tables, and below them a line for each failure."""
    demo = [run for run in found.judged if run.name.startswith("demo/")]
    parts = {
        "demo/ as shipped": [run for run in demo if not run.seed],
        "demo/ from other seeds": [run for run in demo if run.seed],
        "healthy runs": [run for run in found.judged if run.name.startswith("healthy/")],
    }
    present = {title: runs for title, runs in parts.items() if runs}
    for title, runs in present.items():
        print_table(title, runs)
    if len(present) > 1:
        print_table("all", found.judged)
    lines = [
        f"{run.name} seed {run.seed}: {line}" for run in found.judged for line in failures(run)
    ]
    for title, texts in (
        ("failures", lines),
        ("healthy runs that do not end as a healthy run must", found.unhealthy),
        ("trainings that raised", found.raised),
        ("left out", found.left_out),
    ):
        print(f"\n{title}: {len(texts) or 'none'}")
        for text in texts:
            print(f"  {text}")


def main() -> None:
    """Trains, judges and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=5, help="of each run (default: 5)")
    parser.add_argument("--only", choices=("demo", "healthy"))
    parser.add_argument("--logdir", type=Path, help="keep the runs here (default: nowhere)")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error("--seeds must be at least 1")
    demo, healthy = options.only != "healthy", options.only != "demo"
    runs = sum(len(case.runs) for case in CASES) * demo + len(HEALTHY) * healthy
    progress = Progress(runs * options.seeds)
    found = Found()
    with tempfile.TemporaryDirectory() as temporary:
        logdir = options.logdir or Path(temporary)
        if demo:
            run_demo(found, options.seeds, logdir, progress)
        if healthy:
            run_healthy(found, options.seeds, logdir, progress)
    print_report(found)


if __name__ == "__main__":
    main()
