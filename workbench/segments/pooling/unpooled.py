"""What a level's own customers say on their own: what pooling is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.segments.pooling.cell_likelihoods import cell_likelihoods, summits
from workbench.segments.pooling.cells import Cells
from workbench.segments.pooling.lifetime_value import NewCustomer
from workbench.segments.summaries import Triples

# So wide that it only keeps parameters finite which the customers leave open.
NEARLY_NONE = 2.0
DRAWS = 200


def unpooled_values(
    new: NewCustomer, cells: Cells, group: str, levels: Sequence[str], centre: np.ndarray, level: float
) -> list[tuple[float, float, float]]:
    """Value of a new customer of each level with its interval, currency.

    Args:
        centre: Logarithms of the parameters that fit all customers.
    """
    merged = _merged(cells, group, levels)
    at = summits(new.model, merged.histories, centre, NEARLY_NONE)
    likelihoods = cell_likelihoods(new.model, merged, at)
    rng = np.random.default_rng(0)
    found = []
    for point, information in zip(likelihoods.at, likelihoods.information, strict=True):
        covariance = np.linalg.inv(information + np.eye(len(point)) / NEARLY_NONE**2)
        draws = new.value(rng.multivariate_normal(point, covariance, size=DRAWS, method="eigh"))
        lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        found.append((float(new.value(point)), float(lower), float(upper)))
    return found


def _merged(cells: Cells, group: str, levels: Sequence[str]) -> Cells:
    table = cells.sums.groupby(cells.table[group]).sum().loc[list(levels)].reset_index()
    histories = tuple(
        _together([each for each, own in zip(cells.histories, cells.table[group], strict=True) if own == level])
        for level in levels
    )
    return Cells(table=table, histories=histories, groups=(group,), covariates=())


def _together(parts: Sequence[Triples]) -> Triples:
    if len(parts) == 1:
        return parts[0]
    return Triples(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("frequency", "recency", "age", "customers")
        }
    )
