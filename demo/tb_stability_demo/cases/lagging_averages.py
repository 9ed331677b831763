"""Batch norm whose averages lag behind, so that the validation loss jumps while training is smooth.

While it is trained, batch norm takes mean and variance from the batch; when it validates, from
averages over the last hundred steps or so, at Keras's momentum of 0.99. Three hundred samples make
ten steps an epoch: the averages are those of ten epochs ago. As soon as the learning rate has been
warmed up and the weights move fast, the validated net is one that was never trained. With a
momentum of 0.9 the averages are one epoch old, and at a lower rate the weights move less meanwhile.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 4
SAMPLES = 2000
TRAINED_SAMPLES = 320
NOISE = 0.6
LAYERS = 3
UNITS = 64
BATCH_SIZE = 32
STEPS_PER_EPOCH = TRAINED_SAMPLES // BATCH_SIZE
EPOCHS = 14
KERAS_MOMENTUM = 0.99


def training(seed: int, momentum: float, rate: float) -> Training:
    """Classify clusters with batch norm, warming the learning rate up over the first epoch."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
    data = data._replace(x=data.x[:TRAINED_SAMPLES], y=data.y[:TRAINED_SAMPLES])
    model = keras.Sequential([keras.Input(data.x.shape[1:])], name="batch_norm_classifier")
    for number in range(1, LAYERS + 1):
        model.add(keras.layers.Dense(UNITS, name=f"hidden_{number}"))
        model.add(keras.layers.BatchNormalization(momentum=momentum, name=f"norm_{number}"))
        model.add(keras.layers.ReLU(name=f"relu_{number}"))
    model.add(keras.layers.Dense(CLASSES, activation="softmax", name="classes"))
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 300,
        EPOCHS * STEPS_PER_EPOCH,
        warmup_target=rate,
        warmup_steps=STEPS_PER_EPOCH,
    )
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS, BATCH_SIZE)


CASE = DemoCase(
    name="lagging_averages",
    title="Batch norm on little data: the validation loss jumps tenfold, training is smooth",
    problems=(15,),
    story=(
        "A net with batch norm learns three hundred samples, in ten steps an epoch. After the "
        "first epoch its validation loss is 0.2; then it jumps more than tenfold, while the "
        "training loss falls, and takes some epochs to come back: the averages it validates with "
        "are ten epochs old. Nothing is unstable, so the marker is an info. Mended by a momentum "
        "of 0.9 in the batch norm and a fifth of the learning rate."
    ),
    seed=3,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, momentum=KERAS_MOMENTUM, rate=0.5),
            expected=(Expectation("validation_spike", 1, "val_loss", step=STEPS_PER_EPOCH + 1),),
        ),
        DemoRun(name="fixed", training=partial(training, momentum=0.9, rate=0.1)),
    ),
)
