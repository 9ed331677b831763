"""The life cycle: windows, epochs, run record, several fits, interruptions, bad use."""

from __future__ import annotations

import gc
import os
import pathlib
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.probe import Probe
from tests.capture.recorded import event_files, events, read_records, read_series

RNG = np.random.default_rng(2)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = RNG.normal(size=(40, 1)).astype(np.float32)


def compiled(optimizer="adam", **options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="head")], name="line")
    model.compile(optimizer, "mse", **options)
    return model


def fit(model, *callbacks, **options):
    """Ten steps an epoch."""
    options = {"epochs": 1, "batch_size": 4, "verbose": 0} | options
    return model.fit(X, Y, callbacks=list(callbacks), **options)


def windows_of(log_dir):
    """First step, last step and epoch of each window."""
    series = read_series(log_dir)["stability/windows"]
    assert series.rows == ("window",)
    return [
        (step - int(steps) + 1, step, int(epoch))
        for step, ((epoch, steps),) in zip(series.steps, series.values, strict=True)
    ]


class OnBatch(keras.callbacks.Callback):
    """Does something at the end of one batch."""

    def __init__(self, batch, action):
        super().__init__()
        self.batch = batch
        self.action = action
        self.calls = 0

    def on_train_batch_end(self, batch, logs=None):
        self.calls += 1
        if self.calls == self.batch:
            self.action(self.model)


def interrupt(_):
    raise KeyboardInterrupt


def fail(_):
    raise ArithmeticError("from a callback")


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


def test_data_of_unknown_length(tmp_path):
    def batches():
        for start in range(0, 40, 4):
            yield X[start : start + 4], Y[start : start + 4]

    compiled_model = compiled(steps_per_execution=4)
    data = tf.data.Dataset.from_generator(
        batches,
        output_signature=(tf.TensorSpec((None, 3)), tf.TensorSpec((None, 1))),
    )
    callback = StabilityCallback(tmp_path, window_steps=8)
    compiled_model.fit(data, epochs=2, verbose=0, callbacks=[callback])
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
        compiled(keras.optimizers.SGD(schedule)),
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


# Several calls of fit


def test_steps_go_on_over_a_second_fit_of_the_same_callback(tmp_path):
    model, callback = compiled(), StabilityCallback(tmp_path, window_steps=6)
    fit(model, callback)
    fit(model, callback, initial_epoch=1, epochs=2)
    assert windows_of(tmp_path) == [(1, 6, 0), (7, 10, 0), (11, 16, 1), (17, 20, 1)]
    assert [record.first_step for record in read_records(tmp_path)] == 3 * [1] + 3 * [11]


@pytest.mark.parametrize("accumulate", [None, 5])
def test_steps_go_on_from_those_of_the_optimizer(tmp_path, accumulate):
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=accumulate)
    model = compiled(optimizer)
    fit(model)
    fit(model, StabilityCallback(tmp_path))
    assert windows_of(tmp_path) == [(11, 20, 0)]


def test_a_run_resumed_from_a_backup_goes_on(tmp_path):
    class KilledError(Exception):
        pass

    def kill(_):
        raise KilledError

    def callbacks():
        # The order in which callbacks restore and record must not matter.
        return StabilityCallback(tmp_path), keras.callbacks.BackupAndRestore(tmp_path / "backup")

    with pytest.raises(KilledError):
        fit(compiled(), *callbacks(), OnBatch(15, kill), epochs=2)
    fit(compiled(), *callbacks(), epochs=2)
    assert windows_of(tmp_path) == [(1, 10, 0), (11, 15, 1), (11, 20, 1)]
    starts = [event.step for event in events(tmp_path) if event.HasField("session_log")]
    assert starts == [1, 11]  # tells TensorBoard to drop the steps that were done again


def test_fit_without_the_callback_before_and_after(tmp_path):
    model = compiled()
    fit(model)
    fit(model, StabilityCallback(tmp_path))
    fit(model)
    fit(model, StabilityCallback(tmp_path))
    assert windows_of(tmp_path) == [(11, 20, 0), (31, 40, 0)]


def test_validation_and_prediction_are_not_counted(tmp_path):
    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.predict(X, verbose=0)
            self.model.evaluate(X, Y, verbose=0)

    expected, found = tmp_path / "plain", tmp_path / "looking"
    for log_dir, callbacks in ((expected, []), (found, [Look()])):
        keras.utils.set_random_seed(1)
        fit(
            compiled(),
            StabilityCallback(log_dir, window_steps=1),
            *callbacks,
            validation_data=(X * 100, Y),
        )
    for tag in ("stability/loss", "stability/gradient_norm", "stability/windows"):
        a, b = read_series(expected)[tag], read_series(found)[tag]
        assert a.steps == b.steps
        np.testing.assert_array_equal(np.stack(a.values), np.stack(b.values))


def test_compiling_anew_in_the_middle_of_training(tmp_path):
    def compile_anew(model):
        model.compile("sgd", "mse")
        model.make_train_function()

    model = compiled()
    fit(model, StabilityCallback(tmp_path), OnBatch(4, compile_anew))
    assert windows_of(tmp_path) == [(1, 10, 0)]
    assert read_series(tmp_path)["stability/gradient_norm"].statistic("count").tolist() == [[10]]


def test_train_on_batch_in_a_loop_of_ones_own(tmp_path):
    model = compiled()
    callbacks = keras.callbacks.CallbackList([StabilityCallback(tmp_path)], model=model)
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for batch in range(3):
            callbacks.on_train_batch_begin(batch)
            model.train_on_batch(X[:4], Y[:4])
            callbacks.on_train_batch_end(batch)
        callbacks.on_epoch_end(epoch)
    callbacks.on_train_end()
    assert windows_of(tmp_path) == [(1, 3, 0), (4, 6, 1)]
    assert read_records(tmp_path)[-1].status == "finished"


# Interruptions


@pytest.mark.parametrize("action", [interrupt, fail])
def test_an_exception_in_fit_leaves_an_interrupted_run_and_a_clean_model(tmp_path, action):
    model, callback = compiled(), StabilityCallback(tmp_path, window_steps=4)
    with pytest.raises((KeyboardInterrupt, ArithmeticError)):
        fit(model, callback, OnBatch(6, action), epochs=2)
    gc.collect()
    assert windows_of(tmp_path) == [(1, 4, 0), (5, 6, 0)]
    assert read_records(tmp_path)[-1].status == "interrupted"
    assert type(model.train_function).__name__ == "function"

    fit(model, callback)
    assert windows_of(tmp_path)[2:] == [(7, 10, 0), (11, 14, 0), (15, 16, 0)]
    assert read_records(tmp_path)[-1].status == "finished"


def test_fit_without_the_callback_while_an_exception_is_still_handled(tmp_path):
    model, callback = compiled(), StabilityCallback(tmp_path)
    try:
        fit(model, callback, OnBatch(6, interrupt))
    except KeyboardInterrupt:
        # The frames of the first fit are alive: only the call itself can tell that it is another.
        fit(model)
        assert type(model.train_function).__name__ == "function"
        assert windows_of(tmp_path) == [(1, 6, 0)]
        assert read_records(tmp_path)[-1].status == "interrupted"


def test_an_exception_within_the_step(tmp_path):
    bad = np.array([[3]])

    class Embed(keras.layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(2, 1))

        def call(self, x):
            tf.debugging.assert_less(x, 2.0)
            return tf.gather(self.table, tf.cast(x, "int32"))[:, 0]

    model = keras.Sequential([Embed()])
    model.compile("sgd", "mse")
    words = np.array([[0], [1], [0]])
    callback = StabilityCallback(tmp_path)
    model.fit(words, Y[:3], batch_size=1, callbacks=[callback], verbose=0)
    with pytest.raises(tf.errors.InvalidArgumentError):
        model.fit(np.concatenate([words, bad]), Y[:4], batch_size=1, shuffle=False,
                  callbacks=[callback], verbose=0)  # fmt: skip
    assert [window[0] for window in windows_of(tmp_path)] == [1, 4]
    assert read_records(tmp_path)[-1].status == "interrupted"
    assert type(model.train_function).__name__ == "function"


def test_a_process_that_ends_in_an_exception_says_so(tmp_path):
    code = f"""
        import keras, numpy as np
        from tb_stability import StabilityCallback
        class Fail(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                if batch == 2:
                    raise KeyboardInterrupt
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        callback = StabilityCallback({str(tmp_path)!r})
        model.fit(np.ones((8, 3)), np.ones((8, 1)), batch_size=1, verbose=0,
                  callbacks=[callback, Fail()])
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        cwd=pathlib.Path.cwd(),
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert "KeyboardInterrupt" in result.stderr
    assert read_records(tmp_path)[-1].status == "interrupted"
    assert windows_of(tmp_path) == [(1, 3, 0)]


# Faults


class Faulty(Probe):
    name = "faulty"

    def __init__(self, moment):
        setattr(self, moment, self.fault)

    def fault(self, *_):
        raise ArithmeticError("no such luck")


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}])
@pytest.mark.parametrize("moment", ["on_loss", "on_gradients", "collect"])
def test_a_probe_that_fails_steps_aside_with_one_warning(tmp_path, monkeypatch, moment, options):
    probes = StabilityCallback._probes
    monkeypatch.setattr(
        StabilityCallback, "_probes", lambda self, model: [Faulty(moment), *probes(self, model)]
    )
    model = compiled(**options)
    with pytest.warns(RuntimeWarning, match="cannot measure") as caught:
        fit(model, StabilityCallback(tmp_path, window_steps=2), epochs=2)
    assert [str(w.message) for w in caught if "cannot measure" in str(w.message)] == [
        "StabilityCallback cannot measure faulty and leaves it out; training goes on. "
        "ArithmeticError: no such luck"
    ]
    assert read_series(tmp_path)["stability/loss"].statistic("count").sum() == 20
    assert read_records(tmp_path)[-1].status == "finished"


def test_a_graph_that_cannot_run_is_replaced_by_the_models_own(tmp_path, monkeypatch):
    def uncompilable(self, context, loss):
        tf.py_function(lambda: None, [], [])

    monkeypatch.setattr("tb_stability.capture.loss.Loss.on_loss", uncompilable)
    model = compiled(jit_compile=True)
    with pytest.warns(RuntimeWarning, match="cannot observe the train step of model 'line' and"):
        history = fit(model, StabilityCallback(tmp_path), epochs=2)
    assert len(history.history["loss"]) == 2
    assert type(model.train_function).__name__ == "function"


def test_an_error_of_the_model_is_raised_as_it_is(tmp_path):
    model = keras.Sequential([keras.layers.Dense(1), keras.layers.Reshape((7,))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="total size of the tensor"):
        fit(model, StabilityCallback(tmp_path))
    assert read_series(tmp_path) == {}


def test_a_log_dir_that_goes_away_does_not_end_training(tmp_path, monkeypatch):
    def full(self, event):
        raise OSError("cannot write 'file' (No space left on device)")

    def fill_disk(_):
        monkeypatch.setattr("tb_stability.writer.EventWriter._append", full)

    model = compiled()
    with pytest.warns(RuntimeWarning, match="stopped recording after step 6") as caught:
        fit(model, StabilityCallback(tmp_path, window_steps=3), OnBatch(4, fill_disk), epochs=2)
    assert [str(w.message) for w in caught if "recording" in str(w.message)] == [
        "StabilityCallback stopped recording after step 6, as its event file can no longer be "
        "written; training goes on. cannot write 'file' (No space left on device)"
    ]
    assert model.optimizer.iterations == 20


# Bad use


def test_a_callback_that_is_not_used_leaves_nothing(tmp_path):
    StabilityCallback(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [0, -3, 2.5, True, None, "50"])
def test_window_steps_must_be_a_positive_integer(value):
    with pytest.raises(ValueError, match="window_steps") as caught:
        StabilityCallback("logs", window_steps=value)
    expected = f"window_steps must be a positive integer, e.g. 50, not {value!r}"
    assert str(caught.value) == expected


def test_window_steps_may_be_a_numpy_integer():
    StabilityCallback("logs", window_steps=np.int32(3))


def test_a_log_dir_that_is_a_file_is_refused_before_training(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    model = compiled()
    with pytest.raises(OSError, match="cannot write event files to the log_dir"):
        fit(model, StabilityCallback(file))
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize("convert", [str, pathlib.Path])
def test_log_dir_may_be_a_text_or_a_path(tmp_path, convert):
    fit(compiled(), StabilityCallback(convert(tmp_path / "a" / "b")))
    assert event_files(tmp_path / "a" / "b")


def test_a_callback_records_one_model(tmp_path):
    callback = StabilityCallback(tmp_path)
    fit(compiled(), callback)
    with pytest.raises(ValueError, match="recorded another model before") as caught:
        fit(compiled(), callback)
    assert str(caught.value) == (
        f"StabilityCallback({str(tmp_path)!r}) recorded another model before and was now given "
        "'line': a callback records one run. Make a new one, with a log_dir of its own"
    )


def test_one_model_has_one_callback_at_a_time(tmp_path):
    model = compiled()
    first, second = tmp_path / "first", tmp_path / "second"
    with pytest.raises(ValueError, match="two StabilityCallbacks") as caught:
        fit(model, StabilityCallback(first), StabilityCallback(second))
    assert str(caught.value) == (
        f"Model 'line' is recorded by two StabilityCallbacks, with the log_dirs {str(first)!r} and "
        f"{str(second)!r}: give fit only one"
    )
    assert model.optimizer.iterations == 0
    fit(model, StabilityCallback(second))


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="Keras runs on 'jax'") as caught:
        StabilityCallback("logs")
    assert "Set the environment variable KERAS_BACKEND=tensorflow" in str(caught.value)


def test_a_model_without_trainable_weights_is_recorded_as_far_as_it_goes(tmp_path):
    model = compiled()
    model.trainable = False
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        fit(model, StabilityCallback(tmp_path))
    assert read_series(tmp_path)["stability/loss"].statistic("count").tolist() == [[10]]
