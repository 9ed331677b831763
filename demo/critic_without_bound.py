"""Weights that grow without bound until they overflow.

A critic is trained to score real samples high and fakes low, and the loss is just the difference of
the mean scores, as in a Wasserstein GAN. Nothing says how high is high enough: once the sign is
right, larger weights are always better, and the larger they are, the larger is the gradient. They
grow by the same factor in every epoch, and the loss falls ever faster, until single precision has
no larger numbers. Bounding the norm of each unit's weights takes away what there was to gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.case import DemoCase, DemoRun, Expectation
from demo.data import Split, split

if TYPE_CHECKING:
    import keras

SEED = 1
SAMPLES = 8000
FEATURES = 16
EPOCHS = 11
LEARNING_RATE = 0.05
LARGEST_NORM = 1.0
OVERFLOW_EPOCH = 8


def real_and_fake() -> Split:
    """Samples, and 1 for those that are real, -1 for fakes from a shifted distribution."""
    rng = np.random.default_rng(SEED)
    real = rng.permuted(np.where(np.arange(SAMPLES) % 2, 1.0, -1.0)).astype("float32")[:, None]
    shift = 0.5 * rng.choice([-1, 1], FEATURES)
    x = rng.normal(0, 1, (SAMPLES, FEATURES)) + shift * real
    return split(x.astype("float32"), real)


def difference_of_scores(real: Any, score: Any) -> Any:
    """Mean score of the fakes less that of the real ones (half of it, in a balanced batch)."""
    from keras import ops

    return -ops.mean(real * score, axis=-1)


def right_sign(real: Any, score: Any) -> Any:
    """Share of samples that are scored above zero if real, below if fake."""
    from keras import ops

    return ops.mean(ops.cast(real * score > 0, "float32"), axis=-1)


def train(
    callbacks: Sequence[keras.callbacks.Callback], largest_norm: float | None
) -> keras.callbacks.History:
    """Train the critic, with or without a bound for the norm of each unit's weights."""
    import keras

    keras.utils.set_random_seed(SEED)
    data = real_and_fake()
    bound = keras.constraints.MaxNorm(largest_norm) if largest_norm else None
    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(
                32, activation="relu", use_bias=False, kernel_constraint=bound, name="hidden"
            ),
            keras.layers.Dense(1, use_bias=False, kernel_constraint=bound, name="score"),
        ],
        name="critic",
    )
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        difference_of_scores,
        metrics=[keras.metrics.MeanMetricWrapper(right_sign, name="accuracy")],
    )
    return model.fit(
        data.x,
        data.y,
        validation_data=data.validation,
        epochs=EPOCHS,
        batch_size=64,
        callbacks=list(callbacks),
        verbose=0,
    )


CASE = DemoCase(
    name="critic_without_bound",
    title="Weights grow without bound until they overflow",
    cases=(9, 15),
    story=(
        "A critic whose loss is the difference of two mean scores, without a bound. From the first "
        "epoch the weights grow exponentially and the loss falls without end, far below zero, "
        "while accuracy has long been as good as it gets. In epoch 8 the product of the layers "
        "overflows: the loss is minus infinity, then NaN. Mended by a constraint on the norm of "
        "each unit's weights."
    ),
    faulty=DemoRun(
        name="faulty",
        train=partial(train, largest_norm=None),
        expected=(
            Expectation("weight_growth", 0),
            Expectation("nonfinite_loss", OVERFLOW_EPOCH),
        ),
        may_show=(
            "loss_divergence",
            "exploding_gradient",
            "nonfinite_gradient",
            "nonfinite_weights",
            "update_ratio_high",
            "validation_spike",
            "dead_relu",
            "chance_accuracy",
        ),
    ),
    fixed=DemoRun(name="fixed", train=partial(train, largest_norm=LARGEST_NORM), expected=()),
)
