"""Named check of a fit against the last one of the same company: a number that jumps with four more weeks was never known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from workbench.mmm.result import MediaMixResult
from workbench.result import Check
from workbench.wording import interval, money, percent

LIMIT = 1.0
REVISED = 1e-6


def stability_check(result: MediaMixResult, last: MediaMixResult) -> Check:
    """How far each channel's return moved, in half widths of its last interval, and what changed in between."""
    both = [name for name in result.response.channels if name in last.response.channels]
    if not both:
        return Check(name="stability", passed=None, detail="The last fit had none of these channels.")
    moved = {name: _moved(result, last, name) for name in both}
    most = max(both, key=lambda name: abs(moved[name]))
    now, then = (each.estimate("roas", most) for each in (result, last))
    passed = abs(moved[most]) <= LIMIT
    mend = "" if passed else "; neither number is safe to plan with until a test settles it"
    return Check(
        name="stability",
        passed=passed,
        value=abs(moved[most]),
        threshold=LIMIT,
        detail=f"Since the last fit the return of {result.label(most)} moved most, from {money(then.estimate, last.currency)} "
        f"({interval(then.lower, then.upper, last.currency)}) to {money(now.estimate, result.currency)}; "
        f"in between, {what_changed(result, last)}{mend}.",
    )


def what_changed(result: MediaMixResult, last: MediaMixResult) -> str:
    """Weeks that came and went, history that was revised, forms that were chosen anew; in words."""
    now, then = result.posterior, last.posterior
    weeks, before = (pd.DatetimeIndex(each["kpi_week"].to_numpy()) for each in (now, then))
    came, went = len(weeks.difference(before)), len(before.difference(weeks))
    parts = [f"{came} weeks came"] if came else []
    parts += [f"{went} weeks went"] if went else []
    parts += [
        f"the {what} of {percent(share)} of the weeks was revised" for what, share in _revised(now, then) if share
    ]
    forms = [_forms(each) for each in (result, last)]
    parts += [
        f"{result.label(name)} took another form" for name, form in forms[0].items() if forms[1].get(name, form) != form
    ]
    called = last.market_labels | result.market_labels
    differing = sorted(called.get(name, name) for name in set(result.response.markets) ^ set(last.response.markets))
    parts += [f"markets changed ({', '.join(differing)})"] if differing else []
    return ", ".join(parts) or "the data stayed as they were"


def _moved(result: MediaMixResult, last: MediaMixResult, channel: str) -> float:
    now, then = result.estimate("roas", channel), last.estimate("roas", channel)
    reach = then.upper - then.estimate if now.estimate > then.estimate else then.estimate - then.lower
    return (now.estimate - then.estimate) / max(reach, np.finfo(float).tiny)


def _forms(result: MediaMixResult) -> dict[str, tuple[str, str]]:
    model = result.response
    return dict(zip(model.channels, zip(model.saturation, model.adstock, strict=True), strict=True))


def _revised(now: xr.Dataset, then: xr.Dataset) -> list[tuple[str, float]]:
    """Share of the weeks that both have in which a number differs."""
    series = (("KPI", "kpi", "kpi_week"), ("spend", "spend_history", "week"))
    return [(what, _differing(_by_week(now[name], week), _by_week(then[name], week))) for what, name, week in series]


def _by_week(values: xr.DataArray, week: str) -> pd.Series:
    return values.sum([name for name in values.dims if name != week]).to_series()


def _differing(now: pd.Series, then: pd.Series) -> float:
    """Share of the common weeks; 0 without any."""
    one, other = now.align(then, join="inner")
    differs = (one - other).abs() > REVISED * other.abs().clip(lower=1.0)
    return float(differs.mean()) if len(differs) else 0.0
