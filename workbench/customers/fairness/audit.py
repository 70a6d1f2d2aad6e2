"""How differently groups of customers are selected, foreseen and valued, and which differences are more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.customers.fairness.cells import tidy_cells
from workbench.customers.fairness.resampling import Redrawn, redraw
from workbench.customers.fairness.statement import Rules, check_of, statements_of
from workbench.result import Check

LEVEL = 0.95
MOST_GROUPS = 40
MEASURES = ("selection", "calibration", "value")
# Groups may be worth differently; that is a fact about them, not about how they were treated.
JUDGED = ("selection", "calibration")


@dataclass(frozen=True, kw_only=True)
class FairnessAudit:
    """What an audit by one attribute found.

    Attributes:
        attribute: Column whose values are the groups.
        table: One row a group and measure: group, customers, judged, measure (`selection`: share selected; `calibration`: observed
            per expected outcomes; `value`: currency a customer), estimate, lower, upper, others (the same of all other customers),
            gap (group / others − 1), gap_lower, gap_upper, p_value (of no gap, after allowing for all comparisons), alarm. A group
            that is too small to be judged has no numbers.
        statements: What may be said of it, one sentence each.
        check: Passes if no gap is larger than allowed and more than chance; None where nothing could be compared.
    """

    attribute: str
    table: pd.DataFrame
    statements: tuple[str, ...]
    check: Check


def audit(
    rows: pd.DataFrame, *, smallest_group: int, largest_gap: float, seed: int, attribute: str = "group"
) -> FairnessAudit:
    """Compare each group with all other customers.

    Args:
        rows: Cells, one row a group and bin of scores: group, score_bin, customers, outcomes, selected, expected (sum of
            probabilities), value (sum, currency), [value_squares (sum of squares); without it value has no interval]; outcomes
            that are not known yet are NaN. See `fairness_cells`.
        smallest_group: Customers that a group needs before anything is said about it.
        largest_gap: Largest gap that passes, as a share of the others.
        seed: Random seed of the intervals.
        attribute: What reports call the groups.

    Raises:
        SpecError: If a column is missing or a cell's counts contradict each other.
    """
    cells = tidy_cells(rows)
    sizes = cells.groupby("group").customers.sum().sort_values(ascending=False, kind="stable")
    judged = [str(group) for group in sizes.index[_large_enough(sizes, smallest_group)]]
    table = _not_judged(sizes)
    if 0 < len(judged) <= MOST_GROUPS:
        table = _compared(cells, list(map(str, sizes.index)), judged, sizes, seed)
    table = table.assign(alarm=(table.p_value <= 1 - LEVEL) & (table.gap.abs() > largest_gap))
    rules = Rules(attribute=attribute, smallest_group=smallest_group, largest_gap=largest_gap, most_groups=MOST_GROUPS)
    return FairnessAudit(
        attribute=attribute,
        table=table,
        statements=statements_of(table, rules),
        check=check_of(table, rules),
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values that keep any false claim among them as rare as a single one's; NaN takes no part.

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: int(np.isfinite(p_values).sum())]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _large_enough(sizes: pd.Series, smallest_group: int) -> np.ndarray:
    return ((sizes >= smallest_group) & (sizes.sum() - sizes >= smallest_group)).to_numpy()


def _not_judged(sizes: pd.Series) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([sizes.index.astype(str), MEASURES], names=["group", "measure"])
    empty = ("estimate", "lower", "upper", "others", "gap", "gap_lower", "gap_upper", "p_value")
    frame = pd.DataFrame(np.nan, index=keys, columns=list(empty)).reset_index()
    frame.insert(1, "customers", frame.group.map(sizes).astype("int64"))
    return frame.assign(judged=False)


def _compared(cells: pd.DataFrame, groups: list[str], judged: list[str], sizes: pd.Series, seed: int) -> pd.DataFrame:
    # The small groups count among the others, as one: nothing of theirs is told.
    small = cells.group.where(cells.group.isin(judged), "")
    kept = [*judged, ""] if len(judged) < len(groups) else judged
    drawn = redraw(cells.assign(group=small), kept, seed=seed)
    numbers = [
        _measured(drawn, measure).iloc[: len(judged)].assign(group=judged, measure=measure) for measure in MEASURES
    ]
    keys = ["group", "measure"]
    table = _not_judged(sizes)[[*keys, "customers"]].merge(pd.concat(numbers), how="left", on=keys)
    told = table.measure.isin(JUDGED)
    p_values = np.where(told, holm(table.p_value.where(told).to_numpy()), np.nan)
    return table.assign(judged=table.group.isin(judged), p_value=p_values)


def _measured(drawn: Redrawn, measure: str) -> pd.DataFrame:
    """Numbers of each group; the last draw is the data, the others are their uncertainty."""
    own, others = drawn.measure(measure), drawn.measure_of_others(measure)
    gap = np.divide(own, others, out=np.full(own.shape, np.nan), where=others > 0) - 1
    lower, upper = np.quantile(own[:, :-1], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1)
    gap_lower, gap_upper = np.quantile(gap[:, :-1], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1)
    return pd.DataFrame(
        {
            "estimate": own[:, -1],
            "lower": lower,
            "upper": upper,
            "others": others[:, -1],
            "gap": gap[:, -1],
            "gap_lower": gap_lower,
            "gap_upper": gap_upper,
            "p_value": _two_sided(gap[:, :-1]),
        }
    )


def _two_sided(gap: np.ndarray) -> np.ndarray:
    """Twice the share of draws on the rarer side of no gap, never zero."""
    draws = gap.shape[1]
    rarer = np.minimum((gap >= 0).sum(axis=1), (gap <= 0).sum(axis=1))
    p_value = np.minimum(2 * (rarer + 1) / (draws + 1), 1.0)
    return np.where(np.isnan(gap).any(axis=1), np.nan, p_value)
