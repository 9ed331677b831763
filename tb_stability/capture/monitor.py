"""For training loops written by hand, with a `tf.GradientTape` in place of `fit`."""

from __future__ import annotations

import contextlib
import os
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, SupportsIndex

import keras
import tensorflow as tf

from tb_stability.capture.callback import DEFAULT_WINDOW_STEPS, positive, require_tensorflow
from tb_stability.capture.gradient_norm import GradientNorm
from tb_stability.capture.learning_rate import LearningRate
from tb_stability.capture.live import LiveOnsets, check_kinds, check_on_onset, check_thresholds
from tb_stability.capture.loss import Loss
from tb_stability.capture.optimizers import gradients_given
from tb_stability.capture.probe import Gradients
from tb_stability.capture.recording import Recording
from tb_stability.capture.weights import UpdateRatio, WeightNorm
from tb_stability.onsets import Onset, Thresholds
from tb_stability.writer import EventWriter


class StabilityMonitor:
    """Records a training loop of one's own, as `StabilityCallback` does one of Keras.

    Measured are the loss and the norm of every layer's gradient in each step, and per window the
    learning rate, the weights and how far a step moves them. What needs to see inside the model,
    such as dead units or logits, is measured by `StabilityCallback` only. Training is not changed:
    weights are the same to the last bit.

    Works eagerly and in a `tf.function`, compiled by XLA or not: `record` belongs beside the
    gradients, inside of the function; `step` belongs on the outside, and is one step of training.
    A step in which nothing is recorded is counted, and missing.

    Args:
      log_dir: Directory of the run, `str` or `os.PathLike`.
      model: The model whose layers are the rows, built or not. It need not be compiled.
      optimizer: The optimizer that trains it; None where there is none that is Keras' own. Then
        there is no learning rate, and steps count from 1.
      window_steps: Steps that are summarised in one record.
      initial_epoch: Number of the first epoch, for a run that is resumed.
      thresholds: As in `StabilityCallback`.
      on_onset: As in `StabilityCallback`.
      stop_on: Kinds of onsets that set `should_stop`.

    Raises:
      TypeError: If the model or the optimizer is not one of Keras, or thresholds, `on_onset` or
        `stop_on` are of another type.
      ValueError: If a threshold or kind is unknown, or a number is impossible.
      RuntimeError: If Keras runs on another backend than TensorFlow.
      OSError: If `log_dir` cannot be created or written.

    Example:

    >>> import tempfile
    >>> import numpy as np
    >>> from tb_stability import StabilityMonitor
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> optimizer = keras.optimizers.Adam(1e-3)
    >>> log_dir = tempfile.mkdtemp()
    >>> x, y = np.ones((32, 4), np.float32), np.ones((32, 1), np.float32)
    >>> data = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    >>> monitor = StabilityMonitor(log_dir, model, optimizer)
    >>> @tf.function
    ... def train_step(x, y):
    ...     with tf.GradientTape() as tape:
    ...         loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    ...     gradients = tape.gradient(loss, model.trainable_variables)
    ...     monitor.record(loss=loss, gradients=gradients)
    ...     optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    ...     return loss
    >>> with monitor:
    ...     for epoch in range(2):
    ...         for x, y in data:
    ...             with monitor.step():
    ...                 loss = train_step(x, y)
    ...         monitor.end_epoch({"loss": float(loss)})
    >>> len(os.listdir(log_dir))
    1
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer | None = None,
        *,
        window_steps: SupportsIndex = DEFAULT_WINDOW_STEPS,
        initial_epoch: int = 0,
        thresholds: Thresholds | Mapping[str, Any] | None = None,
        on_onset: Callable[[Onset], Any] | None = None,
        stop_on: str | Iterable[str] = (),
    ) -> None:
        require_tensorflow()
        if not isinstance(model, keras.Model):
            raise TypeError(f"model must be a keras.Model, not {model!r}")
        if optimizer is not None and not isinstance(optimizer, keras.optimizers.Optimizer):
            raise TypeError(
                f"optimizer must be one of keras.optimizers, or None, not {optimizer!r}"
            )
        live = LiveOnsets(
            check_thresholds(thresholds), check_on_onset(on_onset), check_kinds(stop_on)
        )
        self._model = model
        self._optimizer = optimizer
        self._trained = _trained_by_hand(model, optimizer)
        self._recording = RecordingByHand(
            self._trained,
            None,
            EventWriter(os.fspath(log_dir)),
            [Loss(), GradientNorm(), LearningRate(self._trained), WeightNorm(), UpdateRatio()],
            window_steps=positive("window_steps", window_steps),
            sample_every=1,
            live=live,
        )
        self._epoch = initial_epoch
        self._recording.begin_epoch(initial_epoch)
        self._in_step = False
        self._closed = False
        # Also at the end of a process that did not close it.
        self._left = weakref.finalize(self, self._recording.interrupt)

    @property
    def should_stop(self) -> bool:
        """Whether an onset of a kind in `stop_on` was found; it is up to the loop to stop."""
        return bool(self._trained.stop_training)

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """Surrounds one step of training. A step that raises is not counted.

        Raises:
          RuntimeError: If the monitor is closed, or a step is running already.
        """
        if self._closed or self._in_step:
            state = "closed" if self._closed else "in a step already"
            raise RuntimeError(f"StabilityMonitor.step: the monitor is {state}")
        self._recording.begin_step()
        self._in_step = True
        try:
            yield
        finally:
            self._in_step = False
        self._recording.end_step()

    @tf.autograph.experimental.do_not_convert
    def record(
        self,
        *,
        loss: Any = None,
        gradients: Iterable[Any] | None = None,
        variables: Iterable[Any] | None = None,
    ) -> None:
        """Measures a step, in graph or eagerly; may be called more than once in a step.

        Args:
          loss: What is minimised, not scaled; of a tensor with several elements, their sum.
          gradients: As the optimizer is given them: dense, `tf.IndexedSlices` or None; scaled,
            where it is a `LossScaleOptimizer`.
          variables: What they are the gradients of; the model's trainable variables by default.

        Raises:
          RuntimeError: If it is not called within `step`.
          ValueError: If there are not as many gradients as variables, or the optimizer is a
            `LossScaleOptimizer` that is not built.
        """
        if not self._in_step:
            raise RuntimeError(
                "StabilityMonitor.record was called outside of a step: call it, or the function "
                "that calls it, in `with monitor.step():`"
            )
        if loss is not None:
            self._recording.record_loss(tf.convert_to_tensor(loss))
        if gradients is not None:
            own = self._model.trainable_variables
            self._recording.record_gradients(
                self._gradients(list(gradients), list(own if variables is None else variables))
            )

    def end_epoch(self, logs: Mapping[str, Any] | None = None) -> None:
        """Ends the epoch, and with it the window.

        Args:
          logs: Numbers to write of the epoch, by the names that Keras gives them: ``"loss"``,
            ``"val_loss"``, ``"accuracy"``...
        """
        self._recording.end_epoch(logs)
        self._epoch += 1
        self._recording.begin_epoch(self._epoch)

    def close(self) -> None:
        """Writes what there is and ends the run as finished; may be called more than once."""
        self._close()

    def __enter__(self) -> StabilityMonitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        self._close(interrupted=kind is not None)

    def _close(self, *, interrupted: bool = False) -> None:
        if not self._closed:
            self._closed = True
            self._left.detach()
            self._recording.end("interrupted" if interrupted else "finished")

    def _gradients(self, gradients: list[Any], variables: list[Any]) -> Gradients:
        if len(gradients) != len(variables):
            raise ValueError(
                f"StabilityMonitor.record was given {len(gradients)} gradients of "
                f"{len(variables)} variables: give the variables that they belong to"
            )
        optimizer = self._optimizer
        if optimizer is None:
            return Gradients(list(zip(gradients, variables, strict=True)))
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and not optimizer.built:
            # Its scale is not a variable yet, and a traced function would keep the first one.
            raise ValueError(
                "StabilityMonitor needs a LossScaleOptimizer that is built: call "
                "optimizer.build(model.trainable_variables) before the first step"
            )
        return gradients_given(optimizer, gradients, variables)


class RecordingByHand(Recording):
    """A recording whose steps are announced by the loop, instead of by the model."""

    def begin_step(self) -> None:
        """Notes that the loop is about to run a step."""
        if self._ended:
            return
        if self._record is None:
            self._begin()
        self._hooks.before_execution()

    def record_loss(self, loss: tf.Tensor) -> None:
        """Measures the loss of the running step, in graph."""
        self._hooks.tell(lambda probe: probe.on_loss(self._context, loss))

    def record_gradients(self, gradients: Gradients) -> None:
        """Measures gradients of the running step, in graph."""
        # The order of the layers' calls is not seen; that of their creation stands for it. By now
        # they are built.
        self._context.first_call.setdefault(id(self._model), 0)
        self._hooks.tell(lambda probe: probe.on_gradients(self._context, gradients))

    def end_step(self) -> None:
        """Notes that the step has run; ends the window where it is full."""
        if self._ended:
            return
        self._context.clock.advance(None)
        self._hooks.after_execution()
        self.executed()


class _TrainedByHand:
    """A model with what a loop by hand does not say of it, for all that expects one of `fit`."""

    # Whether the loop is compiled is not known: what is exact for XLA is exact without it.
    jit_compile = True
    run_eagerly = False
    steps_per_execution = 1
    stop_training = False

    def __init__(self, model: Any, optimizer: Any) -> None:
        self.trained_model = model
        self.optimizer = optimizer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.trained_model, name)


def _trained_by_hand(model: Any, optimizer: Any) -> Any:
    # Named like the model's own class, which is what the layer table shows of it.
    return type(type(model).__name__, (_TrainedByHand,), {})(model, optimizer)
