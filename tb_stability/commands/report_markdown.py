"""A report as Markdown, for a comment on a pull request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.commands.markdown_text import code_block, in_html, name, prose
from tb_stability.commands.report_data import changed_thresholds
from tb_stability.onsets import Evidence, Onset, Thresholds, worst_severity

# GitHub refuses comments of more than 65,536 characters. The list of runs leaves room for findings.
MAX_CHARACTERS = 65_000
MAX_TABLE = 20_000

_VERDICTS = {"critical": "unstable", "warning": "suspect", "info": "noted", None: "stable"}
_HEAD = ("| onset | epoch | step | row | evidence |", "| --- | ---: | ---: | --- | --- |")


def render(judged: Sequence[JudgedRun], thresholds: Thresholds) -> str:
    """Returns a verdict a run, then the onsets of each; what there is no room for is counted."""
    findings = [_findings(run) for run in judged if run.onsets or run.notes]
    head = [_summary(judged), *_changes(thresholds), _verdicts(judged)]
    shown, left = _fitting([*head, *findings], MAX_CHARACTERS, separator="\n\n")
    if left:
        runs = "1 run has" if left == 1 else f"{left} runs have"
        shown += f"\n\nThe findings of {runs} no room in a comment: choose with --run."
    return shown + "\n"


def _summary(judged: Sequence[JudgedRun]) -> str:
    failing = sum(worst_severity(run.onsets) in ("critical", "warning") for run in judged)
    return (
        f"## Stability: {failing} of {len(judged)} run{'s' * (len(judged) != 1)} with instability"
    )


def _changes(thresholds: Thresholds) -> Iterator[str]:
    changed = changed_thresholds(thresholds)
    if changed:
        listed = ", ".join(f"{key} {_number(value)}" for key, value in changed.items())
        yield prose(f"Judged with changed thresholds: {listed}.")


def _verdicts(judged: Sequence[JudgedRun]) -> str:
    head = ["| run | verdict | epochs | steps |", "| --- | --- | ---: | ---: |"]
    shown, left = _fitting([*head, *map(_verdict, judged)], MAX_TABLE, separator="\n")
    return shown + (f"\n\n… and {left} more." if left else "")


def _verdict(run: JudgedRun) -> str:
    verdict = _VERDICTS[worst_severity(run.onsets)] if run.series.steps else "no data"
    return f"| {name(run.label)} | {verdict} | {run.series.epochs} | {run.series.steps} |"


def _findings(run: JudgedRun) -> str:
    parts = [f"### {name(run.label)}"]
    for index, onset in enumerate(run.onsets):
        if onset.cause is None:
            parts += _story(onset, list(_following(run.onsets, index)))
    parts += [f"> {prose(note)}" for note in run.notes]
    return "\n\n".join(parts)


def _story(onset: Onset, following: Sequence[Onset]) -> Iterator[str]:
    yield "\n".join([*_HEAD, _row(onset)])
    yield prose(onset.message)
    for number, remedy in enumerate(onset.remedies, start=1):
        yield f"{number}. {prose(remedy.text)}"
        if remedy.code:
            yield _indented(code_block(remedy.code))
    if following:
        titles = ", ".join(f"{item.title} (epoch {item.epoch})" for item in following)
        yield f"<details><summary>then: {in_html(titles)}</summary>"
        yield "\n".join([*_HEAD, *(_row(item) for item in following)])
        yield from (f"- {prose(item.message)}" for item in following)
        yield "</details>"


def _following(onsets: Sequence[Onset], index: int) -> Iterator[Onset]:
    """Yields all that an onset explains, also indirectly, in order of step."""
    caused = {index}
    for _ in onsets:  # a cause may stand behind its consequence: until nothing is new
        caused |= {at for at, onset in enumerate(onsets) if onset.cause in caused}
    yield from (onsets[at] for at in sorted(caused - {index}))


def _row(onset: Onset) -> str:
    row = "" if onset.row is None else name(onset.row)
    title = f"**{prose(onset.title)}** ({onset.severity})"
    return f"| {title} | {onset.epoch} | {onset.step} | {row} | {_evidence(onset.evidence)} |"


def _evidence(evidence: Evidence) -> str:
    said = f"{evidence.statistic} of {evidence.tag}: {_number(evidence.value)}"
    if evidence.threshold is not None:
        said += f", threshold {_number(evidence.threshold)}"
    if evidence.baseline is not None:
        said += f", baseline {_number(evidence.baseline)}"
    return prose(said)


def _fitting(parts: Sequence[str], room: int, separator: str) -> tuple[str, int]:
    """Returns as many of the first parts as there is room for, joined, and how many are left."""
    for count in range(len(parts), 0, -1):
        text = separator.join(parts[:count])
        if len(text) <= room:
            return text, len(parts) - count
    return "", len(parts)


def _indented(block: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in block.split("\n"))


def _number(value: float) -> str:
    if math.isfinite(value):
        return f"{value:.4g}"
    return "NaN" if math.isnan(value) else "infinity" if value > 0 else "-infinity"
