"""How a cell's parameters come about: an average, shifts by the levels of each group and covariate, and its own rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.segments.pooling.cells import Cells

AVERAGE_SPREAD = 1.0
GROUP_SPREAD = 0.3
COVARIATE_SPREAD = 0.5


@dataclass(frozen=True, kw_only=True)
class Design:
    """Coefficients, and what each adds to the cells' parameters.

    Attributes:
        matrix: Shape (G, P, B): the cells' parameters without their rest are matrix @ coefficients.
        labels: What a coefficient belongs to: (column, level), B of them; the average has ("", "").
        parameter: Position of the parameter that each coefficient shifts, shape (B,).
        spread: Which unknown spread each coefficient has, shape (B,); −1 where its prior is fixed.
        prior_mean: Of the coefficients, shape (B,).
        prior_spread: Of those whose prior is fixed, shape (B,).
        spreads: (column, position of the parameter) of each unknown spread; column "" is that of the cells' rest.
    """

    matrix: np.ndarray
    labels: tuple[tuple[str, str], ...]
    parameter: np.ndarray
    spread: np.ndarray
    prior_mean: np.ndarray
    prior_spread: np.ndarray
    spreads: tuple[tuple[str, int], ...]

    @property
    def rest(self) -> np.ndarray:
        """Positions of the spreads of the cells' rest, shape (P,), or empty: with one group, levels are cells."""
        return np.array([at for at, (column, _) in enumerate(self.spreads) if not column], dtype=int)


def make_design(cells: Cells, centre: np.ndarray, rate: int) -> Design:
    """Groups shift every parameter by amounts whose spread is learnt; covariates shift only the purchase rate.

    Args:
        centre: Logarithms of the parameters that fit all customers, where the average is expected, shape (P,).
        rate: Position of the parameter that all rates are divided by.
    """
    columns: list[tuple[np.ndarray, int]] = []
    labels: list[tuple[str, str]] = []
    spread: list[int] = []
    spreads: list[tuple[str, int]] = []
    everything = range(len(centre))
    for at in everything:
        columns.append((np.ones(len(cells.table)), at))
        labels.append(("", ""))
        spread.append(-1)
    for group in cells.groups:
        first = len(spreads)
        spreads += [(group, at) for at in everything]
        for level in sorted(cells.table[group].unique()):
            for at in everything:
                columns.append(((cells.table[group] == level).to_numpy(dtype=float), at))
                labels.append((group, level))
                spread.append(first + at)
    for covariate in cells.covariates:
        for level, coded in _contrasts(cells, covariate):
            columns.append((-coded, rate))
            labels.append((covariate, level))
            spread.append(-1)
    if len(cells.groups) + len(cells.covariates) > 1:
        spreads += [("", at) for at in everything]
    parameter = [at for _, at in columns]
    matrix = np.zeros((len(cells.table), len(centre), len(columns)))
    for position, (coded, at) in enumerate(columns):
        matrix[:, at, position] = coded
    fixed = [AVERAGE_SPREAD] * len(centre) + [COVARIATE_SPREAD] * (len(columns) - len(centre))
    return Design(
        matrix=matrix,
        labels=tuple(labels),
        parameter=np.array(parameter),
        spread=np.array(spread),
        prior_mean=np.append(centre, np.zeros(len(columns) - len(centre))),
        prior_spread=np.array(fixed),
        spreads=tuple(spreads),
    )


def _contrasts(cells: Cells, covariate: str) -> list[tuple[str, np.ndarray]]:
    """Each level against the most common one."""
    column = cells.table[covariate]
    by_level = cells.table.groupby(covariate).customers.sum()
    common = by_level.idxmax()
    return [(str(level), (column == level).to_numpy(dtype=float)) for level in by_level.index if level != common]
