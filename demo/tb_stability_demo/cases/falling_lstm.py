"""An LSTM sentiment classifier that is fine for ten epochs and then falls for good.

The training runs in two stages, each at its own learning rate. The faulty run continues, from
epoch 10, at a rate at which Adam moves every weight by about 0.2 a step, more than the weights of
the LSTM measure themselves: a few steps undo what was learned, and steps of this size cannot find
it again. As the rate changes between two epochs, the fall is dated by the schedule and not by
chance.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

REVIEWS = 6400
WORDS_PER_REVIEW = 30
VOCABULARY = 64
OPINION_WORDS = 8
EPOCHS = 13
SECOND_STAGE = 10
FIRST_RATE = 0.001
FAULTY_SECOND_RATE = 0.2
FIXED_SECOND_RATE = 0.002


def reviews(seed: int) -> Split:
    """Draw token sequences and whether each praises.

    Half of the words carry an opinion, and of these about two in three agree with the review: some
    reviews stay ambiguous, so that the best possible loss is well above zero, as with real text.
    Tokens 0-7 blame, 8-15 praise, the rest are neutral.
    """
    rng = np.random.default_rng(seed)
    size = (REVIEWS, WORDS_PER_REVIEW)
    praise = rng.integers(0, 2, REVIEWS)
    neutral = rng.integers(2 * OPINION_WORDS, VOCABULARY, size)
    has_opinion = rng.random(size) < 0.5
    agrees = rng.random(size) < 0.65
    side = np.where(agrees, praise[:, None], 1 - praise[:, None])
    opinion = rng.integers(0, OPINION_WORDS, size) + OPINION_WORDS * side
    words = np.where(has_opinion, opinion, neutral).astype("int32")
    return split(words, praise.astype("float32"))


def training(seed: int, second_rate: float) -> Training:
    """Classify reviews, changing the learning rate once, at the start of the second stage."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((WORDS_PER_REVIEW,)),
            keras.layers.Embedding(
                VOCABULARY,
                8,
                embeddings_initializer=keras.initializers.RandomNormal(stddev=0.3),
                name="words",
            ),
            keras.layers.LSTM(64, name="lstm"),
            keras.layers.Dense(1, activation="sigmoid", name="sentiment"),
        ],
        name="sentiment_classifier",
    )
    model.compile(keras.optimizers.Adam(FIRST_RATE), "binary_crossentropy", metrics=["accuracy"])
    stages = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: FIRST_RATE if epoch < SECOND_STAGE else second_rate
    )
    return Training(model, reviews(seed), EPOCHS, batch_size=128, schedule=stages)


CASE = DemoCase(
    name="falling_lstm",
    title="Sentiment LSTM: fine for ten epochs, then both losses jump and never recover",
    problems=(13,),
    story=(
        "An LSTM classifies token sequences, first at a learning rate of 0.001. From epoch 10 the "
        "second stage continues at 0.2: training and validation loss jump within that epoch from "
        "0.3 to about 1, accuracy falls to chance, and neither comes back. Mended by "
        "continuing at 0.002; everything else is identical."
    ),
    seed=2,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, second_rate=FAULTY_SECOND_RATE),
            expected=(
                Expectation("update_ratio_high", SECOND_STAGE),
                Expectation("loss_divergence", SECOND_STAGE),
            ),
            may_show=(
                "exploding_gradient",
                "vanishing_gradient",
                "loss_spike",
                "epoch_boundary_jump",
                "validation_spike",
                "oscillating_loss",
                "chance_accuracy",
                "weight_growth",
                "cell_state_growth",
                "gate_saturation",
                "saturated_activation",
                "logit_growth",
                "logit_collapse",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, second_rate=FIXED_SECOND_RATE)),
    ),
)
