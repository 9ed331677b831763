"""Deep nets whose early layers do not learn, for want of a gradient.

Every sigmoid passes on a quarter of the gradient at most, and weights drawn too small shrink it in
any layer. Twelve layers one above the other leave so little of it that those next to the input stay
as they were drawn, and what the upper ones get to see tells the classes hardly apart. There are two
ways out, one for each net here: layers that keep the size of what passes through them, which is
what ReLU with He's initialisation is made for, and residual connections, along which the gradient
passes by the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from demo.case import DemoCase, DemoRun, Expectation
from demo.data import clusters

if TYPE_CHECKING:
    import keras

SEED = 2
CLASSES = 6
SAMPLES = 6400
LAYERS = 12
UNITS = 48
EPOCHS = 10
LEARNING_RATE = 0.005

# True of a net that does not learn, beside the reason why.
CONSEQUENCES = ("not_learning", "chance_accuracy", "logit_collapse", "update_ratio_low")


def train(
    callbacks: Sequence[keras.callbacks.Callback],
    activation: str,
    initialiser: str,
    residual: bool = False,
) -> keras.callbacks.History:
    """Classify clusters with a deep net."""
    import keras

    keras.utils.set_random_seed(SEED)
    data = clusters(SEED, SAMPLES, CLASSES)
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
    return model.fit(
        data.x,
        data.y,
        validation_data=data.validation,
        epochs=EPOCHS,
        batch_size=64,
        callbacks=list(callbacks),
        verbose=0,
    )


SIGMOID = DemoCase(
    name="vanishing_sigmoid",
    title="Deep sigmoid net: the gradient vanishes towards the input",
    cases=(10, 15),
    story=(
        "Twelve sigmoid layers. From the first step on, each layer's gradient is a quarter of the "
        "next one's, at the first layer a ten-millionth of what it is at the last: accuracy stays "
        "at one in six. Mended by ReLU and He's initialisation, same layers, same learning rate."
    ),
    faulty=DemoRun(
        name="faulty",
        train=partial(train, activation="sigmoid", initialiser="glorot_uniform"),
        expected=(Expectation("vanishing_gradient", 0, "hidden_1"),),
        may_show=(*CONSEQUENCES, "saturated_activation"),
    ),
    fixed=DemoRun(
        name="fixed",
        train=partial(train, activation="relu", initialiser="he_normal"),
        expected=(),
    ),
)

SMALL_TANH = DemoCase(
    name="vanishing_tanh",
    title="Deep tanh net with small weights: the gradient vanishes towards the input",
    cases=(10, 15),
    story=(
        "Twelve tanh layers, their weights drawn with Keras's random_normal, of deviation 0.05: "
        "every layer passes on a third of what it gets, forwards and backwards, and accuracy "
        "stays at one in six. Mended by residual connections around the same layers with the "
        "same initial weights."
    ),
    faulty=DemoRun(
        name="faulty",
        train=partial(train, activation="tanh", initialiser="random_normal"),
        expected=(Expectation("vanishing_gradient", 0, "hidden_1"),),
        may_show=CONSEQUENCES,
    ),
    fixed=DemoRun(
        name="fixed",
        train=partial(train, activation="tanh", initialiser="random_normal", residual=True),
        expected=(),
    ),
)

CASES = (SIGMOID, SMALL_TANH)
