"""Running subscriptions valued by plan: remaining renewals within the horizon, and the profit that they bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

from workbench.config.customers import Subscriptions
from workbench.result import Check
from workbench.segments.models.sbg import renewal_probabilities
from workbench.segments.subscriptions.forecast import Forecast, PlanFit, fit_plans, forecast
from workbench.segments.subscriptions.lifetimes import PERIODS_PER_YEAR, subscription_lifetimes
from workbench.segments.subscriptions.retention import foreseen_check, retention_check, retention_curve

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class SubscriptionValues:
    """What subscriptions that are active on a day will bring within a horizon.

    Attributes:
        table: One row a plan: plan, active, ended, fitted_on (the plan, or all plans where too few of it have ended), alpha, beta,
            next_renewal (probability, mean of active subscriptions), remaining_periods (renewals within the horizon, mean of active
            subscriptions), value (discounted profit of all active ones, currency, NaN without prices) and value_each. The last three
            have `_lower` and `_upper`: between them lies what will come with probability `level`, chance included.
        retention: Observed and expected retention by plan and renewal; see `retention.retention_curve`.
        checks: Whether the model follows retention, and whether it would have foreseen the latest renewals.
        horizon: Length of the horizon, in periods.
        level: The intervals' probability.
    """

    table: pd.DataFrame
    retention: pd.DataFrame
    checks: tuple[Check, ...]
    horizon: int
    level: float


def value_subscriptions(
    subscriptions: ibis.Table,
    spec: Subscriptions,
    *,
    as_of: date,
    annual_discount_rate: float,
    margin: float,
    seed: int,
) -> SubscriptionValues:
    """Fit the shifted beta-geometric model to each plan and value what runs on a day.

    Args:
        subscriptions: Canonical table, of customers who may be analysed.
        margin: Share of the price that is profit.

    Raises:
        DataError: If no subscription had started, or one ended before it started.
        FitError: If too few have ended.
    """
    plans = fit_plans(subscription_lifetimes(subscriptions, as_of=as_of, period=spec.period))
    profit = margin * _discounts(spec, annual_discount_rate)
    rng = np.random.default_rng(seed)
    retention = pd.concat([retention_curve(plan, LEVEL, rng) for plan in plans], ignore_index=True)
    return SubscriptionValues(
        table=pd.DataFrame([_value(plan, profit, rng) for plan in plans]),
        retention=retention,
        checks=(foreseen_check(subscriptions, spec, as_of, level=LEVEL, seed=seed), retention_check(retention)),
        horizon=spec.horizon,
        level=LEVEL,
    )


def _discounts(spec: Subscriptions, annual_rate: float) -> np.ndarray:
    """Worth today of the renewals to come: the next is due within a period, in its middle on average."""
    years = (np.arange(spec.horizon) + 0.5) / PERIODS_PER_YEAR[spec.period]
    return (1 + annual_rate) ** -years


def _value(plan: PlanFit, profit: np.ndarray, rng: np.random.Generator) -> dict[str, object]:
    active = plan.column("active")
    total = active.sum()
    periods = forecast(plan, active, active, np.ones(len(profit)), rng)
    value = forecast(plan, plan.column("price"), plan.column("price_squares"), profit, rng)
    next_renewal = renewal_probabilities(plan.fit.parameters, plan.column("renewals"), 1)[:, 0]
    return {
        "plan": plan.plan,
        "active": int(total),
        "ended": int(plan.rows.ended.sum()),
        "fitted_on": plan.fitted_on,
        **dict(zip(plan.fit.names, plan.fit.parameters, strict=True)),
        "next_renewal": active @ next_renewal / total if total else np.nan,
        **_columns("remaining_periods", periods, total),
        **_columns("value", value, 1.0),
        **_columns("value_each", value, total),
    }


def _columns(name: str, total: Forecast, share: float) -> dict[str, float]:
    """A forecast over so many subscriptions; not a number where there is none."""
    if not share:
        return dict.fromkeys((name, f"{name}_lower", f"{name}_upper"), np.nan)
    lower, upper = total.interval(LEVEL)
    return {name: total.mean / share, f"{name}_lower": lower / share, f"{name}_upper": upper / share}
