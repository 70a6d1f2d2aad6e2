"""Figures of each domain; every function takes a result and returns a matplotlib figure."""
