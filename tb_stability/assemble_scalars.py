"""Puts a run together from scalars that standard loggers wrote."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping

import numpy as np

from tb_stability import log_names
from tb_stability.assemble_points import (
    VALIDATION_LOSS,
    run_of_epochs,
    run_of_steps,
    steps_are_epochs,
)
from tb_stability.points import Points, points_in_order
from tb_stability.records import NO_SCALAR_RECORDS, ReadTags, ScalarRecords
from tb_stability.scalar_runs import Scalar, ScalarRun
from tb_stability.series import MAX_STEP, RunSeries, Windows

# What TensorBoard keeps of each scalar, unless it is told otherwise.
TENSORBOARD_KEEPS = 1000

_DISPLAY_ORDER = (
    log_names.LOSS,
    VALIDATION_LOSS,
    log_names.LEARNING_RATE,
    log_names.GRADIENT_NORM,
)

_STEPS_ARE_EPOCHS = "The steps that were logged are taken for epochs."


def assemble_scalars(scalar_run: ScalarRun, data: ReadTags[ScalarRecords]) -> RunSeries:
    """Returns the series of a run that only standard loggers wrote.

    Where several scalars have one name, the one with the most points is read; among equals, the
    one whose tag has the fewest words.

    Args:
      scalar_run: Which scalars belong to the run.
      data: What was read of them, by TensorBoard run and tag.
    """
    points_of, skipped = _chosen(scalar_run, data)
    epochs = points_of.pop(log_names.EPOCH, None)
    curve = points_of.get(log_names.LOSS) or points_of.get(VALIDATION_LOSS)
    if curve is None:  # its data went away since it was listed
        return RunSeries(scalar_run.run, Windows(*np.zeros((3, 0), dtype=np.int64)))
    notes = [_origin(points_of)]
    if scalar_run.by_epoch or (epochs is None and steps_are_epochs(points_of)):
        run = run_of_epochs(scalar_run.run, points_of)
        notes += [] if scalar_run.by_epoch else [_STEPS_ARE_EPOCHS]
    else:
        run = run_of_steps(scalar_run.run, points_of, curve, epochs)
    return dataclasses.replace(run, notes=(*notes, *run.notes, *_note_on_sample(curve), *skipped))


def _chosen(
    scalar_run: ScalarRun, data: ReadTags[ScalarRecords]
) -> tuple[dict[str, Points], list[str]]:
    """Returns the points of each name, and notes on values that are no numbers."""
    chosen: dict[str, tuple[tuple[int, int], Points]] = {}
    notes: list[str] = []
    for scalar in scalar_run.scalars:
        points = _points(scalar, data, notes)
        rank = (len(points), -scalar.words)
        if len(points) and (scalar.name not in chosen or rank > chosen[scalar.name][0]):
            chosen[scalar.name] = rank, points
    return {name: chosen[name][1] for name in sorted(chosen, key=_display_key)}, notes


def _points(scalar: Scalar, data: ReadTags[ScalarRecords], notes: list[str]) -> Points:
    found = data.get(scalar.run, {}).get(scalar.tag, NO_SCALAR_RECORDS)
    in_range = (found.step >= 0) & (found.step <= MAX_STEP)
    if not np.all(in_range):
        notes.append(
            f"{np.sum(~in_range)} of {len(found)} values of {scalar.tag} were skipped: their steps "
            f"are not from 0 to {MAX_STEP}."
        )
        found = found.at(np.flatnonzero(in_range))
    are_numbers = found.are_numbers
    if not np.all(are_numbers):
        bad = found.value[int(np.argmin(are_numbers))]
        notes.append(
            f"{np.sum(~are_numbers)} of {len(found)} values of {scalar.tag} were skipped: one is "
            f"{str(bad)[:40]!r}, no number."
        )
        found = found.at(np.flatnonzero(are_numbers))
    return points_in_order(scalar.tag, found.step, found.wall_time, found.value)


def _display_key(name: str) -> tuple[int, str]:
    rank = _DISPLAY_ORDER.index(name) if name in _DISPLAY_ORDER else len(_DISPLAY_ORDER)
    return rank, name


def _origin(points_of: Mapping[str, Points]) -> str:
    tags = sorted({points.tag for points in points_of.values()})
    # Hundreds of runs have the same: it is kept once.
    return sys.intern(
        f"Logged without tb_stability: read from the scalars {', '.join(tags)}. What "
        "StabilityCallback adds: the gradient norm of every layer in every step, weights, updates, "
        "logits, dead and saturated units, recurrent state, and onsets dated to the step."
    )


def _note_on_sample(curve: Points) -> tuple[str, ...]:
    if len(curve) < TENSORBOARD_KEEPS or len(np.unique(np.diff(curve.step))) == 1:
        return ()
    return (
        f"{len(curve)} values of {curve.tag} are known, at uneven steps: TensorBoard keeps a "
        f"sample of {TENSORBOARD_KEEPS} (--samples_per_plugin=scalars=0 keeps all).",
    )
