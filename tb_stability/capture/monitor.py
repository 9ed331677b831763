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

from tb_stability.capture.arguments import check_log_dir, positive, require_tensorflow
from tb_stability.capture.by_hand import RecordingByHand, trained_by_hand
from tb_stability.capture.callback import DEFAULT_SAMPLE_EVERY, DEFAULT_WINDOW_STEPS
from tb_stability.capture.live import LiveOnsets, check_kinds, check_on_onset, check_thresholds
from tb_stability.capture.optimizers import gradients_given
from tb_stability.capture.probe import Gradients
from tb_stability.capture.quantities import choose_quantities, make_probes
from tb_stability.capture.workers import check_workers, is_chief, writer_for
from tb_stability.onsets import Onset, Thresholds


class StabilityMonitor:
    """Records a training loop of one's own, as `StabilityCallback` does one of Keras.

    The same is measured, as far as `record` is told of it; calls of layers are seen by themselves.
    Training is not changed: weights are the same to the last bit.

    Works eagerly and in a `tf.function`, compiled by XLA or not: `record` belongs beside the
    gradients, inside of the function; `step` belongs on the outside, and is one step of training.
    Layers are seen where `record` is called: not in another function, such as one around the
    forward pass alone, for that may be called outside of a step as well. What runs outside of
    steps, such as validation, is not measured. A step in which nothing is recorded is counted, and
    missing.

    Args:
      log_dir: Directory of the run, `str` or `os.PathLike`.
      model: The model whose layers are the rows, built or not. It need not be compiled.
      optimizer: The optimizer that trains it; None where there is none that is Keras' own. Then
        there is no learning rate, and steps count from 1.
      loss: The loss or losses as `compile` takes them, not used but to tell what the outputs are:
        logits are those of a softmax or sigmoid, or of a loss with `from_logits=True`. That of the
        model, if it is compiled, by default.
      quantities: As in `StabilityCallback`.
      window_steps: As in `StabilityCallback`.
      sample_every: As in `StabilityCallback`.
      initial_epoch: Number of the first epoch, for a run that is resumed.
      thresholds: As in `StabilityCallback`.
      on_onset: As in `StabilityCallback`.
      stop_on: Kinds of onsets that set `should_stop`.

    Raises:
      TypeError: If the model or the optimizer is not one of Keras, or thresholds, `on_onset` or
        `stop_on` are of another type.
      ValueError: If a quantity, threshold or kind is unknown, or a number is impossible.
      RuntimeError: If Keras runs on another backend than TensorFlow.
      OSError: If `log_dir` cannot be created or written.

    Example:

    >>> import tempfile
    >>> import numpy as np
    >>> from tb_stability import StabilityMonitor
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> optimizer = keras.optimizers.Adam(1e-3)
    >>> loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> log_dir = tempfile.mkdtemp()
    >>> x, y = np.ones((32, 4), np.float32), np.ones(32, np.int64)
    >>> data = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    >>> monitor = StabilityMonitor(log_dir, model, optimizer, loss=loss_of)
    >>> @tf.function
    ... def train_step(x, y):
    ...     with tf.GradientTape() as tape:
    ...         logits = model(x, training=True)
    ...         loss = loss_of(y, logits)
    ...     gradients = tape.gradient(loss, model.trainable_variables)
    ...     monitor.record(loss=loss, gradients=gradients, inputs=x, outputs=logits, labels=y)
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
        loss: Any = None,
        quantities: Iterable[str] | None = None,
        window_steps: SupportsIndex = DEFAULT_WINDOW_STEPS,
        sample_every: SupportsIndex = DEFAULT_SAMPLE_EVERY,
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
        kinds = check_kinds(stop_on)
        check_workers(model, kinds)
        live = LiveOnsets(check_thresholds(thresholds), check_on_onset(on_onset), kinds)
        self._model = model
        self._optimizer = optimizer
        self._trained = trained_by_hand(model, optimizer, loss)
        self._recording = RecordingByHand(
            self._trained,
            None,
            writer_for(model, check_log_dir(log_dir)),
            make_probes(choose_quantities(quantities), self._trained),
            window_steps=positive("window_steps", window_steps),
            sample_every=positive("sample_every", sample_every),
            live=live if is_chief(model) else None,
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
        self._in_step = True
        try:
            with self._recording.step():
                yield
        finally:
            self._in_step = False

    @tf.autograph.experimental.do_not_convert
    def record(
        self,
        *,
        loss: Any = None,
        gradients: Iterable[Any] | None = None,
        variables: Iterable[Any] | None = None,
        inputs: Any = None,
        outputs: Any = None,
        labels: Any = None,
    ) -> None:
        """Measures a step, in graph or eagerly; may be called more than once in a step.

        Args:
          loss: What is minimised, not scaled; of a tensor with several elements, their sum.
          gradients: As the optimizer is given them: dense, `tf.IndexedSlices` or None; scaled,
            where it is a `LossScaleOptimizer`.
          variables: What they are the gradients of; the model's trainable variables by default.
          inputs: What the model was given: a tensor, or a dict, list or tuple of them.
          outputs: What the model returned, the same way.
          labels: What the outputs are held to, the same way; only with outputs.

        Raises:
          RuntimeError: If it is not called within `step`.
          ValueError: If there are not as many gradients as variables, if there are labels and no
            outputs, or the optimizer is a `LossScaleOptimizer` that is not built.
        """
        if not self._in_step:
            raise RuntimeError(
                "StabilityMonitor.record was called outside of a step: call it, or the function "
                "that calls it, in `with monitor.step():`"
            )
        if labels is not None and outputs is None:
            raise ValueError(
                "StabilityMonitor.record was given labels and no outputs: give both, as it is by "
                "the outputs that labels are known for those of classes"
            )
        told = {"loss": loss, "inputs": inputs, "outputs": outputs, "labels": labels}
        given = None
        if gradients is not None:
            own = self._model.trainable_variables
            given = self._gradients(list(gradients), list(own if variables is None else variables))
        self._recording.record(told, given)

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
