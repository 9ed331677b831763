"""Gives memory that is no longer used back to the operating system."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable

# Bytes that were read since memory was given back last, from which on it is worth the milliseconds.
_WORTH = 2 * 2**20


class FreedMemory:
    """Gives back what reading leaves behind; safe for use by several threads.

    A data provider makes an array of every record. glibc keeps what those took when they are freed,
    as much again as the measurements themselves. Elsewhere than on glibc nothing is done.
    """

    def __init__(self) -> None:
        self._read = 0
        self._lock = threading.Lock()
        self._trim = _malloc_trim()

    def give_back_after(self, read: int) -> None:
        """Gives memory back, if enough has been read since it was done last.

        Args:
          read: Bytes of measurements that were read now.
        """
        with self._lock:
            self._read += read
            if self._trim is None or self._read < _WORTH:
                return
            self._read = 0
        self._trim(0)


def _malloc_trim() -> Callable[[int], object] | None:
    # None stands for the process itself; Windows knows no such thing.
    try:
        trim: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim
