"""What moves between segments did to the value: each flow's gain and loss, which add up to the change of the total."""

from __future__ import annotations

import pandas as pd

from workbench.segments.movement.migration import AFTER, BEFORE

UP, DOWN, STAYED = "Moved to a better segment", "Moved to a lesser segment", "Stayed in the segment"
ORDER = (*BEFORE, UP, STAYED, DOWN, *AFTER)
COLUMNS = ("flow", "customers", "value_before", "value_after", "gained", "lost", "change")


def flows(moves: pd.DataFrame) -> pd.DataFrame:
    """Sum the migration up by what happened.

    Args:
        moves: See `migration.migration`.

    Returns:
        flow, customers, value_before, value_after, gained, lost (by customer, both ≥ 0) and change = gained − lost, currency; flows
        that nobody took are left out. A segment is better than another if its customers are worth more on average, both runs together.
    """
    worth = _worth(moves)
    kinds = [_kind(row.before, row.after, worth) for row in moves.itertuples()]  # type: ignore[arg-type]
    sums = moves.drop(columns=["before", "after"]).groupby(pd.Series(kinds, index=moves.index, dtype="str")).sum()
    present = [name for name in ORDER if name in sums.index]
    table = sums.loc[present].rename_axis("flow").reset_index()
    return table.assign(change=table.gained - table.lost)[list(COLUMNS)]


def share_moved(moves: pd.DataFrame) -> float:
    """Share of the customers of both runs who changed their segment; NaN where no customer is in both."""
    both = _in_both(moves)
    total = both.customers.sum()
    return float(both.customers[both.before != both.after].sum() / total) if total else float("nan")


def _in_both(moves: pd.DataFrame) -> pd.DataFrame:
    return moves[~moves.before.isin(BEFORE) & ~moves.after.isin(AFTER)]


def _worth(moves: pd.DataFrame) -> pd.Series:
    """Mean value of a segment's customers."""
    sides = [
        moves[["before", "customers", "value_before"]].set_axis(["segment", "customers", "value"], axis=1),
        moves[["after", "customers", "value_after"]].set_axis(["segment", "customers", "value"], axis=1),
    ]
    sums = pd.concat(sides).groupby("segment")[["customers", "value"]].sum()
    return sums.value / sums.customers


def _kind(before: str, after: str, worth: pd.Series) -> str:
    if before in BEFORE:
        return before
    if after in AFTER:
        return after
    if before == after:
        return STAYED
    return UP if worth[after] > worth[before] else DOWN
