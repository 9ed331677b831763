"""Writes one run's event file. Needs neither TensorFlow nor Keras."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from tensorboard.compat.proto import (
    event_pb2,
    summary_pb2,
    tensor_pb2,
    tensor_shape_pb2,
    types_pb2,
)
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

from tb_stability.file_layer import file_layer, is_remote
from tb_stability.metadata import RUN_RECORD, SeriesMetadata, create_summary_metadata
from tb_stability.record import RunRecord

_RECORD_SERIES = SeriesMetadata(RUN_RECORD, rows=())

# Tells apart the files that one process opens within one second. TensorBoard reads files in the
# order of their names.
_file_number = itertools.count()

ResultT = TypeVar("ResultT")


class EventWriter:
    """Owns one event file and writes it synchronously: what is flushed survives a crash.

    The file is created by the first write, or by `open`, under a name that no other writer of
    this or another process uses. Paths are opened with TensorBoard's own file layers (see
    `tb_stability.file_layer`), so that ``gs://``, ``s3://`` and other fsspec paths work.

    Args:
      log_dir: Directory of the run, local or remote; created where it does not exist.
      suffix: End of the file's name.

    Attributes:
      log_dir: Directory of the run, as text.

    Example:

    >>> from tb_stability.metadata import LOSS
    >>> writer = EventWriter("logs/run1")                           # doctest: +SKIP
    >>> loss = SeriesMetadata(LOSS, rows=("loss",))
    >>> writer.write(loss, np.zeros((1, 8), np.float32), step=20)   # doctest: +SKIP
    >>> writer.close()                                              # doctest: +SKIP
    """

    def __init__(self, log_dir: str | os.PathLike[str], *, suffix: str = ".stability") -> None:
        self.log_dir = os.fspath(log_dir)
        self._suffix = suffix
        self._path = ""
        self._records: RecordWriter | None = None
        self._described: dict[str, SeriesMetadata] = {}

    @property
    def path(self) -> str:
        """Path of the event file, ``""`` before it is opened."""
        return self._path

    def open(self) -> None:
        """Creates the directory and the event file; does nothing where it is open.

        Raises:
          OSError: If the directory or the file cannot be created.
        """
        if self._records is not None:
            return
        name = (
            f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}"
            f".{os.getpid()}.{next(_file_number):06d}{self._suffix}"
        )
        path = os.path.join(self.log_dir, name)

        def create() -> RecordWriter:
            files = file_layer(path)
            files.makedirs(self.log_dir)
            records = RecordWriter(files.GFile(path, "wb"))
            # The file layer opens the file with the first write: a bad directory shows here.
            version = event_pb2.Event(wall_time=time.time(), file_version="brain.Event:2")
            records.write(version.SerializeToString())
            records.flush()
            return records

        needed = "; a remote one needs fsspec, and its package for this store (s3fs, adlfs ...)"
        self._records = self._checked(
            create,
            f"cannot write event files to the log_dir {self.log_dir!r}: give a directory that "
            "exists or can be created, and that this process may write to"
            f"{needed if is_remote(self.log_dir) else ''}",
        )
        self._path = path
        self._described = {}

    def write_start(self, step: int) -> None:
        """Makes TensorBoard drop what older files say of this step and later ones.

        So a run that is resumed from an older state, or started again in the same directory,
        replaces what it does again instead of mixing with it.

        Raises:
          OSError: If the file cannot be written.
        """
        self.open()
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._append(event_pb2.Event(wall_time=time.time(), step=step, session_log=start))

    def write(
        self,
        series: SeriesMetadata,
        values: npt.ArrayLike,
        *,
        step: int,
        wall_time: float | None = None,
    ) -> None:
        """Writes one record of one series; see `write_window`."""
        self.write_window(step, [(series, values)], wall_time=wall_time)

    def write_window(
        self,
        step: int,
        measured: Iterable[tuple[SeriesMetadata, npt.ArrayLike]],
        *,
        wall_time: float | None = None,
    ) -> None:
        """Writes the records of several series as one event: a crash leaves all of it or nothing.

        Args:
          step: Number of the last training step that the records cover.
          measured: Pairs of a series and its values, float32 ``[rows, statistics]``.
          wall_time: Seconds since 1970; now, where it is None.

        Raises:
          ValueError: If values have another shape than their series' rows and statistics, or if a
            tag was written with other rows before.
          OSError: If the file cannot be created or written.
        """
        tensors = [(series, _tensor(series, array)) for series, array in measured]
        if tensors:
            self._append_summary(tensors, step, wall_time)

    def write_record(self, record: RunRecord, step: int) -> None:
        """Writes the run record as of a step.

        Raises:
          OSError: If the file cannot be created or written.
        """
        text = tensor_util.make_tensor_proto(record.to_json())
        self._append_summary([(_RECORD_SERIES, text)], step, None)

    def flush(self) -> None:
        """Hands everything written to the operating system.

        Raises:
          OSError: If that fails, e.g. because the disk is full or the file was removed.
        """
        records = self._records
        if records is None:
            return

        def flush() -> None:
            records.flush()
            # A file that was removed while it is open takes what is written without a word.
            if not is_remote(self._path) and not os.path.exists(self._path):
                raise FileNotFoundError("the file was removed")

        self._checked(flush, f"cannot write {self._path!r}")

    def close(self) -> None:
        """Flushes and closes the file. A later write opens a new one."""
        records, self._records = self._records, None
        if records is not None:
            self._checked(records.close, f"cannot write {self._path!r}")

    def _append_summary(
        self,
        tensors: list[tuple[SeriesMetadata, tensor_pb2.TensorProto]],
        step: int,
        wall_time: float | None,
    ) -> None:
        self.open()
        summary = summary_pb2.Summary(value=[self._value(*pair) for pair in tensors])
        wall_time = time.time() if wall_time is None else wall_time
        self._append(event_pb2.Event(wall_time=wall_time, step=step, summary=summary))
        self._described.update({series.tag: series for series, _ in tensors})

    def _value(
        self, series: SeriesMetadata, tensor: tensor_pb2.TensorProto
    ) -> summary_pb2.Summary.Value:
        value = summary_pb2.Summary.Value(tag=series.tag, tensor=tensor)
        known = self._described.get(series.tag)
        if known is None:
            value.metadata.CopyFrom(create_summary_metadata(series))
        elif known != series:
            raise ValueError(
                f"{series.tag} was written with the rows {known.rows} before, and now with "
                f"{series.rows}: a tag's rows are fixed within a file"
            )
        return value

    def _append(self, event: event_pb2.Event) -> None:
        records = self._records
        assert records is not None
        self._checked(
            lambda: records.write(event.SerializeToString()), f"cannot write {self._path!r}"
        )

    def _checked(self, action: Callable[[], ResultT], message: str) -> ResultT:
        # TensorFlow's file layer raises its own OpError, fsspec's raise what they like.
        try:
            return action()
        except Exception as error:
            raise OSError(f"{message} ({_reason(error)})") from error


class SilentWriter(EventWriter):
    """Checks what it is given as an `EventWriter` does, and creates no file.

    For a process that trains together with another one, which writes for both.
    """

    def open(self) -> None:
        """Does nothing."""

    def _append(self, event: event_pb2.Event) -> None:
        pass


def _tensor(series: SeriesMetadata, values: npt.ArrayLike) -> tensor_pb2.TensorProto:
    array = np.asarray(values, dtype=np.float32)
    expected = (len(series.rows), len(series.quantity.statistics))
    if array.shape != expected:
        raise ValueError(
            f"{series.tag} was given values of shape {list(array.shape)}, but has {expected[0]} "
            f"rows and {expected[1]} statistics: give shape {list(expected)}"
        )
    # As `make_tensor_proto` does, which takes ten times as long over small ones.
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in array.shape]
    return tensor_pb2.TensorProto(
        dtype=types_pb2.DT_FLOAT,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=dims),
        tensor_content=array.astype("<f4").tobytes(),
    )


def _reason(error: Any) -> str:
    return str(getattr(error, "message", error)) or type(error).__name__
