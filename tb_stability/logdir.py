"""Opens a logdir on the command line, without a TensorBoard process and without TensorFlow."""

from __future__ import annotations

import os
import sys
import types

from tb_stability.metadata import PLUGIN_NAME
from tb_stability.reader import RunReader


class LogdirError(Exception):
    """Raised for a path that holds nothing to read; its text says what was found instead."""


def open_logdir(path: str) -> tuple[RunReader, str]:
    """Returns a reader of the runs in a logdir, and the experiment id to read them with.

    Args:
      path: A directory as given to ``tensorboard --logdir``; remote ones as TensorBoard knows them.

    Raises:
      LogdirError: If the path does not exist, is not a directory, is empty, or holds no data of
        this plugin: each with its own text.
    """
    # TensorBoard's file layer imports TensorFlow where it is installed, which takes seconds. This
    # is TensorBoard's own switch for doing without; it works until that layer is first used.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("tensorboard.compat.notf"))
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.compat import tf

    file_system = tf.io.gfile
    if not file_system.exists(path):
        raise LogdirError(f"{path} does not exist. Give the directory that the callback wrote to.")
    if not file_system.isdir(path):
        raise LogdirError(
            f"{path} is a file. Give a logdir, or a CSVLogger file whose name ends in .csv."
        )
    if not file_system.listdir(path):
        raise LogdirError(f"{path} is empty: no training has written to it yet.")
    multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={PLUGIN_NAME: 0})
    multiplexer.AddRunsFromDirectory(path)
    multiplexer.Reload()
    reader = RunReader(data_provider.MultiplexerDataProvider(multiplexer, path))
    if not reader.list_runs(experiment_id=path):
        runs = len(multiplexer.Runs())
        found = (
            f"event files of {runs} run{'s' * (runs > 1)}, but" if runs else "no event files, and"
        )
        raise LogdirError(
            f"{path} holds {found} no data of tb_stability: train with "
            f"callbacks=[StabilityCallback({os.path.join(path, 'run1')!r})] first."
        )
    return reader, path
