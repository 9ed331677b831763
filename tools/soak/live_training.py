"""A training that goes on until it is ended: `python -m tools.soak.live_training LOG_DIR`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from tb_stability import StabilityCallback

# A batch comes no faster than that, as from a disk: what is measured is TensorBoard, on a machine
# whose training runs on another device.
SECONDS_PER_BATCH = 0.02


def _batches() -> Iterator[tuple[Any, Any]]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 8)).astype(np.float32)
    while True:
        time.sleep(SECONDS_PER_BATCH)
        yield x, x[:, :1]


def main() -> None:
    """Trains."""
    layers = [keras.layers.Dense(8, activation="relu") for _ in range(4)]
    model = keras.Sequential([keras.Input((8,)), *layers, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(
        _batches(),
        steps_per_epoch=50,
        epochs=1_000_000,
        verbose=0,
        callbacks=[StabilityCallback(sys.argv[1], window_steps=25)],
    )


if __name__ == "__main__":
    main()
