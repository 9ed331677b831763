"""Logs of other loggers, without what the callback measures: published ones, and made ones.

Those that were made have shapes that no rule was made for. All were labelled before any rule had
judged them, and what is held out was judged once, when all changes of rules were done.
"""
