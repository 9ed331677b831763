"""What the callback costs: each reference model trained plain and observed, in one process.

Each way of training runs `fit` in a thread of its own, and a baton lets one of them at a time train
an epoch: a busy machine slows all of them alike, and each epoch is compared with the plain one of
its own round. Prints the median ratio per model and the geometric mean, the same of the peers, the
time that tracing takes longer, the memory of the accumulators, and the bytes written. While it
records, the callback runs steps by a train function of its own, which takes less time than Keras'
does: the line "train function alone" tells how much of the ratios is that function's.

Run it with `make bench`, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import math
import os
import pathlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.reference_models import BATCH, MODELS, batches
from tb_stability import StabilityCallback
from tb_stability.capture.callback import DEFAULT_WINDOW_STEPS as WINDOW
from tb_stability.capture.single_step import SingleStep


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


class StepAlone(keras.callbacks.Callback):
    """Trains by the train function that the callback brings along, and measures nothing."""

    def on_train_begin(self, logs: Any = None) -> None:
        model = self.model
        self.own_function = model.train_function
        model.train_function = SingleStep(model.train_step, model.jit_compile, self.own_function)

    def on_train_end(self, logs: Any = None) -> None:
        self.model.train_function = self.own_function


Ways = dict[str, Callable[[str, Any, Any], list[Any]]]

OURS: Ways = {
    "plain": lambda log_dir, x, y: [],
    "train function alone": lambda log_dir, x, y: [StepAlone()],
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


class Baton(keras.callbacks.Callback):
    """Holds a training back at the beginning of each epoch until it is its turn, and times it.

    It stands before the observing callback, whose work at an epoch's end so counts as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self._go, self._done, self.ready = (threading.Event() for _ in range(3))
        self._begun = 0.0
        self.seconds = 0.0
        self.stop = False

    def epoch(self) -> float:
        """Lets the training run one epoch, from another thread, and returns its seconds."""
        self._done.clear()
        self._go.set()
        self._done.wait()
        return self.seconds

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self._begun
        if epoch:
            self._done.set()
        else:
            self.ready.set()
        self._go.wait()
        self._go.clear()
        self._begun = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.stop:
            self.model.stop_training = True

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Has Keras read each step's logs, as it does for its own progress bar.

        Otherwise it would hand them to threads, whose contention makes steps uneven.
        """


class Trained:
    """One model trained in one way, epoch by epoch."""

    def __init__(self, build: Callable[[], Any], way: Any, log_dir: str, steps: int) -> None:
        self._log_dir, self._steps = log_dir, steps
        self._baton = Baton()
        self._thread = threading.Thread(target=self._fit, args=(build, way), daemon=True)
        self._thread.start()
        self.epochs = 0
        # One after another: Keras builds a model in one thread at a time.
        while not self._baton.ready.wait(1.0):
            if not self._thread.is_alive():
                raise RuntimeError("the training ended before its first epoch; see above")

    def _fit(self, build: Callable[[], Any], way: Any) -> None:
        model = build()
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        x, y = batches(model)
        model.fit(
            tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH).repeat().prefetch(2),
            epochs=10**6,
            steps_per_epoch=self._steps,
            verbose=0,
            shuffle=False,
            callbacks=[self._baton, *way(self._log_dir, x, y)],
        )

    def epoch(self) -> float:
        """Trains an epoch and returns its seconds; the first one traces."""
        self.epochs += 1
        return self._baton.epoch()

    def end(self) -> None:
        """Ends the training, after the first step of one more epoch."""
        self._baton.stop = True
        self._baton._go.set()
        self._thread.join()

    def bytes_written(self) -> int:
        return sum(path.stat().st_size for path in pathlib.Path(self._log_dir).rglob("*events*"))


def accumulator_bytes() -> int:
    """Returns the size of the variables that the callback's probes write to."""
    variables = [one for one in gc.get_objects() if isinstance(one, tf.Variable)]
    mine = [one for one in variables if one.name.startswith("stability_")]
    return sum(int(np.prod(one.shape)) * one.dtype.size for one in mine if one.dtype != tf.variant)


@contextlib.contextmanager
def _directories(names: list[str]) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as root:
        yield {name: os.path.join(root, str(number)) for number, name in enumerate(names)}


def measure(model: str, ways: Ways, seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Returns of each way its median ratio to plain, and what it costs besides."""
    pilot = Trained(MODELS[model], OURS["plain"], "", 50)
    pilot.epoch()
    steps = max(50, int(50 * seconds / pilot.epoch()))
    pilot.end()
    print(f"\n{model}, {steps} steps an epoch", flush=True)
    with _directories(list(ways)) as log_dirs:
        trained = {
            name: Trained(MODELS[model], way, log_dirs[name], steps) for name, way in ways.items()
        }
        memory = {}
        first = {}
        for name, one in trained.items():
            before = accumulator_bytes()
            first[name] = one.epoch()
            memory[name] = accumulator_bytes() - before
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name, one in trained.items():
                taken = one.epoch()
                if number:  # the first is warm-up
                    spent[name].append(taken)
        for one in trained.values():
            one.end()
        return {
            name: {
                "ratio": statistics.median(
                    mine / plain for mine, plain in zip(spent[name], spent["plain"], strict=True)
                ),
                "milliseconds": 1e3 * statistics.median(spent[name]) / steps,
                "tracing": first[name] - first["plain"],
                "memory": memory[name] / 1024,
                "written": one.bytes_written() / one.epochs / 1024,
                "window": one.bytes_written() / one.epochs / math.ceil(steps / WINDOW) / 1024,
            }
            for name, one in trained.items()
        }


COLUMNS = {
    "ratio": "ratio",
    "milliseconds": "ms/step",
    "tracing": "s more to trace",
    "memory": "KiB of accumulators",
    "window": "KiB/window",
    "written": "KiB/epoch",
}


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seconds", type=float, default=1.0, help="of one timed epoch")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--no-peers", action="store_true", help="only the callback itself")
    options = parser.parse_args()
    ways = OURS if options.no_peers else OURS | PEERS
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    for model in options.models:
        found = measure(model, ways, options.seconds, options.rounds)
        print(f"  {'':52}" + "".join(f"{title:>20}" for title in COLUMNS.values()))
        for name, numbers in found.items():
            ratios[name].append(numbers["ratio"])
            ours = name in ("default", "gradients", "everything")
            print(
                f"  {name:52}"
                + "".join(
                    f"{numbers[key]:20.3f}" if ours or key not in ("memory", "window") else " " * 20
                    for key in COLUMNS
                ),
                flush=True,
            )
    print("\ngeometric mean of the ratios to plain training")
    for name, values in ratios.items():
        print(f"  {name:52} {statistics.geometric_mean(values):6.3f}   worst {max(values):6.3f}")


if __name__ == "__main__":
    main()
