"""The run record: what a teammate needs to know of a run, beside what was measured."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Literal

Status = Literal["training", "finished", "interrupted", "unknown"]

_STATUSES = ("training", "finished", "interrupted")


@dataclasses.dataclass(frozen=True)
class LayerRecord:
    """One line of the layer table.

    Attributes:
      name: The row name used in heatmaps: the layer's path within the model.
      class_name: E.g. ``"LSTM"``.
      parameters: Number of trainable parameters that the layer owns itself.
      activation: Name of its activation, ``""`` where it has none.
    """

    name: str
    class_name: str
    parameters: int = 0
    activation: str = ""


@dataclasses.dataclass(frozen=True)
class OutputRecord:
    """What an output of the model is, and what its loss takes it for.

    Attributes:
      name: The row name used for its logits.
      activation: ``"softmax"``, ``"sigmoid"``, ``"linear"``...; ``""`` where it is unknown.
      loss: Name or class name of its loss, ``""`` where it has none.
      from_logits: Setting of the loss; None where it has none by that name.
    """

    name: str = ""
    activation: str = ""
    loss: str = ""
    from_logits: bool | None = None


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What was trained, and with what. Written when training begins, and again when it ends.

    Attributes:
      status: ``training`` until the run says otherwise: a killed run stays ``training`` for ever.
      model: Name of the model.
      layers: Layers with weights, in forward order.
      outputs: Outputs that a loss is computed of, where that was seen.
      scaling_layers: Layers that scale the inputs and have no weights to train, as Normalization.
      optimizer: Keras configuration of the optimizer, with its ``class_name``.
      learning_rate: At the start of training; None where the optimizer has none.
      loss: Name or class name of the loss.
      batch_size: Samples per step, None where unknown.
      steps_per_epoch: None where unknown.
      epochs: Epochs asked for, None where unknown.
      first_step: Number of the first step of this call of `fit`.
      dtype_policy: E.g. ``"mixed_float16"``.
      versions: Package name to version.
      thresholds: Thresholds in force, by field name.
    """

    status: Status = "unknown"
    model: str = ""
    layers: tuple[LayerRecord, ...] = ()
    outputs: tuple[OutputRecord, ...] = ()
    scaling_layers: tuple[str, ...] = ()
    optimizer: dict[str, Any] = dataclasses.field(default_factory=dict)
    learning_rate: float | None = None
    loss: str = ""
    batch_size: int | None = None
    steps_per_epoch: int | None = None
    epochs: int | None = None
    first_step: int = 1
    dtype_policy: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    thresholds: dict[str, Any] = dataclasses.field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns the record as a dict of JSON values."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """Returns the record as JSON text; what JSON cannot hold is written as its `str`."""
        return json.dumps(self.to_dict(), default=str)

    @classmethod
    def from_json(cls, text: str) -> RunRecord:
        """Returns the record that a JSON text holds; unknown keys of later versions are dropped.

        Raises:
          ValueError: If the text is not JSON.
          TypeError: If it is JSON, but not an object.
        """
        value = json.loads(text)
        if not isinstance(value, dict):
            raise TypeError(f"a run record is a JSON object, not {type(value).__name__}")
        names = {field.name for field in dataclasses.fields(cls)}
        known = {key: item for key, item in value.items() if key in names}
        known["layers"] = tuple(
            LayerRecord(**_fields(LayerRecord, item)) for item in known.get("layers") or ()
        )
        known["scaling_layers"] = tuple(map(str, known.get("scaling_layers") or ()))
        known["outputs"] = tuple(
            OutputRecord(**_fields(OutputRecord, item)) for item in known.get("outputs") or ()
        )
        if known.get("status") not in _STATUSES:
            known["status"] = "unknown"
        return cls(**known)


def _fields(of: type[LayerRecord | OutputRecord], value: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(of)}
    return {key: item for key, item in value.items() if key in names}
