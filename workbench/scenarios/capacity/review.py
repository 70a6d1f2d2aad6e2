"""What a reader should know of a plan's capacity, in sentences, and the check of it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.result import Check
from workbench.wording import count, interval, money, percent

# Share of what media cause that may go unserved before a plan is said to promise more than teams can deliver.
LOST = 0.1
# A week in which room is short with at least this probability is called full.
FULL = 0.5
NOTABLE = 0.001


def capacity_findings(team_weeks: pd.DataFrame, plans: pd.DataFrame, *, currency: str, level: float) -> tuple[str, ...]:
    """Which weeks are full and what ignoring them would cost, what they take from the plan, and what more room is worth.

    Args:
        team_weeks: See `shadow.team_weeks`.
        plans: See `shadow.compare_plans`; the first row is the plan, a second one the plan that ignores capacity.
        currency: ISO 4217 code.
        level: Of the intervals.
    """
    if team_weeks.empty:
        return ()
    full = list(_full(team_weeks))
    if cost := _ignoring(plans, currency):
        # Of the sentences that may stand alone on page one, the first names the money.
        full[0] = f"{full[0].removesuffix('.')}; {cost}"
    return (*full, *_lost(plans, currency), *_more_room(team_weeks, currency, level))


def capacity_check(plans: pd.DataFrame, team_weeks: pd.DataFrame) -> Check:
    """Whether what the plan causes finds room."""
    plan = plans.iloc[0]
    share = float(plan["lost"] / plan["unlimited"]) if plan["unlimited"] > 0 else 0.0
    short = team_weeks[team_weeks["short"] >= FULL]
    mend = f": make room in {_weeks(short)}, or plan less before them" if share > LOST and len(short) else ""
    return Check(
        name="room_for_plan",
        passed=share <= LOST,
        value=share,
        threshold=LOST,
        detail=f"{percent(max(share, 0.0))} of what the plan's media cause is lost because teams are full{mend}.",
    )


def _full(team_weeks: pd.DataFrame) -> Iterator[str]:
    for team, rows in team_weeks.groupby("team", sort=False):
        short = rows[rows["short"] >= FULL]
        if short.empty:
            yield f"{_named(str(team))} has room for what the plan brings in each of its {len(rows)} weeks, more likely than not."
            continue
        worst = short.iloc[int((short["arrive"] - short["room"]).argmax())]
        yield (
            f"{_named(str(team))} is full in {len(short)} of {len(rows)} weeks ({_weeks(short)}): "
            f"in the week of {worst['week']:%-d %B} {count(worst['arrive'])} {worst['unit']} come and it can take {count(worst['room'])}."
        )


def _lost(plans: pd.DataFrame, currency: str) -> Iterator[str]:
    plan = plans.iloc[0]
    if plan["lost"] > NOTABLE * abs(plan["unlimited"]):
        yield (
            f"Of {money(plan['unlimited'], currency)} that media would cause with room for all, "
            f"{money(plan['lost'], currency)} is lost to full weeks."
        )


def _ignoring(plans: pd.DataFrame, currency: str) -> str:
    """What the plan that ignores capacity would cost; empty where it costs nothing."""
    if len(plans) < 2:
        return ""
    plan, other = plans.iloc[0], plans.iloc[1]
    more = float(plan["worth"] - other["worth"])
    if more <= NOTABLE * abs(plan["worth"]):
        return ""
    return (
        f"a plan that ignores capacity would promise {money(other['unlimited'], currency)} and keep "
        f"{money(other['worth'], currency)}, {money(more, currency)} less than this one."
    )


def _more_room(team_weeks: pd.DataFrame, currency: str, level: float) -> Iterator[str]:
    for team, rows in team_weeks.groupby("team", sort=False):
        best = rows.iloc[int(rows["step_worth"].argmax())]
        if best["step_worth"] <= 0.0:
            continue
        worth = (
            f"One more {best['step_name']} of {team} in the week of {best['week']:%-d %B} is worth {money(best['step_worth'], currency)} "
            f"({percent(level, 0)} interval {interval(best['step_worth_lower'], best['step_worth_upper'], currency)})"
        )
        if best["step_cost"] <= 0.0:
            yield f"{worth}."
            continue
        paying = rows[rows["steps_that_pay"] > 0]
        pays = (
            f"up to {int(paying['steps_that_pay'].max())} more pay in {_weeks(paying)}"
            if len(paying)
            else "none pays for itself"
        )
        yield f"{worth} and costs {money(best['step_cost'], currency)}; {pays}."


def _weeks(rows: pd.DataFrame) -> str:
    """Weeks as the stretches that they form: the week of 5 January, the weeks of 2 to 23 February."""
    days = list(dict.fromkeys(rows["week"].sort_values()))
    stretches: list[list[pd.Timestamp]] = []
    for day in days:
        if stretches and (day - stretches[-1][-1]).days == 7:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    parts = [f"{part[0]:%-d %b}" if len(part) == 1 else f"{part[0]:%-d %b} to {part[-1]:%-d %b}" for part in stretches]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"the {'week' if len(days) == 1 else 'weeks'} of {listed}"


def _named(team: str) -> str:
    return team[:1].upper() + team[1:]
