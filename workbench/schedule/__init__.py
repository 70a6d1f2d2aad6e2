"""Schedules: notebooks that run by themselves, each time once, however many schedulers there are."""
