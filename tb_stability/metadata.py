"""The contract between the callback that writes event files and everything that reads them.

Every tag is ``stability/<quantity>`` or ``stability/<quantity>/<row group>`` and holds, per
window of steps, one float32 tensor ``[rows, statistics]``. What the axes mean is in the summary
metadata, as a `StabilityPluginData` message, so that a reader needs to know no quantity by name.
Two tags are special:

* ``stability/windows`` maps each window to its epoch and its number of steps;
* ``stability/run_record`` holds a JSON text (see `tb_stability.record`), not a float tensor.

The step of every record is the number of the last training step in its window, counted from 1: what
``optimizer.iterations`` says after that step in ordinary training.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Literal, TypeVar

from tensorboard.compat.proto import summary_pb2

from tb_stability import plugin_data_pb2

PLUGIN_NAME = "stability"

# Version of the contract that this package writes, and the newest that it can read.
SCHEMA_VERSION = 1

# Statistics of a quantity that is measured several times in a window. All but the counts and the
# two positions are over the finite measurements; where every measurement was NaN or infinite they
# are that non-finite value. A row whose `count` is 0 was not measured in the window: it is
# missing. `argmax` and `first_nonfinite` are positions in the window, in steps, counted from 0;
# `first_nonfinite` is -1 where all measurements were finite.
PER_STEP = ("mean", "min", "max", "last", "count", "nonfinite", "argmax", "first_nonfinite")

# The statistic of a quantity that is known once per record.
VALUE = ("value",)

# Statistics of `stability/windows`: the epoch of the window's last step, the number of its steps,
# and the number of epochs that they belong to. The first step is not stored: it is the record's
# step less `steps` plus one, exactly, where float32 would round it beyond 2**24. A window is of one
# epoch where `epochs` is absent, as it is in files that were written before there were longer ones.
WINDOW = ("epoch", "steps", "epochs")

View = Literal["heatmap", "lines", "hidden"]
Scale = Literal["linear", "log"]

NameT = TypeVar("NameT")

_VIEWS: tuple[View, ...] = ("heatmap", "lines", "hidden")
_SCALES: tuple[Scale, ...] = ("linear", "log")


class MetadataError(ValueError):
    """Raised for summary metadata that this version of the package cannot use."""


@dataclasses.dataclass(frozen=True)
class Quantity:
    """What is measured, and how it is meant to be shown.

    Attributes:
      name: The word used in tags, JSON and Python, e.g. ``"gradient_norm"``.
      title: The same for people, e.g. ``"Gradient norm"``.
      description: One sentence that defines it.
      row_kind: What a row stands for, in the singular: ``"layer"``, ``"time step"``.
      statistics: Names of the second axis of the tensor.
      view: How to show it.
      scale: Colour or value axis that suits it.
      unit: Unit of the values, ``""`` where they have none.
    """

    name: str
    title: str
    description: str
    row_kind: str
    statistics: tuple[str, ...] = PER_STEP
    view: View = "heatmap"
    scale: Scale = "linear"
    unit: str = ""


@dataclasses.dataclass(frozen=True)
class SeriesMetadata:
    """One tag's metadata: the quantity, and the names of the tensor's rows."""

    quantity: Quantity
    rows: tuple[str, ...]
    row_group: str = ""

    @property
    def tag(self) -> str:
        return tag_of(self.quantity.name, self.row_group)


WINDOWS = Quantity(
    name="windows",
    title="Windows",
    description="Epoch of each window's end, and number of its steps and epochs.",
    row_kind="window",
    statistics=WINDOW,
    view="hidden",
)

EPOCH_LOGS = Quantity(
    name="epoch_logs",
    title="Epoch logs",
    description="What Keras reported at the end of each epoch.",
    row_kind="name",
    statistics=VALUE,
    view="lines",
)

LOSS = Quantity(
    name="loss",
    title="Loss",
    description="Loss of each training step, as it was minimised.",
    row_kind="name",
    view="lines",
)

LEARNING_RATE = Quantity(
    name="learning_rate",
    title="Learning rate",
    description="Learning rate of the optimizer at the end of the window.",
    row_kind="optimizer",
    statistics=VALUE,
    view="lines",
    scale="log",
)

GRADIENT_NORM = Quantity(
    name="gradient_norm",
    title="Gradient norm",
    description=(
        "L2 norm, over each layer's own trainable variables, of the gradient of the global batch's "
        "loss: unscaled and before clipping."
    ),
    row_kind="layer",
    scale="log",
)

RUN_RECORD = Quantity(
    name="run_record",
    title="Run record",
    description="What was trained, with what: JSON.",
    row_kind="record",
    statistics=(),
    view="hidden",
)


def tag_of(quantity: str, row_group: str = "") -> str:
    """Returns the tag of a quantity: ``stability/loss``, ``stability/epoch_logs/val_loss``."""
    return "/".join(filter(None, (PLUGIN_NAME, quantity, row_group)))


def create_summary_metadata(series: SeriesMetadata) -> summary_pb2.SummaryMetadata:
    """Returns the metadata with which the first record of a tag must be written.

    Example:

    >>> metadata = create_summary_metadata(SeriesMetadata(GRADIENT_NORM, rows=("dense",)))
    >>> metadata.plugin_data.plugin_name
    'stability'
    """
    quantity = series.quantity
    message = plugin_data_pb2.StabilityPluginData(
        version=SCHEMA_VERSION,
        quantity=quantity.name,
        row_group=series.row_group,
        rows=series.rows,
        statistics=quantity.statistics,
        row_kind=quantity.row_kind,
        unit=quantity.unit,
        view=plugin_data_pb2.View.Name(_VIEWS.index(quantity.view)),
        scale=plugin_data_pb2.Scale.Name(_SCALES.index(quantity.scale)),
    )
    return summary_pb2.SummaryMetadata(
        display_name=quantity.title,
        summary_description=quantity.description,
        plugin_data=summary_pb2.SummaryMetadata.PluginData(
            plugin_name=PLUGIN_NAME, content=message.SerializeToString()
        ),
        # Without a data class TensorBoard's data providers do not list the tag at all.
        data_class=summary_pb2.DATA_CLASS_TENSOR,
    )


# The tags of many runs of one model say the same: that is parsed and kept once. As many as some
# models have.
@functools.lru_cache(maxsize=64)
def parse_plugin_metadata(
    content: bytes, display_name: str = "", description: str = ""
) -> SeriesMetadata:
    """Returns what the metadata of a tag says; the inverse of `create_summary_metadata`.

    Args:
      content: ``plugin_data.content`` of the tag's summary metadata.
      display_name: ``display_name`` of the same; the quantity's name stands in for an empty one.
      description: ``summary_description`` of the same.

    Raises:
      MetadataError: If the content is not a `StabilityPluginData` message, or was written by a
        newer version of the contract.
    """
    try:
        message = plugin_data_pb2.StabilityPluginData.FromString(content)
    except Exception as error:  # protobuf's decode error differs between its implementations
        raise MetadataError(f"metadata of {len(content)} bytes cannot be decoded") from error
    if message.version > SCHEMA_VERSION:
        raise MetadataError(
            f"written with version {message.version} of the event-file contract, and this package "
            f"reads up to version {SCHEMA_VERSION}: update tb_stability to see it"
        )
    if message.version < 1 or not message.quantity:
        raise MetadataError("metadata names no version and quantity")
    is_record = message.quantity == RUN_RECORD.name
    for axis, names in (("rows", message.rows), ("statistics", message.statistics)):
        if not names and not is_record:
            raise MetadataError(f"metadata names no {axis}")
        if len(set(names)) < len(names):
            raise MetadataError(f"metadata names two {axis} alike")
    quantity = Quantity(
        name=message.quantity,
        title=display_name or message.quantity,
        description=description,
        row_kind=message.row_kind,
        statistics=tuple(message.statistics),
        view=_name_of(message.view, _VIEWS),
        scale=_name_of(message.scale, _SCALES),
        unit=message.unit,
    )
    return SeriesMetadata(quantity, tuple(message.rows), message.row_group)


def _name_of(number: int, names: tuple[NameT, ...]) -> NameT:
    # An enum value of a later version falls back to the first name, as the .proto file promises.
    return names[number] if 0 <= number < len(names) else names[0]
