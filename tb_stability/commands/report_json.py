"""A report as JSON: what `check --format json` says, and what was trained and measured."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tensorboard.backend import json_util

from tb_stability.commands import json_format, report_data
from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.onsets import Thresholds, worst_severity


def render(judged: Sequence[JudgedRun], thresholds: Thresholds) -> str:
    """Returns one object with an entry a run; NaN and the infinities are strings."""
    content = {
        **report_data.about(judged, thresholds),
        "runs": [_entry(run) for run in judged],
    }
    return json.dumps(json_util.Cleanse(content), indent=2) + "\n"


def _entry(run: JudgedRun) -> report_data.Json:
    record = run.series.record
    return {
        **json_format.entry(run),
        "status": run.series.status,
        "severity": worst_severity(run.onsets),
        "last_wall_time": run.series.last_wall_time,
        "record": record.to_dict() if record else None,
        "series": [
            {"tag": series.tag, "rows": list(series.rows), "windows": len(series)}
            for series in run.series.series
        ],
    }
