"""The run record: what a teammate needs to know of a run, beside what was measured."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal

Status = Literal["training", "finished", "interrupted", "unknown"]

_STATUSES = ("training", "finished", "interrupted")

# Objects within objects that a record may have; Keras' configurations have a handful.
MAX_DEPTH = 50


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
          ValueError: If the text is not JSON, or nested too deeply.
          TypeError: If it is JSON, but not an object, or a value is of another type than promised.
        """
        try:
            value = json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        known = _fields(cls, value, "a run record")
        known["layers"] = _items(LayerRecord, known, "layers")
        known["scaling_layers"] = _texts(known, "scaling_layers")
        known["outputs"] = _items(OutputRecord, known, "outputs")
        if known.get("status") not in _STATUSES:
            known["status"] = "unknown"
        _check_depth(known)
        return cls(**known)


# What each type of a field takes. Event files come from anywhere, and the rules of the onsets
# compute with what the record says.
_TAKES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a text", lambda value: isinstance(value, str)),
    "int": ("a whole number", lambda value: _is_number(value) and isinstance(value, int)),
    "float": ("a number", lambda value: _is_number(value)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "dict": ("an object", lambda value: isinstance(value, dict)),
}


def _is_number(value: Any) -> bool:
    # Beyond 2**53 no whole number of ours is meant, and JavaScript could not name it.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, float) or abs(value) <= 2**53


def _fields(of: type[Any], value: Any, what: str) -> dict[str, Any]:
    """Returns the fields of a record that a JSON value holds, each of the type it should have."""
    if not isinstance(value, dict):
        raise TypeError(f"{what} is a JSON object, not {type(value).__name__}")
    found = {}
    for field in dataclasses.fields(of):
        kind, _, optional = str(field.type).partition(" | ")
        name, takes = _TAKES.get(kind.partition("[")[0], ("", None))
        item = value.get(field.name)
        if item is None and (optional or field.name not in value):
            continue
        if takes is not None and not takes(item):
            raise TypeError(f"{field.name} of {what} is {str(item)[:40]!r}, not {name}")
        # A model has many layers of few classes, and a logdir many runs of one model.
        found[field.name] = sys.intern(item) if type(item) is str else item
    return found


def _items(of: type[Any], known: dict[str, Any], name: str) -> tuple[Any, ...]:
    what = f"each of the {name}"
    return tuple(of(**_fields(of, item, what)) for item in _list(known, name))


def _texts(known: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(map(str, _list(known, name)))


def _list(known: dict[str, Any], name: str) -> Sequence[Any]:
    listed = known.get(name) or ()
    if not isinstance(listed, list | tuple):
        raise TypeError(f"{name} of a run record is {str(listed)[:40]!r}, not a list")
    return listed


def _check_depth(value: Any, room: int = MAX_DEPTH) -> None:
    # What cannot be copied and written again by recursion is no configuration of an optimizer.
    if room == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, room - 1)


def is_cross_entropy(loss: str) -> bool:
    """Returns whether a loss is a cross-entropy of whichever kind, by the name in a record.

    >>> is_cross_entropy("SparseCategoricalCrossentropy"), is_cross_entropy("mse")
    (True, False)
    """
    return "crossentropy" in loss.lower().replace("_", "")
