"""Every kind that a run of numbers can show is told live as it is found in the whole run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from tb_stability.capture.live import LiveOnsets
from tb_stability.metadata import EPOCH_LOGS, WINDOWS, SeriesMetadata
from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.series import RunSeries
from tests import signals, synthetic
from tests.onsets.runs import GUESSING, classifier, falling_run, rows, stuck_run, with_quantity
from tests.onsets.test_growth import GROWING, accumulating, with_logits, with_state

SIGN = (-1.0) ** np.arange(40)
STUCK = stuck_run([1e-7, 1e-4, 1.0])

RUNS: dict[str, RunSeries] = {
    "exploding": synthetic.exploding(),
    "healthy": synthetic.healthy(),
    "state": with_state(falling_run(30), accumulating(GROWING)),
    "logits": with_logits(falling_run(30), 10 * GROWING),
    "weights": with_quantity(
        falling_run(30), "weight_norm", rows(np.full(40, 3.0), 2.0 * 1.15 ** np.arange(40))
    ),
    "dying": with_quantity(
        falling_run(20), "dead_relu", rows(np.zeros(40), 0.9 * (np.arange(40) > 20))
    ),
    "oscillating": synthetic.run(1.0 + 0.4 * SIGN, per_epoch=1, rates=np.full(40, 0.01)),
    "contradiction": classifier(np.append([0.4], np.full(7, 1e-7)), np.full(8, 0.5), classes=1),
    "guessing": classifier(GUESSING, np.full(8, 0.13), size=60.0, spread=0.5),
    "small_steps": with_quantity(
        stuck_run([1.0, 1.0, 1.0]), "update_ratio", np.full((12, 2), 1e-8)
    ),
    "vanishing": STUCK,
    "dead_and_stuck": with_quantity(STUCK, "dead_relu", np.full((12, 2), 0.9)),
    "diverging": falling_run(20),
    "sawtooth": synthetic.run(np.tile(np.linspace(1.0, 0.2, 6), 6), per_epoch=6),
    # Seen in demo/critic_without_bound: weight decay takes its time to hold weights and loss.
    "levelling_off": with_quantity(
        synthetic.run(0.1 - 60 / (1 + np.exp(-(np.arange(40.0) - 25) / 3))),
        "weight_norm",
        rows(np.full(40, 3.0), 2.0 + 28.0 * np.minimum(np.arange(40) / 30, 1.0)),
    ),
    "plunging": synthetic.run(0.5 - np.arange(40.0) ** 2),
    "late_start": synthetic.run(
        np.append(np.full(12, 2.3), signals.falling(np.random.default_rng(0)))
    ),
}


@dataclasses.dataclass
class Judgement:
    """What was told, when, and what the whole engine found in the data up to then."""

    told: list[Onset]
    found: list[list[Onset]]


def fold(run: RunSeries) -> Judgement:
    """Feeds a run to the live judge as training would, a window at a time."""
    judgement = Judgement([], [])
    live = LiveOnsets(Thresholds(), on_onset=judgement.told.append)

    def judge(*, final: bool = False) -> None:
        before = len(judgement.told)
        live.judge(run.record, final=final)
        found = find_onsets(live.run(run.record))
        judgement.found += [found] * (len(judgement.told) - before)

    for index, step in enumerate(run.windows.last_step.tolist()):
        now, at_the_end = measured(run, index), logs(run, step)
        due = live.add_window(step, now)
        ends = step == run.windows.last_step[run.windows.epoch == run.windows.epoch[index]][-1]
        if ends:
            due |= live.add_epoch(step, at_the_end)
        if due:
            judge()
    judge(final=True)
    return judgement


def measured(run: RunSeries, index: int) -> list[tuple[SeriesMetadata, np.ndarray]]:
    of, step = run.windows, run.windows.last_step[index]
    steps = step - of.first_step[index] + 1
    table = np.array([[of.epoch[index], steps, 1]], np.float32)
    return [(SeriesMetadata(WINDOWS, ("window",)), table), *records(run, step, epoch_logs=False)]


def logs(run: RunSeries, step: int) -> list[tuple[SeriesMetadata, np.ndarray]]:
    return list(records(run, step, epoch_logs=True))


def records(
    run: RunSeries, step: int, *, epoch_logs: bool
) -> Iterator[tuple[SeriesMetadata, np.ndarray]]:
    for series in run.series:
        if (series.quantity == EPOCH_LOGS.name) is epoch_logs:
            for at in np.flatnonzero(series.step == step):
                yield series.metadata, series.values[at]


@pytest.mark.parametrize("name", RUNS)
def test_what_is_told_is_what_the_engine_finds(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RUNS[name]
    with np.errstate(all="ignore"):
        judgement = fold(run)
        final = [item for item in find_onsets(run) if item.severity != "info"]
    for told, found in zip(judgement.told, judgement.found, strict=True):
        same = next(item for item in found if item.kind == told.kind)
        assert repr(same) == repr(told)
    kinds = [item.kind for item in judgement.told]
    assert len(set(kinds)) == len(kinds), "a kind is told once"
    assert {item.kind for item in final} <= set(kinds)
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines == [
        f"tb_stability: {item.severity} {item.kind}: {item.message}" for item in judgement.told
    ]


@pytest.mark.parametrize("name", sorted(set(RUNS) - {"exploding"}))
def test_nothing_is_told_that_the_end_takes_back(name: str) -> None:
    with np.errstate(all="ignore"):
        told = {item.kind for item in fold(RUNS[name]).told}
        final = {item.kind for item in find_onsets(RUNS[name]) if item.severity != "info"}
    assert told == final


@pytest.mark.parametrize("name", ["vanishing", "dead_and_stuck", "small_steps", "guessing"])
def test_that_nothing_is_learnt_and_why_is_told_at_the_end_alone(name: str) -> None:
    run = RUNS[name]
    told: list[Onset] = []
    live = LiveOnsets(Thresholds(), on_onset=told.append)
    for index, step in enumerate(run.windows.last_step.tolist()):
        live.add_window(step, measured(run, index))
        live.add_epoch(step, logs(run, step))
        live.judge(run.record)
    assert told == []
    live.judge(run.record, final=True)
    assert len(told) >= 2
