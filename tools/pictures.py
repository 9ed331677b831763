"""What is on each picture of the guide: docs/guide.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.browser.page import StabilityTab


@dataclasses.dataclass(frozen=True)
class MarkerPicture:
    """A marker of one kind: the loss, and beneath it what shows the cause.

    Attributes:
      kind: Of the marker, and name of the picture.
      run: A run of the demo that has such a marker.
      shown: Quantities below the loss; or tags, without ``stability/``, of single series.
      view: The rest of the link, as where to look closer.
    """

    kind: str
    run: str
    shown: tuple[str, ...]
    view: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class StatePicture:
    """The whole tab, light and dark, 1440 and 900 pixels wide.

    Attributes:
      name: Of the pictures.
      runs: Of the demo, chosen by link.
      view: The rest of the link.
      height: Of the window, in pixels.
      act: What is done before the picture is taken.
    """

    name: str
    runs: tuple[str, ...]
    view: dict[str, Any] = dataclasses.field(default_factory=dict)
    height: int = 900
    act: Callable[[StabilityTab], None] = lambda tab: None


@dataclasses.dataclass(frozen=True)
class DetailPicture:
    """Some panels of one run, larger: how cells, rows and patterns are read."""

    name: str
    run: str
    shown: tuple[str, ...]
    view: dict[str, Any] = dataclasses.field(default_factory=dict)
    act: Callable[[StabilityTab], None] = lambda tab: None


GRADIENT_NORM = "stability/gradient_norm"

EXPLODING = "exploding_lstm/faulty"
FALLING = ("falling_lstm/faulty", "falling_lstm/fixed")
RATES = ("0.0005", "0.001", "0.002", "0.2", "0.5")
# TensorBoard's own run filter: what is listed at the left of a whole tab.
LISTED = "^(exploding_lstm|falling_lstm|learning_rate_sweep)/"
SWEEP = tuple(f"learning_rate_sweep/rate_{rate}" for rate in RATES)


def point_at_a_cell(tab: StabilityTab) -> None:
    """Rests the pointer on a cell of the healthy time."""
    tab.hover_cell(tab.cell("lstm", 12, GRADIENT_NORM, EXPLODING))


MARKERS = (
    MarkerPicture("wrong_logits_pairing", "softmax_twice/faulty", ("logits/top_probability",)),
    MarkerPicture("nonfinite_input", "missing_values/faulty", ("inputs", "gradient_norm")),
    MarkerPicture("unscaled_input", "unscaled_features/faulty", ("inputs", "gradient_norm")),
    MarkerPicture("imbalanced_classes", "rare_class/faulty", ("labels",)),
    MarkerPicture("epoch_boundary_jump", "sorted_samples/faulty", ("gradient_norm",)),
    MarkerPicture("exploding_gradient", "exploding_lstm/faulty", ("gradient_norm",)),
    MarkerPicture("update_ratio_high", "falling_lstm/faulty", ("update_ratio",)),
    MarkerPicture("weight_growth", "critic_without_bound/faulty", ("weight_norm",)),
    MarkerPicture(
        "cell_state_growth",
        "accumulating_lstm/faulty",
        ("cell_state/lstm", "gradient_norm"),
        view={"zoom": "2,4.6"},
    ),
    MarkerPicture("logit_growth", "growing_logits/faulty", ("logits/max_abs",)),
    MarkerPicture("oscillating_loss", "swinging_loss/faulty", ("gradient_norm",)),
    MarkerPicture("loss_spike", "damaged_batch/fixed", ()),
    MarkerPicture("loss_divergence", "falling_lstm/faulty", ("gradient_norm",)),
    MarkerPicture("nonfinite_loss", "logarithm_of_zero/faulty", ("gradient_norm",)),
    MarkerPicture("nonfinite_gradient", "crossentropy_of_zero/faulty", ("gradient_norm",)),
    MarkerPicture("nonfinite_weights", "exploding_lstm/faulty", ("weight_norm",)),
    MarkerPicture("dead_relu", "inverted_decay/faulty", ("dead_relu",)),
    MarkerPicture("saturated_activation", "positive_initialisation/faulty", ("saturation",)),
    MarkerPicture("gate_saturation", "unscaled_lstm/faulty", ("gate_saturation",)),
    MarkerPicture("vanishing_gradient", "vanishing_sigmoid/faulty", ("gradient_norm",)),
    MarkerPicture(
        "logit_collapse",
        "positive_initialisation/faulty",
        ("logits/mean_abs", "logits/spread"),
    ),
    MarkerPicture("update_ratio_low", "timid_rate/faulty", ("update_ratio",)),
    MarkerPicture("not_learning", "born_dead/faulty", ("gradient_norm",)),
    MarkerPicture("chance_accuracy", "vanishing_sigmoid/faulty", ("epoch_logs",)),
    MarkerPicture("loss_metric_contradiction", "one_unit_softmax/faulty", ("epoch_logs",)),
    MarkerPicture("overfitting", "few_samples/faulty", ()),
    MarkerPicture("validation_spike", "lagging_averages/faulty", ()),
)

DETAILS = (
    DetailPicture("cell", EXPLODING, ("gradient_norm",), act=point_at_a_cell),
    DetailPicture(
        "row", EXPLODING, ("gradient_norm",), view={"row": f"{GRADIENT_NORM},lstm", "zoom": "0,6"}
    ),
    DetailPicture(
        "patterns", EXPLODING, ("gradient_norm", "update_ratio"), view={"zoom": "5.8,7.2"}
    ),
    DetailPicture("time_steps", EXPLODING, ("cell_state/lstm",)),
)

STATES = (
    StatePicture("exploding_lstm", (EXPLODING,)),
    StatePicture("falling_lstm", FALLING, height=1000),
    StatePicture("difference", FALLING, view={"difference": ",".join(FALLING)}),
    StatePicture("sweep", SWEEP),
)
