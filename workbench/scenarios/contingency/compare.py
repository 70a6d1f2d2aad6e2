"""Scenarios side by side, and the difference of any two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.scenarios.answer import interval_of
from workbench.scenarios.contingency.presolve import Presolved

KEYS = ["week", "market", "channel"]
CENT = 2


def scenario_table(presolved: Sequence[Presolved], hashes: Sequence[str], *, margin: float = 1.0) -> pd.DataFrame:
    """One row a scenario: what it assumes, what its plan costs and causes, and what planning anew is worth in it.

    Columns `scenario`, `kind`, `probability`, `from_week` (1 is the first), `budget`, `spend`, `revenue` (caused by the plan
    of the scenario), `kept_revenue` (caused by the present plan in the same world), `gain` (profit of the scenario's plan above
    the present one: `margin` of its revenue, less what it costs more), each with `_lower` and `_upper`; `gap` (certificate), `refusal`, `hash`.
    """
    return pd.DataFrame(
        [_row(one, presolved[0], hashed, margin) for one, hashed in zip(presolved, hashes, strict=True)]
    ).astype({"scenario": "str", "kind": "str", "refusal": "str", "hash": "str"})


def scenario_plans(
    presolved: Sequence[Presolved], weeks: pd.DatetimeIndex, markets: Sequence[str], channels: Sequence[str]
) -> pd.DataFrame:
    """Every scenario's plan: `scenario`, `week`, `market`, `channel`, `spend`."""
    index = pd.MultiIndex.from_product(
        [[one.state.name for one in presolved], weeks, markets, channels], names=["scenario", *KEYS]
    )
    spend = np.concatenate([one.spend.ravel() for one in presolved])
    return pd.DataFrame({"spend": spend}, index=index).reset_index()


def scenario_draws(presolved: Sequence[Presolved]) -> pd.DataFrame:
    """What each scenario's plan causes, by draw: `scenario`, `draw`, `revenue`; draw d is the same world in all."""
    frames = [
        pd.DataFrame({"scenario": one.state.name, "draw": np.arange(len(one.worth)), "revenue": one.worth})
        for one in presolved
    ]
    return pd.concat(frames, ignore_index=True)


def plan_difference(plans: pd.DataFrame, first: str, second: str, by: Sequence[str] = ("channel",)) -> pd.DataFrame:
    """What the second scenario spends otherwise than the first: `by`, `first`, `second`, `change`, `relative_change`.

    Args:
        plans: As of `scenario_plans`.
        first: Name of a scenario.
        second: Name of another.
        by: Any of `week`, `market`, `channel`.

    Raises:
        SpecError: If there is no such scenario.
    """
    _refuse_unknown(plans, first, second)
    keys = list(by)
    spend = [plans[plans["scenario"] == name].groupby(keys, sort=False)["spend"].sum() for name in (first, second)]
    # A channel or market that only one of them knows gets no money in the other.
    frame = pd.DataFrame({"first": spend[0], "second": spend[1]}).fillna(0.0).reset_index()
    change = (frame["second"] - frame["first"]).round(CENT)
    return frame.assign(change=change, relative_change=(change / frame["first"]).where(frame["first"] > 0, np.nan))


def revenue_difference(draws: pd.DataFrame, first: str, second: str) -> tuple[float, float, float]:
    """Revenue that the second scenario's plan causes above the first's: estimate and 90% interval, draw by draw.

    Raises:
        SpecError: If there is no such scenario.
    """
    _refuse_unknown(draws, first, second)
    by_name = {
        name: draws.loc[draws["scenario"] == name].sort_values("draw")["revenue"].to_numpy() for name in (first, second)
    }
    difference = interval_of(by_name[second] - by_name[first])
    return difference.estimate, difference.lower, difference.upper


def _row(one: Presolved, plan: Presolved, hashed: str, margin: float) -> dict[str, object]:
    dearer = float(one.spend.sum() - plan.spend.sum())
    figures = {"revenue": one.worth, "kept_revenue": one.kept, "gain": margin * (one.worth - one.kept) - dearer}
    intervals = {name: interval_of(draws) for name, draws in figures.items()}
    return {
        "scenario": one.state.name,
        "kind": one.state.kind,
        "probability": one.state.probability,
        "from_week": one.state.from_week + 1,
        "budget": one.state.budget,
        "spend": float(one.spend.sum()),
        **{
            f"{name}{end}": value
            for name, found in intervals.items()
            for end, value in (("", found.estimate), ("_lower", found.lower), ("_upper", found.upper))
        },
        "gap": one.gap,
        "refusal": one.refusal,
        "hash": hashed,
    }


def _refuse_unknown(frame: pd.DataFrame, *names: str) -> None:
    known = frame["scenario"].drop_duplicates().tolist()
    for name in names:
        if name not in known:
            raise SpecError(f"there is no scenario {name}; compare two of {', '.join(known)}")
