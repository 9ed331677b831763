"""A loss that jumps up after each epoch, since the samples are sorted and not shuffled.

The table was exported in the order of its target, dearest last, and is read in this order. Within
an epoch all samples of a batch have nearly the same price, and the net follows the price as it
rises: it ends every epoch answering with the highest ones, and is asked for the lowest next. The
loss falls within each epoch and jumps at each boundary, however long it trains.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

SAMPLES = 8000
FEATURES = 8
EPOCHS = 8
LEARNING_RATE = 0.03
UNEXPLAINED = 0.5


def prices(seed: int) -> Split:
    """Prices by features of what is sold; the training part is sorted by price.

    Prices are given as ranks, scaled to a deviation of one, and depend on more than the features.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (SAMPLES, FEATURES))
    price = x @ rng.normal(0, 1, FEATURES) + np.abs(x[:, :4]).sum(axis=1)
    price += rng.normal(0, UNEXPLAINED * price.std(), SAMPLES)
    rank = np.argsort(np.argsort(price)) / SAMPLES
    data = split(x.astype("float32"), ((rank - 0.5) * np.sqrt(12)).astype("float32")[:, None])
    order = np.argsort(data.y[:, 0])
    return data._replace(x=data.x[order], y=data.y[order])


def training(seed: int, shuffle: bool) -> Training:
    """Learn prices, from samples in their order or shuffled anew in each epoch."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(32, activation="relu", name="hidden"),
            keras.layers.Dense(1, name="price"),
        ],
        name="prices",
    )
    model.compile(keras.optimizers.SGD(LEARNING_RATE), "mse")
    return Training(model, prices(seed), EPOCHS, options={"shuffle": shuffle})


CASE = DemoCase(
    name="sorted_samples",
    title="The loss jumps up after each epoch, and falls within it",
    problems=(2,),
    story=(
        "Prices are learnt from samples that are sorted by price, without shuffling. The loss "
        "falls to 0.06 within each epoch and is twenty times that at the start of the next one, "
        "from the first boundary to the last; within an epoch nothing jumps. Mended by "
        "shuffle=True, on the same samples."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, shuffle=False),
            expected=(Expectation("epoch_boundary_jump", 1),),
            may_show=(
                "loss_spike",
                "loss_divergence",
                "oscillating_loss",
                "not_learning",
                "overfitting",
                "validation_spike",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, shuffle=True)),
    ),
)
