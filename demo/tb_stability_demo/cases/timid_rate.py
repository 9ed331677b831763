"""A net that does not learn, since its steps are too short to lead anywhere.

The learning rate was taken over from another program, whose loss was the sum over the samples of a
batch and not their mean, and whose optimizer was not this one. Here, a step changes no layer by
more than a millionth of its norm: after six epochs everything is as good as drawn. The gradients
are sound, and at a rate a thousand times and more as high the same net learns at once.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 6400
EPOCHS = 6
TIMID_RATE = 1e-6
USUAL_RATE = 0.05


def training(seed: int, rate: float) -> Training:
    """Classify clusters by gradient descent."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES)
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(64, activation="relu", name="hidden"),
            keras.layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="cluster_classifier",
    )
    model.compile(
        keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="timid_rate",
    title="The loss does not move: the learning rate is far too low",
    problems=(1,),
    story=(
        "A classifier is trained at a learning rate of a millionth. Gradients arrive in all "
        "layers, and no step changes any of them by more than a millionth of its norm. Mended by "
        "a rate of 0.05."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, rate=TIMID_RATE),
            expected=(Expectation("update_ratio_low", 0), Expectation("not_learning", 0)),
            may_show=NOTHING_LEARNT,
        ),
        DemoRun(name="fixed", training=partial(training, rate=USUAL_RATE)),
    ),
)
