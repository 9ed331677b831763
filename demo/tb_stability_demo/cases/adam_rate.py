"""Adam at its usual rate, in a net that is too deep and wide for it.

Adam moves every weight by about its learning rate, however many weights there are. A unit that sums
up 384 inputs is moved by the sum of them, and sixteen such layers multiply what each of them does.
At a rate of 0.001 the steps are small enough to learn a little and too large to keep it: after four
epochs or five, as the rounding of the processor has it, the loss rises again. At a tenth of the
rate, with four times the epochs, the same net from the same initial weights learns to the end.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 2400
NOISE = 0.6
LAYERS = 16
UNITS = 384
BATCH_SIZE = 32
FAILING_EPOCH = 4


def training(seed: int, rate: float, epochs: int) -> Training:
    """Classify clusters with a deep and wide tanh net."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
    model = keras.Sequential([keras.Input(data.x.shape[1:])], name="deep_wide_classifier")
    for number in range(1, LAYERS + 1):
        model.add(keras.layers.Dense(UNITS, activation="tanh", name=f"hidden_{number}"))
    model.add(keras.layers.Dense(CLASSES, activation="softmax", name="classes"))
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Training(model, data, epochs, BATCH_SIZE)


CASE = DemoCase(
    name="adam_rate",
    title="Adam is unstable at 0.001, and stable at 0.0001 with four times the epochs",
    problems=(12,),
    story=(
        "Sixteen tanh layers of 384 units, trained with Adam. At 0.001, Keras's default, the loss "
        "falls to half for four epochs and then rises, and accuracy falls with it. Mended by a "
        "tenth of the rate and four times the epochs."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, rate=0.001, epochs=6),
            expected=(Expectation("loss_divergence", FAILING_EPOCH, last_epoch=FAILING_EPOCH + 1),),
            may_show=(
                "update_ratio_high",
                "loss_spike",
                "exploding_gradient",
                "saturated_activation",
                "oscillating_loss",
                "vanishing_gradient",
                "logit_collapse",
                "weight_growth",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, rate=0.0001, epochs=24)),
    ),
)
