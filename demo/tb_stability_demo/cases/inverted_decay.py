"""ReLUs that die in one too large step, in the middle of training.

A step decay is to divide the learning rate by ten at epoch 4, and multiplies it: the factor was
inverted. The first steps at the raised rate overshoot so far that the hidden units end up below
zero for every sample. There the gradient of a ReLU is zero as well, so that no later step can bring
them back, however small it is. What is left answers the same to all samples.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 6400
UNITS = 64
EPOCHS = 9
DECAY_EPOCH = 4
LEARNING_RATE = 0.06
MOMENTUM = 0.9
NOISE = 0.8
DECAY = 0.1


def training(seed: int, factor: float) -> Training:
    """Classify clusters, with the learning rate multiplied by ``factor`` at ``DECAY_EPOCH``."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
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
    return Training(model, data, EPOCHS, schedule=decay)


CASE = DemoCase(
    name="inverted_decay",
    title="ReLUs die after a too large step, and stay dead",
    problems=(8,),
    story=(
        "A classifier learns for four epochs. Then the learning rate is multiplied by ten, where "
        "it should have been divided by ten: within epoch 4 all units of the last hidden layer "
        "die, and most of those of the layer before. The loss jumps to log 6, accuracy falls to "
        "one in six, and neither comes back. Mended by the decay as it was meant."
    ),
    seed=4,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, factor=1 / DECAY),
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
        DemoRun(name="fixed", training=partial(training, factor=DECAY)),
    ),
)
