"""How well onsets are found: recall, right kind, error of the date, false alarms.

``python -m benchmarks.detection --logdir DIR`` trains the demo cases, the healthy and the faulty
runs over several seeds, asks the engine, and compares with what each run says of itself; and so it
does with the logs of other loggers, which take no training. All of it takes about twenty minutes a
seed on two cores. Who is about to change a rule gives ``--without-held-out``, so as not to see what
is held out. A run that was trained into the logdir before is judged as it
is, so a change of a rule is tried in seconds. The table goes to stdout, the progress to stderr.
"""
