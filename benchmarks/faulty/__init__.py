"""Trainings that go wrong for reasons people report, other than those of the demo cases.

They were written and labelled before any rule had seen them. A third is held out: no rule was
changed after a look at those, so what they give is what an unseen run may expect.
"""
