"""Runs both with their defaults; the exit status is 1 if either found a fault."""

from __future__ import annotations

import sys

from tools.soak import kills, load

if __name__ == "__main__":
    # TensorFlow must not be imported before the kills fork; the load starts processes of its own.
    sys.exit(max(kills.main([]), load.main([])))
