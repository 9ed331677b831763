"""Remedies that need no number of the run: what to try against a kind, as people know it."""

from __future__ import annotations

import dataclasses
import re

from tb_stability.onsets.onset import Remedy
from tb_stability.record import LayerRecord

# Names of rows whose ReLU is a function, in a functional model or in a layer's own `call`.
_FUNCTION = re.compile(r"relu6?(_\d+)?")

CHECK_NUMERICS = Remedy(
    "Where the gradients were calm before, look for log(0), 0/0 or the root of zero in the loss, "
    "and for NaN in the data.",
    "tf.debugging.enable_check_numerics()",
)

CALM_BEFORE = Remedy(
    "The gradients were calm before, so look for log(0), 0/0 or the root of zero in the loss, and "
    "for NaN in the data of that step.",
    "tf.debugging.enable_check_numerics()",
)

CHECK_FIRST = Remedy(
    "It began before a step was taken, so the learning rate is not to blame: look for log(0), 0/0, "
    "the root of zero or an overflow in the loss and the model.",
    "tf.debugging.enable_check_numerics()",
)

CHECK_DATA = Remedy(
    "And for NaN, infinities or huge numbers in the data.",
    "np.isfinite(x).all(), np.abs(x).max(), np.abs(y).max()",
)


def check_labels(classes: int) -> Remedy:
    """Returns what to look at where class numbers go to a sparse cross-entropy.

    It is NaN for a number beyond the last class, where the step is compiled or on a GPU, and
    TensorFlow says so only elsewhere (`tf.nn.sparse_softmax_cross_entropy_with_logits`).
    """
    return Remedy(
        f"See whether every label is from 0 to {classes - 1}: another one makes this loss NaN "
        "without a word.",
        "y.min(), y.max()",
    )


UNBOUNDED = (
    Remedy(
        "See whether the loss has a least value at all: a wrong sign, a cross-entropy of targets "
        "outside 0 to 1 and a critic without a constraint have none.",
    ),
    Remedy(
        "For a cross-entropy, scale the targets to 0 to 1; for others, use a squared error.",
        'model.compile(..., loss="mse")',
    ),
)

NORMALISE = Remedy("Normalise what goes into the layers.", "keras.layers.BatchNormalization()")

ANOTHER_RATE = Remedy("Try another learning rate: ten times as high, ten times as low.")

_SCALE = Remedy("Scale the inputs to mean 0 and deviation 1.", "keras.layers.Normalization()")
_RESIDUAL = Remedy("Lead the gradient around the layers: residual connections.", "x = x + layer(x)")

# Kinds whose remedy is the same in every run; "{row}" stands for the row of the onset.
FIXED: dict[str, tuple[Remedy, ...]] = {
    "nonfinite_input": (
        Remedy(
            "Find the samples of {row} that are not finite, and leave them out or mend them.",
            "np.isfinite(x).all(axis=tuple(range(1, x.ndim)))",
        ),
    ),
    "unscaled_input": (
        Remedy("Scale {row} to mean 0 and deviation 1.", "keras.layers.Normalization()"),
    ),
    "imbalanced_classes": (
        Remedy(
            "Weight the classes by their rarity.",
            "model.fit(..., class_weight=dict(enumerate(weights)))",
        ),
        Remedy("Judge by a measure that guessing cannot please.", 'keras.metrics.AUC(curve="PR")'),
    ),
    "epoch_boundary_jump": (
        Remedy(
            "Shuffle the training data anew in every epoch.",
            "dataset.shuffle(buffer_size, reshuffle_each_iteration=True)",
        ),
        Remedy(
            "Look for what is set back when an epoch begins: a schedule, states of recurrent "
            "layers, the optimizer."
        ),
    ),
    "weight_growth": (
        Remedy(
            "Hold the weights back: weight decay, or an L2 penalty on {row}.",
            "keras.optimizers.AdamW(weight_decay=0.01)",
        ),
        Remedy("Or bound them.", "kernel_constraint = keras.constraints.MaxNorm(3.0)"),
    ),
    "gate_saturation": (
        _SCALE,
        Remedy("Keep the initialisation that Keras gives to recurrent layers."),
    ),
    "logit_collapse": (
        Remedy(
            "Take the common offset out of what goes into the last layer: features with mean 0.",
            "keras.layers.LayerNormalization()",
        ),
        Remedy("Initialise the last layer small.", 'kernel_initializer = "glorot_uniform"'),
    ),
    "chance_accuracy": (
        Remedy("See whether the labels belong to the inputs, and the loss to the output."),
        NORMALISE,
    ),
    "validation_spike": (
        Remedy(
            "Where there is batch normalisation, let its averages follow faster, or train on "
            "larger batches: it validates with averages that lag behind.",
            "keras.layers.BatchNormalization(momentum=0.9)",
        ),
        Remedy("See whether the validation data are prepared as the training data are."),
    ),
}


def for_units(
    kind: str,
    layer: LayerRecord,
    lower_rate: Remedy,
    *,
    is_output: bool = False,
    from_the_start: bool = False,
) -> tuple[Remedy, ...]:
    """Returns what to try against dead or saturated units, or no gradient, at a layer by name.

    Units that were dead from the start died of how they were initialised, others of a step.

    Args:
      kind: Of the onset.
      layer: Where the units are.
      lower_rate: To train with a lower learning rate.
      is_output: Whether the layer is an output of the model.
      from_the_start: Whether the units were so before the first step.
    """
    if kind == "dead_relu" and is_output:
        return (
            Remedy(
                f"Leave the activation of {layer.name} out: it is an output, and a ReLU gives "
                "nothing below zero, and no gradient there.",
                f'keras.layers.{layer.class_name or "Dense"}(..., name="{_short(layer)}")',
            ),
        )
    weights = f"the layer before {layer.name}" if _is_weightless(layer) else layer.name
    he = Remedy(f"Initialise {weights} for ReLU.", _layer(layer, 'kernel_initializer="he_normal"'))
    if kind == "dead_relu":
        text = f"{lower_rate.text} One step too large kills units for good."
        rate = dataclasses.replace(lower_rate, text=text)
        leaky = Remedy(
            f"Let the units of {layer.name} recover: a leaky ReLU has a gradient below zero as "
            "well.",
            _leaky(layer),
        )
        return (he, leaky) if from_the_start else (rate, leaky, he)
    relu = _layer(layer, 'activation="relu"', 'kernel_initializer="he_normal"')
    if kind == "saturated_activation":
        return (
            _SCALE,
            Remedy(
                f"Give {layer.name} a ReLU, which does not saturate, with its initialisation.", relu
            ),
            NORMALISE,
        )
    if layer.activation == "relu":
        return (he, _RESIDUAL, NORMALISE)
    return (
        Remedy("Use ReLU, which passes gradients on undiminished, with its initialisation.", relu),
        _RESIDUAL,
        NORMALISE,
    )


def _leaky(layer: LayerRecord) -> str:
    if not layer.class_name and _FUNCTION.fullmatch(_short(layer)):
        return "keras.ops.leaky_relu(x)"
    if layer.class_name in ("ReLU", "Activation", ""):
        return f'keras.layers.LeakyReLU(name="{_short(layer)}")'
    return _layer(layer, 'activation="leaky_relu"')


def _layer(layer: LayerRecord, *arguments: str) -> str:
    # What has no weights of its own gets them from the layer before it.
    if _is_weightless(layer):
        return f"keras.layers.Dense(..., {', '.join(arguments)})"
    return f'keras.layers.{layer.class_name}(..., {", ".join(arguments)}, name="{_short(layer)}")'


def _is_weightless(layer: LayerRecord) -> bool:
    return layer.class_name in ("ReLU", "LeakyReLU", "Activation", "Softmax", "")


def _short(layer: LayerRecord) -> str:
    # A layer that has a row for each number of units: "relu (64 units)".
    return layer.name.rsplit("/", 1)[-1].partition(" (")[0]
