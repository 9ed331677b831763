"""Real training runs that go wrong, each beside the same run mended.

They are what the plugin is shown and tested with: every case in `cases` trains on generated data
from a fixed seed and says which onset must be marked, and in which epoch. `problems` says which
complaint of users each of them shows. ``tb-stability demo`` lists and trains them.
"""
