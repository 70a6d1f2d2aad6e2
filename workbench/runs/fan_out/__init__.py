"""One notebook many times: for each market, for each row of a table, on this machine or on many."""

from workbench.runs.fan_out.batch import run_batch
from workbench.runs.fan_out.grid import grid_of

__all__ = ["grid_of", "run_batch"]
