"""A net that is dead before its first step, by chance of the seed.

A ReLU layer of three units answers zero to every sample when the signs of its weights happen to
fall out so, and then all layers above it do. With twelve such layers, that meets eight of the first
ten seeds. Nothing but the last layer's bias has a gradient: the loss of such a run never moves, and
trained again from another seed it may well do. A leaky ReLU has no dead half, from the same initial
weights.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 2
SAMPLES = 4800
FEATURES = 8
LAYERS = 12
UNITS = 3
EPOCHS = 8
LEARNING_RATE = 0.002
LEAK = 0.3
NOISE = 0.6


def training(seed: int, leak: float) -> Training:
    """Tell two classes apart with a deep and narrow net; a ``leak`` of zero is a plain ReLU."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, FEATURES, noise=NOISE)
    model = keras.Sequential([keras.Input((FEATURES,))], name="narrow_classifier")
    for number in range(1, LAYERS + 1):
        model.add(
            keras.layers.Dense(UNITS, kernel_initializer="he_normal", name=f"hidden_{number}")
        )
        model.add(
            keras.layers.LeakyReLU(leak, name=f"leaky_relu_{number}")
            if leak
            else keras.layers.ReLU(name=f"relu_{number}")
        )
    model.add(keras.layers.Dense(CLASSES, activation="softmax", name="classes"))
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="born_dead",
    title="The loss never improves, by chance of the seed: ReLUs dead at initialisation",
    problems=(1, 8),
    story=(
        "A net of twelve narrow ReLU layers, of which the fifth happens to be zero for every "
        "sample: from the first step to the last, all gradients below the last layer are exactly "
        "zero, the loss stays at log 2 and accuracy at one half. Mended by LeakyReLU in the place "
        "of ReLU, with the same seed and the same initial weights."
    ),
    seed=5,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, leak=0.0),
            expected=(Expectation("not_learning", 0), Expectation("dead_relu", 0)),
            may_show=NOTHING_LEARNT,
        ),
        DemoRun(name="fixed", training=partial(training, leak=LEAK)),
    ),
)
