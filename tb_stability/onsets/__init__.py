"""Where instabilities set in: the one engine behind callback, plugin and command line."""

from tb_stability.onsets.engine import find_onsets
from tb_stability.onsets.onset import KINDS, Evidence, Onset, Remedy, Severity, worst_severity
from tb_stability.onsets.symptoms import certain_in_training
from tb_stability.onsets.thresholds import ThresholdError, Thresholds

__all__ = [
    "KINDS",
    "Evidence",
    "Onset",
    "Remedy",
    "Severity",
    "ThresholdError",
    "Thresholds",
    "certain_in_training",
    "find_onsets",
    "worst_severity",
]
