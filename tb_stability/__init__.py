"""Training stability in TensorBoard: a Keras callback, onset markers, heatmaps.

Importing this package imports neither TensorFlow nor Keras: a teammate who only reads a logdir
needs neither. `StabilityCallback`, and `StabilityMonitor` for loops written by hand, are
resolved when they are first asked for, and then need both.

Example:

>>> from tb_stability import StabilityCallback                              # doctest: +SKIP
>>> model.fit(x, y, epochs=20, callbacks=[StabilityCallback("logs/run1")])  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tb_stability.version import __version__

if TYPE_CHECKING:
    from tb_stability.capture.callback import StabilityCallback
    from tb_stability.capture.monitor import StabilityMonitor

__all__ = ["StabilityCallback", "StabilityMonitor", "__version__"]

_MODULES = {
    "StabilityCallback": "tb_stability.capture.callback",
    "StabilityMonitor": "tb_stability.capture.monitor",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(_MODULES[name])
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "keras"):
            raise
        raise ImportError(
            f"{name} trains with Keras on TensorFlow, and {error.name!r} is not "
            'installed. Install both with: pip install "tb_stability[train]"'
        ) from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
