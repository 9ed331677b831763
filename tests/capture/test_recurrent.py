"""States and gates of recurrent layers, against the recurrence written out in numpy."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tb_stability.capture.recurrent_state import bin_names, time_bins
from tests.capture.recorded import read_series

RNG = np.random.default_rng(9)
STEPS = 6
X = RNG.normal(size=(8, STEPS, 3)).astype(np.float32) * 2
Y = RNG.normal(size=(8, 1)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(cell, x, mask=None, h=None, c=None):
    """Returns h, c ``[samples, time, units]`` and the gates of an LSTM cell."""
    kernel, recurrent, bias = (w.astype(float) for w in cell.get_weights())
    units = recurrent.shape[0]
    h = np.zeros((len(x), units)) if h is None else h
    c = np.zeros((len(x), units)) if c is None else c
    hs, cs = [], []
    opened: dict[str, Any] = {"input": [], "forget": [], "output": []}
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        new_c = f * c + i * np.tanh(g)
        new_h = o * np.tanh(new_c)
        valid = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        c, h = np.where(valid, new_c, c), np.where(valid, new_h, h)
        hs.append(h)
        cs.append(c)
        for name, gate in (("input", i), ("forget", f), ("output", o)):
            opened[name].append(gate)
    return np.stack(hs, 1), np.stack(cs, 1), {k: np.stack(v, 1) for k, v in opened.items()}


def gru(cell, x):
    kernel, recurrent, bias = (w.astype(float) for w in cell.get_weights())
    h, hs = np.zeros((len(x), recurrent.shape[0])), []
    opened: dict[str, Any] = {"update": [], "reset": []}
    for t in range(x.shape[1]):
        xz, xr, xh = np.split(x[:, t] @ kernel + bias[0], 3, axis=1)
        hz, hr, hh = np.split(h @ recurrent + bias[1], 3, axis=1)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        h = z * h + (1 - z) * np.tanh(xh + r * hh)
        hs.append(h)
        opened["update"].append(z)
        opened["reset"].append(r)
    return np.stack(hs, 1), {k: np.stack(v, 1) for k, v in opened.items()}


def train(model, log_dir, x=X, *, policy="float32", **options):
    model.compile(keras.optimizers.SGD(0.0), "mse", **options)
    callback = StabilityCallback(log_dir, sample_every=1)
    model.fit(x, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir)


def statistics(values):
    return [np.abs(values).mean(), values.min(), values.max(), 0, values.size]


def check_states(series, quantity, name, states):
    """Compares with states ``[samples, time, units]``, of which the first four are measured."""
    states = states[:4]
    layers = series[f"stability/{quantity}"]
    found = layers.values[0][layers.rows.index(name)]
    np.testing.assert_allclose(found, statistics(states), rtol=1e-5)
    over_time = series[f"stability/{quantity}/{name}"]
    assert over_time.rows == tuple(str(t) for t in range(states.shape[1]))
    expected = [statistics(states[:, t]) for t in range(states.shape[1])]
    np.testing.assert_allclose(over_time.values[0], expected, rtol=1e-5, atol=1e-7)


def check_gates(series, name, opened):
    found = series["stability/gate_saturation"]
    for gate, values in opened.items():
        values = values[:4]
        expected = np.mean((values < 0.01) | (values > 0.99))
        assert found.of_row(f"{name}/{gate}", "value")[0] == pytest.approx(expected, abs=1e-6)
        assert found.of_row(f"{name}/{gate}", "count")[0] == values.size


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_lstm(tmp_path, options):
    model = keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            keras.layers.LSTM(4, name="lstm", kernel_initializer="random_normal"),
            keras.layers.Dense(1),
        ]
    )
    layer = model.get_layer("lstm")
    layer.set_weights([4 * weight for weight in layer.get_weights()])
    series = train(model, tmp_path, **options)
    _, cells, opened = lstm(layer.cell, X)
    check_states(series, "cell_state", "lstm", cells)
    check_gates(series, "lstm", opened)
    assert "stability/hidden_state" not in series


def test_lstm_below_another_bidirectional_and_stacked(tmp_path):
    inputs = keras.Input((STEPS, 3))
    both = keras.layers.Bidirectional(
        keras.layers.LSTM(4, return_sequences=True, name="each"), name="both"
    )
    stack = keras.layers.RNN(
        [keras.layers.LSTMCell(3, name="low"), keras.layers.LSTMCell(2, name="high")], name="stack"
    )
    first = both(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(stack(first)))
    series = train(model, tmp_path)
    _, forward, _ = lstm(both.forward_layer.cell, X)
    _, backward, opened = lstm(both.backward_layer.cell, X[:, ::-1])
    check_states(series, "cell_state", "both/forward_each", forward)
    check_states(series, "cell_state", "both/backward_each", backward[:, ::-1])
    check_gates(series, "both/backward_each", opened)
    between = keras.Model(inputs, first).predict(X, verbose=0)
    low, high = stack.cell.cells
    hidden, cells, _ = lstm(low, between)
    check_states(series, "cell_state", "stack/low", cells)
    check_states(series, "cell_state", "stack/high", lstm(high, hidden)[1])
    check_gates(series, "stack/high", lstm(high, hidden)[2])


def test_gru_and_simple_rnn(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            keras.layers.GRU(4, return_sequences=True, name="gru", bias_initializer="normal"),
            keras.layers.SimpleRNN(3, name="simple"),
            keras.layers.Dense(1),
        ]
    )
    series = train(model, tmp_path)
    hidden, opened = gru(model.get_layer("gru").cell, X)
    check_states(series, "hidden_state", "gru", hidden)
    check_gates(series, "gru", opened)
    kernel, recurrent, bias = model.get_layer("simple").get_weights()
    h, hs = np.zeros((8, 3)), []
    for t in range(STEPS):
        h = np.tanh(hidden[:, t] @ kernel + h @ recurrent + bias)
        hs.append(h)
    check_states(series, "hidden_state", "simple", np.stack(hs, 1))
    assert "stability/cell_state" not in series


def test_masked_steps_carry_the_state_on(tmp_path):
    words = np.array([[1, 2, 0, 0], [3, 1, 2, 0], [1, 1, 1, 1], [2, 0, 0, 0]] * 2)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Embedding(4, 3, mask_zero=True, name="words"),
            keras.layers.LSTM(4, name="lstm"),
            keras.layers.Dense(1),
        ]
    )
    series = train(model, tmp_path, words)
    table = model.get_layer("words").get_weights()[0]
    _, cells, _ = lstm(model.get_layer("lstm").cell, table[words], words != 0)
    check_states(series, "cell_state", "lstm", cells)


def test_an_initial_state_is_begun_with(tmp_path):
    inputs = keras.Input((STEPS, 3))
    state = [keras.layers.Dense(4, name=name)(inputs[:, 0]) for name in ("h", "c")]
    layer = keras.layers.LSTM(4, name="lstm")
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs, initial_state=state)))
    series = train(model, tmp_path)
    h, c = keras.Model(inputs, state).predict(X, verbose=0)
    check_states(series, "cell_state", "lstm", lstm(layer.cell, X, h=h, c=c)[1])


def test_long_sequences_are_shown_in_bins(tmp_path):
    x = RNG.normal(size=(8, 100, 3)).astype(np.float32)
    model = keras.Sequential(
        [keras.Input((None, 3)), keras.layers.LSTM(4, name="lstm"), keras.layers.Dense(1)]
    )
    series = train(model, tmp_path, x)["stability/cell_state/lstm"]
    edges = time_bins(100)
    assert series.rows == bin_names(edges)
    assert len(series.rows) == 64
    cells = lstm(model.get_layer("lstm").cell, x)[1][:4]
    expected = [statistics(cells[:, a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(series.values[0], expected, rtol=1e-5, atol=1e-7)


def test_sequences_of_several_lengths_keep_their_rows(tmp_path):
    model = keras.Sequential(
        [keras.Input((None, 3)), keras.layers.LSTM(4, name="lstm"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.SGD(0.0), "mse")

    def batches():
        for steps in (4, 6, 2):
            yield X[:, :steps] if steps <= STEPS else X, Y

    callback = StabilityCallback(tmp_path, window_steps=1)
    model.fit(batches(), verbose=0, callbacks=[callback])
    series = read_series(tmp_path)["stability/cell_state/lstm"]
    assert series.rows == ("0", "1", "2", "3")
    # Keras trains on this generator's last batch twice.
    assert series.statistic("count").tolist()[:3] == [[16] * 4, [16, 16, 16, 48], [16, 16, 0, 0]]


def test_a_state_that_explodes_is_nonfinite_from_the_step_on(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            keras.layers.SimpleRNN(1, activation="linear", name="rnn"),
            keras.layers.Dense(1),
        ]
    )
    kernel, _, bias = model.get_layer("rnn").get_weights()
    model.get_layer("rnn").set_weights([np.ones_like(kernel), 1e10 * np.eye(1), bias])
    model.get_layer("rnn").trainable = False  # its gradient would make NaN of the weights
    series = train(model, tmp_path, np.ones_like(X))["stability/hidden_state/rnn"]
    assert series.statistic("nonfinite")[0].tolist() == [0, 0, 0, 0, 4, 4]
    assert np.isinf(series.statistic("max")[0, -1])
