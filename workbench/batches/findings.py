"""A batch in sentences: who finished, where runs differ beyond what they don't know, and what to read with care."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from workbench.batches.members import Batch, Member
from workbench.wording import in_unit, interval, named, percent

MOST_NAMED = 3


def batch_findings(batch: Batch, compared: pd.DataFrame, failed: pd.DataFrame) -> tuple[str, ...]:
    """Differences first, those of the first quantity before others; then runs that are missing or failed a check."""
    return (*_differences(compared), _finished(batch.notebook, batch.members), *_weak(batch.by, failed))


def apart(estimates: pd.DataFrame) -> pd.DataFrame:
    """Of each entity of one quantity the runs with the least and the most, and the gap between their intervals.

    Args:
        estimates: entity, name, estimate, lower, upper, unit, level; only entities that two runs know are told.

    Returns:
        One row an entity, widest gap first: entity, low_* and high_* of both runs, gap in units of the quantity (negative where
        intervals overlap).
    """
    rows = []
    for entity, group in estimates.groupby("entity", sort=False):
        if len(group) > 1:
            ordered = group.sort_values("estimate")
            low, high = ordered.iloc[0], ordered.iloc[-1]
            ends = {f"low_{name}": low[name] for name in _ENDS} | {f"high_{name}": high[name] for name in _ENDS}
            rows.append({"entity": entity, "unit": low["unit"], "level": low["level"], **ends})
    if not rows:
        return pd.DataFrame(columns=["entity", "gap"])
    found = pd.DataFrame(rows)
    return found.assign(gap=found["high_lower"] - found["low_upper"]).sort_values("gap", ascending=False)


_ENDS = ("name", "estimate", "lower", "upper")


def quantity_called(quantity: str) -> str:
    """A quantity as readers say it.

    >>> quantity_called("marginal_roas"), quantity_called("future_value")
    ('Marginal ROAS', 'Future value')
    """
    words = ("ROAS" if word == "roas" else word for word in quantity.split("_"))
    return named(" ".join(words))


def _differences(compared: pd.DataFrame) -> Iterator[str]:
    alike = []
    for quantity, estimates in compared.groupby("quantity", sort=False):
        found = apart(estimates)
        clear = found[found["gap"] > 0]
        told = quantity_called(str(quantity))
        for row in clear.head(MOST_NAMED).to_dict("records"):
            yield (
                f"{told} of {row['entity']} differs: {_said(row, 'high')} in {row['high_name']}, {_said(row, 'low')} in {row['low_name']} "
                f"({percent(row['level'], 0)} intervals, which don't overlap)."
            )
        if len(clear) > MOST_NAMED:
            yield f"{told} differs as clearly for {len(clear) - MOST_NAMED} more; the chart shows them."
        if len(found) and clear.empty:
            alike.append(told)
    if alike:
        yield f"No run differs from another by more than their intervals leave open in {', '.join(alike)}."


def _said(row: dict, which: str) -> str:
    bounds = interval(row[f"{which}_lower"], row[f"{which}_upper"], row["unit"])
    return f"{in_unit(row[f'{which}_estimate'], row['unit'])} ({bounds})"


def _finished(notebook: str, members: Sequence[Member]) -> str:
    missing = [member for member in members if member.status != "finished"]
    told = f"{len(members) - len(missing)} of {len(members)} runs of {named(notebook).lower()} finished"
    if not missing:
        return f"{told}."
    return f"{told}; {missing[0].name} didn't: {missing[0].reason}"


def _weak(by: str, failed: pd.DataFrame) -> Iterator[str]:
    if len(failed):
        runs = failed["name"].nunique()
        yield f"Runs with failed checks: {runs}. The table of checks names them by {by}; read their own reports before acting on them."
