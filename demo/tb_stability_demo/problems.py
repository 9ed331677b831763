"""The complaints that the plugin was made for, as people reported them."""

from __future__ import annotations

PROBLEMS = {
    1: "The loss does not improve from the start, by chance of the seed",
    2: "The loss jumps up after each epoch",
    3: "The loss goes to infinity, then NaN",
    4: "LSTM over long sequences: the state accumulates over time steps and the loss explodes",
    5: "A balanced classifier sticks at accuracy 1/N; its logits are large and largely equal",
    6: "Softmax and cross-entropy: unstable from probabilities, silently wrong when mispaired",
    7: "NaN from log(0) in a loss",
    8: "ReLUs die, often after a too large step",
    9: "Weights grow without bound and overflow",
    10: "Deep net of sigmoid or tanh layers: the early ones stop learning",
    11: "An LSTM will not learn: saturated gates, initialisation, unscaled inputs, imbalance",
    12: "Adam is unstable at one learning rate, and stable at a tenth with more epochs",
    13: "An LSTM classifier is fine for epochs, then both losses jump and never recover",
    14: "The same, swept over learning rates: which one is safe?",
    15: "Gradient clipping, L2, residual connections, better initialisation as cures",
}
