"""Real trainings that are healthy, each made to tempt a rule into a false alarm.

All train on the CPU, on generated data, for a few seconds. No run may be marked with an onset of
severity warning or above, whatever the seed; `registry.HEALTHY` lists them.
"""
