"""A regression that is lost within an epoch, since its inputs come as they are.

Year of construction, square metres, distance in metres: features of size 100 to 2000. With inputs
x, the curvature of the squared error is the mean of x squared, here about a million, and gradient
descent diverges at every rate above two over that. Scaled to a deviation of one, the features
leave an ordinary rate to learn with.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

SAMPLES = 6000
EPOCHS = 6
LEARNING_RATE = 0.01


def houses(seed: int) -> Split:
    """Draw year of construction, square metres, metres to the station; and price in 100 000."""
    rng = np.random.default_rng(seed)
    year = rng.integers(1900, 2020, SAMPLES)
    area = rng.lognormal(4.7, 0.4, SAMPLES)
    distance = rng.lognormal(6.5, 0.6, SAMPLES)
    price = 0.02 * area + 0.01 * (year - 1960) - 0.0005 * distance + rng.normal(0, 0.2, SAMPLES)
    x = np.stack([year, area, distance], axis=1).astype("float32")
    return split(x, price.astype("float32")[:, None])


def training(seed: int, scaled: bool) -> Training:
    """Learn prices from features as they come, or scaled by a Normalization layer."""
    import keras

    data = houses(seed)
    model = keras.Sequential([keras.Input(data.x.shape[1:])], name="house_prices")
    if scaled:
        scaling = keras.layers.Normalization(name="scaling")
        scaling.adapt(data.x)
        model.add(scaling)
    model.add(keras.layers.Dense(1, name="price"))
    model.compile(keras.optimizers.SGD(LEARNING_RATE), "mse")
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="unscaled_features",
    title="The loss is NaN within the first epoch: features of size 1000",
    problems=(3, 11),
    story=(
        "House prices are learnt from the year, the area and a distance, in years and metres. The "
        "first steps overshoot by more and more, and the loss is infinite before the first epoch "
        "ends. Mended by a Normalization layer in front, at the same learning rate."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, scaled=False),
            expected=(Expectation("unscaled_input", 0), Expectation("nonfinite_loss", 0)),
            may_show=(
                "exploding_gradient",
                "nonfinite_gradient",
                "nonfinite_weights",
                "update_ratio_high",
                "weight_growth",
                "loss_divergence",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, scaled=True)),
    ),
)
