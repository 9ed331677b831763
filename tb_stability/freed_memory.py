"""Gives memory that is no longer used back to the operating system."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable, Iterator

# Bytes handled since memory was given back last, from which on it is worth the milliseconds.
_WORTH = 2 * 2**20

# What is free at the top of a thread's memory glibc gives back by itself only: beyond a threshold
# that it raises to 64 MiB once large blocks were freed, unless it is set, and but for a pad, which
# every thread that answered keeps, 128 KiB unless it is set: mallopt(3).
_M_TRIM_THRESHOLD, _MOST_AT_THE_TOP = -1, 2**15
_M_TOP_PAD, _PAD = -2, 2**13


class FreedMemory:
    """Gives back what reading and answering leave behind; safe for use by several threads.

    What is read is there as records before it is arrays, and an answer is text before it is sent.
    glibc keeps what those took when they are freed, several times as much as the measurements
    themselves. Elsewhere than on glibc nothing is done.
    """

    def __init__(self) -> None:
        self._handled = 0
        self._lock = threading.Lock()
        self._trim = _malloc_trim()

    def give_back_after(self, handled: int) -> None:
        """Gives memory back, if enough has been handled since it was done last.

        Args:
          handled: Bytes of measurements that were read, or of text that was written, now.
        """
        with self._lock:
            self._handled += handled
            if self._handled < _WORTH:
                return
        self.give_back()

    def give_back(self) -> None:
        """Gives memory back, if anything has been handled since it was done last.

        For the end of what is done seldom: of many small runs that were read, what each leaves
        behind is not worth it, and together they leave more than they hold.
        """
        with self._lock:
            handled, self._handled = self._handled, 0
        if handled and self._trim is not None:
            self._trim(0)


@contextlib.contextmanager
def children_give_back() -> Iterator[None]:
    """Makes the processes that are started meanwhile give back what lies free in their memory.

    TensorBoard's data server is meant, which has no other switch. What it makes to send a long run
    is several times as large as the event files, and it kept 1.5 times their size: next to nothing
    with a threshold and with no more arenas than cores. One arena would let its threads wait for
    one another: 200 runs took it twice as long to load. What is set in the environment is left as
    it is.
    """
    cores = max(os.cpu_count() or 1, 2)
    told = {"MALLOC_TRIM_THRESHOLD_": str(2**17), "MALLOC_ARENA_MAX": str(cores)}
    added = {name: value for name, value in told.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _malloc_trim() -> Callable[[int], object] | None:
    # None stands for the process itself; Windows knows no such thing.
    try:
        libc = ctypes.CDLL(None)
        trim: Callable[[int], object] = libc.malloc_trim
        libc.mallopt(_M_TRIM_THRESHOLD, _MOST_AT_THE_TOP)
        libc.mallopt(_M_TOP_PAD, _PAD)
    except (AttributeError, OSError, TypeError):
        return None
    return trim
