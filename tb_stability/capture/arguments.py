"""What users get who give the callback or the monitor what it cannot work with."""

from __future__ import annotations

import operator
import os
from typing import Any

import keras


def require_tensorflow() -> None:
    """Raises RuntimeError where Keras runs on another backend."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"StabilityCallback measures training on Keras' TensorFlow backend, and Keras runs on "
            f"{backend!r}. Set the environment variable KERAS_BACKEND=tensorflow before Keras is "
            "imported"
        )


def check_log_dir(log_dir: Any) -> str:
    """Returns the path of a directory as text.

    Raises:
      TypeError: If it is no path.
      ValueError: If it is empty.

    Example:

    >>> check_log_dir("logs/run1")
    'logs/run1'
    """
    path = os.fspath(log_dir) if isinstance(log_dir, os.PathLike) else log_dir
    if not isinstance(path, str):
        raise TypeError(
            f"log_dir must be a str or an os.PathLike, e.g. 'logs/run1', not {log_dir!r}"
        )
    if not path:
        raise ValueError("log_dir must name a directory, e.g. 'logs/run1', not ''")
    return path


def positive(name: str, value: Any) -> int:
    """Returns a positive integer as `int`.

    Raises:
      ValueError: If it is anything else.

    Example:

    >>> positive("window_steps", 50)
    50
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ValueError(f"{name} must be a positive integer, e.g. 50, not {value!r}")
    return number


def recorded_twice(model: Any, first: str, second: str) -> ValueError:
    """Returns the error of two callbacks, with these log_dirs, that record one model."""
    return ValueError(
        f"Model {model.name!r} is recorded by two StabilityCallbacks, with the log_dirs "
        f"{first!r} and {second!r}: give fit only one"
    )
