"""The Keras callback. Life cycle only: what is measured, and how, is in the files beside it."""

from __future__ import annotations

import os
import sys
import types
import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsIndex

import keras

from tb_stability.capture.arguments import (
    check_log_dir,
    positive,
    recorded_twice,
    require_tensorflow,
)
from tb_stability.capture.live import LiveOnsets, check_kinds, check_on_onset, check_thresholds
from tb_stability.capture.probe import Probe
from tb_stability.capture.quantities import choose_quantities, make_probes
from tb_stability.capture.recording import Recording
from tb_stability.capture.workers import check_workers, is_chief, writer_for
from tb_stability.onsets import Onset, Thresholds

DEFAULT_WINDOW_STEPS = 100
DEFAULT_SAMPLE_EVERY = 25


class StabilityCallback(keras.callbacks.Callback):
    """Records what shows whether training is stable, for TensorBoard's Stability tab.

    Per window of steps, it writes the norm of every layer's gradient and the loss, both measured
    in every step, the learning rate, the weights and how far a step moves them, and of some steps
    dead and saturated units and the logits; at the end of each epoch what Keras logs. A window
    ends after `window_steps` steps and with every epoch, and is on disk then: a crash loses at
    most the one that was running. In a long run windows widen: the first 500 are as said, the next
    500 twice as wide, and so on, so that a million steps are some 2,200 records; no maximum, date
    or non-finite count is lost, and a window in which the loss or a gradient norm leaves its usual
    size ends at once (see `tb_stability.capture.widening`). Training is not changed: weights are
    the same to the last bit.

    What was recorded is judged while the model trains, by the rules that the Stability tab uses:
    at the end of each epoch, and after a window in which the loss or a gradient norm was not
    finite or its maximum exceeded ten times the median of those of earlier windows (see
    `tb_stability.capture.live`). An onset that is critical or a warning is told in one line, each
    kind once.

    Steps count from 1 and go on over several calls of `fit`, and where a saved optimizer state is
    trained on. While it trains, the model's train function is replaced by a measuring one;
    afterwards the model is as it was before.

    Under a `tf.distribute` strategy, loss and gradient norms are those of the global batch; what is
    sampled is that of one replica. Of several workers only the chief writes.

    In a loop of one's own, with `keras.callbacks.CallbackList` and `model.train_on_batch`, call
    `on_train_begin`, `on_epoch_begin`, `on_train_batch_begin` and so on as `fit` does.

    Args:
      log_dir: Directory of the run, `str` or `os.PathLike`. Runs that are to be compared have
        directories below one logdir: ``logs/run1``, ``logs/run2``. Remote ones, such as
        ``s3://bucket/logs/run1``, take fsspec and its package for the store.
      quantities: Names of the quantities to measure; all there are, where it is None. Loss,
        gradient norm and learning rate are measured in any case. Where `time_gradient` is named,
        it is measured of layers fed by raw data as well, which slows every step down.
      window_steps: Steps that are summarised in one record, at the beginning of a run. Fewer show
        more detail, and cost a read-out of the device each. With `steps_per_execution`
        above 1, a window ends with the execution that fills it.
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
      TypeError: If `log_dir`, thresholds, `on_onset` or `stop_on` are of another type.
      ValueError: If a quantity, threshold or kind of onset is unknown, or a number is impossible;
        when training begins, if the callback recorded another model before, if another one records
        this model, or if `stop_on` is used and other workers would go on waiting.
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
        self._log_dir = check_log_dir(log_dir)
        self._quantities = choose_quantities(quantities)
        self._window_steps = positive("window_steps", window_steps)
        self._sample_every = positive("sample_every", sample_every)
        self._stop_on = check_kinds(stop_on)
        self._live = LiveOnsets(
            check_thresholds(thresholds), check_on_onset(on_onset), self._stop_on
        )
        self._recording: Recording | None = None
        self._left: weakref.finalize[..., Any] | None = None
        self._recorded_model: weakref.ref[Any] | None = None
        self._looked_at_weights = False

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        model, callers = self.model, _caller_list()
        self._check_model(model)
        self._check_callbacks(callers)
        check_workers(model, self._stop_on)
        self._looked_at_weights = False
        self._warn_if_untrained()
        steps_done = 0
        if self._recording is not None:
            # The `fit` before was left by an exception, or it has ended and this is a no-op.
            self._recording.interrupt()
            steps_done = self._recording.steps_done
        self._recording = Recording(
            model,
            self.params,
            writer_for(model, self._log_dir),
            self._probes(model),
            window_steps=self._window_steps,
            sample_every=self._sample_every,
            steps_done=steps_done,
            live=self._live if is_chief(model) else None,
        )
        self._recorded_model = weakref.ref(model)
        # An exception that leaves `fit` is told to no callback. But the list of callbacks lives
        # exactly as long as `fit`, and at the latest the end of the process ends them both.
        self._left = weakref.finalize(callers or self, self._recording.interrupt)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.begin_batch()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._recording is not None:
            self._recording.end_epoch(logs)
        self._warn_if_untrained()

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

    def _check_callbacks(self, callers: keras.callbacks.CallbackList | None) -> None:
        callbacks = callers.callbacks if callers is not None else ()
        own = [one for one in callbacks if isinstance(one, StabilityCallback)]
        if len(own) > 1:
            raise recorded_twice(self.model, *(one._log_dir for one in own[:2]))

    def _warn_if_untrained(self) -> None:
        # A model that is built in its first step is looked at after the first epoch.
        model = self.model
        if self._looked_at_weights or not model.built:
            return
        self._looked_at_weights = True
        if not model.trainable_weights:
            warnings.warn(
                f"Model {model.name!r} has no trainable weights: StabilityCallback records its "
                "loss, and no gradient norms. If it is to be trained, set trainable = True and "
                "compile it again",
                RuntimeWarning,
                stacklevel=2,
            )


def _caller_list() -> keras.callbacks.CallbackList | None:
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.callbacks.CallbackList):
            return owner
        frame = frame.f_back
    return None
