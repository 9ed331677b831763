"""Weights that grow without bound until they overflow.

A critic is trained to score real samples high and fakes low, and the loss is just the difference of
the mean scores, as in a Wasserstein GAN. Nothing says how high is high enough: once the sign is
right, larger weights are always better, and the larger they are, the larger is the gradient. They
grow by the same factor in every epoch, and the loss falls ever faster, until single precision has
no larger numbers. Bounding the norm of each unit's weights takes away what there was to gain. So
does weight decay, where steps have a size of their own: with AdamW, a weight stops to grow where
the decay takes as much of it as a step adds.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

SAMPLES = 8000
FEATURES = 16
EPOCHS = 11
LEARNING_RATE = 0.05
LARGEST_NORM = 1.0
ADAM_RATE = 0.001
WEIGHT_DECAY = 1.0
OVERFLOW_EPOCH = 8


def real_and_fake(seed: int) -> Split:
    """Samples, and 1 for those that are real, -1 for fakes from a shifted distribution."""
    rng = np.random.default_rng(seed)
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


def training(
    seed: int, largest_norm: float | None = None, weight_decay: float | None = None
) -> Training:
    """Train the critic, with a bound for the norm of its units, with weight decay or neither."""
    import keras

    data = real_and_fake(seed)
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
    optimizer = keras.optimizers.SGD(LEARNING_RATE)
    if weight_decay:
        optimizer = keras.optimizers.AdamW(ADAM_RATE, weight_decay=weight_decay)
    model.compile(
        optimizer,
        difference_of_scores,
        metrics=[keras.metrics.MeanMetricWrapper(right_sign, name="accuracy")],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="critic_without_bound",
    title="Weights grow without bound until they overflow",
    problems=(9, 15),
    story=(
        "A critic whose loss is the difference of two mean scores, without a bound. From the first "
        "epoch the weights grow exponentially and the loss falls without end, far below zero, "
        "while accuracy has long been as good as it gets. In epoch 8 the product of the layers "
        "overflows: the loss is minus infinity, then NaN. Mended by a constraint on the norm of "
        "each unit's weights, or by AdamW with weight decay."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=training,
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
        DemoRun(name="fixed", training=partial(training, largest_norm=LARGEST_NORM)),
        DemoRun(
            name="fixed_by_weight_decay", training=partial(training, weight_decay=WEIGHT_DECAY)
        ),
    ),
)
