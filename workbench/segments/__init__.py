"""Customer segments: who buys, how much they will be worth, and what to do for them."""

from workbench.segments.outcome import CustomerSegments, SegmentationResult, segments_handoff, values_handoff
from workbench.segments.portrait import Series
from workbench.segments.rfm import RFMCutoffs
from workbench.segments.segment import segment_customers
from workbench.segments.value_activity import Cutoffs

__all__ = [
    "CustomerSegments",
    "Cutoffs",
    "RFMCutoffs",
    "SegmentationResult",
    "Series",
    "segment_customers",
    "segments_handoff",
    "values_handoff",
]
