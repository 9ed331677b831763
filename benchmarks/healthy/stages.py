"""Trainings whose aim, data or model change on the way, by design."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import (
    Callbacks,
    begin,
    clusters,
    cross_entropy,
    fit,
    fit_classifier,
    mlp,
)

L = keras.layers


@healthy(at_least={"accuracy": 0.85})
def curriculum(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence: each epoch the samples are a little noisier, so the loss rises slowly."""
    rng = begin(seed)
    epochs, steps, batch = 12, 25, 32
    x, y = clusters(rng, samples=epochs * steps * batch, classes=4, noise=0.0)
    hardness = np.repeat(np.linspace(0.5, 2.2, epochs), steps * batch)
    x += hardness[:, None] * rng.normal(size=x.shape)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch)
    return fit_classifier(
        mlp(4),
        data,
        None,
        callbacks,
        epochs=epochs,
        steps_per_epoch=steps,
        batch_size=None,
        shuffle=False,
        validation_split=0.0,
    )


class _Ramp(keras.callbacks.Callback):
    def __init__(self, weight: Any, epochs: int) -> None:
        super().__init__()
        self.weight, self.epochs = weight, epochs

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.weight.assign(min(epoch / self.epochs, 1.0))


class _Code(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.mean, self.log_variance = L.Dense(4), L.Dense(4)
        self.weight = tf.Variable(0.0, trainable=False)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs: Any) -> Any:
        mean, log_variance = self.mean(inputs), self.log_variance(inputs)
        divergence = ops.exp(log_variance) + ops.square(mean) - 1 - log_variance
        self.add_loss(self.weight * 0.1 * ops.mean(ops.sum(divergence, axis=-1)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


@healthy(at_most={"loss": 1.5}, held_out=True)
def ramped_divergence(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence: the weight of a VAE's second loss rises from nil over ten epochs."""
    rng = begin(seed)
    x = (rng.normal(size=(1200, 4)) @ rng.normal(size=(4, 12)) / 2).astype(np.float32)
    code = _Code()
    model = keras.Sequential(
        [L.Dense(32, activation="relu"), code, L.Dense(32, activation="relu"), L.Dense(12)]
    )
    ramp = _Ramp(code.weight, 10)
    optimizer = keras.optimizers.Adam(5e-3)
    return fit(model, x, x, [ramp, *callbacks], optimizer, epochs=20)


class _Unfreeze(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 6:
            self.model.optimizer.learning_rate = 1e-3


@healthy(at_least={"val_accuracy": 0.85})
def fast_after_slow(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts exploding gradient and steps too large: the rate rises a hundredfold in epoch 6."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.Adam(1e-5)
    return fit_classifier(mlp(3), x, y, [_Unfreeze(), *callbacks], optimizer, epochs=16)


@healthy(at_least={"accuracy": 0.9}, held_out=True)
def one_task_after_another(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes: in epoch 6 the second half of the classes comes, and the loss with it."""
    rng = begin(seed)
    epochs, steps, batch = 14, 25, 32
    x, y = clusters(rng, samples=2 * epochs * steps * batch, classes=6, noise=0.8)
    half = 6 * steps * batch
    early = np.flatnonzero(y < 3)[:half]
    late = np.arange(len(y) - (epochs - 6) * steps * batch, len(y))
    order = np.concatenate([early, late])
    data = tf.data.Dataset.from_tensor_slices((x[order], y[order])).batch(batch)
    return fit_classifier(
        mlp(6),
        data,
        None,
        callbacks,
        keras.optimizers.Adam(5e-3),
        epochs=epochs,
        steps_per_epoch=steps,
        batch_size=None,
        shuffle=False,
        validation_split=0.0,
    )


@healthy(at_least={"val_accuracy": 0.85})
def averaged_weights(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules on validation: it is of averaged weights, which are swapped in at each end."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.98)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=False)
    return fit_classifier(mlp(3), x, y, [swap, *callbacks], optimizer, epochs=12)


@healthy(at_least={"accuracy": 0.85})
def stopped_early(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts overfitting and divergence: little data, many units, stopped after the best epoch."""
    x, y = clusters(begin(seed), samples=200, classes=4, noise=3.0)
    stop = keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)
    return fit_classifier(mlp(4, units=128), x, y, [stop, *callbacks], epochs=60)


class Policy(keras.Model):
    """Learns by the policy gradient which arm pays; its loss is no measure of success."""

    def __init__(self, arms: int) -> None:
        super().__init__()
        self.body = mlp(arms)
        self.mean_loss = keras.metrics.Mean(name="loss")
        self.mean_reward = keras.metrics.Mean(name="mean_reward")
        self.seed_generator = keras.random.SeedGenerator()

    @property
    def metrics(self) -> list[Any]:
        return [self.mean_loss, self.mean_reward]

    def call(self, inputs: Any) -> Any:
        return self.body(inputs)

    def train_step(self, data: Any) -> dict[str, Any]:
        states, best = data
        with tf.GradientTape() as tape:
            logits = self(states, training=True)
            action = keras.random.categorical(logits, 1, seed=self.seed_generator)[:, 0]
            reward = ops.cast(action == ops.cast(best, action.dtype), "float32")
            taken = keras.losses.sparse_categorical_crossentropy(action, logits, from_logits=True)
            loss = ops.mean(taken * (reward - 0.5))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.mean_loss.update_state(loss)
        self.mean_reward.update_state(ops.mean(reward))
        return {metric.name: metric.result() for metric in self.metrics}


@healthy(at_least={"mean_reward": 0.6}, held_out=True)
def policy_gradient(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence, plunge and not learning: the loss of a policy rises, through zero."""
    x, y = clusters(begin(seed), samples=1600, classes=4)
    model = Policy(4)
    model.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    return model.fit(x, y, epochs=20, batch_size=32, callbacks=list(callbacks), verbose=0)


@healthy(at_most={"loss": 0.4})
def plateau_of_a_language(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: words repeat after a pause; until that is found the loss is at log 8."""
    rng = begin(seed)
    half = rng.integers(0, 8, size=(1200, 6))
    x = np.concatenate([half, half], axis=1)
    inputs = keras.Input((11,), dtype="int32")
    hidden = L.Embedding(8, 24)(inputs) + L.Embedding(11, 24)(ops.arange(11)[None])
    for _ in range(2):
        normal = L.LayerNormalization()(hidden)
        hidden = hidden + L.MultiHeadAttention(2, 12)(normal, normal, use_causal_mask=True)
        hidden = hidden + L.Dense(24)(L.Dense(48, activation="gelu")(hidden))
    model = keras.Model(inputs, L.Dense(8)(hidden)[:, 5:])
    return fit(
        model,
        x[:, :-1],
        x[:, 6:],
        callbacks,
        keras.optimizers.Adam(3e-3),
        cross_entropy(),
        ["accuracy"],
        epochs=15,
    )


@healthy(at_least={"accuracy": 0.99})
def learnt_by_heart(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence: random labels are learnt by heart; the validation loss rises tenfold."""
    rng = begin(seed)
    x = rng.normal(size=(160, 20)).astype(np.float32)
    y = rng.integers(0, 4, 160)
    optimizer = keras.optimizers.Adam(3e-3)
    return fit_classifier(mlp(4, units=128), x, y, callbacks, optimizer, epochs=80)


@healthy(at_least={"accuracy": 0.99}, held_out=True)
def understood_late(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts validation spikes: sums are learnt by heart first, and understood later, if at all."""
    rng = begin(seed)
    pairs = np.stack(np.meshgrid(np.arange(13), np.arange(13)), axis=-1).reshape(-1, 2)
    rng.shuffle(pairs)
    x = np.concatenate([np.eye(13)[pairs[:, 0]], np.eye(13)[pairs[:, 1]]], axis=1)
    y = pairs.sum(axis=1) % 13
    model = keras.Sequential([L.Dense(128, activation=ops.square), L.Dense(13)])
    optimizer = keras.optimizers.AdamW(1e-2, weight_decay=1.0)
    return fit_classifier(
        model, x.astype(np.float32), y, callbacks, optimizer, epochs=250, batch_size=136
    )


RUNS = (
    curriculum,
    ramped_divergence,
    fast_after_slow,
    one_task_after_another,
    averaged_weights,
    stopped_early,
    policy_gradient,
    plateau_of_a_language,
    learnt_by_heart,
    understood_late,
)
