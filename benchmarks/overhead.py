"""What the callback costs: each reference model trained plain and observed, in one process.

The ways take turns epoch by epoch, so that a busy machine slows all of them alike, and each is
compared with the plain epoch of its own round. Prints the median ratio per model and the geometric
mean, the same of its peers, the time that tracing takes longer, and the bytes written per epoch.

Run it with `python benchmarks/overhead.py`, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from tb_stability import StabilityCallback

L = keras.layers
CLASSES = 10
BATCH = 32


def tiny() -> Any:
    return keras.Sequential(
        [keras.Input((16,)), L.Dense(32, activation="relu"), L.Dense(CLASSES)], name="tiny_mlp"
    )


def mlp() -> Any:
    hidden = [L.Dense(512, activation="relu"), L.Dropout(0.2), L.Dense(512, activation="relu")]
    return keras.Sequential([keras.Input((784,)), *hidden, L.Dense(CLASSES)], name="mlp")


def cnn() -> Any:
    layers = [keras.Input((32, 32, 3))]
    for filters in (32, 64, 128):
        layers += [L.Conv2D(filters, 3, padding="same", use_bias=False), L.BatchNormalization()]
        layers += [L.ReLU(), L.MaxPooling2D()]
    return keras.Sequential([*layers, L.GlobalAveragePooling2D(), L.Dense(CLASSES)], name="cnn")


def lstm() -> Any:
    words = [keras.Input((50,), dtype="int64"), L.Embedding(5000, 64)]
    recurrent = [L.LSTM(64, return_sequences=True), L.LSTM(64)]
    return keras.Sequential([*words, *recurrent, L.Dense(CLASSES)], name="lstm")


def transformer() -> Any:
    words = keras.Input((50,), dtype="int64")
    x = L.Embedding(5000, 64)(words)
    for _ in range(2):
        x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(4, 16)(x, x)]))
        inner = L.Dense(64)(L.Dense(128, activation="relu")(x))
        x = L.LayerNormalization()(L.Add()([x, inner]))
    outputs = L.Dense(CLASSES)(L.GlobalAveragePooling1D()(x))
    return keras.Model(words, outputs, name="transformer")


MODELS: dict[str, Callable[[], Any]] = {
    build.__name__: build for build in (tiny, mlp, cnn, lstm, transformer)
}


class TapeCallback(keras.callbacks.Callback):
    """The usual hand-made one: recomputes the gradients of a batch every 10 steps."""

    def __init__(self, x: Any, y: Any) -> None:
        super().__init__()
        self.x, self.y = x[:BATCH], y[:BATCH]
        self.norms: list[Any] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch % 10:
            return
        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(y=self.y, y_pred=self.model(self.x, training=True))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.norms.append([float(tf.norm(tf.convert_to_tensor(one))) for one in gradients])


Ways = dict[str, Callable[[str, Any, Any], list[Any]]]

OURS: Ways = {
    "plain": lambda log_dir, x, y: [],
    "default": lambda log_dir, x, y: [StabilityCallback(log_dir)],
    "gradients": lambda log_dir, x, y: [StabilityCallback(log_dir, quantities=[])],
    "everything": lambda log_dir, x, y: [StabilityCallback(log_dir, sample_every=1)],
}

PEERS: Ways = {
    "TensorBoard(histogram_freq=1)": lambda log_dir, x, y: [
        keras.callbacks.TensorBoard(log_dir, histogram_freq=1)
    ],
    "TensorBoard(histogram_freq=1, update_freq='batch')": lambda log_dir, x, y: [
        keras.callbacks.TensorBoard(log_dir, histogram_freq=1, update_freq="batch")
    ],
    "GradientTape every 10 steps": lambda log_dir, x, y: [TapeCallback(x, y)],
}


class Stopwatch(keras.callbacks.Callback):
    """Seconds from the beginning of each epoch to the beginning of the next.

    It stands before the observing callback, whose work at an epoch's end so counts as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begun.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        return [
            after - before for before, after in zip(self.begun[:-1], self.begun[1:], strict=True)
        ]


class Trained:
    """One model trained in one way: traced once, then timed epoch by epoch."""

    def __init__(self, build: Callable[[], Any], way: Any, log_dir: str, steps: int) -> None:
        keras.utils.set_random_seed(0)
        self._model: Any = build()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._model.compile("adam", loss)
        x, y = _data(self._model)
        self._data = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH).repeat().prefetch(2)
        self._log_dir, self._steps = log_dir, steps
        self._way: Callable[[], list[Any]] = lambda: way(log_dir, x, y)

    def epoch(self) -> tuple[float, float]:
        """Trains three epochs; returns seconds of the second, and of the first, which traces."""
        watch = Stopwatch()
        self._model.fit(
            self._data,
            epochs=3,
            steps_per_epoch=self._steps,
            verbose=0,
            shuffle=False,
            callbacks=[watch, *self._way()],
        )
        return watch.seconds[1], watch.seconds[0]

    def bytes_written(self) -> int:
        return sum(path.stat().st_size for path in pathlib.Path(self._log_dir).rglob("*events*"))


def _data(model: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    shape = (4 * BATCH, *model.input_shape[1:])
    if model.inputs[0].dtype.startswith("int"):
        x = rng.integers(0, 5000, size=shape)
    else:
        x = rng.normal(size=shape).astype(np.float32)
    return x, rng.integers(0, CLASSES, size=len(x))


@contextlib.contextmanager
def _directories(names: list[str]) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as root:
        yield {name: os.path.join(root, str(number)) for number, name in enumerate(names)}


def measure(model: str, ways: Ways, steps: int, rounds: int) -> dict[str, dict[str, float]]:
    """Returns, for each way, its median ratio to plain, seconds of tracing, bytes an epoch."""
    with _directories(list(ways)) as log_dirs:
        trained = {
            name: Trained(MODELS[model], way, log_dirs[name], steps) for name, way in ways.items()
        }
        first = {name: one.epoch()[1] for name, one in trained.items()}
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, one in trained.items():
                seconds[name].append(one.epoch()[0])
        epochs = 3 * (rounds + 1)
        return {
            name: {
                "ratio": statistics.median(
                    mine / plain
                    for mine, plain in zip(seconds[name], seconds["plain"], strict=True)
                ),
                "milliseconds": 1e3 * statistics.median(seconds[name]) / steps,
                "tracing": first[name] - first["plain"],
                "bytes": one.bytes_written() / epochs,
            }
            for name, one in trained.items()
        }


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seconds", type=float, default=2.0, help="of one timed epoch")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-peers", action="store_true", help="only the callback itself")
    options = parser.parse_args()
    ways = OURS if options.no_peers else OURS | PEERS
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    for model in options.models:
        pilot = Trained(MODELS[model], OURS["plain"], "", 50)
        pilot.epoch()
        steps = max(50, int(50 * options.seconds / pilot.epoch()[0]))
        print(f"\n{model}, {steps} steps an epoch")
        for name, found in measure(model, ways, steps, options.rounds).items():
            ratios[name].append(found["ratio"])
            print(
                f"  {name:52} {found['ratio']:6.3f}   {found['milliseconds']:8.3f} ms a step   "
                f"{found['tracing']:+6.1f} s to trace   {found['bytes'] / 1024:9.1f} KiB an epoch",
                flush=True,
            )
    print("\ngeometric mean of the ratios to plain training")
    for name, values in ratios.items():
        print(f"  {name:52} {statistics.geometric_mean(values):6.3f}   worst {max(values):6.3f}")


if __name__ == "__main__":
    main()
