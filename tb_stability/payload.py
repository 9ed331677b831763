"""The JSON that the routes answer with; http_api.md documents it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tb_stability.assemble import display_key
from tb_stability.columns import Columns
from tb_stability.diagnosis import DiagnosedRun, UnjudgedRun
from tb_stability.metadata import LEARNING_RATE
from tb_stability.onsets import Onset, worst_severity
from tb_stability.series import FloatArray, RunSeries, Series

Json = dict[str, Any]

# A run of which nothing has been concluded yet: neither good nor bad.
_UNKNOWN: Json = {
    "run": "",
    "status": None,
    "epochs": None,
    "steps": None,
    "last_wall_time": None,
    "revision": None,
    "judgement": "pending",
    "severity": None,
    "first_onset": None,
    "learning_rate": None,
    "learning_rates": [],
    "onsets": None,
    "notes": [],
}


def run_summary(diagnosed: DiagnosedRun | UnjudgedRun) -> Json:
    """Returns one entry of the route `runs`."""
    if isinstance(diagnosed, UnjudgedRun):
        return {**_UNKNOWN, "run": diagnosed.run}
    return {
        **_run_header(diagnosed),
        "onsets": len(diagnosed.onsets),
        "notes": list(diagnosed.series.notes),
    }


def run_detail(diagnosed: DiagnosedRun) -> Json:
    """Returns the answer of the route `run`."""
    record = diagnosed.series.record
    return {
        **_run_header(diagnosed),
        "record": record.to_dict() if record else None,
        "series": [*_series_entries(diagnosed.series)],
        "onsets": [onset.to_dict() for onset in diagnosed.onsets],
        "notes": list(diagnosed.series.notes),
    }


def series_values(run: str, series: Series, revision: str, columns: Columns) -> Json:
    """Returns the answer of the route `series`."""
    return {
        "run": run,
        "tag": series.tag,
        "revision": revision,
        "rows": list(series.rows),
        "windows": columns.windows,
        "columns": len(columns),
        "x": {
            "first_step": columns.first_step.tolist(),
            "last_step": columns.last_step.tolist(),
            "epoch_start": columns.epoch_start.tolist(),
            "epoch_end": columns.epoch_end.tolist(),
            "wall_time": columns.wall_time.tolist(),
        },
        "statistics": {name: _base64(values) for name, values in columns.statistics.items()},
    }


def _run_header(diagnosed: DiagnosedRun) -> Json:
    series = diagnosed.series
    return {
        "run": series.run,
        "status": series.status,
        "epochs": series.epochs,
        "steps": series.steps,
        "last_wall_time": series.last_wall_time,
        "revision": diagnosed.revision,
        "judgement": diagnosed.judgement,
        "severity": worst_severity(diagnosed.onsets),
        "first_onset": _first_onset(diagnosed.onsets),
        "learning_rate": _learning_rate(series),
        "learning_rates": _learning_rates(series),
    }


def _first_onset(onsets: Sequence[Onset]) -> Json | None:
    serious = [onset for onset in onsets if onset.severity != "info"]
    for onset in serious or onsets:
        return {
            "kind": onset.kind,
            "title": onset.title,
            "epoch": onset.epoch,
            "step": onset.step,
            "row": onset.row,
        }
    return None


def _learning_rate(run: RunSeries) -> float | None:
    if run.record:
        return run.record.learning_rate
    logged = run.first_of(LEARNING_RATE.name, LEARNING_RATE.statistics)
    return None if logged is None else float(logged.values[0, 0, 0])


def _learning_rates(run: RunSeries) -> list[float]:
    """Returns the rate at the start, the highest one, and the last, without repeats in a row."""
    start = _learning_rate(run)
    logged = run.first_of(LEARNING_RATE.name, LEARNING_RATE.statistics)
    values = np.array([]) if logged is None else logged.values[:, 0, 0].astype(np.float64)
    values = values[np.isfinite(values)]
    rates = [] if start is None else [start]
    for rate in [values.max(), values[-1]] if len(values) else []:
        # What was logged is a float32, and the record's is not.
        if not rates or not np.isclose(rate, rates[-1], rtol=1e-6, atol=0):
            rates.append(float(f"{rate:.7g}"))
    return rates


def _series_entries(run: RunSeries) -> Iterator[Json]:
    windows = {series.tag: len(series) for series in run.series}
    listed = [*(series.metadata for series in run.series), *run.unread]
    for metadata in sorted(listed, key=lambda item: display_key(item.tag)):
        quantity = metadata.quantity
        if quantity.view == "hidden":
            continue
        yield {
            "tag": metadata.tag,
            "quantity": quantity.name,
            "row_group": metadata.row_group,
            "title": quantity.title,
            "description": quantity.description,
            "row_kind": quantity.row_kind,
            "rows": list(metadata.rows),
            "statistics": list(quantity.statistics),
            "unit": quantity.unit,
            "view": quantity.view,
            "scale": quantity.scale,
            "windows": windows.get(metadata.tag),
        }


def _base64(values: FloatArray) -> str:
    """Returns float32 as base64; of values that are all the same, as most counts are, one."""
    # Their bits: then NaN is the same as NaN, and 0 not as -0.
    bits = np.ascontiguousarray(values, dtype="<f4").ravel().view("<u4")
    if bits.size and (bits == bits[0]).all():
        bits = bits[:1]
    return base64.b64encode(bits.tobytes()).decode("ascii")
