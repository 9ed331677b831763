"""What bad use gets: the value received and the remedy, before training where that can be known."""

from __future__ import annotations

import pathlib
import warnings

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.line import X, Y, compiled, fit
from tests.capture.recorded import event_files, read_series


def test_a_callback_that_is_not_used_leaves_nothing(tmp_path):
    StabilityCallback(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_callback_of_an_evaluation_leaves_nothing(tmp_path):
    model = compiled()
    callback = StabilityCallback(tmp_path / "run")
    model.evaluate(X, Y, verbose=0, callbacks=[callback])
    model.predict(X, verbose=0, callbacks=[callback])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["window_steps", "sample_every"])
@pytest.mark.parametrize("value", [0, -3, 2.5, True, None, "50"])
def test_numbers_of_steps_must_be_positive_integers(name, value):
    with pytest.raises(ValueError, match=name) as caught:
        StabilityCallback("logs", **{name: value})
    assert str(caught.value) == f"{name} must be a positive integer, e.g. 50, not {value!r}"


def test_numbers_of_steps_may_be_numpy_integers():
    StabilityCallback("logs", window_steps=np.int32(3), sample_every=np.int64(2))


def test_unknown_quantities_are_refused():
    with pytest.raises(ValueError, match="unknown") as caught:
        StabilityCallback("logs", quantities=["logits", "gradients", "dead"])
    text = str(caught.value)
    assert text.startswith("unknown quantities: 'gradients', 'dead'. Known ones are: ")
    assert "dead_relu, " in text


@pytest.mark.parametrize("value", [None, 5, b"logs", ["logs"]])
def test_a_log_dir_that_is_no_path_is_refused(value):
    with pytest.raises(TypeError, match="log_dir") as caught:
        StabilityCallback(value)
    expected = f"log_dir must be a str or an os.PathLike, e.g. 'logs/run1', not {value!r}"
    assert str(caught.value) == expected


def test_an_empty_log_dir_is_refused():
    with pytest.raises(
        ValueError, match=r"log_dir must name a directory, e\.g\. 'logs/run1', not ''"
    ):
        StabilityCallback("")


@pytest.mark.parametrize("below", [".", "run"])
def test_a_log_dir_that_cannot_be_written_is_refused_before_training(tmp_path, below):
    file = tmp_path / "file"
    file.write_text("")
    model = compiled()
    with pytest.raises(OSError, match="cannot write event files") as caught:
        fit(model, StabilityCallback(file / below))
    text = str(caught.value)
    assert text.startswith(
        f"cannot write event files to the log_dir {str(file / below)!r}: give a directory that "
        "exists or can be created, and that this process may write to ("
    )
    assert model.optimizer.iterations == 0
    assert type(model.train_function).__name__ == "function"


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
    assert list(tmp_path.iterdir()) == []
    fit(model, StabilityCallback(second))


def test_one_callback_is_given_once(tmp_path):
    callback = StabilityCallback(tmp_path)
    with pytest.raises(ValueError, match="two StabilityCallbacks"):
        fit(compiled(), callback, callback)


def test_a_second_callback_in_a_loop_of_ones_own_is_refused_before_its_first_step(tmp_path):
    model = compiled()
    first, second = StabilityCallback(tmp_path / "first"), StabilityCallback(tmp_path / "second")
    for callback in (first, second):
        callback.set_model(model)
        callback.on_train_begin()
    first.on_train_batch_begin(0)
    with pytest.raises(ValueError, match="two StabilityCallbacks, with the log_dirs"):
        second.on_train_batch_begin(0)
    first.on_train_end()
    assert type(model.train_function).__name__ != "ObservedTrainFunction"


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="Keras runs on 'jax'") as caught:
        StabilityCallback("logs")
    assert "Set the environment variable KERAS_BACKEND=tensorflow" in str(caught.value)


def frozen():
    model = compiled()
    model.trainable = False
    model.compile("sgd", "mse")
    return model


def built_late():
    model = keras.Sequential([keras.layers.Flatten()], name="line")
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(("build", "steps"), [(frozen, 0), (built_late, 10)])
def test_a_model_without_trainable_weights_is_recorded_as_far_as_it_goes(tmp_path, build, steps):
    told, counts = [], []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            counts.append(batch)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: told.append((str(message), len(counts)))
        fit(build(), StabilityCallback(tmp_path), Count(), epochs=2)
    assert [(text, count) for text, count in told if "StabilityCallback" in text] == [
        (
            "Model 'line' has no trainable weights: StabilityCallback records its loss, and no "
            "gradient norms. If it is to be trained, set trainable = True and compile it again",
            steps,
        )
    ]
    assert read_series(tmp_path)["stability/loss"].statistic("count").tolist() == [[10], [10]]


def test_a_model_with_trainable_weights_is_not_warned_of(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(compiled(), StabilityCallback(tmp_path))
    assert [w for w in caught if "StabilityCallback" in str(w.message)] == []
