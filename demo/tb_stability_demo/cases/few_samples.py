"""A large net that learns a few samples by heart.

Four hundred samples of classes that overlap, and a net with a hundred times as many weights. The
training loss goes to zero; the validation loss is at its best after a few epochs and rises from
there, since the net is ever surer of what holds for these samples only. An L2 penalty makes it
cost more to tell samples apart than to tell classes apart.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 2500
TRAINED_SAMPLES = 400
NOISE = 1.0
UNITS = 128
EPOCHS = 16
BATCH_SIZE = 32
LEARNING_RATE = 0.004
PENALTY = 0.02
BEST_EPOCH = 4


def training(seed: int, penalty: float) -> Training:
    """Classify overlapping clusters, of which few samples are there to train on."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
    data = data._replace(x=data.x[:TRAINED_SAMPLES], y=data.y[:TRAINED_SAMPLES])
    model = keras.Sequential([keras.Input(data.x.shape[1:])], name="large_classifier")
    for name, units, activation in (
        ("hidden_1", UNITS, "relu"),
        ("hidden_2", UNITS, "relu"),
        ("classes", CLASSES, "softmax"),
    ):
        regularizer = keras.regularizers.L2(penalty) if penalty else None
        model.add(
            keras.layers.Dense(
                units, activation=activation, kernel_regularizer=regularizer, name=name
            )
        )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS, BATCH_SIZE)


CASE = DemoCase(
    name="few_samples",
    title="Overfitting: the validation loss turns up while the training loss goes to zero",
    problems=(15,),
    story=(
        "A net of twenty thousand weights learns four hundred samples. The validation loss is at "
        "its best after a few epochs; then it rises, and the training loss falls to zero. Nothing "
        "is unstable, so the marker is an info. Mended by an L2 penalty."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, penalty=0.0),
            expected=(Expectation("overfitting", BEST_EPOCH + 1),),
        ),
        DemoRun(name="fixed", training=partial(training, penalty=PENALTY)),
    ),
)
