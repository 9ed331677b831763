"""Code that brings a model's output and its loss together."""

from __future__ import annotations

from tb_stability.onsets.onset import Onset, Remedy
from tb_stability.record import OutputRecord
from tb_stability.series import RunSeries


def match_loss(run: RunSeries, onset: Onset) -> tuple[Remedy, ...]:
    """Returns what to try where a loss takes its output for something that it is not."""
    loss = _loss_of(run, onset.row)
    if onset.evidence.value:
        return (
            Remedy(
                f"Leave the activation of {onset.row} out, so that the loss gets the logits it "
                "expects: that is the most stable.",
                "keras.layers.Dense(classes)",
            ),
            Remedy(
                "Or tell the loss that it gets probabilities.",
                f"model.compile(..., loss=keras.losses.{loss}(from_logits=False))",
            ),
        )
    return (
        Remedy(
            "Tell the loss that it gets logits.",
            f"model.compile(..., loss=keras.losses.{loss}(from_logits=True))",
        ),
    )


def match_output(run: RunSeries) -> tuple[Remedy, ...]:
    """Returns what to try where a loss cannot see the errors of the output."""
    squashed = any(output.activation == "softmax" for output in _outputs(run))
    logits = run.of_quantity("class_logits", ("count",))
    if squashed and any(len(series.rows) == 1 for series in logits):
        return (
            Remedy(
                "A softmax over one unit is always one: use a sigmoid.",
                'keras.layers.Dense(1, activation="sigmoid")',
            ),
        )
    return (
        Remedy(
            "See whether the output has one unit for each class, and one with a sigmoid, never a "
            "softmax, where there are two.",
            'keras.layers.Dense(1, activation="sigmoid")',
        ),
        Remedy(
            "See whether loss and accuracy are of the same labels: numbers of classes want the "
            "sparse ones, and masks and weights of zero hide errors from the loss.",
            'model.compile(..., loss="sparse_categorical_crossentropy", metrics=["accuracy"])',
        ),
    )


def _outputs(run: RunSeries) -> tuple[OutputRecord, ...]:
    return run.record.outputs if run.record else ()


def _loss_of(run: RunSeries, output: str | None) -> str:
    """Returns the class name of an output's loss: it is recorded by that, or by its function's."""
    name = next((item.loss for item in _outputs(run) if item.name == output), "")
    camel = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    return camel if camel.isidentifier() else "CategoricalCrossentropy"
