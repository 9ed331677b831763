"""What to try, computed from the run wherever it can be."""

from __future__ import annotations

import dataclasses

from tb_stability.onsets import advice, healthy_period
from tb_stability.onsets.cell_state_growth import grown_from
from tb_stability.onsets.onset import Onset, Remedy
from tb_stability.onsets.pairing import match_loss, match_output
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.record import LayerRecord
from tb_stability.series import RunSeries

# Factor by which to lower a constant learning rate: what separates 1e-3 and 1e-4, the two that
# people report as unstable and stable for Adam.
RATE_FACTOR = 10.0

# The ratio of update to weights at which training is healthy: see `onsets.updates`; and how far
# from it a run may be before its rate is advised to be scaled to it.
_HEALTHY_RATIO = 1e-3
_FAR = 10.0

_UNITS = ("dead_relu", "saturated_activation", "vanishing_gradient")
_RECURRENT = frozenset(("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "LSTMCell", "GRUCell"))


def remedies_for(
    run: RunSeries, onset: Onset, healthy_until: int, thresholds: Thresholds | None = None
) -> tuple[Remedy, ...]:
    """Returns what to try against an onset, in order of promise; nothing against an info.

    Args:
      run: What was measured.
      onset: The onset.
      healthy_until: Step of the onset that explains it, or its own: what was before is the run's
        healthy period, from which the numbers are computed.
      thresholds: Numbers of the rules, by default those documented in `Thresholds`.
    """
    if onset.severity == "info":
        return ()
    kind = onset.kind
    if kind == "wrong_logits_pairing":
        return match_loss(run, onset)
    if kind == "loss_metric_contradiction":
        return match_output(run)
    if kind in _UNITS:
        return advice.for_units(kind, _layer(run, onset.row))
    if kind in ("not_learning", "chance_accuracy"):
        return (*_rate_for_usual_ratio(run), *advice.FIXED.get(kind, (advice.NORMALISE,)))
    if kind in advice.FIXED:
        row = onset.row or "the layer"
        return tuple(
            dataclasses.replace(remedy, text=remedy.text.replace("{row}", row))
            for remedy in advice.FIXED[kind]
        )
    if kind in ("update_ratio_high", "update_ratio_low"):
        scaled = _rate_for_ratio(run, onset.step, onset.evidence.value)
        clip = _clip(run, healthy_until) if kind == "update_ratio_high" else ()
        return (*(scaled or _lower_rate(run, onset.step)), *clip)
    return _against_a_failure(run, onset, healthy_until, thresholds or Thresholds())


def _against_a_failure(
    run: RunSeries, onset: Onset, healthy_until: int, thresholds: Thresholds
) -> tuple[Remedy, ...]:
    clip, rate = _clip(run, healthy_until), _lower_rate(run, healthy_until)
    shorter = _shorter_sequences(run, onset, thresholds)
    if onset.kind == "cell_state_growth":
        return (*shorter, *clip, *rate)
    # Clipping costs a healthy run nothing. But where the rate had been raised that is the cause,
    # and where the gradients had not left their baseline there is nothing to clip.
    rate_first = healthy_period.was_raised(run, healthy_until) or onset.kind in (
        "loss_divergence",
        "loss_spike",
        "oscillating_loss",
    )
    general = (*rate, *clip) if rate_first else (*clip, *rate)
    if onset.kind == "exploding_gradient":
        return (*general, *shorter)
    if onset.kind == "logit_growth":
        return (*general, _SMOOTH_LABELS)
    if onset.kind == "nonfinite_loss":
        return (*general, advice.CHECK_NUMERICS)
    return general


_SMOOTH_LABELS = Remedy(
    "Give the logits a bound: with smoothed labels the loss has its least at finite ones.",
    "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)",
)


def _rate_for_ratio(run: RunSeries, step: int, ratio: float) -> tuple[Remedy, ...]:
    """Returns the learning rate scaled so that the update ratio seen becomes a healthy one."""
    rate = healthy_period.rate_at(run, step)
    if rate == 0:
        return (Remedy("Raise the learning rate: it is zero.", _optimizer(run, _HEALTHY_RATIO)),)
    if rate is None or not 0 < ratio < float("inf"):
        return ()
    scaled = rate * _HEALTHY_RATIO / ratio
    return (
        Remedy(
            f"{'Lower' if scaled < rate else 'Raise'} the learning rate from {rate:.3g} to about "
            f"{scaled:.3g}: scaled so that a step changes the weights by {_HEALTHY_RATIO:g} of "
            "their norm.",
            _optimizer(run, scaled),
        ),
    )


def _rate_for_usual_ratio(run: RunSeries) -> tuple[Remedy, ...]:
    ratio = healthy_period.usual_ratio(run)
    step = int(run.windows.first_step[0])
    if ratio is not None and not _HEALTHY_RATIO / _FAR <= ratio <= _HEALTHY_RATIO * _FAR:
        return _rate_for_ratio(run, step, ratio) or (advice.ANOTHER_RATE,)
    return (advice.ANOTHER_RATE,)


def _clip(run: RunSeries, step: int) -> tuple[Remedy, ...]:
    norm = healthy_period.healthy_norm(run, step)
    if norm is None:
        return ()
    raised = healthy_period.was_raised(run, step)
    rate = (healthy_period.healthy_rate if raised else healthy_period.rate_at)(run, step)
    return (
        Remedy(
            f"Clip the gradient at {number(norm)}: the {healthy_period.CLIP_PERCENTILE}th "
            "percentile of its norm while the run was healthy.",
            _optimizer(run, rate, f"global_clipnorm={norm:.3g}"),
        ),
    )


def _lower_rate(run: RunSeries, step: int) -> tuple[Remedy, ...]:
    rate = healthy_period.rate_at(run, step)
    if rate is None or rate <= 0:
        return (Remedy("Lower the learning rate by a factor of ten."),)
    healthy = healthy_period.healthy_rate(run, step)
    if healthy is not None and healthy_period.was_raised(run, step):
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


def _shorter_sequences(run: RunSeries, onset: Onset, thresholds: Thresholds) -> tuple[Remedy, ...]:
    layers = run.record.layers if run.record else ()
    recurrent = any(layer.class_name in _RECURRENT for layer in layers)
    if onset.kind != "cell_state_growth" and not recurrent:
        return ()
    found = grown_from(run, onset.row, onset.step, thresholds)
    if found is None:
        text = "Cut the sequences into shorter pieces: fewer time steps, and more samples of them."
        return (Remedy(text),)
    time_steps, level = found
    return (
        Remedy(
            f"Cut the sequences into pieces of at most {time_steps} time steps, and more samples "
            f"of them: beyond, the state of {onset.row} grows past {number(level)}.",
            "keras.utils.timeseries_dataset_from_array(data, targets, "
            f"sequence_length={time_steps})",
        ),
    )


def _layer(run: RunSeries, row: str | None) -> LayerRecord:
    layers = run.record.layers if run.record else ()
    return next((layer for layer in layers if layer.name == row), LayerRecord(row or "layer", ""))


def _optimizer(run: RunSeries, rate: float | None, *arguments: str) -> str:
    name = str(run.record.optimizer.get("class_name", "")) if run.record else ""
    name = name if name.isidentifier() else "Adam"
    rate_argument = () if rate is None else (f"learning_rate={rate:.3g}",)
    return f"keras.optimizers.{name}({', '.join((*rate_argument, *arguments))})"
