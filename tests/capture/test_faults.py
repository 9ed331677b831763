"""A fault of ours: one warning that names layer and quantity, and training that goes on."""

from __future__ import annotations

import functools

import keras
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.probe import Probe
from tests.capture.line import OnBatch, check_same, compiled, fit
from tests.capture.recorded import read_records, read_series

MOMENTS = [name for name, value in vars(Probe).items() if callable(value) and name[0] != "_"]
WAYS = {"graph": {}, "eager": {"run_eagerly": True}}


class Faulty(Probe):
    """Fails at one moment, and at those of a layer at that of the one with weights."""

    name = "faulty"
    on_host = True
    taps = True

    def __init__(self, moment):
        setattr(self, moment, getattr(self, f"fail_{moment}", self.fail))

    def fail(self, *_):
        raise ArithmeticError("no such luck")

    def fail_before_call(self, context, call):
        return self.fail() if call.name == "head" else {}

    def fail_on_call(self, context, call):
        if call.name == "head":
            self.fail()


class FaultySample(Probe):
    name = "faulty"

    def on_call(self, context, call):
        if call.name == "head":
            context.sample(self, self.fail, call.outputs, "head")

    def fail(self, *_):
        raise ArithmeticError("no such luck")


@functools.cache
def plain(way):
    model = compiled(**WAYS[way])
    fit(model, epochs=2)
    return model


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", [*MOMENTS, "sample"])
def test_a_probe_that_fails_steps_aside_with_one_warning(tmp_path, monkeypatch, moment, way):
    probes = StabilityCallback._probes
    faulty = FaultySample() if moment == "sample" else Faulty(moment)
    monkeypatch.setattr(
        StabilityCallback, "_probes", lambda self, model: [faulty, *probes(self, model)]
    )
    model = compiled(**WAYS[way])
    with pytest.warns(RuntimeWarning, match="cannot measure") as caught:
        fit(model, StabilityCallback(tmp_path, window_steps=2), epochs=2)
    where = " of layer 'head'" if moment in ("before_call", "on_call", "sample") else ""
    assert [str(w.message) for w in caught if "cannot measure" in str(w.message)] == [
        f"StabilityCallback cannot measure faulty{where} and leaves it out; training goes on. "
        "ArithmeticError: no such luck"
    ]
    assert read_series(tmp_path)["stability/loss"].statistic("count").sum() == 20
    assert read_series(tmp_path)["stability/gradient_norm"].statistic("count").sum() == 20
    assert read_records(tmp_path)[-1].status == "finished"
    check_same(model, plain(way))


def test_a_graph_that_cannot_run_is_replaced_by_the_models_own(tmp_path, monkeypatch):
    def uncompilable(self, context, loss):
        tf.py_function(lambda: None, [], [])

    monkeypatch.setattr("tb_stability.capture.loss.Loss.on_loss", uncompilable)
    model = compiled(jit_compile=True)
    with pytest.warns(RuntimeWarning, match="cannot observe the train step of model 'line' and"):
        history = fit(model, StabilityCallback(tmp_path), epochs=2)
    assert len(history.history["loss"]) == 2
    assert type(model.train_function).__name__ == "function"
    # The batch that XLA was to compile for had left the iterator by then.
    assert model.optimizer.iterations == 19


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
    check_same(model, plain("graph"))
