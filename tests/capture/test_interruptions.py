"""What leaves `fit` by an exception: the run says so, and the model can be trained again."""

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
from tests.capture import by_hand
from tests.capture.line import (
    BATCH,
    OnBatch,
    X,
    Y,
    check_same,
    compiled,
    fail,
    fit,
    interrupt,
    windows_of,
)
from tests.capture.recorded import read_records, read_series


@pytest.mark.parametrize("action", [interrupt, fail])
def test_the_fit_after_an_exception_is_exact(tmp_path, action):
    model, callback = compiled(), StabilityCallback(tmp_path, window_steps=1)
    with pytest.raises((KeyboardInterrupt, ArithmeticError)):
        fit(model, callback, OnBatch(6, action))
    fit(model, callback, initial_epoch=1, epochs=2)
    whole = by_hand.in_order(X, Y, size=BATCH)
    reference = compiled()
    losses, norms = by_hand.train(
        reference, whole[:6] + whole, {"head": reference.trainable_variables}
    )
    series = read_series(tmp_path)
    assert windows_of(tmp_path) == [(step, step, int(step > 6)) for step in range(1, 17)]
    np.testing.assert_allclose(
        series["stability/gradient_norm"].statistic("last"), norms, rtol=1e-5
    )
    np.testing.assert_allclose(series["stability/loss"].of_row("loss"), losses, rtol=1e-5)


def plain_after(action):
    """A model that was trained in the same way, without the callback."""
    model = compiled()
    with pytest.raises((KeyboardInterrupt, ArithmeticError)):
        fit(model, OnBatch(6, action), epochs=2)
    fit(model)
    return model


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
    check_same(model, plain_after(action))


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
