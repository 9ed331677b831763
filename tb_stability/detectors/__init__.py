"""Numeric rules over one series of numbers; numpy only, and no quantity by name.

Every detector is a frozen dataclass of thresholds with one method, ``detect(values)``: see
`tb_stability.detectors.detector` for the contract.
"""

from tb_stability.detectors.alternation import Alternation
from tb_stability.detectors.departure import Departure
from tb_stability.detectors.detector import Detection, Detector
from tb_stability.detectors.elevated import Elevated
from tb_stability.detectors.excursion import Excursion
from tb_stability.detectors.nonfinite import NonFinite
from tb_stability.detectors.restless import Restless

__all__ = [
    "Alternation",
    "Departure",
    "Detection",
    "Detector",
    "Elevated",
    "Excursion",
    "NonFinite",
    "Restless",
]
