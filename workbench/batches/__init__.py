"""Runs of one notebook beside each other: what each market found, and where they differ by more than they don't know."""

from workbench.batches.members import Batch, Member, members_named
from workbench.batches.summary import BatchSummary, summarise_batch

__all__ = ["Batch", "BatchSummary", "Member", "members_named", "summarise_batch"]
