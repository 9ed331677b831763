"""Training stability in TensorBoard: a Keras callback, onset markers, heatmaps.

Importing this package imports neither TensorFlow nor Keras: a teammate who only reads a logdir
needs neither. `StabilityCallback` is resolved when it is first asked for, and then needs both.

Example:

>>> from tb_stability import StabilityCallback                              # doctest: +SKIP
>>> model.fit(x, y, epochs=20, callbacks=[StabilityCallback("logs/run1")])  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tb_stability.version import __version__

if TYPE_CHECKING:
    from tb_stability.capture.callback import StabilityCallback

__all__ = ["StabilityCallback", "__version__"]


def __getattr__(name: str) -> Any:
    if name != "StabilityCallback":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from tb_stability.capture.callback import StabilityCallback
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "keras"):
            raise
        raise ImportError(
            f"StabilityCallback trains with Keras on TensorFlow, and {error.name!r} is not "
            'installed. Install both with: pip install "tb_stability[train]"'
        ) from error
    return StabilityCallback


def __dir__() -> list[str]:
    return sorted(__all__)
