"""Windows that widen, so that a long run keeps few records and loses nothing that counts."""

from __future__ import annotations

import math
from typing import ClassVar

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tb_stability.capture import widening
from tb_stability.capture.live import LiveOnsets
from tb_stability.capture.statistics import per_step_statistics
from tb_stability.capture.widening import MOST_EARLY, RECORDS_PER_WIDTH, Widening
from tb_stability.metadata import EPOCH_LOGS, LOSS, PER_STEP, SeriesMetadata
from tb_stability.reader import RunReader
from tests.providers import open_provider

STEPS = 4  # of a read-out
LOSS_SERIES = SeriesMetadata(LOSS, ("loss",))
LOGGED = SeriesMetadata(EPOCH_LOGS, ("loss",), "loss")


@pytest.fixture
def narrow(monkeypatch):
    """Windows widen after every eight."""
    monkeypatch.setattr(widening, "RECORDS_PER_WIDTH", 8)


def records(read_outs, *, epoch_every=0, striking=lambda index: False):
    """Returns the windows, each [epoch, steps, epochs], of read-outs of which nothing was kept."""
    found, wide = [], Widening(STEPS, 0)
    for index in range(read_outs):
        epoch = index // epoch_every if epoch_every else 0
        due = wide.add((index + 1) * STEPS, STEPS, epoch, [], striking=striking(index))
        if due:
            found.append(wide.take())
        if epoch_every and (index + 1) % epoch_every == 0 and wide.end_epoch([]):
            found.append(wide.take())
    found.append(wide.take())
    return [window.measured[0][1][0].tolist() for window in found if window.measured]


def most(read_outs):
    return RECORDS_PER_WIDTH * math.log2(2 + 2 * read_outs / RECORDS_PER_WIDTH)


def test_a_million_steps_are_the_documented_number_of_records():
    windows = records(10_000)
    assert 2_000 < len(windows) < 2_300
    assert sum(steps for _, steps, _ in windows) == 10_000 * STEPS
    assert {steps for _, steps, _ in windows[:RECORDS_PER_WIDTH]} == {STEPS}
    assert windows[RECORDS_PER_WIDTH][1] == 2 * STEPS


@pytest.mark.parametrize("epoch", [1, 3, 10, 37, 5_000])
def test_epochs_of_any_length_leave_few_records(epoch):
    windows = records(20_000, epoch_every=epoch)
    assert len(windows) < most(20_000)
    assert sum(steps for _, steps, _ in windows) == 20_000 * STEPS
    assert all(epochs == 1 for _, _, epochs in windows[:RECORDS_PER_WIDTH])


def test_windows_are_parts_of_epochs_or_whole_epochs():
    windows = records(20_000, epoch_every=10)
    ends = np.cumsum([steps for _, steps, _ in windows]) / (10 * STEPS)
    begins = np.append(0, ends[:-1])
    for (epoch, _, epochs), begin, end in zip(windows, begins, ends, strict=True):
        assert epoch == math.ceil(end) - 1
        assert epochs == math.ceil(end) - math.floor(begin)
        assert epochs == 1 or begin % 1 == end % 1 == 0


@pytest.mark.parametrize("every", [1, 2, 3])
def test_read_outs_that_are_striking_again_and_again_do_not_make_records_without_end(every):
    windows = records(20_000, striking=lambda index: index % every == 0)
    assert len(windows) < RECORDS_PER_WIDTH * math.log2(
        2 + (MOST_EARLY + 1) * 20_000 / RECORDS_PER_WIDTH
    )


def test_a_striking_read_out_ends_its_window(narrow):
    wide = Widening(STEPS, steps_done=56 * STEPS)
    assert wide.width == 8
    due = [wide.add((57 + index) * STEPS, STEPS, 0, [], striking=index == 2) for index in range(3)]
    assert due == [False, False, True]


def test_a_run_that_is_resumed_goes_on_as_wide_as_it_was(narrow):
    whole = Widening(STEPS, 0)
    for index in range(100):
        if whole.add((index + 1) * STEPS, STEPS, 0, []):
            whole.take()
    assert Widening(STEPS, steps_done=100 * STEPS).width == whole.width == 8


def test_no_maximum_and_no_value_that_is_not_finite_is_lost_nor_its_step(narrow):
    rng = np.random.default_rng(0)
    steps = rng.lognormal(0, 3, (3_000, 1)).astype(np.float32)
    steps[rng.random(3_000) < 0.01] = np.nan
    steps[1_700:1_750] = np.inf
    wide, windows = Widening(STEPS, 0), []
    for end in range(STEPS, len(steps) + 1, STEPS):
        measured = [(LOSS_SERIES, per_step_statistics(steps[end - STEPS : end]))]
        if wide.add(end, STEPS, 0, measured):
            windows.append(wide.take())
    windows.append(wide.take())
    assert len(windows) < 80
    for window in windows:
        (_, table), (_, values) = window.measured
        begin = window.step - int(table[0, 1])
        expected = per_step_statistics(steps[begin : window.step])[0]
        np.testing.assert_allclose(values[0], expected, rtol=1e-5, err_msg=str(PER_STEP))


def test_of_epochs_within_one_window_the_extreme_logs_are_kept(narrow):
    wide = Widening(STEPS, steps_done=8 * 1_000 * STEPS)
    logged = [1.0, 1.1, 9.0, 1.2, np.nan, np.nan, 0.1, 1.3, 1.4, 1.5]
    for epoch, value in enumerate(logged):
        assert not wide.add((epoch + 1) * STEPS, STEPS, epoch, [])
        assert not wide.end_epoch([(LOGGED, [[value]])])
    found = [(step // STEPS, values.item()) for step, [(_, values)] in wide.take().logs]
    np.testing.assert_allclose(found, [(3, 9.0), (5, np.nan), (7, 0.1), (10, 1.5)])


class Watching(LiveOnsets):
    made: ClassVar[list[LiveOnsets]] = []

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.made.append(self)


def test_live_onsets_judge_what_the_event_file_holds(narrow, monkeypatch, tmp_path):
    monkeypatch.setattr("tb_stability.capture.callback.LiveOnsets", Watching)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="out")])
    model.compile("sgd", "mse")
    callback = StabilityCallback(tmp_path / "run", window_steps=2)
    x = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    options = {"batch_size": 4, "verbose": 0, "callbacks": [callback]}
    model.fit(x, x.sum(axis=1), epochs=40, **options)
    model.fit(x, x.sum(axis=1), epochs=3, **options)
    with open_provider("python loader", tmp_path) as provider:
        _, run = RunReader(provider).read("run", experiment_id="")
    live = Watching.made[-1].run(run.record)
    assert run.notes == ()
    assert (run.steps, run.epochs) == (43 * 3, 43)
    assert len(run.windows) < 40
    assert {series.tag for series in live.series} == {series.tag for series in run.series}
    for name in ("first_step", "last_step", "epoch", "epochs_in"):
        np.testing.assert_array_equal(getattr(live.windows, name), getattr(run.windows, name))
    for series in run.series:
        same = live.get(series.tag)
        for name in ("step", "first_step", "epoch", "values"):
            np.testing.assert_array_equal(getattr(same, name), getattr(series, name), series.tag)
    logged = run.get("stability/epoch_logs/loss")
    assert logged is not None
    np.testing.assert_array_equal(logged.epoch, (logged.step - 1) // 3)
