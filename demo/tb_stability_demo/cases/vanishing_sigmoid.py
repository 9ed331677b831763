"""A deep net whose early layers do not learn, for want of a gradient.

Every sigmoid passes on a quarter of the gradient at most. Twelve layers one above the other leave
so little of it that those next to the input stay as they were drawn, and what the upper ones get to
see tells the classes hardly apart. The way out that is taken here: layers that keep the size of
what passes through them, which is what ReLU with He's initialisation is made for.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 6400
LAYERS = 12
UNITS = 48
EPOCHS = 10
LEARNING_RATE = 0.005


def training(
    seed: int,
    activation: str,
    initialiser: str,
    residual: bool = False,
) -> Training:
    """Classify clusters with a deep net."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES)
    inputs = keras.Input(data.x.shape[1:])
    hidden = inputs
    for number in range(1, LAYERS + 1):
        layer = keras.layers.Dense(
            UNITS, activation=activation, kernel_initializer=initialiser, name=f"hidden_{number}"
        )
        passed_on = layer(hidden)
        hidden = keras.layers.add([hidden, passed_on]) if residual and number > 1 else passed_on
    outputs = keras.layers.Dense(CLASSES, activation="softmax", name="classes")(hidden)
    model = keras.Model(inputs, outputs, name="deep_classifier")
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="vanishing_sigmoid",
    title="Deep sigmoid net: the gradient vanishes towards the input",
    problems=(10, 15),
    story=(
        "Twelve sigmoid layers. From the first step on, each layer's gradient is a quarter of the "
        "next one's, at the first layer a ten-millionth of what it is at the last: accuracy stays "
        "at one in six. Mended by ReLU and He's initialisation, same layers, same learning rate."
    ),
    seed=2,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, activation="sigmoid", initialiser="glorot_uniform"),
            expected=(Expectation("vanishing_gradient", 0, "hidden_1"),),
            may_show=(*NOTHING_LEARNT, "saturated_activation"),
        ),
        DemoRun(
            name="fixed",
            training=partial(training, activation="relu", initialiser="he_normal"),
        ),
    ),
)
