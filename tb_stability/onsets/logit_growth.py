"""Logits that grow until the run fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.onsets.growth import growth_before
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_failure
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries


def logit_growth(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where the logits of an output began to grow on the way to a failure.

    What it tells: the output is so sure of itself that a single wrong sample costs a loss of the
    size of the logits, and a gradient to match; Chowdhery et al., PaLM (2022), section 5, and
    Wortsman et al., Small-scale proxies for large-scale Transformer training instabilities (2023)
    saw such growth come before divergence.

    Rule: in the windows before that in which the run fails, the largest absolute logit has left its
    own baseline (`tb_stability.detectors.departure` on its logarithm, by `gradient_factor`), and is
    at least `logit_size`. The row is the output that left first. No delay of its own. Severity:
    that of the failure. Silent without one: where classes can be separated, logits grow without
    bound and the loss goes to zero, to nobody's harm.
    """
    failure = first_failure(symptoms)
    series = run.first_of("logits", PER_STEP, "max_abs")
    if failure is None or series is None:
        return
    largest = np.where(series.measured, series.statistic("max"), np.nan)
    found = [
        (growth, row)
        for row in range(len(series.rows))
        if (growth := growth_before(series, largest[:, row], failure, thresholds)) is not None
        and growth.value >= thresholds.logit_size
    ]
    if not found:
        return
    growth, row = min(found, key=lambda item: item[0].start)
    name = series.rows[row]
    epoch, step = int(series.epoch[growth.start]), int(series.first_step[growth.start])
    yield Onset(
        kind="logit_growth",
        severity=failure.severity,
        epoch=epoch,
        step=step,
        row=name,
        message=(
            f"The logits of {name} left their baseline of {number(growth.baseline)} at "
            f"{place(epoch, step)} and grew to {number(growth.value)}."
        ),
        evidence=Evidence(
            tag=series.tag,
            statistic="max",
            rule="largest absolute logit leaves its own baseline before the run fails",
            value=growth.value,
            threshold=max(growth.threshold, thresholds.logit_size),
            baseline=growth.baseline,
        ),
        end_step=failure.end_step,
    )
