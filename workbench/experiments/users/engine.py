"""Moments of units, aggregated where the units are stored and pooled exactly afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import ibis
import numpy as np
import pandas as pd

from workbench.config import Metric
from workbench.experiments.users.winsorizing import measured_columns

# A spread below this share of the mean is rounding: one unit among millions that differs in its ninth digit has more.
ROUNDING = 1e-12

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
type Rows = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Sample moments of one arm.

    Attributes:
        units: Number of units.
        mean: Mean of each column.
        covariance: Sample covariance of each pair of columns, both orders; of a column with itself, its variance.
    """

    units: int
    mean: dict[str, float]
    covariance: dict[tuple[str, str], float]


@dataclass(frozen=True)
class Wanted:
    """The moments that metrics need.

    Attributes:
        columns: Columns whose mean and variance are wanted.
        pairs: Pairs of columns whose covariance is wanted, each in alphabetical order.
    """

    columns: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @property
    def products(self) -> tuple[tuple[str, str], ...]:
        """Each column with itself, then the pairs."""
        return (*((name, name) for name in self.columns), *self.pairs)


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Units cut by their arm and by other keys.

    Attributes:
        wanted: What was measured.
        keys: `variant` and the other keys, one row per cell, in their order: sums over cells then are the same to the last digit.
        units: Number of units, shape (cell,).
        means: Of the wanted columns, shape (cell, column).
        products: Sums of squares and products about the cell's means, shape (cell, product).
        further: Other measures, one row per cell.
    """

    wanted: Wanted
    keys: pd.DataFrame
    units: Array
    means: Array
    products: Array
    further: pd.DataFrame

    def by_arm(self) -> dict[str, Moments]:
        """Moments of each variant, in alphabetical order."""
        variants = self.keys["variant"].to_numpy()
        return {str(name): self.pooled(np.flatnonzero(variants == name)) for name in sorted(set(variants))}

    def pooled(self, members: Rows) -> Moments:
        """Moments of some cells' units taken together: squares within the cells, plus those between their means."""
        units, means = self.units[members], self.means[members]
        total = units.sum()
        mean = units @ means / total
        between = (means - mean).T @ ((means - mean) * units[:, None])
        within = self.products[members].sum(axis=0)
        column = {name: i for i, name in enumerate(self.wanted.columns)}
        values = {
            (a, b): float(inside + between[column[a], column[b]]) / (total - 1) if total > 1 else math.nan
            for (a, b), inside in zip(self.wanted.products, within, strict=True)
        }
        return _without_rounding(
            int(total),
            dict(zip(self.wanted.columns, map(float, mean), strict=True)),
            values | {(b, a): value for (a, b), value in values.items()},
        )


def metric_columns(metric: Metric) -> tuple[str, ...]:
    """All columns of the moments that a metric reads, its covariates included; none for a quantile."""
    if metric.kind == "quantile":
        return ()
    return tuple(dict.fromkeys((*measured_columns(metric), *metric.before)))


def wanted_moments(metrics: Iterable[Metric]) -> Wanted:
    """Covariances within each metric, between the metrics with a value, and between all covariates."""
    metrics = tuple(metrics)
    together = [set(metric_columns(metric)) for metric in metrics]
    together.append({name for metric in metrics if metric.value is not None for name in metric_columns(metric)})
    together.append({name for metric in metrics for name in metric.before})
    pairs = {pair for group in together for pair in combinations(sorted(group), 2)}
    return Wanted(tuple(sorted(set().union(*together))), tuple(sorted(pairs)))


def arm_moments(units: ibis.Table, metrics: Iterable[Metric]) -> dict[str, Moments]:
    """Moments of each variant in one pass.

    Args:
        units: One row per unit, with `variant` and the metrics' columns as complete floats.
        metrics: What is measured.
    """
    return measure_cells(units, (), wanted_moments(metrics)).by_arm()


def measure_cells(
    units: ibis.Table, keys: Sequence[str], wanted: Wanted, further: Mapping[str, ibis.Value] | None = None
) -> Cells:
    """Moments of the units that share their arm and keys, in one pass.

    Args:
        units: One row per unit, with `variant`, the keys and the wanted columns as complete floats.
        keys: Columns by which the arms are cut.
        wanted: What is measured of each cell.
        further: Other measures of each cell, by name.
    """
    further = further or {}
    by = ["variant", *keys]
    measures: dict[str, ibis.Value] = {"number of units": units.count()}
    measures |= {f"mean {name}": units[name].mean() for name in wanted.columns}
    measures |= {f"{a} × {b}": _covariance(units, a, b) for a, b in wanted.products}
    cells = units.group_by(by).aggregate({**measures, **further}).to_pyarrow().to_pandas()
    # Engines give groups as they come, another order each time.
    found = cells.sort_values(by, ignore_index=True)
    counts = found["number of units"].to_numpy(float)
    products = found[[f"{a} × {b}" for a, b in wanted.products]].to_numpy(float)
    return Cells(
        wanted=wanted,
        keys=found[by],
        units=counts,
        means=found[[f"mean {name}" for name in wanted.columns]].to_numpy(float),
        # A cell of one unit has no sample variance, and no square about its mean.
        products=np.where(counts[:, None] > 1, products * (counts - 1)[:, None], 0.0),
        further=found[list(further)],
    )


def pooled(left: Moments, right: Moments) -> Moments:
    """Moments of two arms' units taken together."""
    units = left.units + right.units
    apart = {name: left.mean[name] - right.mean[name] for name in left.mean}
    between = left.units * right.units / units
    return _without_rounding(
        units,
        {name: (left.units * left.mean[name] + right.units * right.mean[name]) / units for name in left.mean},
        {
            (a, b): (
                (left.units - 1) * value + (right.units - 1) * right.covariance[a, b] + between * apart[a] * apart[b]
            )
            / (units - 1)
            for (a, b), value in left.covariance.items()
        },
    )


def covariance(left: dict[str, float], right: dict[str, float], moments: Moments) -> float:
    """Covariance of two linear forms in the columns, given as weights, at unit grain."""
    return float(
        np.sum([a * b * moments.covariance[x, y] for x, a in left.items() for y, b in right.items() if a and b])
    )


def _without_rounding(units: int, mean: dict[str, float], covariance: dict[tuple[str, str], float]) -> Moments:
    """Moments in which a column of one value has no variance, though the means of its cells differ in their last digit."""
    flat = {name for name, value in mean.items() if covariance[name, name] <= (ROUNDING * value) ** 2}
    return Moments(
        units=units,
        mean=mean,
        covariance={(a, b): 0.0 if {a, b} & flat else value for (a, b), value in covariance.items()},
    )


def _covariance(units: ibis.Table, a: str, b: str) -> ibis.Value:
    return units[a].var(how="sample") if a == b else units[a].cov(units[b], how="sample")
