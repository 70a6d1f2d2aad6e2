"""Experiment readouts: what a test showed, and what to do about it."""
