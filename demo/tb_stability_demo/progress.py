"""The line that shows how far a demo run is."""

from __future__ import annotations

import sys
import time

import keras


class ProgressLine(keras.callbacks.Callback):
    """One line per run, rewritten after every epoch on a terminal, written once elsewhere."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label
        self.text = label
        self.started = time.perf_counter()

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._show()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", float("nan"))
        self.text = f"{self.label}  epoch {epoch + 1}/{self.params['epochs']}  loss {loss:.3g}"
        self._show()

    def finish(self) -> None:
        """Ends the line with the run's duration, tracing of the graph included."""
        seconds = time.perf_counter() - self.started
        start = "\r\x1b[K" if sys.stdout.isatty() else ""
        print(f"{start}{self.text}  {seconds:.1f} s", flush=True)

    def _show(self) -> None:
        if sys.stdout.isatty():
            # Back at the start of the line: what others print goes over it, not behind it.
            print(f"\r\x1b[K{self.text}\r", end="", flush=True)
