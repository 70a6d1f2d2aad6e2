"""What teams can take of a plan, as a report shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from workbench.present.display import Display, figure, listed, table
from workbench.present.figures.capacity import every_room_and_demand
from workbench.wording import interval


def capacity_displays(
    team_weeks: pd.DataFrame, plans: pd.DataFrame, currency: str, *, told: Sequence[str] = ()
) -> Iterator[Display]:
    """Sentences, a chart and two tables; nothing where no team has a capacity.

    Args:
        team_weeks: See `scenarios.capacity.team_weeks`.
        plans: See `scenarios.capacity.compare_plans`.
        currency: ISO 4217 code.
        told: Sentences of it.
    """
    if team_weeks.empty:
        return
    if told:
        yield listed(told)
    *others, last = every_room_and_demand(team_weeks, currency)
    yield from map(figure, others)
    yield figure(
        last,
        caption="Left: what comes under the plan (band: interval of single weeks) against the room there is; grey where the team is full "
        "more likely than not. Right: what one more step of room in one week alone is worth, in margin, the plan unchanged.",
    )
    yield plans_table(plans, currency)
    weeks = week_table(team_weeks)
    yield table(
        weeks,
        caption="Week by week: room, what comes and is handled, what waits at the week's end, the chance that room is short, "
        "what one more step is worth, and how many more pay for themselves.",
        formats=dict.fromkeys(
            weeks.columns.intersection(["room", "arrive", "handled", "waiting", "more_that_pay"]), "int"
        )
        | {"short": "%", "one_more_is_worth": currency},
    )


def plans_table(plans: pd.DataFrame, currency: str) -> Display:
    """The plan beside the one that ignores capacity, and what is spent now."""
    ranges = [
        interval(low, high, currency) for low, high in zip(plans["worth_lower"], plans["worth_upper"], strict=True)
    ]
    shown = pd.DataFrame(
        {
            "plan": plans["plan"],
            "spend": plans["spend"],
            "With room for all": plans["unlimited"],
            "Under capacity": plans["worth"],
            "90% interval": ranges,
            "lost": plans["lost"],
        }
    )
    return table(
        shown,
        caption="Revenue that media cause with room for all, and what is left of it under capacity.",
        formats=dict.fromkeys(["spend", "With room for all", "Under capacity", "lost"], currency),
    )


def week_table(team_weeks: pd.DataFrame) -> pd.DataFrame:
    """The weeks as a reader wants them; the team is named only where there are several."""
    named = {"step_worth": "one_more_is_worth", "steps_that_pay": "more_that_pay"}
    columns = ["team", "week", "room", "arrive", "handled", "waiting", "short", *named.values()]
    frame = team_weeks.rename(columns=named)[columns]
    costs = (team_weeks["step_cost"] > 0.0).any()
    alone = frame["team"].nunique() == 1
    return frame.drop(columns=["team"] * alone + ["more_that_pay"] * (not costs))
