"""Recurrent networks, Transformers and embeddings."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, fit, fit_classifier

L = keras.layers


@healthy(at_most={"val_loss": 0.01})
def counting_lstm(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts cell-state growth: the state is meant to count, so it grows with every time step.

    The variance of the counts, in tens, is 0.063: the loss where the input is not looked at.
    """
    rng = begin(seed)
    x = (rng.random((800, 30, 1)) < 0.3).astype(np.float32)
    model = keras.Sequential([L.LSTM(16, name="counter"), L.Dense(1)])
    tens = x.sum(axis=1) / 10
    return fit(model, x, tens, callbacks, keras.optimizers.Adam(1e-2), epochs=15)


@healthy(at_least={"val_accuracy": 0.95})
def searching_gru(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts gate saturation: whether one word occurs is kept by gates that open and shut."""
    rng = begin(seed)
    x = rng.integers(1, 30, (1000, 20))
    y = (x == 7).any(axis=1).astype(np.int64)
    model = keras.Sequential([L.Embedding(30, 8), L.GRU(16), L.Dense(2)])
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-2), epochs=12)


@healthy(at_least={"val_accuracy": 0.75})
def transformer_warm_up(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning and growth: a Transformer under a rate that rises for 90 steps."""
    rng = begin(seed)
    words, length = 20, 8
    x = rng.integers(0, words, (1500, length))
    y = (x[:, 0] > x[:, -1]).astype(np.int64)
    inputs = keras.Input((length,), dtype="int64")
    flow = L.Embedding(words, 32)(inputs) + L.Embedding(length, 32)(ops.arange(length))[None]
    normal = L.LayerNormalization()(flow)
    flow = flow + L.MultiHeadAttention(2, 16)(normal, normal)
    normal = L.LayerNormalization()(flow)
    flow = flow + L.Dense(32)(L.Dense(64, activation="gelu")(normal))
    model = keras.Model(inputs, L.Dense(2)(L.Flatten()(flow)))
    rate = keras.optimizers.schedules.CosineDecay(0.0, 300, warmup_target=3e-3, warmup_steps=90)
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(rate), epochs=10)


@healthy(at_least={"val_accuracy": 0.75})
def rare_words(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts dead rows and steps too large: most words of the vocabulary are hardly ever met.

    Word frequencies follow Zipf's law, so the gradient of the embedding is sparse. Half of the
    texts praise: those whose words do more than those of the others.
    """
    rng = begin(seed)
    x = np.minimum(rng.zipf(1.4, (1500, 20)), 1999)
    praise = rng.normal(size=2000)
    score = praise[x].sum(axis=1)
    y = (score > np.median(score)).astype(np.int64)
    model = keras.Sequential([L.Embedding(2000, 16), L.GlobalAveragePooling1D(), L.Dense(2)])
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-2), epochs=12)


RUNS = (counting_lstm, searching_gru, transformer_warm_up, rare_words)
