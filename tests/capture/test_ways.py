"""Ways of training that `fit` allows, each with exact gradient norms."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tests.capture import by_hand
from tests.capture.recorded import read_series

RNG = np.random.default_rng(10)
X = RNG.normal(size=(16, 4)).astype(np.float32)
Y = RNG.normal(size=(16, 1)).astype(np.float32)
BATCH = 4
ROWS = ["body", "head"]
MSE = keras.losses.MeanSquaredError()


def build(optimizer=None, **options):
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="tanh", name="body"),
            keras.layers.Dense(1, name="head"),
        ]
    )
    model.compile(optimizer or keras.optimizers.SGD(0.1), "mse", **options)
    return model


def by_layer(model):
    return {layer.name: layer.trainable_variables for layer in model.layers}


def norms_by_hand(model, x=X, y=Y, loss=MSE):
    return by_hand.train(model, x, y, by_layer(model), batch_size=BATCH, loss=loss)


def observe(log_dir, **options):
    return [StabilityCallback(log_dir, window_steps=1, **options)]


def check(log_dir, losses, norms, rows=ROWS):
    series = read_series(log_dir)
    gradient = series["stability/gradient_norm"]
    assert list(gradient.rows) == rows
    np.testing.assert_allclose(gradient.statistic("last"), norms, rtol=1e-5)
    np.testing.assert_allclose(series["stability/loss"].statistic("last")[:, 0], losses, rtol=1e-5)


def batches():
    for start in range(0, len(X), BATCH):
        yield X[start : start + BATCH], Y[start : start + BATCH]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return len(X) // BATCH

    def __getitem__(self, index):
        part = slice(BATCH * index, BATCH * (index + 1))
        return X[part], Y[part]


DATA = {
    "tf.data": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH),
    "PyDataset": Batches,
}


@pytest.mark.parametrize("kind", DATA)
def test_kinds_of_data(tmp_path, kind):
    build().fit(DATA[kind](), shuffle=False, verbose=0, callbacks=observe(tmp_path))
    check(tmp_path, *norms_by_hand(build()))


def test_generators(tmp_path):
    model = build()
    model.fit(batches(), steps_per_epoch=4, verbose=0, callbacks=observe(tmp_path))
    check(tmp_path, *norms_by_hand(build()))


@pytest.mark.parametrize("steps", [2, 4])
def test_gradient_accumulation_measures_every_step(tmp_path, steps):
    optimizer = {"gradient_accumulation_steps": steps}
    model = build(keras.optimizers.SGD(0.1, **optimizer))
    model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=observe(tmp_path))
    check(tmp_path, *norms_by_hand(build(keras.optimizers.SGD(0.1, **optimizer))))


def test_sample_weights_are_in_the_loss_that_is_measured(tmp_path):
    weights = RNG.random(16).astype(np.float32)
    model = build()
    model.fit(
        X, Y, sample_weight=weights, batch_size=BATCH, shuffle=False, verbose=0,
        callbacks=observe(tmp_path),
    )  # fmt: skip

    def weighted(y, prediction):
        return MSE(y[:, :1], prediction, sample_weight=y[:, 1])

    both = np.concatenate([Y, weights[:, None]], axis=1)
    check(tmp_path, *norms_by_hand(build(), y=both, loss=weighted))


def test_mixed_bfloat16(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        # In a graph, bfloat16 is rounded at other places than in the computation by hand.
        model, reference = build(run_eagerly=True), build()
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=observe(tmp_path))
        check(tmp_path, *norms_by_hand(reference))
    finally:
        keras.config.set_dtype_policy("float32")


def test_several_inputs_and_outputs(tmp_path):
    def two():
        keras.utils.set_random_seed(4)
        left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
        joined = keras.layers.Concatenate()(
            [keras.layers.Dense(2, name="l")(left), keras.layers.Dense(2, name="r")(right)]
        )
        outputs = [keras.layers.Dense(1, name=name)(joined) for name in ("a", "b")]
        model = keras.Model([left, right], outputs)
        model.compile(keras.optimizers.SGD(0.1), ["mse", "mae"], loss_weights=[1.0, 0.5])
        return model

    inputs = [X, -X]
    two_outputs = {"x": inputs, "y": [Y, Y]}
    two().fit(
        **two_outputs, batch_size=BATCH, shuffle=False, verbose=0, callbacks=observe(tmp_path)
    )
    reference = two()
    layers = {name: reference.get_layer(name).trainable_variables for name in "lrba"}

    def loss(y, predictions):
        absolute = keras.losses.MeanAbsoluteError()(y, predictions[1])
        return MSE(y, predictions[0]) + 0.5 * absolute

    found = by_hand.train(reference, inputs, Y, layers, batch_size=BATCH, loss=loss)
    check(tmp_path, *found, rows=list("lrba"))


class Adversaries(keras.Model):
    """Two models and two optimizers, one of which takes several steps in one."""

    def __init__(self, critic_steps=1, in_graph_loop=False):
        super().__init__(name="adversaries")
        self.generator = keras.Sequential([keras.layers.Dense(4, name="g")], name="generator")
        self.critic = keras.Sequential([keras.layers.Dense(1, name="c")], name="critic")
        self.generator.build((None, 4))
        self.critic.build((None, 4))
        self.generator_optimizer = keras.optimizers.SGD(0.1, name="for_generator")
        self.critic_optimizer = keras.optimizers.SGD(0.2, name="for_critic")
        self.critic_steps = critic_steps
        self.in_graph_loop = in_graph_loop

    def train_critic(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.critic(self.generator(x)) ** 2 - self.critic(x))
        variables = self.critic.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.critic_optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return gradients

    def train_generator(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.critic(self.generator(x)))
        variables = self.generator.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.generator_optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return gradients, loss

    def train_step(self, x):
        if self.in_graph_loop:
            tf.while_loop(
                lambda n: n < self.critic_steps,
                lambda n: (self.train_critic(x), n + 1)[1:],
                [tf.constant(0)],
            )
        else:
            for _ in range(self.critic_steps):
                self.train_critic(x)
        return {"g_loss": self.train_generator(x)[1]}


def adversaries(**options):
    keras.utils.set_random_seed(4)
    model = Adversaries(**options)
    model.compile()
    model.critic_optimizer.build(model.critic.trainable_variables)
    model.generator_optimizer.build(model.generator.trainable_variables)
    return model


@pytest.mark.parametrize(("critic_steps", "in_graph_loop"), [(1, False), (3, False), (3, True)])
def test_several_optimizers(tmp_path, critic_steps, in_graph_loop):
    options = {"critic_steps": critic_steps}
    model = adversaries(**options, in_graph_loop=in_graph_loop)
    model.fit(X, batch_size=BATCH, shuffle=False, verbose=0, callbacks=observe(tmp_path))
    reference, expected = adversaries(**options), []
    for start in range(0, 16, BATCH):
        x = tf.constant(X[start : start + BATCH])
        for _ in range(critic_steps):
            gradients = reference.train_critic(x)  # of several in one step, the last counts
        expected.append(
            {"critic/c": by_hand.norm(gradients)}
            | {"generator/g": by_hand.norm(reference.train_generator(x)[0])}
        )
    series = read_series(tmp_path)
    gradient = series["stability/gradient_norm"]
    assert set(gradient.rows) == {"critic/c", "generator/g"}
    for row in gradient.rows:
        values = [step[row] for step in expected]
        np.testing.assert_allclose(gradient.of_row(row), values, rtol=1e-5)
    rates = series["stability/learning_rate"]
    assert set(rates.rows) == {"for_generator", "for_critic"}
    np.testing.assert_allclose(rates.of_row("for_critic", "value"), 0.2)
    assert series["stability/windows"].steps == [1, 2, 3, 4]
    assert "stability/loss" not in series


def test_a_train_step_of_ones_own_with_one_optimizer(tmp_path):
    class Own(keras.Sequential):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"loss": loss}

    keras.utils.set_random_seed(4)
    model = Own(build().layers)
    model.build((None, 4))
    keras.utils.set_random_seed(4)
    model.set_weights(build().get_weights())
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=observe(tmp_path))
    check(tmp_path, *norms_by_hand(build()))


def test_a_layer_that_is_unfrozen_between_two_fits(tmp_path):
    model, reference = build(), build()
    for one in (model, reference):
        one.get_layer("body").trainable = False
        one.compile(keras.optimizers.SGD(0.1), "mse")
    callback = StabilityCallback(tmp_path, window_steps=1)
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0, "callbacks": [callback]}
    model.fit(X, Y, **options)
    _, frozen = by_hand.train(
        reference,
        X,
        Y,
        {"head": reference.layers[1].trainable_variables},
        batch_size=BATCH,
        loss=MSE,
    )
    for one in (model, reference):
        one.get_layer("body").trainable = True
        one.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(X, Y, **options)
    _, free = norms_by_hand(reference)
    gradient = read_series(tmp_path)["stability/gradient_norm"]
    assert (gradient.rows, gradient.steps) == (("body", "head"), list(range(1, 9)))
    np.testing.assert_allclose(gradient.of_row("head")[:4], frozen[:, 0], rtol=1e-5)
    np.testing.assert_allclose(gradient.statistic("last")[4:], free, rtol=1e-5)
    assert gradient.of_row("body", "count").tolist() == [0] * 4 + [1] * 4
