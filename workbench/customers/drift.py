"""Population stability of a feature or a score: how far its distribution has moved from what it was when its bins were frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context

import ibis
import numpy as np
from ibis import ir
from scipy.stats import chi2

from workbench.data.quantiles import quantiles_of
from workbench.errors import SpecError

BINS = 10
_TWELVE_DIGITS = Context(prec=12, rounding=ROUND_FLOOR)


@ibis.udf.agg.builtin(name="count_if", signature=(("boolean",), "int64"))
def _count_if(holds):  # type: ignore[no-untyped-def]
    """DuckDB's own: counting where something holds, as other engines are asked to, takes it three times as long."""


@dataclass(frozen=True, kw_only=True)
class FrozenBins:
    """Bins of one feature and the shares that they held when they were made.

    Attributes:
        edges: Inner edges, ascending, shape (B − 1,): a value equal to an edge lies above it.
        shares: Of all values, with those that are missing last, shape (B + 1,); adds up to 1.
        count: How many values there were.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    count: int


def psi(expected: np.ndarray, actual: np.ndarray) -> float:
    """Population stability index of two distributions over the same bins: Σ (a − e) · ln(a / e).

    Below 0.1 is commonly called stable, above 0.2 a shift that models notice.

    Args:
        expected: Counts or shares at the time of the freeze, shape (B,); scaled to add up to 1.
        actual: The same now. An empty bin counts as half of one in ten thousand, so that the index stays finite.

    Raises:
        SpecError: If the bins differ in number, or one side is empty.
    """
    old, new = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    if old.shape != new.shape or old.sum() <= 0 or new.sum() <= 0:
        raise SpecError(
            f"stability compares two filled distributions over the same bins, not {old.size} with {new.size} bins"
        )
    filled = (old > 0) | (new > 0)
    before, now = _floored(old[filled]), _floored(new[filled])
    return float(np.sum((now - before) * np.log(now / before)))


def psi_by_chance(bins: FrozenBins, count: int) -> float:
    """The index that two samples of one distribution exceed once in a hundred times: it is about (1/n + 1/m) · χ² of B − 1.

    References:
        Yurdakul (2018), Statistical Properties of Population Stability Index.
    """
    filled = sum(share > 0 for share in bins.shares)
    return float(chi2.ppf(0.99, max(filled - 1, 1)) * (1 / max(bins.count, 1) + 1 / max(count, 1)))


def _floored(counts: np.ndarray) -> np.ndarray:
    return np.maximum(counts / counts.sum(), 0.5e-4)


def frozen_bins(values: np.ndarray, *, bins: int = BINS) -> FrozenBins:
    """Bins of equally many values, and their shares; a value that many share makes a bin of its own.

    Raises:
        SpecError: If there are no values.
    """
    found = np.asarray(values, dtype=float)
    if not found.size:
        raise SpecError("bins need at least one value to be made from")
    known = found[~np.isnan(found)]
    edges = tuple(_inner_edges(np.quantile(known, np.arange(bins + 1) / bins))) if known.size else ()
    return FrozenBins(edges=edges, shares=tuple(shares_of(found, edges)), count=found.size)


def shares_of(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """Share of the values in each bin, those that are missing last, shape (B + 1,)."""
    missing = np.isnan(values)
    counts = np.bincount(np.searchsorted(np.asarray(edges), values[~missing], side="right"), minlength=len(edges) + 1)
    return np.append(counts, missing.sum()) / len(values)


def freeze_in_engine(
    table: ibis.Table, columns: Sequence[str], *, sample: ibis.Table | None = None, bins: int = BINS
) -> dict[str, FrozenBins]:
    """Bins of several columns of an engine's table: one query for the edges, one for the shares.

    Args:
        sample: Rows of the table, drawn at random, to make the edges from; all of them by default. Shares are always of all.
    """
    if not columns:
        return {}
    quantiles = [at / bins for at in range(bins + 1)]
    drawn = table if sample is None else sample
    found = quantiles_of(drawn, {name: drawn[name] for name in columns}, quantiles)
    edges = {name: tuple(_inner_edges(found[name])) for name in columns}
    shares = shares_in_engine(table, edges)
    count = int(table.count().execute())
    return {name: FrozenBins(edges=edges[name], shares=tuple(shares[name]), count=count) for name in columns}


def shares_in_engine(table: ibis.Table, edges: dict[str, tuple[float, ...]]) -> dict[str, np.ndarray]:
    """Share of each bin of each column, those that are missing last, in one query."""
    if not edges:
        return {}
    counts = {name: _counts_above(table[name], cuts) for name, cuts in edges.items()}
    numbered = {f"{name}_{at}": each for name, above in counts.items() for at, each in enumerate(above)}
    found = table.aggregate(total=table.count(), **numbered).to_pandas().iloc[0]
    shares = {}
    for name, above in counts.items():
        at_least = np.array([*(found[f"{name}_{at}"] for at in range(len(above))), 0.0])
        missing = found.total - at_least[0]
        shares[name] = np.append(at_least[:-1] - at_least[1:], missing) / max(found.total, 1)
    return shares


def _counts_above(column: ir.NumericValue, edges: Sequence[float]) -> list[ir.IntegerValue]:
    """How many values are known, and how many of them are no less than each edge."""
    above = [column >= edge for edge in edges]
    if column.get_backend().name == "duckdb":
        return [column.count(), *(_count_if(each) for each in above)]
    return [column.count(), *(column.count(where=each) for each in above)]


def _inner_edges(quantiles: Sequence[float] | np.ndarray) -> list[float]:
    """Distinct cuts that leave no bin empty: one at the least value would have nothing below it; none where no value is known."""
    if not len(quantiles):
        return []
    known = [_cut(float(value)) for value in quantiles]
    return [value for value in sorted(set(known[1:-1])) if value > known[0]]


def _cut(quantile: float) -> float:
    """A quantile without the last digits, in which engines differ: a value that it meets stays above it on all of them."""
    return float(_TWELVE_DIGITS.create_decimal(quantile + abs(quantile) * 1e-14))
