"""Randomised tests on users: aggregated in the engine, gated, read in money."""
