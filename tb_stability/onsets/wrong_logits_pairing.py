"""An output and a loss that do not belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import is_hurt
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.record import OutputRecord, is_cross_entropy
from tb_stability.series import RunSeries

_SQUASHING = ("softmax", "sigmoid")


def wrong_logits_pairing(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields the outputs whose loss takes them for something that they are not.

    What it tells: a cross-entropy with ``from_logits=True`` on the output of a softmax applies it
    twice, and without it takes the logits of a linear output for probabilities.

    Rule: what the run record says of each output, in a run that fails or does not learn. No
    threshold, no delay; it sets in with the first step. Severity: warning. Silent without a
    symptom: several losses of Keras 3 recover the logits from a softmax, and a wrong program need
    not be unstable.
    """
    record = run.record
    hurt = is_hurt(symptoms)
    if record is None or not hurt or not len(run.windows):
        return
    for output in record.outputs:
        fault = _fault(output)
        if fault:
            yield Onset(
                kind="wrong_logits_pairing",
                severity="warning",
                epoch=int(run.windows.epoch[0]),
                step=int(run.windows.first_step[0]),
                row=output.name,
                message=f"The output {output.name} {fault}.",
                evidence=Evidence(
                    tag="stability/run_record",
                    statistic="from_logits",
                    rule="activation of the output against what its loss expects",
                    value=float(bool(output.from_logits)),
                ),
            )


def _fault(output: OutputRecord) -> str:
    if not is_cross_entropy(output.loss):
        return ""
    if output.from_logits and output.activation in _SQUASHING:
        return (
            f"is a {output.activation}, and its loss takes it for logits (from_logits=True): "
            f"{output.activation} is applied twice"
        )
    if output.from_logits is False and output.activation == "linear":
        return (
            "is linear, and its loss takes it for probabilities (from_logits=False): give the loss "
            "from_logits=True"
        )
    return ""
