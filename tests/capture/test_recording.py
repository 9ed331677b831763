"""What a call of `fit` leaves: windows, logs of the epochs, the run record."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tests.capture.line import OnBatch, X, Y, compiled, fit, windows_of
from tests.capture.recorded import event_files, events, read_records, read_series

# Windows


def test_windows_end_after_their_steps_and_with_the_epoch(tmp_path):
    fit(compiled(), StabilityCallback(tmp_path, window_steps=4), epochs=2)
    assert windows_of(tmp_path) == [
        (1, 4, 0),
        (5, 8, 0),
        (9, 10, 0),
        (11, 14, 1),
        (15, 18, 1),
        (19, 20, 1),
    ]
    assert len(event_files(tmp_path)) == 1


def test_a_window_holds_every_quantity_in_one_event(tmp_path):
    fit(compiled(), StabilityCallback(tmp_path, quantities=["weight_norm"], window_steps=5))
    windows = [
        [value.tag for value in event.summary.value]
        for event in events(tmp_path)
        if any(value.tag == "stability/windows" for value in event.summary.value)
    ]
    assert windows == 2 * [
        [
            "stability/windows",
            "stability/loss",
            "stability/gradient_norm",
            "stability/learning_rate",
            "stability/weight_norm",
        ]
    ]


def test_an_epoch_shorter_than_a_window_is_one_window(tmp_path):
    fit(compiled(), StabilityCallback(tmp_path), epochs=2)
    assert windows_of(tmp_path) == [(1, 10, 0), (11, 20, 1)]


def test_a_window_is_on_disk_when_it_has_ended(tmp_path):
    seen = []
    look = OnBatch(9, lambda _: seen.extend(windows_of(tmp_path)))
    fit(compiled(), StabilityCallback(tmp_path, window_steps=4), look)
    assert seen == [(1, 4, 0), (5, 8, 0)]


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_data_of_unknown_length(tmp_path, steps_per_execution):
    def batches():
        for start in range(0, 40, 4):
            yield X[start : start + 4], Y[start : start + 4]

    model = compiled(steps_per_execution=steps_per_execution)
    data = tf.data.Dataset.from_generator(
        batches,
        output_signature=(tf.TensorSpec((None, 3)), tf.TensorSpec((None, 1))),
    )
    callback = StabilityCallback(tmp_path, window_steps=8)
    model.fit(data, epochs=2, verbose=0, callbacks=[callback])
    assert windows_of(tmp_path) == [(1, 8, 0), (9, 10, 0), (11, 18, 1), (19, 20, 1)]
    assert read_series(tmp_path)["stability/loss"].statistic("count").sum() == 20


def test_training_that_is_stopped_within_an_epoch_is_complete(tmp_path):
    def stop(model):
        model.stop_training = True

    fit(compiled(), StabilityCallback(tmp_path, window_steps=2), OnBatch(5, stop), epochs=3)
    assert windows_of(tmp_path) == [(1, 2, 0), (3, 4, 0), (5, 5, 0)]
    assert read_records(tmp_path)[-1].status == "finished"


# Epoch logs and learning rate


def test_epoch_logs_have_a_tag_each_at_the_epochs_last_step(tmp_path):
    history = fit(
        compiled(metrics=["mae"]),
        StabilityCallback(tmp_path, window_steps=4),
        epochs=4,
        validation_data=(X, Y),
        validation_freq=2,
    )
    series = read_series(tmp_path)
    expected_steps = {"loss": [10, 20, 30, 40], "mae": [10, 20, 30, 40]}
    expected_steps |= {"val_loss": [20, 40], "val_mae": [20, 40]}
    logs = {tag: item for tag, item in series.items() if tag.startswith("stability/epoch_logs/")}
    assert sorted(logs) == [f"stability/epoch_logs/{name}" for name in sorted(expected_steps)]
    for name, steps in expected_steps.items():
        found = logs[f"stability/epoch_logs/{name}"]
        assert (found.rows, found.statistics, found.steps) == ((name,), ("value",), steps)
        np.testing.assert_allclose(found.statistic("value")[:, 0], history.history[name], rtol=1e-6)


def test_logs_of_the_epoch_are_one_event(tmp_path):
    fit(compiled(), StabilityCallback(tmp_path), validation_data=(X, Y))
    found = [
        [value.tag for value in event.summary.value]
        for event in events(tmp_path)
        if any(value.tag.startswith("stability/epoch_logs") for value in event.summary.value)
    ]
    assert found == [["stability/epoch_logs/loss", "stability/epoch_logs/val_loss"]]


def test_learning_rate_is_that_of_the_windows_end(tmp_path):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([5, 10], [0.1, 0.01, 0.001])
    fit(
        compiled(keras.optimizers.SGD(schedule, name="sgd")),
        StabilityCallback(tmp_path, window_steps=5),
        epochs=2,
    )
    rate = read_series(tmp_path)["stability/learning_rate"]
    assert rate.rows == ("sgd",)
    np.testing.assert_allclose(rate.statistic("value")[:, 0], [0.1, 0.01, 0.001, 0.001], rtol=1e-6)


def test_a_changed_learning_rate_is_seen(tmp_path):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))
    fit(compiled("sgd"), StabilityCallback(tmp_path), scheduler, epochs=2)
    rate = read_series(tmp_path)["stability/learning_rate"].statistic("value")[:, 0]
    np.testing.assert_allclose(rate, [0.5, 0.25])


# Run record


def test_the_run_record_says_what_is_trained_and_with_what(tmp_path):
    model = keras.Sequential(
        [
            keras.layers.Dense(4, activation="relu", name="hidden"),
            keras.layers.Dense(1, name="out"),
        ],
        name="late",
    )
    model.compile(keras.optimizers.Adam(0.25, clipnorm=1.0), keras.losses.MeanSquaredError())
    fit(model, StabilityCallback(tmp_path), epochs=2)
    records = read_records(tmp_path)
    assert [record.status for record in records] == ["training", "training", "finished"]
    record = records[-1]
    assert record.model == "late"
    assert [(row.name, row.class_name) for row in record.layers] == [
        ("hidden", "Dense"),
        ("out", "Dense"),
    ]
    assert [(row.parameters, row.activation) for row in record.layers] == [
        (16, "relu"),
        (5, "linear"),
    ]
    assert record.optimizer["class_name"] == "Adam"
    assert record.optimizer["clipnorm"] == 1.0
    assert (record.learning_rate, record.loss) == (0.25, "MeanSquaredError")
    assert (record.batch_size, record.steps_per_epoch, record.epochs) == (4, 10, 2)
    assert (record.first_step, record.dtype_policy) == (1, "float32")
    assert record.versions["keras"] == keras.version()
    assert records[0].layers == ()  # not built before its first batch


def test_the_record_names_the_optimizer_inside_a_loss_scaling_one(tmp_path):
    model = compiled(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5)))
    fit(model, StabilityCallback(tmp_path))
    record = read_records(tmp_path)[-1]
    assert (record.optimizer["class_name"], record.learning_rate) == ("SGD", 0.5)
