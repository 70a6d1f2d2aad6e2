"""A plan's numbers as estimates with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.next_action.curve import qini
from workbench.next_action.records import records
from workbench.next_action.replay import Replay
from workbench.next_action.result import Facts
from workbench.next_action.uplift import LEVEL, Trial, Uplift
from workbench.result import Estimate, estimates_frame


def write_estimates(
    facts: Facts,
    actions: pd.DataFrame,
    options: pd.DataFrame,
    tried: Replay,
    trial: Trial | None,
    uplifts: Sequence[Uplift],
    currency: str,
) -> pd.DataFrame:
    """Profit of the plan and of other ways to act, effects of actions, the replayed rule."""
    rows = [
        _row("incremental_profit", option.option, option.profit, option.lower, option.upper, currency)
        for option in records(options)
        if option.contacts
    ]
    for action in records(actions[actions.causal]):
        rows.append(
            _row(
                "effect_per_contact", action.label, action.average, action.average_lower, action.average_upper, currency
            )
        )
        rows.append(_row("slope_of_ranking", action.label, action.slope, action.slope_lower, action.slope_upper, ""))
    labels = dict(zip(actions.action, actions.label, strict=True))
    if trial is not None:
        rows += [_row("qini", labels[uplift.action], *qini(trial, uplift), currency) for uplift in uplifts]
    rows += [
        _row("replayed_profit", row.quantity, row.estimate, row.lower, row.upper, currency)
        for row in records(tried.table)
    ]
    priced = actions[actions.capacity_price > 0]
    rows += [
        Estimate(quantity="shadow_price", entity=f"room for {row.label}", estimate=row.capacity_price, unit=currency)
        for row in records(priced)
    ]
    if facts.budget_price > 0:
        rows.append(Estimate(quantity="shadow_price", entity="budget", estimate=facts.budget_price, unit=currency))
    return estimates_frame(rows)


def _row(quantity: str, entity: str, estimate: float, lower: float, upper: float, unit: str) -> Estimate:
    level = LEVEL if np.isfinite(lower) else np.nan
    return Estimate(
        quantity=quantity, entity=entity, estimate=estimate, lower=lower, upper=upper, unit=unit, level=level
    )
