"""What to try, computed from the run wherever it can be."""

from __future__ import annotations

import dataclasses

from tb_stability.metadata import PER_STEP
from tb_stability.onsets import advice, healthy_period
from tb_stability.onsets.cell_state_growth import grown_from
from tb_stability.onsets.onset import Onset, Remedy
from tb_stability.onsets.pairing import match_loss, match_output
from tb_stability.onsets.rate_remedies import (
    higher_rate,
    lower_rate,
    lowered_rate,
    optimizer_code,
    rate_for_ratio,
    rate_for_usual_ratio,
    scaled_rate,
    what_takes_steps_away,
)
from tb_stability.onsets.target_remedies import targets_out_of_reach
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.record import LayerRecord
from tb_stability.series import RunSeries

_UNITS = ("dead_relu", "saturated_activation", "vanishing_gradient")
_NONFINITE = ("nonfinite_loss", "nonfinite_gradient", "nonfinite_weights")
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
        outputs = run.record.outputs if run.record else ()
        is_output = onset.row in [output.name for output in outputs]
        return advice.for_units(
            kind,
            _layer(run, onset.row),
            lower_rate(run, onset.step)[0],
            is_output=is_output,
            from_the_start=onset.evidence.baseline is None,
        )
    if kind in ("not_learning", "chance_accuracy"):
        out_of_reach = targets_out_of_reach(run, thresholds or Thresholds())
        return (
            *out_of_reach,
            *rate_for_usual_ratio(run),
            *advice.FIXED.get(kind, (advice.NORMALISE,)),
        )
    if kind in advice.FIXED:
        row = onset.row or "the layer"
        return tuple(
            dataclasses.replace(remedy, text=remedy.text.replace("{row}", row))
            for remedy in advice.FIXED[kind]
        )
    if kind == "update_ratio_low":
        scaled = rate_for_ratio(run, onset.step, onset.evidence.value)
        return what_takes_steps_away(run) or scaled or higher_rate(run, onset.step)
    if kind == "update_ratio_high":
        ratio = onset.evidence.value
        scaled = rate_for_ratio(run, onset.step, ratio) or lower_rate(run, onset.step)
        # At the old rate a clipped step would still be too large.
        return (*scaled, *_clip(run, healthy_until, scaled_rate(run, onset.step, ratio)))
    threshold = onset.evidence.threshold
    if kind == "loss_divergence" and threshold is not None and onset.evidence.value < threshold:
        return advice.UNBOUNDED  # it is not the rise that makes it a divergence, but the fall
    return _against_a_failure(run, onset, healthy_until, thresholds or Thresholds())


def _against_a_failure(
    run: RunSeries, onset: Onset, healthy_until: int, thresholds: Thresholds
) -> tuple[Remedy, ...]:
    if onset.kind in _NONFINITE and healthy_until <= _first_step(run):
        # No weight has been changed yet, so that no rate can be to blame.
        return (*_check_labels(run), advice.CHECK_FIRST, advice.CHECK_DATA)
    # What swings at a rate swings on at it, clipped.
    lower = lowered_rate(run, healthy_until) if onset.kind == "oscillating_loss" else None
    clip, rate = _clip(run, healthy_until, lower), lower_rate(run, healthy_until)
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
    if onset.kind not in _NONFINITE:
        return general
    # Of its own accord it came from calm gradients, if there are any.
    calm = onset.cause is None and healthy_period.healthy_norm(run, healthy_until) is not None
    return (advice.CALM_BEFORE, *general) if calm else (*general, advice.CHECK_NUMERICS)


def _first_step(run: RunSeries) -> int:
    first = run.record.first_step if run.record else 1
    return max(first, 1)


_SMOOTH_LABELS = Remedy(
    "Give the logits a bound: with smoothed labels the loss has its least at finite ones.",
    "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)",
)


def _clip(run: RunSeries, step: int, lower: float | None = None) -> tuple[Remedy, ...]:
    """Returns to clip at a healthy norm; besides a `lower` rate, if one is advised already."""
    norm = healthy_period.healthy_norm(run, step)
    if norm is None:
        return ()
    raised = healthy_period.was_raised(run, step)
    rate = (healthy_period.healthy_rate if raised else healthy_period.rate_at)(run, step)
    return (
        Remedy(
            f"Clip the gradient{'' if lower is None else ' as well,'} at {number(norm)}: the "
            f"{healthy_period.CLIP_PERCENTILE}th percentile of its norm while the run was healthy.",
            optimizer_code(run, rate if lower is None else lower, f"global_clipnorm={norm:.3g}"),
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


def _check_labels(run: RunSeries) -> tuple[Remedy, ...]:
    classes = [len(series.rows) for series in run.of_quantity("class_logits", PER_STEP)]
    sparse = run.record is not None and "sparse" in run.record.loss.lower()
    return (advice.check_labels(classes[0]),) if sparse and len(classes) == 1 else ()
