"""A validation loss that jumps tenfold while training is smooth: batch norm's averages lag behind.

While it trains, batch normalisation takes mean and deviation from the batch; when it validates,
from moving averages that keep 99 of 100 parts at each step. With five steps in an epoch these show
what the layers were like twenty epochs ago. That does not matter while they hardly change. When the
second stage goes on at a higher rate, they do: the training loss goes on falling, and the
validation loss, of the same net, jumps until the averages have caught up. Averages that keep nine
parts of ten follow within two epochs.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 1200
NOISE = 0.8
UNITS = 64
EPOCHS = 70
BATCH_SIZE = 192
FIRST_RATE = 0.001
SECOND_RATE = 0.02
SECOND_STAGE = 40
SLOW = 0.99
QUICK = 0.9


def training(seed: int, momentum: float) -> Training:
    """Classify clusters with batch norm, whose averages keep a part of what they were."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
    model = keras.Sequential([keras.Input(data.x.shape[1:])], name="normalised_classifier")
    for number in (1, 2):
        model.add(keras.layers.Dense(UNITS, use_bias=False, name=f"hidden_{number}"))
        model.add(keras.layers.BatchNormalization(momentum=momentum, name=f"norm_{number}"))
        model.add(keras.layers.ReLU(name=f"relu_{number}"))
    model.add(keras.layers.Dense(CLASSES, activation="softmax", name="classes"))
    model.compile(
        keras.optimizers.Adam(FIRST_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    stages = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: FIRST_RATE if epoch < SECOND_STAGE else SECOND_RATE
    )
    return Training(model, data, EPOCHS, BATCH_SIZE, schedule=stages)


CASE = DemoCase(
    name="lagging_averages",
    title="The validation loss jumps tenfold and comes back, while training is smooth",
    problems=(),
    story=(
        "A net with batch norm on a thousand samples, five steps an epoch. When the second stage "
        "goes on at a higher rate, the moving averages with which it is validated lag behind the "
        "layers: the validation loss jumps for some epochs, the training loss does not. Nothing is "
        "unstable, so the marker is an info. Mended by a lower momentum of the averages."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, momentum=SLOW),
            expected=(Expectation("validation_spike", SECOND_STAGE),),
        ),
        DemoRun(name="fixed", training=partial(training, momentum=QUICK)),
    ),
)
