"""Runs that can be watched and asked: a thread, the values that it tells, and the files of a learner; no widget."""
