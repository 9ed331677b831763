"""Logits that are large and alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import Elevated
from tb_stability.metadata import PER_STEP
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_stuck
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries

# Smaller logits are those of an untrained model: one more is a factor of e in the odds.
_LEAST_SIZE = 1.0


def logit_collapse(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where the logits of an output became large beside what tells the classes apart.

    What it tells: a common offset fills the logits; softmax does not see it, but whatever changes
    the weights moves all classes together.

    Rule: in a run that does not learn, the mean absolute logit is at least one, and `logit_offset`
    times the spread between the largest and the smallest logit of a sample, to the end of the
    data. Delay: two windows, and that of the symptom. Severity: that of the symptom. Silent where
    the run learns, and for outputs of a single logit, which have no spread.
    """
    stuck = first_stuck(symptoms)
    size = run.first_of("logits", PER_STEP, "mean_abs")
    spread = run.first_of("logits", PER_STEP, "spread")
    if stuck is None or size is None or spread is None or size.rows != spread.rows:
        return
    if not np.array_equal(size.step, spread.step):
        return
    between = spread.statistic("mean")
    measured = size.measured & spread.measured & (between > 0)
    large = size.statistic("mean") >= _LEAST_SIZE
    ratio = large * size.statistic("mean") / np.where(measured, between, 1.0)
    ratio = np.where(measured, ratio, np.nan)
    for row, name in enumerate(size.rows):
        for episode in Elevated(thresholds.logit_offset, patience=2).detect(ratio[:, row]):
            if episode.end is not None:
                continue
            epoch, step = int(size.epoch[episode.start]), int(size.first_step[episode.start])
            last = int(np.flatnonzero(measured[:, row])[-1])
            yield Onset(
                kind="logit_collapse",
                severity=stuck.severity,
                epoch=epoch,
                step=step,
                row=name,
                message=(
                    f"From {place(epoch, step)} on the logits of {name} are large and alike: "
                    f"{number(float(size.statistic('mean')[last, row]))} in size, and "
                    f"{number(float(between[last, row]))} between the classes at the end."
                ),
                evidence=Evidence(
                    tag=size.tag,
                    statistic="mean",
                    rule="mean absolute logit, as a multiple of the spread between classes",
                    value=episode.value,
                    threshold=episode.threshold,
                    baseline=None if np.isnan(episode.baseline) else episode.baseline,
                ),
            )
