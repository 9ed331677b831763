"""Answers that were given lately, compressed as they were sent."""

from __future__ import annotations

import collections
import json
import threading
import zlib
from collections.abc import Callable, Hashable
from typing import Any

from tb_stability.freed_memory import FreedMemory

# Bytes of compressed answers that are kept: one of 200 rows and 1000 columns has some 6 MB.
MOST_BYTES = 64 * 2**20


class Answers:
    """Keeps answers for those who ask again; safe for use by several threads.

    What an answer depends on belongs into its key, the revision of the run as well: so an answer
    is never outdated, and is dropped when newer ones need its place.

    Args:
      most_bytes: Size of what is kept, at most.

    Example:

    >>> answers = Answers()
    >>> import gzip
    >>> gzip.decompress(answers.get(("run", "12:3.5:2"), lambda: {"steps": 12}))
    b'{"steps": 12}'
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: collections.OrderedDict[Hashable, bytes] = collections.OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._freed = FreedMemory()

    def get(self, key: Hashable, make: Callable[[], Any]) -> bytes:
        """Returns an answer as compressed JSON.

        Args:
          key: All that the answer depends on.
          make: Returns the answer, where it is not known.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        # Two threads may make the same answer at once: neither waits for any other.
        answer, written = _compressed(make())
        # What it was made of takes several times as much.
        self._freed.give_back_after(written)
        with self._lock:
            self._bytes += len(answer) - len(self._kept.pop(key, b""))
            self._kept[key] = answer
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return answer


def _compressed(content: Any) -> tuple[bytes, int]:
    """Returns gzip of some content as JSON, and the length of the JSON.

    Measurements in base64 hardly repeat themselves but in zeros: looking for more takes twice the
    time and saves a sixth.
    """
    gzip = zlib.compressobj(1, zlib.DEFLATED, wbits=31, strategy=zlib.Z_RLE)
    compressed = []
    written = 0
    # Piece by piece: the whole of a large answer would be there three times, 30 MB each.
    for piece in json.JSONEncoder().iterencode(content):
        compressed.append(gzip.compress(piece.encode()))
        written += len(piece)
    return b"".join([*compressed, gzip.flush()]), written
