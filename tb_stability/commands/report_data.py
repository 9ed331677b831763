"""What a report holds: the answers of all routes, made by the same functions."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import os
import time
from collections.abc import Sequence
from typing import Any

from tensorboard.backend import json_util

from tb_stability import payload
from tb_stability.columns import merge_columns
from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.diagnosis import DiagnosedRun
from tb_stability.onsets import Thresholds
from tb_stability.version import __version__

Json = dict[str, Any]

# From as many columns as the route `series` gives down to what is still a picture.
_COLUMNS = (2000, 1400, 1000, 700, 500, 350, 250, 180, 125, 90, 60)
# Measurements of real runs shrink to a quarter; what is beyond this will not fit, and is not tried.
_BEST_COMPRESSION = 12

_REVISION = "report"  # there is only one


def about(judged: Sequence[JudgedRun], thresholds: Thresholds) -> Json:
    """Returns what a report says of itself: sources, when it was made, version, thresholds.

    Sources are the names of the directories without the path to them, which is nobody's business.
    """
    return {
        "sources": list(dict.fromkeys(_name_of(run.path) for run in judged)),
        "made": time.time(),
        "version": __version__,
        "thresholds": changed_thresholds(thresholds),
    }


def packed_answers(judged: Sequence[JudgedRun], about: Json, *, size: int) -> str:
    """Returns the answers of all routes about these runs: JSON, gzip, base64.

    Args:
      judged: The runs; their labels become their names, since those of two logdirs may be the same.
      about: Stored with them, as it is.
      size: How many characters there may be. Series are merged into fewer columns until that is so
        (minima, maxima and counts survive), down to 60 columns: more runs than fit so are not cut.
    """
    runs = [_diagnosed(run) for run in judged]
    fitting = [
        columns for columns in _COLUMNS if _raw_size(runs, columns) <= size * _BEST_COMPRESSION
    ]
    for columns in fitting or _COLUMNS[-1:]:
        packed = _pack({"about": about, **_answers(runs, columns)})
        if len(packed) <= size:
            break
    return packed


def _answers(runs: Sequence[DiagnosedRun], columns: int) -> Json:
    details = [payload.run_detail(run) for run in runs]
    return {
        "runs": {"runs": [payload.run_summary(run) for run in runs]},
        "run": details,
        "series": [
            _series(run, entry["tag"], columns)
            for run, detail in zip(runs, details, strict=True)
            for entry in detail["series"]
        ],
        "thresholds": {"thresholds": Thresholds.describe()},
    }


def _series(run: DiagnosedRun, tag: str, columns: int) -> Json:
    series = run.series.get(tag)
    assert series is not None, "the run's own list names it"
    merged = merge_columns(series, run.series.windows, columns=columns)
    return payload.series_values(run.series.run, series, run.revision, merged)


def _diagnosed(run: JudgedRun) -> DiagnosedRun:
    series = dataclasses.replace(run.series, run=run.label, notes=run.notes)
    return DiagnosedRun(series, run.onsets, _REVISION)


def _raw_size(runs: Sequence[DiagnosedRun], columns: int) -> int:
    return sum(
        4 * len(series.rows) * len(series.statistics) * min(len(series), columns)
        for run in runs
        for series in run.series.series
    )


def _pack(content: Json) -> str:
    # As TensorBoard does: JSON has no NaN and no infinities, so they become strings.
    text = json.dumps(json_util.Cleanse(content), separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("ascii"))).decode("ascii")


def _name_of(path: str) -> str:
    place = path if "://" in path else os.path.abspath(path)
    return place.rstrip("/").rpartition("/")[2] or path


def changed_thresholds(thresholds: Thresholds) -> dict[str, float]:
    """Returns those that are other than the defaults, by name."""
    defaults = dataclasses.asdict(Thresholds())
    given = dataclasses.asdict(thresholds)
    return {name: value for name, value in given.items() if value != defaults[name]}
