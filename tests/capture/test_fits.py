"""Several calls of `fit`: resumed, without the callback, in between other calls, by batches."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.line import (
    BATCH,
    OnBatch,
    X,
    Y,
    check,
    check_same,
    compiled,
    fit,
    windows_of,
)
from tests.capture.recorded import events, read_records, read_series


def observe(log_dir):
    return StabilityCallback(log_dir, window_steps=1)


def trained(epochs):
    model = compiled()
    fit(model, epochs=epochs)
    return model


@pytest.mark.parametrize("again", [True, False], ids=["same-callback", "new-callback"])
def test_a_second_fit_goes_on_with_the_steps_and_epochs_of_the_first(tmp_path, again):
    model, callback = compiled(), observe(tmp_path)
    fit(model, callback)
    fit(model, callback if again else observe(tmp_path), initial_epoch=1, epochs=2)
    check(tmp_path, slice(20), epochs=2)
    assert windows_of(tmp_path) == [(step, step, (step - 1) // 10) for step in range(1, 21)]
    assert [record.first_step for record in read_records(tmp_path)] == 3 * [1] + 3 * [11]
    check_same(model, trained(2))


@pytest.mark.parametrize("accumulate", [None, 5])
def test_steps_go_on_from_those_of_the_optimizer(tmp_path, accumulate):
    def optimizer():
        return keras.optimizers.SGD(0.1, gradient_accumulation_steps=accumulate)

    model = compiled(optimizer())
    fit(model)
    fit(model, observe(tmp_path))
    check(tmp_path, slice(10, 20), epochs=2, optimizer=optimizer())


def test_a_run_resumed_from_a_backup_goes_on(tmp_path):
    class KilledError(Exception):
        pass

    def kill(_):
        raise KilledError

    def callbacks():
        # The order in which callbacks restore and record must not matter.
        return observe(tmp_path), keras.callbacks.BackupAndRestore(tmp_path / "backup")

    with pytest.raises(KilledError):
        fit(compiled(), *callbacks(), OnBatch(15, kill), epochs=2)
    model = compiled()
    fit(model, *callbacks(), epochs=2)
    steps = [*range(1, 16), *range(11, 21)]
    assert windows_of(tmp_path) == [(step, step, (step - 1) // 10) for step in steps]
    starts = [event.step for event in events(tmp_path) if event.HasField("session_log")]
    assert starts == [1, 11]  # tells TensorBoard to drop the steps that were done again
    uninterrupted = tmp_path / "uninterrupted"
    expected = compiled()
    fit(expected, observe(uninterrupted), epochs=2)
    check(uninterrupted, slice(20), epochs=2)
    for tag in ("stability/gradient_norm", "stability/loss"):
        found, whole = read_series(tmp_path)[tag], read_series(uninterrupted)[tag]
        np.testing.assert_array_equal(
            found.statistic("last"), whole.statistic("last")[[step - 1 for step in steps]]
        )
    check_same(model, expected)


@pytest.mark.parametrize("first", [True, False], ids=["with-first", "without-first"])
def test_fit_with_and_without_the_callback_in_either_order(tmp_path, first):
    model = compiled()
    for turn in range(4):
        fit(model, *([observe(tmp_path / str(turn))] if (turn % 2 == 0) == first else []))
    for turn in (0, 2) if first else (1, 3):
        check(tmp_path / str(turn), slice(10 * turn, 10 * turn + 10), epochs=4)
    plain = compiled()
    for _ in range(4):
        fit(plain)
    check_same(model, plain)


def test_validation_and_prediction_are_not_counted(tmp_path):
    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch % 4:
                return
            self.model.predict(X, verbose=0)
            self.model.evaluate(X, Y, verbose=0)
            self.model(X)

    model, plain = compiled(), compiled()
    validated = {"validation_data": (X * 100, Y), "epochs": 2}
    fit(model, observe(tmp_path), Look(), **validated)
    fit(plain, Look(), **validated)
    check(tmp_path, slice(20), epochs=2)
    check_same(model, plain)
    for tag in ("dead_relu", "logits", "inputs"):
        found = read_series(tmp_path).get(f"stability/{tag}")
        assert found is None or found.steps == list(range(1, 21))


def test_compiling_anew_in_the_middle_of_training(tmp_path):
    def compile_anew(model):
        model.compile("sgd", "mse")
        model.make_train_function()

    model = compiled()
    fit(model, StabilityCallback(tmp_path), OnBatch(4, compile_anew))
    assert windows_of(tmp_path) == [(1, 10, 0)]
    assert read_series(tmp_path)["stability/gradient_norm"].statistic("count").tolist() == [[10]]


def test_train_on_batch_in_a_loop_of_ones_own(tmp_path):
    models = compiled(), compiled()
    for model, callbacks in zip(models, ([observe(tmp_path)], []), strict=True):
        told = keras.callbacks.CallbackList(callbacks, model=model)
        told.on_train_begin()
        for epoch in range(2):
            told.on_epoch_begin(epoch)
            for batch in range(10):
                part = slice(BATCH * batch, BATCH * (batch + 1))
                told.on_train_batch_begin(batch)
                model.train_on_batch(X[part], Y[part])
                told.on_train_batch_end(batch)
            told.on_epoch_end(epoch)
        told.on_train_end()
    check(tmp_path, slice(20), epochs=2)
    assert windows_of(tmp_path)[9:11] == [(10, 10, 0), (11, 11, 1)]
    assert read_records(tmp_path)[-1].status == "finished"
    check_same(*models)
