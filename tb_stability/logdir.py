"""Opens a logdir on the command line, without a TensorBoard process and without TensorFlow."""

from __future__ import annotations

import os
import sys
import types
from typing import Any

from tensorboard.plugins.scalar.metadata import PLUGIN_NAME as SCALARS

from tb_stability.metadata import PLUGIN_NAME
from tb_stability.reader import RunReader


class LogdirError(Exception):
    """Raised for a path that holds nothing to read; its text says what was found instead."""


def open_logdir(path: str) -> tuple[RunReader, str]:
    """Returns a reader of the runs in a logdir, and the experiment id to read them with.

    Args:
      path: A directory as given to ``tensorboard --logdir``. Remote ones (``s3://``, ``gs://`` and
        whatever else fsspec knows) go through TensorBoard's own file layer, which needs fsspec and
        its package for that store.

    Raises:
      LogdirError: If the path does not exist, cannot be opened, is not a directory, is empty, has
        a name in it that is not UTF-8, or holds no run that can be judged: each with its own text.
    """
    # TensorBoard's file layer imports TensorFlow where it is installed, which takes seconds. This
    # is TensorBoard's own switch for doing without; it works until that layer is first used.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("tensorboard.compat.notf"))
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer

    _check_directory(path)
    multiplexer = plugin_event_multiplexer.EventMultiplexer(
        tensor_size_guidance={PLUGIN_NAME: 0, SCALARS: 0}  # all of them
    )
    try:
        multiplexer.AddRunsFromDirectory(path)
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise _not_utf8(path, error) from error
    multiplexer.Reload()
    reader = RunReader(data_provider.MultiplexerDataProvider(multiplexer, path))
    if not reader.list_runs(experiment_id=path):
        runs = len(multiplexer.Runs())
        found = (
            f"event files of {runs} run{'s' * (runs > 1)}, but neither data of tb_stability nor "
            "a loss among the scalars"
            if runs
            else "no event files"
        )
        raise LogdirError(
            f"{path} holds {found}: train with "
            f"callbacks=[StabilityCallback({os.path.join(path, 'run1')!r})] first."
        )
    return reader, path


def _check_directory(path: str) -> None:
    from tensorboard.compat import tf

    files: Any = tf.io.gfile
    try:
        exists = files.exists(path)
        is_directory = exists and files.isdir(path)
        is_empty = is_directory and not files.listdir(path)
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise _not_utf8(path, error) from error
    except Exception as error:  # what the file layer of a store raises is its own affair
        remedy = (
            " TensorBoard reads remote logdirs through fsspec: install it, and its package for "
            "this store (s3fs, gcsfs, adlfs ...)."
            if "://" in path
            else ""
        )
        raise LogdirError(
            f"{path} cannot be opened: {type(error).__name__}: {error}.{remedy}"
        ) from error
    if not exists:
        raise LogdirError(f"{path} does not exist. Give the directory that the callback wrote to.")
    if not is_directory:
        raise LogdirError(
            f"{path} is a file. Give a logdir, or a CSVLogger file whose name ends in .csv."
        )
    if is_empty:
        raise LogdirError(f"{path} is empty: no training has written to it yet.")


def _not_utf8(path: str, error: UnicodeEncodeError | UnicodeDecodeError) -> LogdirError:
    return LogdirError(
        f"{path} cannot be read: the name {error.object!r} in it is not UTF-8, and TensorBoard's "
        "Python loader does not get past such a name. Rename it; `tensorboard` itself reads it, "
        "with its data server."
    )
