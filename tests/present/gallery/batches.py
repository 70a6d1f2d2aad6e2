"""Charts of a batch at any edge."""

from __future__ import annotations

import pandas as pd

from tests.present.gallery.edges import Edge
from workbench.present.figures import batches


def compared(edge: Edge) -> pd.DataFrame:
    entities = edge.fewer(6).entities
    rows = pd.DataFrame(
        [(entity, name) for entity in entities for name in edge.entities], columns=["entity", "name"]
    ).assign(quantity="contribution", unit="EUR", level=0.9)
    return edge.ranged(rows.assign(estimate=edge.amounts(len(rows), seed=61)), "estimate").rename(
        columns={"estimate_lower": "lower", "estimate_upper": "upper"}
    )


DRAWN = {batches.compared_runs: lambda edge: batches.compared_runs(compared(edge), "contribution")}
