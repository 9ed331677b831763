"""Onsets told while the model trains are those that are found in the event file afterwards."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.reader import RunReader
from tests.capture.recorded import read_records, read_series
from tests.providers import open_provider

RNG = np.random.default_rng(6)
X = RNG.normal(size=(64, 4)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True) + 0.1 * RNG.normal(size=(64, 1)).astype(np.float32)


class RateFrom(keras.callbacks.Callback):
    """Sets the learning rate from one epoch on."""

    def __init__(self, epoch, rate):
        super().__init__()
        self.epoch = epoch
        self.rate = rate

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.model.optimizer.learning_rate = self.rate


def compiled(loss="mse"):
    keras.utils.set_random_seed(4)
    hidden = keras.layers.Dense(8, "tanh", name="hidden")
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(1, name="out")])
    model.compile(keras.optimizers.SGD(0.05), loss)
    return model


def fit(model, callback, rate=1e3, epoch=4, epochs=8):
    callbacks = [callback, RateFrom(epoch, rate)]
    return model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)


def from_file(log_dir):
    with open_provider("python loader", log_dir) as provider:
        reader = RunReader(provider)
        (run,) = reader.list_runs(experiment_id="")
        with np.errstate(over="ignore"):
            return find_onsets(reader.read(run, experiment_id="")[1])


def key(onset):
    return onset.kind, onset.epoch, onset.step, onset.row


@pytest.mark.parametrize("rate", [1e3, 3.0], ids=["infinite", "large"])
def test_onsets_are_those_of_the_event_file_up_to_then(tmp_path, rate, capsys):
    told: list[Onset] = []
    known: set[str] = set()
    expected: list[tuple[int, list[Onset]]] = []

    def on_onset(onset):
        told.append(onset)
        records = len(read_series(tmp_path)["stability/windows"].steps)
        if not expected or expected[-1][0] != records:
            found = [item for item in from_file(tmp_path) if item.severity != "info"]
            new = [item for item in found if item.kind not in known]
            first = {item.kind: item for item in reversed(new)}
            known.update(first)
            expected.append((records, [item for item in new if first[item.kind] is item]))

    fit(compiled(), StabilityCallback(tmp_path, window_steps=4, on_onset=on_onset), rate)
    assert told
    assert [key(onset) for onset in told] == [key(item) for _, new in expected for item in new]
    assert [item.message for item in told] == [item.message for _, new in expected for item in new]
    assert len({onset.kind for onset in told}) == len(told)
    assert all(onset.epoch >= 4 for onset in told)
    lines = [f"tb_stability: {item.severity} {item.kind}: {item.message}" for item in told]
    assert [line for line in capsys.readouterr().out.splitlines() if line] == lines


def test_a_healthy_run_is_not_spoken_of(tmp_path, capsys):
    fit(compiled(), StabilityCallback(tmp_path, window_steps=4), rate=0.01)
    assert capsys.readouterr().out == ""


def test_a_loss_that_is_not_finite_is_told_when_its_window_has_ended(tmp_path):
    steps = []
    model = compiled()
    callback = StabilityCallback(
        tmp_path, window_steps=4, on_onset=lambda _: steps.append(int(model.optimizer.iterations))
    )
    fit(model, callback)
    series = read_series(tmp_path)["stability/loss"]
    window = np.flatnonzero(series.statistic("nonfinite")[:, 0])[0]
    assert series.steps[window] in steps
    assert series.steps[window] % 16 != 0  # not only at the epoch's end


def test_stop_on_ends_training_within_the_epoch(tmp_path):
    stopped = compiled()
    history = fit(stopped, StabilityCallback(tmp_path, window_steps=4, stop_on=("nonfinite_loss",)))
    assert len(history.history["loss"]) < 8
    steps = read_series(tmp_path)["stability/windows"].steps
    assert steps[-1] == int(stopped.optimizer.iterations)
    assert steps[-1] % 16 != 0
    assert read_records(tmp_path)[-1].status == "finished"
    assert any(onset.kind == "nonfinite_loss" for onset in from_file(tmp_path))


def test_other_kinds_do_not_end_training(tmp_path):
    callback = StabilityCallback(tmp_path, stop_on="overfitting")
    history = fit(compiled(), callback)
    assert len(history.history["loss"]) == 8


def test_weights_are_the_same_whether_a_run_is_judged_or_not(tmp_path):
    plain, observed = compiled(), compiled()
    fit(plain, keras.callbacks.Callback(), rate=3.0)
    callback = StabilityCallback(tmp_path, window_steps=4, on_onset=print, stop_on="dead_relu")
    fit(observed, callback, rate=3.0)
    for expected, found in zip(plain.weights, observed.weights, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())


def test_a_failing_on_onset_warns_once_and_training_goes_on(tmp_path):
    calls = []

    def fail(onset):
        calls.append(onset)
        raise ArithmeticError("no mail server")

    with pytest.warns(RuntimeWarning, match="does not call on_onset again.* no mail server") as got:
        history = fit(compiled(), StabilityCallback(tmp_path, window_steps=4, on_onset=fail))
    assert (len(history.history["loss"]), len(calls)) == (8, 1)
    assert len([item for item in got if "on_onset" in str(item.message)]) == 1


def test_a_failing_rule_warns_once_and_training_goes_on(tmp_path, monkeypatch):
    def fail(run, thresholds):
        raise ArithmeticError("a bad rule")

    monkeypatch.setattr("tb_stability.capture.live.find_onsets", fail)
    with pytest.warns(RuntimeWarning, match="cannot judge the run .* a bad rule") as got:
        history = fit(compiled(), StabilityCallback(tmp_path))
    assert len(history.history["loss"]) == 8
    assert len([item for item in got if "judge" in str(item.message)]) == 1


@pytest.mark.parametrize("given", [{"spikes": 5}, Thresholds(spikes=5)])
def test_thresholds_are_used_and_kept_in_the_run_record(tmp_path, given, monkeypatch):
    used = []

    def judge(run, thresholds):
        used.append(thresholds)
        return []

    monkeypatch.setattr("tb_stability.capture.live.find_onsets", judge)
    fit(compiled(), StabilityCallback(tmp_path, thresholds=given))
    assert set(used) == {Thresholds(spikes=5)}
    expected = dataclasses.asdict(Thresholds(spikes=5))
    assert [record.thresholds for record in read_records(tmp_path)] == 3 * [expected]


def test_a_second_fit_goes_on_with_the_same_run(tmp_path):
    told: list[Onset] = []
    model = compiled()
    callback = StabilityCallback(tmp_path, window_steps=4, on_onset=told.append)
    model.fit(X, Y, batch_size=4, epochs=4, verbose=0, callbacks=[callback])
    assert told == []
    model.optimizer.learning_rate = 1e3
    model.fit(X, Y, batch_size=4, initial_epoch=4, epochs=6, verbose=0, callbacks=[callback])
    assert told
    assert {key(onset) for onset in told} <= {key(onset) for onset in from_file(tmp_path)}
    assert all(onset.epoch >= 4 for onset in told)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"thresholds": {"spykes": 3}}, ValueError, "no threshold 'spykes'"),
        ({"thresholds": {"spikes": 0}}, ValueError, "spikes is 0"),
        ({"thresholds": 3}, TypeError, "a mapping of names to numbers.* not 3"),
        ({"on_onset": "mail"}, TypeError, "on_onset must be callable .* not 'mail'"),
        ({"stop_on": ["nan"]}, ValueError, "unknown kinds .* 'nan'. Known ones are: .*dead_relu"),
        ({"stop_on": 3}, TypeError, "stop_on must be kinds .* not 3"),
    ],
)
def test_bad_use_is_refused_at_once(given, error, message):
    with pytest.raises(error, match=message):
        StabilityCallback("logs", **given)


def test_that_a_run_learns_nothing_is_told_when_it_has_ended(tmp_path, capsys):
    # Seen in benchmarks/healthy: a run that breaks through after eight epochs was called stuck.
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, trainable=False)])
    model.add(keras.layers.Dense(3))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss)
    x, y = np.zeros((64, 4), np.float32), np.arange(64) % 3
    printed: list[str] = []

    class Listen(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            printed.append(capsys.readouterr().out)

    callbacks = [StabilityCallback(tmp_path / "run"), Listen()]
    model.fit(x, y, epochs=5, verbose=0, callbacks=callbacks)
    assert "not_learning" not in "".join(printed)
    assert "tb_stability: warning not_learning" in capsys.readouterr().out
