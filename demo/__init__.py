"""Real training runs that go wrong, each beside the same run mended.

They are what the plugin is shown and tested with: every case trains on generated data from a
fixed seed and says which onset must be marked, and in which epoch.
"""
