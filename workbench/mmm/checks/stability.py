"""Named check of a fit against the last one of the same company: a number that jumps with four more weeks was never known."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
        detail=f"Since the last fit the return of {most} moved most, from {money(then.estimate, last.currency)} "
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
    parts += [f"{name} took another form" for name, form in forms[0].items() if forms[1].get(name, form) != form]
    added = sorted(set(result.response.markets) ^ set(last.response.markets))
    parts += [f"markets changed ({', '.join(added)})"] if added else []
    return ", ".join(parts) or "the data stayed as they were"


def _moved(result: MediaMixResult, last: MediaMixResult, channel: str) -> float:
    now, then = result.estimate("roas", channel), last.estimate("roas", channel)
    reach = then.upper - then.estimate if now.estimate > then.estimate else then.estimate - then.lower
    return (now.estimate - then.estimate) / max(reach, np.finfo(float).tiny)


def _forms(result: MediaMixResult) -> dict[str, tuple[str, str]]:
    model = result.response
    return dict(zip(model.channels, zip(model.saturation, model.adstock, strict=True), strict=True))


def _revised(now: object, then: object) -> list[tuple[str, float]]:
    """Share of the weeks that both have in which a number differs."""
    shares = []
    for what, variable, week in (("KPI", "kpi", "kpi_week"), ("spend", "spend_history", "week")):
        one, other = (each[variable].sum([d for d in each[variable].dims if d != week]) for each in (now, then))  # type: ignore[index]
        common = pd.Index(one[week].to_numpy()).intersection(pd.Index(other[week].to_numpy()))
        a, b = (each.sel({week: common}).to_numpy() for each in (one, other))
        shares.append(
            (what, float((np.abs(a - b) > REVISED * np.maximum(np.abs(b), 1.0)).mean()) if len(common) else 0.0)
        )
    return shares
