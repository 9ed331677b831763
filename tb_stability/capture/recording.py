"""One call of `fit`, from before its first step to the last line of its run record."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import StepClock
from tb_stability.capture.arguments import recorded_twice
from tb_stability.capture.batch_size import BatchSize
from tb_stability.capture.describe import describe_run
from tb_stability.capture.hooks import StepHooks
from tb_stability.capture.live import LiveOnsets
from tb_stability.capture.observed_function import ObservedTrainFunction
from tb_stability.capture.optimizers import steps_taken
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.striking import StrikingWindows
from tb_stability.capture.widening import Arrays, Widening
from tb_stability.capture.windows import WindowClock
from tb_stability.capture.workers import has_other_workers
from tb_stability.metadata import EPOCH_LOGS, SeriesMetadata
from tb_stability.onsets import Thresholds
from tb_stability.record import RunRecord, Status
from tb_stability.writer import EventWriter, SilentWriter


class Recording:
    """Measures a model's training and writes it, until it ends one way or another.

    Args:
      model: A compiled model.
      params: What Keras tells its callbacks of this call of `fit`.
      writer: Not yet opened.
      probes: The quantities to measure.
      window_steps: See `WindowClock`.
      sample_every: See `StepContext`.
      steps_done: Training steps of this run that were recorded before.
      live: Judges what is recorded; nobody does, where it is None.

    Raises:
      OSError: If the event file cannot be created.
    """

    # Who warnings say it is.
    told_as = "StabilityCallback"

    def __init__(
        self,
        model: Any,
        params: Mapping[str, Any] | None,
        writer: EventWriter,
        probes: list[Probe],
        *,
        window_steps: int,
        sample_every: int,
        steps_done: int = 0,
        live: LiveOnsets | None = None,
    ) -> None:
        writer.open()
        self.params = params
        self._model = model
        self._writer = writer
        self._windows = WindowClock(window_steps, steps_done)
        self._widening = Widening(window_steps, steps_done)
        self._striking = StrikingWindows()
        capacity = window_steps + model.steps_per_execution - 1
        self._context = StepContext(model, StepClock(capacity), sample_every)
        self._batch = BatchSize()
        self._hooks = StepHooks(self._context, [self._batch, *probes])
        self._live = live
        self._record: RunRecord | None = None
        self._described = False
        self._ending = False
        self._ended = False
        self._function: ObservedTrainFunction | None = None

    @property
    def log_dir(self) -> str:
        """Directory of the run."""
        return self._writer.log_dir

    @property
    def steps_done(self) -> int:
        """Number of the last step recorded."""
        return self._windows.steps_done

    @property
    def position(self) -> int:
        """Number of steps in the window so far, where an execution has one step."""
        return self._windows.position

    def begin_epoch(self, epoch: int) -> None:
        """Notes the epoch that the next steps belong to."""
        self._windows.epoch = epoch

    def begin_batch(self) -> None:
        """Makes sure that the next execution of the model's train function is observed.

        Raises:
          ValueError: If another callback observes this execution already.
        """
        if self._ended:
            return
        if self._record is None:
            self._begin()
        if self._function is None or self._model.train_function is not self._function:
            # Also where a callback compiled the model anew in the middle of training.
            self._end_other_recording()
            self._function = ObservedTrainFunction(self, self._model, self._hooks)
            self._model.train_function = self._function
        self._function.expected = True

    def executed(self) -> None:
        """Reads the device where the execution that was just done has filled it."""
        clock = self._context.clock
        if self._ended or not self._windows.executed(self._model.steps_per_execution):
            return
        steps = clock.read()
        if self._windows.correct(steps):
            self._read_out(steps)

    def end_epoch(self, logs: Mapping[str, Any] | None) -> None:
        """Reads the device, and writes what Keras reported of the epoch where the window ends."""
        if self._ended or self._record is None:
            return
        self._read_out(self._context.clock.read())
        if self._widening.end_epoch(_epoch_logs(logs or {})):
            self._end_window()

    def end(self, status: Status) -> None:
        """Writes what there is, with the status in the run record, and restores the model."""
        if self._ended:
            return
        self._restore_model()
        if self._record is not None:
            self._ending = status != "finished"
            self._read_out(self._context.clock.read())
            self._end_window()
            self._judge(final=True)
            self._write_record(status)
        self._ended = True
        self._attempt(self._writer.close)

    def interrupt(self) -> None:
        """Ends a recording whose `fit` was left by an exception."""
        # This may be called by the garbage collector, and that while some function is traced.
        with tf.init_scope():
            self.end("interrupted")

    def abandon(self) -> None:
        """Stops measuring without another word in the event file, and restores the model."""
        self._restore_model()
        self._ended = True
        with contextlib.suppress(Exception):
            self._writer.close()

    def _begin(self) -> None:
        # Not before the first batch: callbacks may restore a saved state when training begins.
        self._windows.steps_done = max(self.steps_done, steps_taken(self._model))
        self._widening = Widening(self._windows.window_steps, self.steps_done)
        first_step = self.steps_done + 1
        self._record = describe_run(
            self._model, self.params, thresholds=self._thresholds(), first_step=first_step
        )
        self._attempt(lambda: self._writer.write_start(first_step))
        self._write_record("training", step=first_step)

    def _end_other_recording(self) -> None:
        other = self._model.train_function
        if not isinstance(other, ObservedTrainFunction):
            return
        if other.expected and other.recording.params is self.params:
            raise recorded_twice(self._model, other.recording.log_dir, self.log_dir)
        # Its fit was left by an exception that is still being handled.
        other.recording.interrupt()

    def _read_out(self, steps: int) -> None:
        if steps == 0:
            return
        self._windows.end(steps)
        measured: list[Measurement] = []
        for probe in list(self._hooks.probes):
            try:
                measured.extend(probe.collect(steps))
            except Exception as error:
                self._hooks.leave_out(probe, error)
        self._context.clock.reset()
        striking = self._striking.add(measured)
        epoch = self._windows.epoch
        if self._widening.add(self.steps_done, steps, epoch, measured, striking=striking):
            self._end_window(striking=striking)

    def _end_window(self, *, striking: bool = False) -> None:
        window = self._widening.take()
        if window.measured:
            self._write(window.step, window.measured)
            if not self._described:
                self._complete_record()
            if self._live is not None and self._live.add_window(window.step, window.measured):
                striking = True
            if striking:
                self._judge()
        for step, reported in window.logs:
            self._write(step, reported)
            due = self._live is not None and self._live.add_epoch(step, reported)
            if due and step == window.logs[-1][0]:
                self._judge()

    def _judge(self, *, final: bool = False) -> None:
        # The garbage collector may interrupt a recording: there, nobody is to be called.
        if self._live is None or self._ending:
            return
        if self._live.judge(self._record, final=final):
            self._model.stop_training = True

    def _complete_record(self) -> None:
        # Subclassed models have no layers, and batches no size, before the first step was traced.
        self._described = True
        assert self._record is not None
        self._record = describe_run(
            self._model,
            self.params,
            thresholds=self._thresholds(),
            rows=self._context.rows(),
            first_step=self._record.first_step,
            batch_size=self._batch.most,
            outputs=self._hooks.notes.records,
        )
        self._write_record("training")

    def _thresholds(self) -> Thresholds | None:
        return self._live.thresholds if self._live is not None else None

    def _write(self, step: int, measured: Arrays) -> None:
        def write() -> None:
            self._writer.write_window(step, measured)
            self._writer.flush()

        self._attempt(write)

    def _write_record(self, status: Status, step: int | None = None) -> None:
        assert self._record is not None
        record = dataclasses.replace(self._record, status=status)

        def write() -> None:
            self._writer.write_record(record, self.steps_done if step is None else step)
            self._writer.flush()

        self._attempt(write)

    def _attempt(self, write: Callable[[], None]) -> None:
        if self._ended:
            return
        try:
            write()
        except Exception as error:
            # Whatever it is: recording never ends training.
            self._stop_writing()
            warnings.warn(
                f"{self.told_as} stopped recording after step {self.steps_done}, as its event "
                f"file can no longer be written; training goes on. {error}",
                RuntimeWarning,
                stacklevel=2,
            )

    def _stop_writing(self) -> None:
        if not has_other_workers(self._model):
            self.abandon()
            return
        # They wait for this one's part in each sum: it goes on measuring.
        with contextlib.suppress(Exception):
            self._writer.close()
        self._writer = SilentWriter(self.log_dir)

    def _restore_model(self) -> None:
        if self._function is not None and self._model.train_function is self._function:
            self._model.train_function = self._function.own_function


def _epoch_logs(logs: Mapping[str, Any]) -> Iterator[Measurement]:
    for name, value in logs.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        # A name that UTF-8 cannot hold, that of a metric made from bytes, is escaped.
        name = str(name).encode("utf-8", "backslashreplace").decode()
        series = SeriesMetadata(EPOCH_LOGS, rows=(name,), row_group=name)
        yield series, np.array([[number]], np.float32)
