"""Tests of creatives that are put together from parts: what each part does, and what to show next."""

from workbench.experiments.creative.handoff import ALLOCATION_FILE, allocation_file
from workbench.experiments.creative.readout import read_out_creative

__all__ = ["ALLOCATION_FILE", "allocation_file", "read_out_creative"]
