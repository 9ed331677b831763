"""ReLUs that die in one too large step, in the middle of training.

A step decay is to divide the learning rate by ten at epoch 4, and multiplies it: the factor was
inverted. The first steps at the raised rate overshoot so far that the hidden units end up below
zero for every sample. There the gradient of a ReLU is zero as well, so that no later step can bring
them back, however small it is. What is left answers the same to all samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from demo.case import DemoCase, DemoRun, Expectation
from demo.data import clusters

if TYPE_CHECKING:
    import keras

SEED = 4
CLASSES = 6
SAMPLES = 6400
UNITS = 64
EPOCHS = 9
DECAY_EPOCH = 4
LEARNING_RATE = 0.06
MOMENTUM = 0.9
NOISE = 0.8
DECAY = 0.1


def train(callbacks: Sequence[keras.callbacks.Callback], factor: float) -> keras.callbacks.History:
    """Classify clusters, with the learning rate multiplied by ``factor`` at ``DECAY_EPOCH``."""
    import keras

    keras.utils.set_random_seed(SEED)
    data = clusters(SEED, SAMPLES, CLASSES, noise=NOISE)
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(UNITS, activation="relu", name="hidden_1"),
            keras.layers.Dense(UNITS, activation="relu", name="hidden_2"),
            keras.layers.Dense(UNITS, activation="relu", name="hidden_3"),
            keras.layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="cluster_classifier",
    )
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    decay = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: LEARNING_RATE if epoch < DECAY_EPOCH else LEARNING_RATE * factor
    )
    return model.fit(
        data.x,
        data.y,
        validation_data=data.validation,
        epochs=EPOCHS,
        batch_size=64,
        # The decay comes first, so that the other callbacks see the rate of the epoch they are in.
        callbacks=[decay, *callbacks],
        verbose=0,
    )


CASE = DemoCase(
    name="inverted_decay",
    title="ReLUs die after a too large step, and stay dead",
    cases=(8,),
    story=(
        "A classifier learns for four epochs. Then the learning rate is multiplied by ten, where "
        "it should have been divided by ten: within epoch 4 all units of the last hidden layer "
        "die, and most of those of the layer before. The loss jumps to log 6, accuracy falls to "
        "one in six, and neither comes back. Mended by the decay as it was meant."
    ),
    faulty=DemoRun(
        name="faulty",
        train=partial(train, factor=1 / DECAY),
        expected=(
            Expectation("dead_relu", DECAY_EPOCH, "hidden_3"),
            Expectation("loss_divergence", DECAY_EPOCH),
        ),
        may_show=(
            "exploding_gradient",
            "vanishing_gradient",
            "loss_spike",
            "epoch_boundary_jump",
            "chance_accuracy",
            "logit_growth",
            "logit_collapse",
            "weight_growth",
            "update_ratio_high",
            "oscillating_loss",
            "validation_spike",
        ),
    ),
    fixed=DemoRun(name="fixed", train=partial(train, factor=DECAY), expected=()),
)
