"""The Keras callback. Life cycle only: what is measured, and how, is in the files beside it."""

from __future__ import annotations

import operator
import os
import sys
import types
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsIndex

import keras

from tb_stability.capture.live import (
    LiveOnsets,
    check_kinds,
    check_on_onset,
    check_thresholds,
)
from tb_stability.capture.probe import Probe
from tb_stability.capture.quantities import make_probes, quantity_names
from tb_stability.capture.recording import Recording
from tb_stability.onsets import Onset, Thresholds
from tb_stability.writer import EventWriter

DEFAULT_WINDOW_STEPS = 50
DEFAULT_SAMPLE_EVERY = 10


class StabilityCallback(keras.callbacks.Callback):
    """Records what shows whether training is stable, for TensorBoard's Stability tab.

    Per window of steps, it writes the norm of every layer's gradient and the loss, both measured
    in every step, the learning rate, the weights and how far a step moves them, and of some steps
    dead and saturated units and the logits; at the end of each epoch what Keras logs. A window
    ends after `window_steps` steps and with every epoch, and is on disk then: a crash loses at
    most the one that was running. Training is not changed: weights are the same to the last bit.

    What was recorded is judged while the model trains, by the rules that the Stability tab uses:
    at the end of each epoch, and after a window in which the loss or a gradient norm was not
    finite or its maximum exceeded ten times the median of those of earlier windows (see
    `tb_stability.capture.live`). An onset that is critical or a warning is told in one line, each
    kind once.

    Steps count from 1 and go on over several calls of `fit`, and where a saved optimizer state is
    trained on. While it trains, the model's train function is replaced by a measuring one;
    afterwards the model is as it was before.

    In a loop of one's own, with `keras.callbacks.CallbackList` and `model.train_on_batch`, call
    `on_train_begin`, `on_epoch_begin`, `on_train_batch_begin` and so on as `fit` does.

    Args:
      log_dir: Directory of the run, `str` or `os.PathLike`. Runs that are to be compared have
        directories below one logdir: ``logs/run1``, ``logs/run2``.
      quantities: Names of the quantities to measure; all there are, where it is None. Loss,
        gradient norm and learning rate are measured in any case.
      window_steps: Steps that are summarised in one record. Fewer show more detail, and cost a
        read-out of the device each. With `steps_per_execution` above 1, a window ends with the
        execution that fills it.
      sample_every: Activations and logits are measured in the first step of a window and in one
        step of this many after it.
      thresholds: Numbers of the rules, by name or as `tb_stability.onsets.Thresholds`; those left
        out keep their defaults. They are kept in the run record.
      on_onset: Called with each `tb_stability.onsets.Onset` that is told. If it raises, a warning
        says so, it is not called again, and training goes on.
      stop_on: Kinds of onsets that end training, e.g. ``("nonfinite_loss",)``; none by default.
        `fit` then returns as if another callback had set `model.stop_training`. Onsets of severity
        info neither end training nor are told.

    Raises:
      TypeError: If thresholds, `on_onset` or `stop_on` are of another type.
      ValueError: If a quantity, threshold or kind of onset is unknown, or a number is impossible;
        when training
        begins, if the callback recorded another model before, or if another one records this model.
      RuntimeError: If Keras runs on another backend than TensorFlow.
      OSError: When training begins, if `log_dir` cannot be created or written.

    Example:

    >>> from tb_stability import StabilityCallback
    >>> callback = StabilityCallback("logs/run1")
    >>> model.fit(x, y, epochs=20, callbacks=[callback])    # doctest: +SKIP
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        *,
        quantities: Iterable[str] | None = None,
        window_steps: SupportsIndex = DEFAULT_WINDOW_STEPS,
        sample_every: SupportsIndex = DEFAULT_SAMPLE_EVERY,
        thresholds: Thresholds | Mapping[str, Any] | None = None,
        on_onset: Callable[[Onset], Any] | None = None,
        stop_on: str | Iterable[str] = (),
    ) -> None:
        super().__init__()
        require_tensorflow()
        self._log_dir = os.fspath(log_dir)
        self._quantities = quantity_names(quantities)
        self._window_steps = positive("window_steps", window_steps)
        self._sample_every = positive("sample_every", sample_every)
        self._live = LiveOnsets(
            check_thresholds(thresholds), check_on_onset(on_onset), check_kinds(stop_on)
        )
        self._recording: Recording | None = None
        self._left: weakref.finalize[..., Any] | None = None
        self._recorded_model: weakref.ref[Any] | None = None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        model = self.model
        self._check_model(model)
        steps_done = 0
        if self._recording is not None:
            # The `fit` before was left by an exception, or it has ended and this is a no-op.
            self._recording.interrupt()
            steps_done = self._recording.steps_done
        self._recording = Recording(
            model,
            self.params,
            EventWriter(self._log_dir),
            self._probes(model),
            window_steps=self._window_steps,
            sample_every=self._sample_every,
            steps_done=steps_done,
            live=self._live,
        )
        self._recorded_model = weakref.ref(model)
        # An exception that leaves `fit` is told to no callback. But the list of callbacks lives
        # exactly as long as `fit`, and at the latest the end of the process ends them both.
        self._left = weakref.finalize(_caller_list() or self, self._recording.interrupt)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.begin_batch()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.end_epoch(logs)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.end("finished")
        if self._left is not None:
            self._left.detach()

    def _probes(self, model: Any) -> list[Probe]:
        return make_probes(self._quantities, model)

    def _check_model(self, model: Any) -> None:
        if self._recorded_model is not None and self._recorded_model() is not model:
            raise ValueError(
                f"StabilityCallback({self._log_dir!r}) recorded another model before and was now "
                f"given {model.name!r}: a callback records one run. Make a new one, with a log_dir "
                "of its own"
            )


def require_tensorflow() -> None:
    """Raises RuntimeError where Keras runs on another backend."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"StabilityCallback measures training on Keras' TensorFlow backend, and Keras runs on "
            f"{backend!r}. Set the environment variable KERAS_BACKEND=tensorflow before Keras is "
            "imported"
        )


def positive(name: str, value: Any) -> int:
    """Returns a positive integer as `int`; raises ValueError for anything else."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ValueError(f"{name} must be a positive integer, e.g. 50, not {value!r}")
    return number


def _caller_list() -> keras.callbacks.CallbackList | None:
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.callbacks.CallbackList):
            return owner
        frame = frame.f_back
    return None
