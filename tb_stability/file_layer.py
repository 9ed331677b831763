"""Which of TensorBoard's file layers writes to a path. Needs neither TensorFlow nor Keras."""

from __future__ import annotations

import re
from typing import Any

_SCHEME = re.compile(r"([^/]+)://")


def is_remote(path: str) -> bool:
    """Returns whether a path names a store: ``s3://bucket/logs``, ``memory://logs``.

    >>> is_remote("gs://bucket/logs"), is_remote("logs/run1")
    (True, False)
    """
    return bool(_scheme(path))


def file_layer(path: str) -> Any:
    """Returns the `gfile` module that can write to a path.

    TensorFlow's, where it is installed and knows the path's scheme (local files, ``gs://``); else
    TensorBoard's own, which takes what fsspec knows, and ``s3://`` where boto3 is installed.
    """
    # Resolved late: with TensorFlow installed, the first attribute access imports it.
    from tensorboard.compat import tf

    files: Any = tf.io.gfile
    known = getattr(files, "get_registered_schemes", None)
    if known is None or _scheme(path) in known():
        return files
    from tensorboard.compat.tensorflow_stub.io import gfile

    return gfile


def _scheme(path: str) -> str:
    found = _SCHEME.match(path)
    return found[1] if found else ""
