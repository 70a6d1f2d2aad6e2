"""Limits on several cells at once: weekly spend of a channel, groups, periods, experience, test budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse

from workbench.config.planning import Group, Period, Planning
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Rule, RuleKind
from workbench.scenarios.problem.sums import cell_sums, weighted_rows
from workbench.scenarios.problem.windows import share_of_days
from workbench.wording import percent

EVERYWHERE = slice(None)


def weekly_spend_rules(cells: Cells, planning: Planning) -> Iterator[Rule]:
    """`planning.minimum` and `planning.maximum`, a row a week; the cells themselves keep a maximum in a single market."""
    weeks = range(len(cells.weeks))
    single = len(cells.markets) == 1
    for c, name in enumerate(cells.channels):
        least, most = planning.minimum.get(name, 0.0), planning.maximum.get(name, np.inf)
        rows = cell_sums(cells.shape, [(h, EVERYWHERE, c) for h in weeks])
        blank = np.full(len(cells.weeks), np.inf)
        if least > 0:
            yield Rule(
                name=f"least weekly spend of {name}",
                title=f"least weekly spend of {cells.labels.channel(name)}",
                reason=f"planning.minimum.{name}",
                kind="channel",
                rows=rows,
                lower=np.full(len(blank), least),
                upper=blank,
                size=least,
            )
        if np.isfinite(most) and not single:
            yield Rule(
                name=f"most weekly spend of {name}",
                title=f"most weekly spend of {cells.labels.channel(name)}",
                reason=f"planning.maximum.{name}",
                kind="channel",
                rows=rows,
                lower=-blank,
                upper=np.full(len(blank), most),
                size=max(most, 1.0),
            )


def total_rules(cells: Cells, planning: Planning) -> Iterator[Rule]:
    """Test budgets of channels never tried and, where more than ever is forbidden, the most ever spent in as many weeks."""
    for c, name in enumerate(cells.channels):
        if name in planning.untried:
            most, reason = planning.untried[name].test_budget, f"planning.untried.{name}.test_budget"
        elif planning.beyond_observed == "forbid":
            most, reason = float(cells.observed_total[c]), "the most ever spent in as many weeks"
        else:
            continue
        most = max(most, float(cells.locked[:, :, c].sum()))
        rows = cell_sums(cells.shape, [(EVERYWHERE, EVERYWHERE, c)])
        rule = _upper(f"most spend of {name}", reason, rows, most, kind="channel")
        yield replace(rule, title=f"most spend of {cells.labels.channel(name)}")


def group_rules(cells: Cells, groups: Mapping[str, Group], members: Mapping[str, list[int]]) -> Iterator[Rule]:
    """Amounts and shares of groups of channels; shares count the money that is spent."""
    for name, group in groups.items():
        rows = cell_sums(cells.shape, [(EVERYWHERE, EVERYWHERE, members[name])])
        key = f"planning.groups.{name}"
        if group.lower > 0:
            yield _lower(f"least spend of group {name}", f"{key}.lower", rows, group.lower)
        if group.upper is not None:
            yield _upper(f"most spend of group {name}", f"{key}.upper", rows, group.upper)
        if group.share_lower > 0:
            title = f"share of group {name}, at least {percent(group.share_lower, 0)}"
            yield _lower(title, f"{key}.share_lower", _share(rows, group.share_lower), 0.0, size=_size(cells))
        if group.share_upper < 1:
            title = f"share of group {name}, at most {percent(group.share_upper, 0)}"
            yield _upper(title, f"{key}.share_upper", _share(rows, group.share_upper), 0.0, size=_size(cells))


def period_rules(cells: Cells, periods: tuple[Period, ...], history: np.ndarray) -> Iterator[Rule]:
    """Budgets of stretches of time.

    What the history spent in a period is taken off its budget; a period that ends after the plan counts with the share of its
    remaining days that the plan covers.
    """
    for period in periods:
        inside = share_of_days(cells.weeks, period.start, period.end)
        if not inside.any():
            continue
        past = pd.date_range(end=cells.weeks[0] - pd.Timedelta(weeks=1), periods=len(history), freq="7D")
        spent = float(share_of_days(past, period.start, period.end) @ history.sum(axis=(1, 2)))
        covered = _covered(cells.weeks, period)
        weights = np.broadcast_to(inside[:, None, None], cells.shape).ravel()
        columns = np.flatnonzero(weights)
        rows = weighted_rows(weights.size, [(columns, weights[columns])])
        title = f"spend from {period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}"
        if period.budget is not None:
            most = max(period.budget - spent, 0.0) * covered
            yield _upper(f"most {title}", "planning.periods", rows, most, kind="period", size=max(period.budget, 1.0))
        if (least := max(period.floor - spent, 0.0) * covered) > 0:
            yield _lower(f"least {title}", "planning.periods", rows, least, kind="period")


def _covered(weeks: pd.DatetimeIndex, period: Period) -> float:
    begin = max(pd.Timestamp(period.start), weeks[0])
    end = min(pd.Timestamp(period.end), weeks[-1] + pd.Timedelta(days=6))
    return ((end - begin).days + 1) / ((pd.Timestamp(period.end) - begin).days + 1)


def _share(rows: sparse.csr_array, share: float) -> sparse.csr_array:
    weights = rows.toarray()[0] - share
    columns = np.flatnonzero(weights)
    return weighted_rows(weights.size, [(columns, weights[columns])])


def _lower(
    name: str, reason: str, rows: sparse.csr_array, least: float, *, kind: RuleKind = "group", size: float = 0.0
) -> Rule:
    no_end = np.array([np.inf])
    return Rule(
        name=name, reason=reason, kind=kind, rows=rows, lower=np.array([least]), upper=no_end, size=size or least
    )


def _upper(
    name: str, reason: str, rows: sparse.csr_array, most: float, *, kind: RuleKind = "group", size: float = 0.0
) -> Rule:
    no_end = np.array([-np.inf])
    return Rule(
        name=name,
        reason=reason,
        kind=kind,
        rows=rows,
        lower=no_end,
        upper=np.array([most]),
        size=size or max(most, 1.0),
    )


def _size(cells: Cells) -> float:
    return max(float(cells.reference.sum()), 1.0)
