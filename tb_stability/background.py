"""Work that goes on after the request that began it has been answered."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable, Hashable

Task = concurrent.futures.Future[None]


class Background:
    """Does each piece of work in a thread of its own, once at a time.

    The threads do not keep the process from ending.

    Example:

    >>> background = Background()
    >>> background.wait("sum", lambda: sum(range(10)), seconds=10)
    True
    """

    def __init__(self) -> None:
        # Done work stays only where it failed, for whoever asks next.
        self._tasks: dict[Hashable, Task] = {}
        self._lock = threading.Lock()

    def wait(self, key: Hashable, work: Callable[[], object], seconds: float) -> bool:
        """Begins some work, unless it is under way; returns whether it is done in time.

        Args:
          key: What work is the same.
          work: Called without arguments, in another thread.
          seconds: How long to wait for it.

        Raises:
          Exception: What the work raised, since it was asked for last.
        """
        with self._lock:
            task = self._tasks.get(key)
            if task is None:
                task = self._tasks[key] = Task()
                threading.Thread(target=self._do, args=(key, work, task), daemon=True).start()
        concurrent.futures.wait([task], timeout=max(seconds, 0.0))
        if not task.done():
            return False
        with self._lock:
            if self._tasks.get(key) is task:
                del self._tasks[key]
        task.result()
        return True

    def _do(self, key: Hashable, work: Callable[[], object], task: Task) -> None:
        try:
            work()
        except Exception as error:
            task.set_exception(error)
            return
        with self._lock:
            self._tasks.pop(key, None)
        task.set_result(None)
