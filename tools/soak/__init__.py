"""What takes minutes to prove: training that is killed again and again, and many readers at once.

`python -m tools.soak` does both; `python -m tools.soak.kills` and `python -m tools.soak.load` one.
"""
