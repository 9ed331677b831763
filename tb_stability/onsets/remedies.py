"""What to try, computed from the run wherever it can be."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.metadata import GRADIENT_NORM, LEARNING_RATE
from tb_stability.onsets.onset import Onset, Remedy
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# Percentile of the healthy gradient norms at which to clip: one healthy step in twenty is clipped.
# Pascanu et al., On the difficulty of training recurrent neural networks (2013), section 3.2, set
# the threshold from the average norm over many updates; a percentile needs no assumption on the
# tail.
CLIP_PERCENTILE = 95

# Factor by which to lower a constant learning rate: what separates 1e-3 and 1e-4, the two that
# people report as unstable and stable for Adam.
RATE_FACTOR = 10.0

# A rate this far above the one with which training was healthy had been raised by a schedule.
RAISED = 1.5


def remedies_for(run: RunSeries, onset: Onset, healthy_until: int) -> tuple[Remedy, ...]:
    """Returns what to try against an onset, in order of promise; nothing against an info.

    Args:
      run: What was measured.
      onset: The onset.
      healthy_until: Step of the onset that explains it, or its own: what was before is the run's
        healthy period, from which the numbers are computed.
    """
    if onset.severity == "info":
        return ()
    if onset.kind == "wrong_logits_pairing":
        return _match_loss(onset)
    if onset.kind in _ADVICE:
        return tuple(
            dataclasses.replace(remedy, text=remedy.text.replace("{row}", onset.row or "the layer"))
            for remedy in _ADVICE[onset.kind]
        )
    clip, rate = _clip(run, healthy_until), _lower_rate(run, healthy_until)
    if onset.kind == "update_ratio_high":
        return (*_rate_for_ratio(run, onset), *clip)
    # Clipping costs a healthy run nothing. But where the rate had been raised that is the cause,
    # and where the gradients had not left their baseline there is nothing to clip.
    rate_first = _raised(run, healthy_until) or onset.kind in ("loss_divergence", "loss_spike")
    general = (*rate, *clip) if rate_first else (*clip, *rate)
    if onset.kind == "exploding_gradient":
        return (*general, *_shorter_sequences(run))
    if onset.kind == "nonfinite_loss":
        return (*general, _CHECK_NUMERICS)
    return general


_CHECK_NUMERICS = Remedy(
    "Where the gradients were calm before, look for log(0), 0/0 or the root of zero in the loss, "
    "and for NaN in the data.",
    "tf.debugging.enable_check_numerics()",
)

_HE = Remedy("Initialise the layers for ReLU.", 'kernel_initializer="he_normal"')
_RESIDUAL = Remedy("Lead the gradient around the layers: residual connections.", "x = x + layer(x)")
_NORMALISE = Remedy("Normalise what goes into the layers.", "keras.layers.BatchNormalization()")

# What to try against kinds whose remedy needs no number of the run.
_ADVICE: dict[str, tuple[Remedy, ...]] = {
    "nonfinite_input": (
        Remedy(
            "Find the samples of {row} that are not finite, and leave them out or mend them.",
            "np.isfinite(x).all(axis=tuple(range(1, x.ndim)))",
        ),
    ),
    "unscaled_input": (
        Remedy("Scale {row} to mean 0 and deviation 1.", "keras.layers.Normalization()"),
    ),
    "imbalanced_classes": (
        Remedy(
            "Weight the classes by their rarity.",
            "model.fit(..., class_weight=dict(enumerate(weights)))",
        ),
        Remedy("Judge by a measure that guessing cannot please.", "keras.metrics.AUC(curve='PR')"),
    ),
    "epoch_boundary_jump": (
        Remedy(
            "Shuffle the training data anew in every epoch.",
            "dataset.shuffle(buffer_size, reshuffle_each_iteration=True)",
        ),
        Remedy(
            "Look for what is set back when an epoch begins: a schedule, states of recurrent "
            "layers, the optimizer."
        ),
    ),
    "weight_growth": (
        Remedy(
            "Hold the weights back: weight decay, or an L2 penalty on {row}.",
            "keras.optimizers.AdamW(weight_decay=0.01)",
        ),
        Remedy("Or bound them.", "kernel_constraint=keras.constraints.MaxNorm(3.0)"),
    ),
    "dead_relu": (
        Remedy("Lower the learning rate: one step too large kills units for good."),
        Remedy(
            "Let the units of {row} recover: a leaky ReLU has a gradient below zero as well.",
            'activation="leaky_relu"',
        ),
        _HE,
    ),
    "saturated_activation": (
        Remedy("Scale the inputs to mean 0 and deviation 1.", "keras.layers.Normalization()"),
        Remedy("Use ReLU, which does not saturate, with its initialisation.", 'activation="relu"'),
        _NORMALISE,
    ),
    "gate_saturation": (
        Remedy("Scale the inputs to mean 0 and deviation 1.", "keras.layers.Normalization()"),
        Remedy("Keep the initialisation that Keras gives to recurrent layers."),
    ),
    "vanishing_gradient": (
        Remedy("Use ReLU, which passes gradients on undiminished.", 'activation="relu"'),
        _HE,
        _RESIDUAL,
        _NORMALISE,
    ),
    "logit_collapse": (
        Remedy(
            "Take the common offset out of what goes into the last layer: features with mean 0.",
            "keras.layers.LayerNormalization()",
        ),
        Remedy("Initialise the last layer small.", 'kernel_initializer="glorot_uniform"'),
    ),
    "chance_accuracy": (
        Remedy("See whether the labels belong to the inputs, and the loss to the output."),
        Remedy("Try another learning rate: ten times as high, ten times as low."),
        _NORMALISE,
    ),
    "not_learning": (
        Remedy("Try another learning rate: ten times as high, ten times as low."),
        _HE,
        _NORMALISE,
    ),
}


def _match_loss(onset: Onset) -> tuple[Remedy, ...]:
    if onset.evidence.value:
        return (
            Remedy(
                f"Leave the activation of {onset.row} out, so that the loss gets the logits it "
                "expects: that is the most stable.",
                "keras.layers.Dense(classes)",
            ),
            Remedy("Or tell the loss that it gets probabilities.", "from_logits=False"),
        )
    return (Remedy("Tell the loss that it gets logits.", "from_logits=True"),)


# The ratio of update to weights at which training is healthy: see `onsets.updates`.
_HEALTHY_RATIO = 1e-3


def _rate_for_ratio(run: RunSeries, onset: Onset) -> tuple[Remedy, ...]:
    rate = _rate_at(run, onset.step)
    seen = onset.evidence.value
    if rate is None or not np.isfinite(seen):
        return _lower_rate(run, onset.step)
    scaled = rate * _HEALTHY_RATIO / seen
    return (
        Remedy(
            f"Lower the learning rate from {rate:.3g} to about {scaled:.3g}: scaled so that a step "
            f"changes the weights by {_HEALTHY_RATIO:g} of their norm.",
            _optimizer(run, scaled),
        ),
    )


def _clip(run: RunSeries, step: int) -> tuple[Remedy, ...]:
    norm = _healthy_norm(run, step)
    if norm is None:
        return ()
    return (
        Remedy(
            f"Clip the gradient at {number(norm)}: the {CLIP_PERCENTILE}th percentile of its norm "
            f"while the run was healthy.",
            _optimizer(
                run,
                _healthy_rate(run, step) if _raised(run, step) else _rate_at(run, step),
                f"global_clipnorm={norm:.3g}",
            ),
        ),
    )


def _healthy_norm(run: RunSeries, step: int) -> float | None:
    """Returns the percentile of the norm over all layers, of the windows that end before a step.

    Per window it is the root of the squared mean norms of all layers.
    """
    series = run.first_of(GRADIENT_NORM.name, GRADIENT_NORM.statistics)
    if series is None:
        return None
    mean = series.statistic("mean")[series.step < step].astype(np.float64)
    measured = series.measured[series.step < step]
    total = np.sqrt(np.square(np.where(measured, mean, 0.0)).sum(axis=1))
    total = total[np.isfinite(total) & (total > 0)]
    return float(np.percentile(total, CLIP_PERCENTILE)) if total.size else None


def _lower_rate(run: RunSeries, step: int) -> tuple[Remedy, ...]:
    rate = _rate_at(run, step)
    if rate is None or rate <= 0:
        return (Remedy("Lower the learning rate by a factor of ten."),)
    healthy = _healthy_rate(run, step)
    if healthy is not None and _raised(run, step):
        return (
            Remedy(
                f"Keep the learning rate at or below {healthy:.3g}, with which the run was "
                f"healthy: it had been raised to {rate:.3g}.",
                _optimizer(run, healthy),
            ),
        )
    lower = rate / RATE_FACTOR
    return (
        Remedy(
            f"Lower the learning rate from {rate:.3g} to {lower:.3g}, for more epochs.",
            _optimizer(run, lower),
        ),
    )


def _rate_at(run: RunSeries, step: int) -> float | None:
    series = run.first_of(LEARNING_RATE.name, LEARNING_RATE.statistics)
    if series is not None:
        index = min(int(np.searchsorted(series.step, step)), len(series) - 1)
        rate = float(series.statistic("value")[index, 0])
        if np.isfinite(rate):
            return rate
    return run.record.learning_rate if run.record else None


def _healthy_rate(run: RunSeries, step: int) -> float | None:
    """Returns the median learning rate of the windows that end before a step."""
    series = run.first_of(LEARNING_RATE.name, LEARNING_RATE.statistics)
    if series is None:
        return None
    rates = series.statistic("value")[series.step < step, 0]
    rates = rates[np.isfinite(rates)]
    return float(np.median(rates)) if rates.size else None


def _raised(run: RunSeries, step: int) -> bool:
    """Returns whether the learning rate at a step is well above what it was before."""
    rate, healthy = _rate_at(run, step), _healthy_rate(run, step)
    return rate is not None and healthy is not None and rate >= RAISED * healthy > 0


def _shorter_sequences(run: RunSeries) -> tuple[Remedy, ...]:
    recurrent = {"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "LSTMCell", "GRUCell"}
    layers = run.record.layers if run.record else ()
    if not any(layer.class_name in recurrent for layer in layers):
        return ()
    return (
        Remedy(
            "Cut the sequences into shorter pieces: fewer time steps, and more samples of them."
        ),
    )


def _optimizer(run: RunSeries, rate: float | None, *arguments: str) -> str:
    name = str(run.record.optimizer.get("class_name", "")) if run.record else ""
    rate_argument = () if rate is None else (f"learning_rate={rate:.3g}",)
    return f"keras.optimizers.{name or 'Adam'}({', '.join((*rate_argument, *arguments))})"
