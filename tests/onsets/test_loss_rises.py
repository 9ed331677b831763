"""A loss that rises: how soon that is certain, and what explains it."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.metadata import LOSS, Quantity
from tb_stability.onsets import find_onsets
from tb_stability.series import RunSeries
from tests import synthetic


def by_epoch(loss: list[float], steps: int = 10) -> RunSeries:
    """A run of one window an epoch, of so many steps each."""
    mean = np.array(loss)
    run = synthetic.run(mean, per_epoch=1)
    series = synthetic.series(LOSS, synthetic.per_step(mean, steps=steps), run.windows, ("loss",))
    return dataclasses.replace(run, series=(series, *run.series[1:]))


def with_labels(run: RunSeries, shares: np.ndarray) -> RunSeries:
    """Adds the share of each class in each window, shape ``[windows, classes]``."""
    quantity = Quantity("labels", "labels", "", "class", ("value", "count"))
    table = np.stack([shares, np.full_like(shares, 32.0)], axis=-1).astype(np.float32)
    rows = [str(index) for index in range(shares.shape[1])]
    series = synthetic.series(quantity, table, run.windows, rows)
    return dataclasses.replace(run, series=(*run.series, series))


# Seen of a softmax that was given several labels a sample.
RISING = [2.53, 1.76, 1.54, 1.47, 1.51, 1.64, 1.83, 2.11, 2.47, 2.87]


def test_two_epochs_are_enough_where_a_window_is_an_epoch_of_many_batches() -> None:
    (onset,) = find_onsets(by_epoch(RISING))
    assert (onset.kind, onset.epoch) == ("loss_divergence", 7)


def test_two_windows_of_few_batches_are_not() -> None:
    assert find_onsets(by_epoch(RISING, steps=5)) == []


# Seen in benchmarks/healthy, one_task_after_another.
TASKS = [0.56, 0.0059, 0.001, 0.0008, 0.0013, 0.001, 1.1, 0.033, 0.0053, 0.011, 0.0081, 0.0067]
OLD = [0.5, 0.5, 0.0, 0.0]
ALL = [0.25, 0.25, 0.25, 0.25]


def test_a_rise_with_labels_of_new_classes_is_an_info() -> None:
    shares = np.array([OLD] * 6 + [ALL] * 6)
    (onset,) = find_onsets(with_labels(by_epoch(TASKS), shares))
    assert (onset.kind, onset.severity, onset.epoch) == ("loss_spike", "info", 6)
    for points in range(8, 12):  # while it trains, too
        young = with_labels(by_epoch(TASKS[:points]), shares[:points])
        assert {item.severity for item in find_onsets(young)} == {"info"}


def test_a_rise_without_new_classes_is_more() -> None:
    for shares in ([OLD] * 12, [ALL] * 12, [OLD, ALL] * 6):
        (onset,) = find_onsets(with_labels(by_epoch(TASKS), np.array(shares)))
        assert (onset.kind, onset.severity) == ("loss_spike", "warning")


def test_new_classes_excuse_no_loss_that_does_not_come_back() -> None:
    lost = [*TASKS[:6], *np.linspace(1.1, 1.3, 12)]
    shares = np.array([OLD] * 6 + [ALL] * 12)
    (onset,) = find_onsets(with_labels(by_epoch(lost), shares))
    assert onset.kind == "loss_divergence"


def test_who_has_made_up_for_nine_tenths_has_come_back() -> None:
    rests = [*TASKS[:6], 1.1, 0.04, *np.full(10, 0.02)]
    assert [item.kind for item in find_onsets(by_epoch(rests))] == ["loss_spike"]
    rests = [*TASKS[:6], 1.1, 0.4, *np.full(10, 0.3)]
    assert [item.kind for item in find_onsets(by_epoch(rests))] == ["loss_divergence"]


def test_a_rise_at_the_end_that_is_no_more_than_one_before_is_a_spike() -> None:
    low, high = np.full(6, 0.1), np.full(6, 0.8)
    start = np.linspace(1.0, 0.1, 8)
    again = np.concatenate([start, low, high, low, 0.9 * high[:4]])
    (onset,) = find_onsets(synthetic.run(again))
    assert (onset.kind, onset.epoch) == ("loss_spike", 7)
    assert onset.message.endswith(" It happened 2 times in all.")
    for more in (1.2 * high[:4], 0.9 * np.full(7, 0.8)):  # higher; longer
        onsets = find_onsets(synthetic.run(np.concatenate([start, low, high, low, more])))
        assert {item.kind for item in onsets} == {"loss_divergence", "loss_spike"}
