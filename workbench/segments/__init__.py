"""Customer segments: who buys, how much they will be worth, and what to do for them."""

from workbench.segments.outcome import SegmentationResult, segments_handoff
from workbench.segments.rules import Cutoffs
from workbench.segments.segment import segment_customers

__all__ = ["Cutoffs", "SegmentationResult", "segment_customers", "segments_handoff"]
