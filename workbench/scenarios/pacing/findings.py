"""Page one of a performance review."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.scenarios.goals.words import likely
from workbench.scenarios.pacing.checks import bias_told, crossings
from workbench.scenarios.pacing.nearness import CROSSED
from workbench.scenarios.pacing.scoring import Bias, Scores
from workbench.scenarios.problem.cells import Labels
from workbench.wording import interval, money, percent, signed


def findings(
    course: pd.DataFrame,
    variance: pd.DataFrame,
    spend: pd.DataFrame,
    levers: pd.DataFrame,
    triggers: pd.DataFrame,
    false_alarms: float,
    scores: Scores,
    bias: Bias,
    probability: float,
    currency: str,
    labels: Labels,
) -> tuple[str, ...]:
    """Sentences in the order in which an executive asks."""
    seen = int(course["actual"].notna().sum())
    return (
        _where_it_stands(course, seen, currency),
        *([_where_it_ends(course, probability, currency)] if seen < len(course) else []),
        _why(variance, currency),
        _money_spent(spend, currency),
        *_levers(levers, currency, labels),
        _trigger(triggers, false_alarms, seen < len(course)),
        _record(scores, bias, currency),
    )


def _where_it_stands(course: pd.DataFrame, seen: int, currency: str) -> str:
    actual, planned = float(course["actual"].sum()), float(course["total_planned"].iloc[seen - 1])
    away = actual - planned
    side = "above" if away >= 0 else "below"
    return (
        f"After {seen} of {len(course)} weeks revenue is {money(actual, currency)}, {money(abs(away), currency)} "
        f"({percent(abs(away) / planned)}) {side} what the plan foresaw."
    )


def _where_it_ends(course: pd.DataFrame, probability: float, currency: str) -> str:
    last = course.iloc[-1]
    day = last["week"] + pd.Timedelta(days=6)
    return (
        f"By {day.day} {day:%B %Y} {money(last['total_expected'], currency)} is expected "
        f"(90% interval {interval(last['total_lower'], last['total_upper'], currency)}) where the plan foresaw "
        f"{money(last['total_planned'], currency)}, which is {likely(probability)} to be reached."
    )


def _why(variance: pd.DataFrame, currency: str) -> str:
    largest = variance.reindex(variance["estimate"].abs().sort_values(ascending=False).index).head(3)
    parts = [f"{row['source']} {signed(row['estimate'], currency)}" for _, row in largest.iterrows()]
    return f"The difference of {signed(float(variance['estimate'].sum()), currency)} so far: {', '.join(parts)}."


def _money_spent(spend: pd.DataFrame, currency: str) -> str:
    actual, planned, left = (float(spend[name].sum()) for name in ("actual", "planned_so_far", "left"))
    told = f"{money(actual, currency)} was spent where {money(planned, currency)} was planned"
    if not left:
        return f"{told}."
    committed = float(np.minimum(spend["committed"], spend["left"]).sum())
    booked = f"{money(committed, currency)} is booked" if committed else "nothing is booked yet"
    return f"{told}; of the {money(left, currency)} planned for the weeks ahead {booked}."


def _levers(levers: pd.DataFrame, currency: str, labels: Labels) -> Iterator[str]:
    for row in levers.to_dict("records"):
        name, planned = labels.channel(str(row["lever"])), money(row["planned_so_far"], currency)
        if np.isnan(row["actual"]):
            yield f"What moving {name} has cost isn't known, since nobody keeps its control; {planned} was planned."
        else:
            yield f"Moving {name} has cost {money(row['actual'], currency)} where {planned} was planned."


def _trigger(triggers: pd.DataFrame, false_alarms: float, ahead: bool) -> str:
    crossed, known = triggers[triggers["state"] == CROSSED], triggers[triggers["used"].notna()]
    chance = f"if all goes as planned, any of them sounds in {percent(false_alarms, 0)} of quarters"
    if known.empty:
        return f"No trigger can be read, since nobody counted {triggers['label'].iloc[0]}."
    if len(crossed):
        return f"{crossings(crossed)}; {chance}, so look at what the plan says for that case."
    nearest = known.iloc[int(known["used"].abs().argmax())]
    side = "upper" if nearest["used"] >= 0 else "lower"
    told = (
        f"No trigger has sounded; the nearest is the {side} bound of {nearest['label']}, "
        f"{percent(abs(nearest['used']), 0)} of the way to it"
    )
    later = f", and it is {likely(nearest['will_cross'])} to be crossed in a later week" if ahead else ""
    return f"{told}{later} ({chance})."


def _record(scores: Scores, bias: Bias, currency: str) -> str:
    beside = (
        "" if np.isnan(scores.crps_last_year) else f" (last year's weeks: {money(scores.crps_last_year, currency)})"
    )
    of_all = f". {bias_told(bias)}" if bias.plans > 1 else ""
    return (
        f"The plan's forecasts were off by {money(scores.crps, currency)} a week{beside}, "
        f"with {percent(scores.coverage, 0)} of weeks inside their 90% interval{of_all}."
    )
