"""Train steps of several optimizers, and layers that are unfrozen between two calls of `fit`."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tests.capture import by_hand
from tests.capture.line import check_same
from tests.capture.recorded import read_series

RNG = np.random.default_rng(10)
X = RNG.normal(size=(16, 4)).astype(np.float32)
Y = RNG.normal(size=(16, 1)).astype(np.float32)
BATCH = 4


def observe(log_dir):
    return [StabilityCallback(log_dir, window_steps=1)]


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
    models = [adversaries(**options, in_graph_loop=in_graph_loop) for _ in range(2)]
    for model, callbacks in zip(models, (observe(tmp_path), []), strict=True):
        model.fit(X, batch_size=BATCH, shuffle=False, verbose=0, callbacks=callbacks)
    for found, expected in zip(models[0].variables, models[1].variables, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy(), expected.path)
    reference, steps = adversaries(**options), []
    for start in range(0, 16, BATCH):
        x = tf.constant(X[start : start + BATCH])
        for _ in range(critic_steps):
            gradients = reference.train_critic(x)  # of several in one step, the last counts
        steps.append(
            {"critic/c": by_hand.norm(gradients)}
            | {"generator/g": by_hand.norm(reference.train_generator(x)[0])}
        )
    series = read_series(tmp_path)
    gradient = series["stability/gradient_norm"]
    assert set(gradient.rows) == {"critic/c", "generator/g"}
    for row in gradient.rows:
        values = [step[row] for step in steps]
        np.testing.assert_allclose(gradient.of_row(row), values, rtol=1e-5)
    rates = series["stability/learning_rate"]
    assert set(rates.rows) == {"for_generator", "for_critic"}
    np.testing.assert_allclose(rates.of_row("for_critic", "value"), 0.2)
    assert series["stability/windows"].steps == [1, 2, 3, 4]
    assert "stability/loss" not in series


def build():
    keras.utils.set_random_seed(4)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="tanh", name="body"),
            keras.layers.Dense(1, name="head"),
        ]
    )


def test_a_layer_that_is_unfrozen_between_two_fits(tmp_path):
    model, plain, reference = build(), build(), build()
    callback = StabilityCallback(tmp_path, window_steps=1)
    batches = by_hand.in_order(X, Y, size=BATCH)
    norms = []
    for rows, trainable in ((["head"], False), (["body", "head"], True)):
        for one in (model, plain, reference):
            one.get_layer("body").trainable = trainable
            one.compile(keras.optimizers.SGD(0.1), "mse")
        options = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
        model.fit(X, Y, callbacks=[callback], **options)
        plain.fit(X, Y, **options)
        layers = {row: reference.get_layer(row).trainable_variables for row in rows}
        norms.append(by_hand.train(reference, batches, layers)[1])
    gradient = read_series(tmp_path)["stability/gradient_norm"]
    assert (gradient.rows, gradient.steps) == (("body", "head"), list(range(1, 9)))
    np.testing.assert_allclose(gradient.of_row("head")[:4], norms[0][:, 0], rtol=1e-5)
    np.testing.assert_allclose(gradient.statistic("last")[4:], norms[1], rtol=1e-5)
    assert gradient.of_row("body", "count").tolist() == [0] * 4 + [1] * 4
    check_same(model, plain)
