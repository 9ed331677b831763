"""What a standard logger wrote under one name: points, one number each."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tb_stability.series import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class Points:
    """The values logged under one name: steps ascend, and each occurs once.

    Attributes:
      tag: The name under which they were logged.
      step: As the logger counted, shape ``[points]``.
      wall_time: Seconds since 1970, NaN where unknown, shape ``[points]``.
      value: float64, shape ``[points]``.
    """

    tag: str
    step: IntArray
    wall_time: FloatArray
    value: FloatArray

    def __len__(self) -> int:
        return len(self.step)

    @property
    def since(self) -> IntArray:
        """First step that each point may stand for: the one after the point before it."""
        return np.append(min(1, self.step[0]), self.step[:-1] + 1)


def points_in_order(
    tag: str, step: npt.ArrayLike, wall_time: npt.ArrayLike, value: npt.ArrayLike
) -> Points:
    """Returns points in the order in which they were logged, as `Points`.

    As TensorBoard's data server does: whoever goes back to a step starts again from there, and
    what was logged of that step and of later ones before is void.

    >>> points_in_order("loss", [1, 2, 3, 2], [0, 0, 0, 0], [4, 5, 6, 7]).value.tolist()
    [4.0, 7.0]
    """
    steps = np.asarray(step, dtype=np.int64)
    least_after = np.append(np.minimum.accumulate(steps[::-1])[::-1][1:], np.iinfo(np.int64).max)
    keep = steps < least_after[: len(steps)]
    return Points(
        tag,
        steps[keep],
        np.asarray(wall_time, dtype=np.float64)[keep],
        np.asarray(value, dtype=np.float64)[keep],
    )
