"""When a window of steps ends, and which steps and epoch it covers. Knows no TensorFlow."""

from __future__ import annotations

from tb_stability.metadata import WINDOWS, SeriesMetadata

SERIES = SeriesMetadata(WINDOWS, rows=("window",))


class WindowClock:
    """Counts steps and says when their window ends.

    The host is not told how many steps an execution ran: it knows only the most that it can have
    been, and asks the device, which is slow, only when a window may be due.

    Args:
      window_steps: Steps after which a window ends. With `steps_per_execution` above 1 it ends with
        the execution in which that step lies.
      steps_done: Training steps before the first one counted.
    """

    def __init__(self, window_steps: int, steps_done: int = 0) -> None:
        self.window_steps = window_steps
        self.steps_done = steps_done
        self.epoch = 0
        self._at_most = 0

    @property
    def position(self) -> int:
        """Most steps that the window can have so far; their number, where executions are single."""
        return self._at_most

    def executed(self, at_most: int) -> bool:
        """Notes an execution of up to `at_most` steps; returns whether the window may be full."""
        self._at_most += at_most
        return self._at_most >= self.window_steps

    def correct(self, steps: int) -> bool:
        """Takes the true number of steps in the window; returns whether it is full."""
        self._at_most = steps
        return steps >= self.window_steps

    def end(self, steps: int) -> None:
        """Ends a window of `steps` steps."""
        self._at_most = 0
        self.steps_done += steps
