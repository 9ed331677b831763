"""A loss that rises: loss_divergence where it stays up, loss_spike where it comes back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.onsets.class_shares import brings_new_classes
from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.lost_at_once import lost_at_once
from tb_stability.onsets.objective import lowered_curve
from tb_stability.onsets.onset import Evidence, Onset, Severity
from tb_stability.onsets.rates import Rates, rates_of
from tb_stability.onsets.rise_by_design import rises_by_design, validation_is_well
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.onsets.worse_epochs import worse_epochs
from tb_stability.series import FloatArray, RunSeries


def loss_rises(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where the training loss rose clear of the best level it had reached.

    What it tells: a step went wrong, and the loss came back from it (loss_spike) or did not
    (loss_divergence).

    Rule: `tb_stability.detectors.excursion` on the mean loss of each window, or of each epoch where
    steps are not known, by `spreads`, `loss_relative` and `loss_giveback`. An excursion that lasts
    to the end of the data is a divergence, any other a spike, and so is one that is on its way
    back, or neither higher nor longer than one that came back before; a window whose highest step
    alone rises has one too, by `spike_giveback`. Delay: `loss_patience` windows, or
    `loss_patience_epochs` epochs. A rise within the first window is judged by
    `tb_stability.onsets.lost_at_once`, one that is lost in the noise of windows by
    `tb_stability.onsets.worse_epochs`. Silent where the loss gives back little of what it had
    gained, and for losses that are not meant to fall: see `tb_stability.onsets.objective`.
    Severity: critical for a divergence; for a spike info, or a warning where it cost the run a good
    part of its time.
    """
    curve = lowered_curve(run)
    if curve is None:
        return
    at_once = lost_at_once(curve, thresholds)
    if at_once is not None:
        yield at_once
        return
    episodes = thresholds.loss_excursion(epochs=curve.has_epoch_means).detect(curve.mean)
    # A rise within the first points that goes away is a start, not a spike.
    warmup = thresholds.loss_excursion().warmup
    patience = thresholds.loss_excursion(epochs=curve.has_epoch_means).patience
    lasting = [item for item in episodes if item.end is None]
    returning = [
        item
        for item in lasting
        if _is_coming_back(curve, item, patience)
        or _came_back_from_more(curve, item, episodes)
        or (_is_young(curve, item, patience) and _began_with_new_classes(curve, item, run))
    ]
    spikes = [item for item in episodes if item.end is not None and item.start >= warmup]
    spikes += returning
    for episode in lasting:
        if episode not in returning:
            yield _divergence(run, curve, episode, thresholds)
    slow = None if lasting else worse_epochs(run, curve, thresholds)
    if slow is not None:
        yield _divergence(run, curve, slow, thresholds)
    if spikes:
        yield _spikes(curve, spikes, run, thresholds)
    elif curve.highest is not None:
        yield from _single_steps(curve, episodes, thresholds)


def _is_coming_back(curve: LossCurve, episode: Detection, patience: int) -> bool:
    """Returns whether a loss that has not come back yet is on its way.

    It is, if it has made up for half of what it had lost, of a rise beyond the untrained loss for
    half of that to it, and is still falling: the median of the last third since the peak is below
    that of the third before it by more than noise. Who has made up for nine tenths need not fall
    on: beside a loss near zero the rest is little.
    """
    since = _since_the_peak(curve, episode)
    if len(since) < 3 * patience:
        return False
    *_, before, last = (float(np.median(third)) for third in np.array_split(since, 3))
    lost = min(episode.value, curve.untrained) - episode.baseline
    noise = 0.0 if np.isnan(episode.spread) else episode.spread
    missing = last - episode.baseline
    return missing <= lost / 10 or (missing <= lost / 2 and before - last > noise)


def _came_back_from_more(curve: LossCurve, episode: Detection, episodes: list[Detection]) -> bool:
    """Returns whether a rise at the end of the data is no more than one that came back before."""
    lasted = len(curve.mean) - episode.start
    return any(
        one.end is not None and one.value >= episode.value and one.end - one.start >= lasted
        for one in episodes
    )


def _is_young(curve: LossCurve, episode: Detection, patience: int) -> bool:
    """Returns whether a rise began too late to know if the loss comes back from it."""
    return int(np.isfinite(curve.mean[episode.start :]).sum()) <= 3 * patience


def _since_the_peak(curve: LossCurve, episode: Detection) -> FloatArray:
    since = curve.mean[episode.start :]
    since = since[np.isfinite(since)]
    return since[int(np.argmax(since)) :]


def _divergence(
    run: RunSeries, curve: LossCurve, episode: Detection, thresholds: Thresholds
) -> Onset:
    """Returns the onset of a loss that rises clear of its level and does not come back.

    Severity: critical; info where `tb_stability.onsets.rise_by_design` says that what the loss is
    made of changes.
    """
    epoch, step = curve.epoch(episode.start), curve.step(episode.start)
    left = f"The loss left its level of {number(episode.baseline)} at {curve.place(episode.start)}"
    reached = f"it reached {number(episode.value)}"
    severity: Severity = "info"
    if validation_is_well(run, curve, episode, thresholds):
        message = (
            f"{left} and has not come back: {reached}, while the validation loss keeps what it has "
            "gained. So it rises where the training data become harder."
        )
    elif rises_by_design(run, curve, episode, thresholds):
        message = (
            f"{left} by degrees: {reached}, while no layer's gradient or weights left their "
            "course. So it rises where a penalty is given more weight, or the data become harder."
        )
    else:
        severity, message = "critical", f"{left} and has not come back: {reached}."
    return Onset(
        kind="loss_divergence",
        severity=severity,
        epoch=epoch,
        step=step,
        row=None,
        message=message,
        evidence=_evidence(
            curve, "mean", "rises clear of the best level so far and stays there", episode
        ),
    )


def _spikes(
    curve: LossCurve, spikes: list[Detection], run: RunSeries, thresholds: Thresholds
) -> Onset:
    """Returns the first of the spikes from which the mean loss recovered, the others folded in.

    Severity: info; a warning where there are
    `spikes` of them, or one that lasted into another epoch, and the run spent `spike_share` of its
    points in them: three bad points in three thousand harm nobody. A spike that gave back less than
    `loss_giveback` of what had been gained counts for neither, high as it may be beside a loss near
    zero: it came back. Nor does one that began as the learning rate was raised, as where a schedule
    starts anew, or as labels of new classes came; nor, where each point is the loss of a single
    batch, one alone.
    """
    first, rates = spikes[0], rates_of(run)
    least = 2 if curve.of_single_batches else 1
    worth = [
        spike
        for spike in spikes
        if _end(curve, spike) - spike.start >= least
        and not _began_with_the_rate(curve, spike, rates)
        and not _began_with_new_classes(curve, spike, run)
        and spike.value - spike.baseline
        >= thresholds.loss_giveback * (curve.untrained - spike.baseline)
    ]
    lasted = [curve.epoch(_end(curve, spike) - 1) - curve.epoch(spike.start) for spike in worth]
    share = sum(_end(curve, spike) - spike.start for spike in worth) / len(curve.mean)
    keep_coming = len(worth) >= thresholds.spikes or max(lasted, default=0) >= 1
    serious = keep_coming and share >= thresholds.spike_share
    epoch, step = curve.epoch(first.start), curve.step(first.start)
    last = spikes[-1]
    return Onset(
        kind="loss_spike",
        severity="warning" if serious else "info",
        epoch=epoch,
        step=step,
        row=None,
        message=(
            f"The loss rose from {number(first.baseline)} to {number(first.value)} at "
            f"{curve.place(first.start)} and {_came_back(curve, first)}."
            f"{_repeats(len(spikes))}"
        ),
        evidence=_evidence(curve, "mean", "rises clear of the best level and comes back", first),
        end_step=None if last.end is None else curve.step(last.end),
    )


def _end(curve: LossCurve, spike: Detection) -> int:
    return len(curve.mean) if spike.end is None else spike.end


def _came_back(curve: LossCurve, spike: Detection) -> str:
    if spike.end is not None:
        return f"came back by {curve.place(spike.end)}"
    last = float(curve.mean[np.isfinite(curve.mean)][-1])
    return f"is on its way back: it ends at {number(last)}"


def _began_with_the_rate(curve: LossCurve, spike: Detection, rates: Rates | None) -> bool:
    before = max(spike.start - 1, 0)
    last = int(curve.series.step[spike.start])
    return rates is not None and rates.is_raised(curve.step(before), last)


def _began_with_new_classes(curve: LossCurve, episode: Detection, run: RunSeries) -> bool:
    return brings_new_classes(run, curve.step(episode.start))


def _single_steps(
    curve: LossCurve, lasting: list[Detection], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields the first spike of single steps, which the mean of a window does not show.

    Rule: as for spikes of the mean, on the highest loss of each window, against the highest losses
    of windows before. Always info: the mean of the window did not notice.
    """
    if curve.highest is None or curve.highest_at is None:
        return
    until = lasting[0].start if lasting else len(curve.highest)
    broken = np.flatnonzero(curve.nonfinite > 0)
    until = min([until, *broken[:1]])
    episodes = thresholds.spike_excursion().detect(curve.highest[:until])
    spikes = [episode for episode in episodes if episode.end is not None]
    if not spikes:
        return
    first = spikes[0]
    top = first.start + int(np.nanargmax(curve.highest[first.start : first.end]))
    epoch, step = curve.epoch(top), curve.step(top, curve.highest_at[top])
    yield Onset(
        kind="loss_spike",
        severity="info",
        epoch=epoch,
        step=step,
        row=None,
        message=(
            f"The loss of a single step rose to {number(first.value)} at "
            f"{curve.place(top, curve.highest_at[top])}, against {number(first.baseline)} in the "
            f"windows before, and came back at once.{_repeats(len(spikes))}"
        ),
        evidence=_evidence(curve, "max", "highest step of a window, which comes back", first),
        end_step=step + 1,
    )


def _repeats(count: int) -> str:
    return f" It happened {count} times in all." if count > 1 else ""


def _evidence(curve: LossCurve, statistic: str, rule: str, episode: Detection) -> Evidence:
    return Evidence(
        tag=curve.tag,
        statistic="value" if curve.of_epochs else statistic,
        rule=rule,
        value=episode.value,
        threshold=episode.threshold,
        baseline=episode.baseline,
        spread=episode.spread,
    )
