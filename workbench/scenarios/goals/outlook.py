"""What is expected of a goal: its KPI over its days, as far as they are known and as they may come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from workbench.errors import SpecError
from workbench.scenarios.goals.chance import Chance, chance_of
from workbench.scenarios.goals.inputs import GoalInputs
from workbench.scenarios.goals.kpis import in_words
from workbench.scenarios.goals.rates import LEAST_MOVES
from workbench.scenarios.goals.weekly_paths import WeeklyPaths, alike, joined

type Quantities = Mapping[str, float | np.ndarray]


def outlook_of(name: str, inputs: GoalInputs, ahead: WeeklyPaths | None, on: date) -> Chance | str:
    """How likely a goal is to be reached, or why that can't be told, in words that follow "since".

    Args:
        name: The goal.
        inputs: What is known.
        ahead: What may come, None where no plan foresees it.
        on: First day ahead; a goal whose days are over by then is measured, not foreseen.
    """
    goal = inputs.goals[name]
    try:
        needs = inputs.registry.needs(goal.kpi)
    except SpecError:
        return "its KPI can't be measured"
    if goal.target is None:
        return "it has no target"
    if goal.start is None or goal.by is None:
        return "it doesn't say from when to when"
    over = goal.by < on
    found = (
        _measured(needs, inputs.measured.get(name, {}))
        if over
        else _foreseen(name, goal.start, goal.by, needs, inputs, ahead)
    )
    if isinstance(found, str):
        return found
    outcome = np.atleast_1d(inputs.registry.value(goal.kpi, found))
    if not over and len(outcome) == 1:
        # What is planned to the cent, such as spend, comes alike on all paths, but hasn't come yet.
        outcome = np.repeat(outcome, max(2, *map(len, ahead.paths.values()), 2) if ahead else 2)
    return chance_of(outcome, goal.target, higher_is_better=inputs.registry.kpis[goal.kpi].higher_is_better)


def so_far(name: str, inputs: GoalInputs, on: date) -> float:
    """The KPI over those of the goal's days that are over; NaN where weeks don't tell it."""
    goal, past = inputs.goals[name], inputs.past
    if past is None or goal.start is None or goal.by is None or goal.start >= on:
        return np.nan
    last = min(np.datetime64(goal.by), np.datetime64(on) - np.timedelta64(1, "D")).astype(object)
    if not past.covers(goal.start, last) or (goal.market and goal.market not in past.markets):
        return np.nan
    known: Quantities = alike({**inputs.constants, **past.totals(goal.start, last, goal.market)})
    try:
        return float(np.nanmean(inputs.registry.value(goal.kpi, known)))
    except (SpecError, KeyError):
        return np.nan


def _measured(needs: tuple[str, ...], measured: Quantities) -> Quantities | str:
    missing = [quantity for quantity in needs if quantity not in measured]
    return f"{in_words(missing[0])} was not measured" if missing else measured


def _foreseen(
    name: str, start: date, by: date, needs: tuple[str, ...], inputs: GoalInputs, ahead: WeeklyPaths | None
) -> Quantities | str:
    """Sums over a goal's days, by path; what comes with revenue, by its rates."""
    if ahead is None:
        return "no plan foresees its days yet"
    market, rates = inputs.goals[name].market, inputs.rates.get(name, {})
    known = {*inputs.constants, *rates}
    if outside := [quantity for quantity in needs if quantity not in {*ahead.paths, *known}]:
        return _unforeseen(outside[0], inputs)
    if market and market not in ahead.markets:
        return f"the model doesn't know the market {market}"
    known_markets = inputs.past is not None and set(ahead.markets) <= set(inputs.past.markets)
    weeks = joined(inputs.past, ahead) if inputs.past is not None and known_markets else ahead
    if not weeks.covers(start, by):
        return _uncovered(start, by, weeks)
    if lacking := [quantity for quantity in needs if quantity not in {*weeks.paths, *known}]:
        return f"{in_words(lacking[0])} is not known for the weeks before the plan"
    totals = weeks.totals(start, by, market)
    if unknown := [quantity for quantity in needs if quantity in totals and np.isnan(totals[quantity]).all()]:
        return f"{in_words(unknown[0])} is not known for all of its days"
    found = alike({**inputs.constants, **rates, **totals})
    return found | {quantity: found[quantity] * found["revenue"] for quantity in rates if quantity not in totals}


def _unforeseen(quantity: str, inputs: GoalInputs) -> str:
    if inputs.registry.of_a_run(quantity):
        return f"{in_words(quantity)} is not known: it comes from {inputs.registry.source(quantity)}"
    return (
        f"too little is known of how {in_words(quantity)} came with revenue: that takes {LEAST_MOVES + 1} stretches of as many days "
        f"in {inputs.registry.source(quantity)} and in the table kpi"
    )


def _uncovered(start: date, by: date, weeks: WeeklyPaths) -> str:
    first = weeks.weeks[0].date()
    last = (weeks.weeks[-1] + np.timedelta64(6, "D")).date()
    if start < first:
        return f"its days begin on {start}, and nothing is known before {first}"
    return f"its days end on {by}, and the plan ends on {last}"
