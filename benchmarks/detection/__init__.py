"""How well onsets are found: recall, right kind, error of the date, false alarms.

``python -m benchmarks.detection --logdir DIR`` trains the demo cases and the healthy runs over
several seeds, asks the engine, and compares with what each run says of itself. All of it takes
about ten minutes a seed on two cores. A run that was trained into the logdir before is judged as it
is, so a change of a rule is tried in seconds. The table goes to stdout, the progress to stderr.
"""
