"""An earlier segmentation, as a new one is compared with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa

from workbench.segments.outcome import SegmentationResult


@dataclass(frozen=True, kw_only=True)
class Previous:
    """An earlier run.

    Attributes:
        run: Its id.
        result: What it found.
        members: Its hand-off, one row a customer: customer_id, segment, expected_value. Erased customers are no longer in it.
        erased: What it held of customers who were erased since, one row a segment: segment, customers, value (currency).
    """

    run: str
    result: SegmentationResult
    members: pa.Table
    erased: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"segment": [], "customers": [], "value": []}))
