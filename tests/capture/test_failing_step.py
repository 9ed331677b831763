"""What came in with the step that failed is seen, sampled or not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback, StabilityMonitor
from tb_stability.logdir import open_logdir
from tb_stability.onsets import find_onsets
from tests.capture.recorded import read_series

BATCH, STEPS, BROKEN = 4, 20, 13
RNG = np.random.default_rng(5)
X = RNG.normal(size=(BATCH * STEPS, 3)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True)
WAYS = [{}, {"jit_compile": True}, {"run_eagerly": True}, {"steps_per_execution": 4}]


def broken(values):
    values = values.copy()
    values[BROKEN * BATCH + 1, 0] = np.nan
    return values


def fit(log_dir, x, y, **options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="dense")])
    model.compile("sgd", "mse", **options)
    callback = StabilityCallback(log_dir, window_steps=STEPS, sample_every=STEPS)
    model.fit(x, y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir)


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("what", ["inputs", "targets"])
def test_the_batch_that_made_the_loss_nan_is_looked_at(tmp_path, what, options):
    x, y = (broken(X), Y) if what == "inputs" else (X, broken(Y))
    series = fit(tmp_path, x, y, **options)
    found = series[f"stability/{what}"]
    of_batch = BATCH * (3 if what == "inputs" else 1)
    # Of the first epoch the first batch and the broken one; of the second, where no weight is
    # finite any more, the first one alone.
    assert found.statistic("nonfinite").ravel().tolist() == [1, 0]
    assert found.statistic("count").ravel().tolist() == [2 * of_batch, of_batch]
    other = "targets" if what == "inputs" else "inputs"
    assert (series[f"stability/{other}"].statistic("nonfinite") == 0).all()


def test_it_is_told_as_the_cause_with_its_step(tmp_path):
    fit(tmp_path, broken(X), Y)
    reader, experiment_id = open_logdir(str(tmp_path))
    (name,) = reader.list_runs(experiment_id=experiment_id)
    first, *_ = find_onsets(reader.read(name, experiment_id=experiment_id)[1])
    assert (first.kind, first.step, first.row) == ("nonfinite_input", BROKEN + 1, "input")


def test_a_loss_that_is_finite_costs_no_look(tmp_path):
    series = fit(tmp_path, X, Y)
    assert series["stability/inputs"].statistic("count").ravel().tolist() == [12, 12]


@pytest.mark.parametrize("compiled", [False, True])
def test_by_hand(tmp_path, compiled):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.01)
    monitor = StabilityMonitor(tmp_path, model, optimizer, window_steps=STEPS, sample_every=STEPS)

    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        monitor.record(loss=loss, gradients=gradients, inputs=x, labels=y, outputs=model(x))
        optimizer.apply(gradients, model.trainable_variables)

    step = tf.function(train_step) if compiled else train_step
    with monitor:
        for batch in np.split(broken(X), STEPS):
            with monitor.step():
                step(tf.constant(batch), tf.constant(batch.sum(axis=1, keepdims=True)))
    found = read_series(tmp_path)["stability/inputs"]
    assert found.statistic("nonfinite").ravel().tolist() == [1]
    assert found.statistic("count").ravel().tolist() == [24]
