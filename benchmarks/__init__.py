"""What the package is measured with: what the callback costs, how well onsets are found."""
