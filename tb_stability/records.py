"""The records of a tag as arrays, as they were read: whatever a file holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# Which numpy imports by itself for the first median: what is made while records are there as
# objects keeps the memory of all around it from being given back.
import numpy.ma
from tensorboard.data.provider import TensorDatum

from tb_stability.series import BoolArray, FloatArray, IntArray


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
        found = (len(self.step), len(self.wall_time), len(self.tensors))
        if len(set(found)) > 1:
            raise ValueError(
                "Expected as many steps as wall times and tensors. Received: {} steps, {} wall "
                "times, {} tensors.".format(*found)
            )

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


# Those of a tag without any.
NO_RECORDS = Records(np.zeros(0, np.int64), np.zeros(0, np.float64), [])

# By run and tag.
ReadTags = Mapping[str, Mapping[str, Records]]


def _as_one_array(tensors: list[Any]) -> FloatArray | list[np.ndarray]:
    shapes = {tensor.shape for tensor in tensors}
    if len(shapes) == 1 and all(tensor.dtype == np.float32 for tensor in tensors):
        return np.stack(tensors)
    return tensors
