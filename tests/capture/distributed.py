"""Trains under a `tf.distribute` strategy, in a process that must be set up before it starts.

Usage: python -m tests.capture.distributed STRATEGY DIRECTORY. STRATEGY is ``mirrored``, on two
logical CPU devices, or ``workers``, for one of the processes that TF_CONFIG names.
"""

from __future__ import annotations

import pathlib
import sys
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

BATCH, EPOCHS = 8, 2
ROWS = ("words", "body", "head")
RNG = np.random.default_rng(0)
WORDS = RNG.integers(0, 6, size=(35, 4))  # the last batch has three samples, two and one a replica
Y = RNG.normal(size=(35, 2)).astype(np.float32)


def two_devices() -> tf.distribute.Strategy:
    cpus = tf.config.list_physical_devices("CPU")
    two = 2 * [tf.config.LogicalDeviceConfiguration()]
    tf.config.set_logical_device_configuration(cpus[0], two)
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


# Devices and servers are set up before anything runs, and Keras runs things when it is imported.
STRATEGY = tf.distribute.get_strategy()
if __name__ == "__main__":
    STRATEGY = (
        two_devices() if sys.argv[1] == "mirrored" else tf.distribute.MultiWorkerMirroredStrategy()
    )

import keras  # noqa: E402
from keras.src.backend.tensorflow import trainer  # noqa: E402

from tb_stability import StabilityCallback, StabilityMonitor  # noqa: E402
from tb_stability.capture.gradient_norm import GradientNorm  # noqa: E402
from tb_stability.writer import EventWriter  # noqa: E402


def mend_keras() -> None:
    """Lets Keras 3.15 `fit` under MultiWorkerMirroredStrategy, which it cannot by itself.

    It takes the mean of a pair of tensors as if it were one, to build the model, and the mean over
    an axis of logs that have none (https://github.com/keras-team/keras/issues/20585).
    """

    def reduce_per_replica(values, strategy, reduction):
        return tf.nest.map_structure(lambda v: strategy.reduce("MEAN", v, axis=None), values)

    trainer.reduce_per_replica = reduce_per_replica
    trainer.TensorFlowTrainer._maybe_symbolic_build = lambda self, **_: None


def build() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int64"),
            keras.layers.Embedding(6, 3, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="tanh", kernel_regularizer="l2", name="body"),
            keras.layers.Dense(2, name="head"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", jit_compile=False)
    return model


def batches() -> tf.data.Dataset:
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return tf.data.Dataset.from_tensor_slices((WORDS, Y)).batch(BATCH).with_options(options)


def fit(directory: pathlib.Path, *callbacks: keras.callbacks.Callback) -> None:
    """Trains, and keeps weights and history beside the directory."""
    with STRATEGY.scope():
        model = build()
    history = model.fit(
        batches(),
        epochs=EPOCHS,
        verbose=0,
        callbacks=list(callbacks),
        validation_data=batches(),
    )
    keep(directory, model, history.history["loss"], history.history["val_loss"])


def keep(directory: pathlib.Path, model: keras.Model, *logs: list[float]) -> None:
    worker = STRATEGY.cluster_resolver.task_id if sys.argv[1] == "workers" else 0
    np.savez(f"{directory}-{worker}.npz", *logs, *model.get_weights())


def observe(directory: pathlib.Path, **options: Any) -> StabilityCallback:
    return StabilityCallback(directory, window_steps=1, **options)


def loop_by_hand(directory: pathlib.Path, observed: bool) -> None:
    """Trains with a GradientTape, and with Keras' division of the loss among replicas."""
    with STRATEGY.scope():
        model = build()
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
    monitor = StabilityMonitor(directory, model, optimizer, window_steps=1) if observed else None
    data = STRATEGY.experimental_distribute_dataset(batches())

    def replica_step(batch):
        x, y = batch
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
            loss += tf.add_n(model.losses)
            loss /= STRATEGY.num_replicas_in_sync
        gradients = tape.gradient(loss, model.trainable_variables)
        if monitor is not None:
            monitor.record(loss=loss, gradients=gradients)
        optimizer.apply(gradients, model.trainable_variables)

    @tf.function
    def step(batch):
        STRATEGY.run(replica_step, args=(batch,))

    for _ in range(EPOCHS):
        for batch in data:
            if monitor is None:
                step(batch)
            else:
                with monitor.step():
                    step(batch)
        if monitor is not None:
            monitor.end_epoch()
    if monitor is not None:
        monitor.close()
    keep(directory, model)


class FullDisk(keras.callbacks.Callback):
    """From its second step on, the chief can write no more."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            EventWriter._append = full  # type: ignore[method-assign]

    def on_train_end(self, logs=None):
        EventWriter._append = APPEND  # type: ignore[method-assign]


APPEND = EventWriter._append


def full(writer, event):
    raise OSError("cannot write 'file' (No space left on device)")


class CompiledAnew(keras.callbacks.Callback):
    """The second epoch's step is traced once more."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            with STRATEGY.scope():
                self.model.compile(self.model.optimizer, "mse", jit_compile=False)
            self.model.make_train_function()


def failing_on_one_worker(directory: pathlib.Path) -> None:
    """There a probe cannot be read; its sums go on on all, also where it is traced anew."""
    collect = GradientNorm.collect

    def broken(probe, steps):
        raise ArithmeticError("on this worker only")

    if STRATEGY.cluster_resolver.task_id == 1:
        GradientNorm.collect = broken  # type: ignore[method-assign]
    fit(directory, CompiledAnew(), observe(directory, quantities=()))
    GradientNorm.collect = collect  # type: ignore[method-assign]


def main(kind: str, root: pathlib.Path) -> None:
    if kind == "workers":
        mend_keras()
    fit(root / "plain")
    fit(root / "observed", observe(root / "observed"))
    if kind == "mirrored":
        keras.config.set_dtype_policy("mixed_float16")
        fit(root / "mixed", observe(root / "mixed"))
        return
    loop_by_hand(root / "loop", observed=False)
    loop_by_hand(root / "monitored", observed=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(root / "full", FullDisk(), observe(root / "full", quantities=()))
        failing_on_one_worker(root / "failing")
    print(*(w.message for w in caught if "StabilityCallback" in str(w.message)), sep="\n")
    try:
        fit(root / "stopping", StabilityCallback(root / "stopping", stop_on="nonfinite_loss"))
    except ValueError as error:
        print(error)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
