"""The records of a tag as arrays, as they were read: whatever a file holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence, Sized
from typing import Any, TypeVar

import numpy as np

# Which numpy imports by itself for the first median: what is made while records are there as
# objects keeps the memory of all around it from being given back.
import numpy.ma
from tensorboard.data.provider import ScalarDatum, TensorDatum

from tb_stability.series import BoolArray, FloatArray, IntArray

# What is read of one tag; of many, by run and tag.
Data = TypeVar("Data")
ReadTags = Mapping[str, Mapping[str, Data]]


@dataclasses.dataclass(frozen=True, eq=False)
class Records:
    """What was recorded under one tag, in the order in which it was read.

    Three arrays, and not an object or two a record: in a long run these take as much memory as the
    measurements themselves, and whatever is made beside them keeps the operating system from
    having it back.

    Attributes:
      step: Of each record, shape ``[records]``.
      wall_time: Seconds since 1970, shape ``[records]``.
      tensors: One array of shape ``[records, ...]`` where all are float32 and of one shape; a list
        of arrays where they are not.

    Raises:
      ValueError: If there are not as many of one as of the others.
    """

    step: IntArray
    wall_time: FloatArray
    tensors: FloatArray | list[np.ndarray]

    def __post_init__(self) -> None:
        _check_as_many(self.step, self.wall_time, self.tensors, "tensors")

    def __len__(self) -> int:
        return len(self.step)

    @classmethod
    def from_data(cls, data: Sequence[TensorDatum]) -> Records:
        """Returns the records that a TensorBoard data provider has read.

        Args:
          data: The provider's tensors of one tag.
        """
        return cls(
            np.array([datum.step for datum in data], dtype=np.int64),
            np.array([datum.wall_time for datum in data], dtype=np.float64),
            _as_one_array([datum.numpy for datum in data]),
        )

    def at(self, kept: IntArray) -> Records:
        """Returns some of the records.

        Args:
          kept: Which, in the order in which they are to be.
        """
        tensors = self.tensors
        some = tensors[kept] if isinstance(tensors, np.ndarray) else [tensors[i] for i in kept]
        return Records(self.step[kept], self.wall_time[kept], some)

    def fits(self, shape: tuple[int, ...]) -> BoolArray:
        """Returns which of the records are floats of a shape."""
        if isinstance(self.tensors, np.ndarray):
            return np.full(len(self), self.tensors.shape[1:] == shape)
        fit = (tensor.shape == shape and tensor.dtype.kind == "f" for tensor in self.tensors)
        return np.fromiter(fit, bool, len(self))

    def stacked(self, shape: tuple[int, ...]) -> FloatArray:
        """Returns the tensors, which all fit a shape, as float32 of shape ``[records, *shape]``."""
        if isinstance(self.tensors, np.ndarray) and self.tensors.shape[1:] == shape:
            return self.tensors
        values = np.empty((len(self), *shape), dtype=np.float32)
        for index, tensor in enumerate(self.tensors):
            values[index] = tensor
        return values


@dataclasses.dataclass(frozen=True, eq=False)
class ScalarRecords:
    """What a standard logger recorded under one tag, in the order in which it was read.

    Attributes:
      step: Of each record, shape ``[records]``.
      wall_time: Seconds since 1970, shape ``[records]``.
      value: float64, shape ``[records]``, where all are numbers; a list of what there is where
        they are not.

    Raises:
      ValueError: If there are not as many of one as of the others.
    """

    step: IntArray
    wall_time: FloatArray
    value: FloatArray | list[Any]

    def __post_init__(self) -> None:
        _check_as_many(self.step, self.wall_time, self.value, "values")

    def __len__(self) -> int:
        return len(self.step)

    @classmethod
    def from_data(cls, data: Sequence[ScalarDatum]) -> ScalarRecords:
        """Returns the records that a TensorBoard data provider has read.

        Args:
          data: The provider's scalars of one tag.
        """
        values = [datum.value for datum in data]
        are_numbers = all(isinstance(value, int | float) for value in values)
        return cls(
            np.array([datum.step for datum in data], dtype=np.int64),
            np.array([datum.wall_time for datum in data], dtype=np.float64),
            np.array(values, dtype=np.float64) if are_numbers else values,
        )

    def at(self, kept: IntArray) -> ScalarRecords:
        """Returns some of the records.

        Args:
          kept: Which, in the order in which they are to be.
        """
        value = self.value
        some = value[kept] if isinstance(value, np.ndarray) else [value[i] for i in kept]
        return ScalarRecords(self.step[kept], self.wall_time[kept], some)

    @property
    def are_numbers(self) -> BoolArray:
        """Which of the values are numbers, shape ``[records]``."""
        if isinstance(self.value, np.ndarray):
            return np.ones(len(self), bool)
        return np.fromiter((isinstance(value, int | float) for value in self.value), bool)


def _check_as_many(step: IntArray, wall_time: FloatArray, others: Sized, name: str) -> None:
    found = (len(step), len(wall_time), len(others))
    if len(set(found)) > 1:
        raise ValueError(
            f"Expected as many steps as wall times and {name}. Received: {found[0]} steps, "
            f"{found[1]} wall times, {found[2]} {name}."
        )


def _as_one_array(tensors: list[Any]) -> FloatArray | list[np.ndarray]:
    shapes = {tensor.shape for tensor in tensors}
    if len(shapes) == 1 and all(tensor.dtype == np.float32 for tensor in tensors):
        return np.stack(tensors)
    return tensors


# Those of a tag without any.
NO_RECORDS = Records(np.zeros(0, np.int64), np.zeros(0), [])
NO_SCALAR_RECORDS = ScalarRecords(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
