"""What stands in for `model.train_function` while a model is recorded."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tb_stability.capture.hooks import StepHooks, make_train_function

if TYPE_CHECKING:
    from tb_stability.capture.recording import Recording


class ObservedTrainFunction:
    """Stands in for `model.train_function` while the model trains.

    It expects every call to be announced by the callback. A call that was not comes from another
    training than the one it was made for, which ended in an exception: then it takes itself out.
    """

    def __init__(self, recording: Recording, model: Any, hooks: StepHooks) -> None:
        self.recording = recording
        self.own_function = model.train_function
        self.expected = False
        self._model = model
        self._hooks = hooks
        self._observed = make_train_function(model, hooks)

    def __call__(self, iterator: Any) -> Any:
        if not self.expected:
            self.recording.interrupt()
            return self._run_own(iterator)
        self.expected = False
        self._hooks.entered = False
        self._hooks.before_execution()
        try:
            outputs = self._observed(iterator)
        except (StopIteration, tf.errors.OutOfRangeError):
            raise
        except Exception as error:
            if self._model.run_eagerly or not self._hooks.entered:
                self.recording.interrupt()
                raise
            # It failed while it was traced or compiled, by our fault or the model's own.
            reason = f"{type(error).__name__}: {error}"
        except BaseException:
            self.recording.interrupt()
            raise
        else:
            self._hooks.after_execution(self.recording.position)
            self.recording.executed()
            return outputs
        return self._run_unobserved(iterator, reason)

    def _run_unobserved(self, iterator: Any, reason: str) -> Any:
        try:
            outputs = self._run_own(iterator)
        except BaseException:
            self.recording.interrupt()
            raise
        self.recording.abandon()
        warnings.warn(
            f"StabilityCallback cannot observe the train step of model {self._model.name!r} and "
            f"records nothing more; training goes on. {reason}",
            RuntimeWarning,
            stacklevel=2,
        )
        return outputs

    def _run_own(self, iterator: Any) -> Any:
        if self.own_function is None:
            self._model.train_function = None
            self._model.make_train_function()
            self.own_function = self._model.train_function
        return self.own_function(iterator)
