"""Whether the model follows the retention that was observed, and whether it would have foreseen the latest renewals."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd

from workbench.config.customers import Subscriptions
from workbench.errors import DataError, FitError
from workbench.result import Check
from workbench.segments.models.sbg import log_survival
from workbench.segments.subscriptions.forecast import PlanFit, fit_plans, forecast, together
from workbench.segments.subscriptions.lifetimes import renewals_between, subscription_lifetimes
from workbench.wording import count, percent

DRAWS = 500
LARGEST_BIAS = 0.1
LARGEST_GAP = 0.05
# Standard errors of the observed share that chance explains, the worst of many renewals being looked at.
CHANCE = 3.0
LEAST_AT_RISK = 30
LONGEST_TEST = 12


def retention_curve(plan: PlanFit, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Observed and expected retention.

    Returns:
        One row a renewal: plan, renewals (1, 2, …), at_risk (subscriptions that it was due for), observed (share of all that make
        at least so many, by Kaplan and Meier), expected, expected_lower, expected_upper.
    """
    last = int(plan.rows.renewals.max())
    counts = plan.rows.set_index("renewals")[["ended", "active"]].reindex(np.arange(last + 1), fill_value=0)
    reached = counts.sum(axis=1)[::-1].cumsum()[::-1].to_numpy(dtype=float)
    renewed, renewals = reached[1:], np.arange(1, last + 1)
    at_risk = renewed + counts.ended.to_numpy(dtype=float)[:-1]
    lost = (at_risk - renewed) / np.maximum(at_risk * renewed, 1.0)
    observed = np.cumprod(np.where(at_risk > 0, renewed / np.maximum(at_risk, 1.0), 1.0))
    drawn = np.exp([log_survival(parameters, renewals) for parameters in plan.fit.draws(DRAWS, rng)])
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame(
        {
            "plan": plan.plan,
            "renewals": renewals,
            "at_risk": at_risk.astype(int),
            "observed": observed,
            "observed_error": observed * np.sqrt(np.cumsum(lost)),
            "expected": np.exp(log_survival(plan.fit.parameters, renewals)),
            "expected_lower": lower,
            "expected_upper": upper,
        }
    )


def retention_check(retention: pd.DataFrame) -> Check:
    """Whether expected retention stays near the observed one, wherever enough subscriptions say what that is."""
    seen = retention[retention.at_risk >= LEAST_AT_RISK]
    name = "subscription_retention"
    if seen.empty:
        detail = f"No renewal was due for {LEAST_AT_RISK} subscriptions yet, so nothing can be said of how the model follows them."
        return Check(name=name, passed=None, threshold=LARGEST_GAP, detail=detail)
    gap = (seen.expected - seen.observed).abs()
    beyond_chance = (gap - CHANCE * seen.observed_error).clip(lower=0.0)
    worst = seen.iloc[int(np.argmax(beyond_chance if beyond_chance.any() else gap))]
    good = bool(beyond_chance.max() <= LARGEST_GAP)
    detail = (
        f"At renewal {int(worst.renewals)} of {worst.plan}, {percent(worst.observed)} of subscriptions were still running and the "
        f"model says {percent(worst.expected)}: the largest gap (up to {percent(LARGEST_GAP, 0)} beyond chance passes)"
    )
    mend = (
        "."
        if good
        else "; tell plans or terms apart that end at other renewals, such as free months or yearly contracts."
    )
    return Check(name=name, passed=good, value=float(beyond_chance.max()), threshold=LARGEST_GAP, detail=detail + mend)


def foreseen_check(subscriptions: ibis.Table, spec: Subscriptions, as_of: date, *, level: float, seed: int) -> Check:
    """Fit on what was known some periods ago, and compare the renewals expected since with those that came."""
    name, periods = "subscriptions_foreseen", min(spec.horizon, LONGEST_TEST)
    earlier = _periods_before(as_of, periods, spec)
    try:
        counts = subscription_lifetimes(subscriptions, as_of=earlier, period=spec.period)
        plans = fit_plans(counts)
    except (DataError, FitError) as error:
        detail = f"The model of subscriptions was not tested on the last {periods} {spec.period}s: up to {earlier:%-d %B %Y}, {error}."
        return Check(name=name, passed=False, threshold=LARGEST_BIAS, detail=detail)
    rng, worth = np.random.default_rng(seed), np.ones(periods)
    expected = together([forecast(plan, plan.column("active"), plan.column("active"), worth, rng) for plan in plans])
    actual = renewals_between(subscriptions, earlier=earlier, later=as_of, period=spec.period)
    lower, upper = expected.interval(level)
    bias = expected.mean / actual - 1 if actual else np.nan
    good = abs(bias) <= LARGEST_BIAS or lower <= actual <= upper
    detail = (
        f"Of subscriptions that ran on {earlier:%-d %B %Y}, {count(expected.mean)} renewals were expected within {periods} {spec.period}s "
        f"({count(lower)} to {count(upper)}) and {count(actual)} came"
    )
    mend = "." if good else "; look for a change of price or terms since, and value only what started after it."
    return Check(name=name, passed=good, value=bias, threshold=LARGEST_BIAS, detail=detail + mend)


def _periods_before(day: date, periods: int, spec: Subscriptions) -> date:
    length = {
        "week": pd.DateOffset(weeks=periods),
        "month": pd.DateOffset(months=periods),
        "year": pd.DateOffset(years=periods),
    }
    return (pd.Timestamp(day) - length[spec.period]).date()
