"""How a test went over time: always-valid intervals of a test on users, weekly differences of a test in markets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.apps.amount import POINTS, Amount
from workbench.apps.experiments_saved import ReadTest, SavedReadout
from workbench.wording import count, percent

PROFIT = "profit"
MARKETS_METRIC = "revenue"
USUAL = 0.9
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Course:
    """A number over days.

    Attributes:
        days: ISO dates, length T.
        summary: Mean, lower and upper end, shape (3, T).
        unit: Of the numbers.
        axis: What the vertical axis is called.
        reported: What the report says at the last day; None where the last day is all that it says.
        since: First day of the test where days before it are shown too; empty otherwise.
        told: The course in words.
    """

    days: list[str]
    summary: np.ndarray
    unit: str
    axis: str
    reported: Amount | None
    since: str
    told: str


def treatments(test: ReadTest) -> list[str]:
    """What can be compared with the control over time; empty for tests of creatives."""
    if test.readout.kind == "geo":
        return list(dict.fromkeys(test.readout.series["cell"]))
    return [] if test.readout.course.empty else list(dict.fromkeys(test.readout.course["variant"]))


def metrics(test: ReadTest) -> list[str]:
    """What was measured over time, money first."""
    if test.readout.kind == "geo":
        return [MARKETS_METRIC]
    if test.readout.course.empty:
        return []
    order = {"profit": 0, "primary": 1, "guardrail": 2}
    known = test.readout.course[["metric", "role"]].drop_duplicates()
    ranked = sorted(known.itertuples(index=False), key=lambda row: order.get(str(row[1]), 3))
    return [str(row[0]) for row in ranked]


def course_of(test: ReadTest, treatment: str, metric: str) -> Course | None:
    """None where the test has no course, or none yet that holds enough outcomes."""
    if test.readout.kind == "geo":
        return _weekly(test.readout, treatment)
    rows = test.readout.course
    if rows.empty:
        return None
    rows = rows[(rows["variant"] == treatment) & (rows["metric"] == metric)]
    enough = rows[rows["enough"]]
    return None if enough.empty else _daily(test.readout, rows, enough, treatment, metric)


def no_course(test: ReadTest) -> str:
    """Why `course_of` has nothing to show."""
    if test.readout.kind == "creative":
        return "Tests of creatives are judged as a whole: they have no course over days."
    if test.readout.course.empty:
        return "This readout knows no day of assignment; where the units have one, read the test out again to see its course."
    return "On no day so far were there outcomes enough for an interval of this measure."


def reported(readout: SavedReadout, treatment: str, metric: str) -> Amount:
    """What the report says of a metric of a test on users."""
    if metric == PROFIT:
        profit = readout.estimate(PROFIT, treatment)
        return Amount(profit.estimate, profit.lower, profit.upper, profit.unit)
    found = readout.effects
    (row,) = found[(found["variant"] == treatment) & (found["metric"] == metric)].to_dict("records")
    return Amount(row["absolute"], row["absolute_lower"], row["absolute_upper"], change_unit(row["unit"]))


def change_unit(unit: str) -> str:
    """Proportions change by points."""
    return POINTS if unit == "%" else unit


def _daily(readout: SavedReadout, rows: pd.DataFrame, enough: pd.DataFrame, treatment: str, metric: str) -> Course:
    last, unit = enough.iloc[-1], change_unit(str(enough["unit"].iloc[-1]))
    final = reported(readout, treatment, metric)
    always = Amount(last["absolute"], last["absolute_lower"], last["absolute_upper"], unit)
    same = bool(np.isclose(always.width, final.width, rtol=1e-6))
    clear = enough[(enough["absolute_lower"] > 0) | (enough["absolute_upper"] < 0)]
    label, level = metric.replace("_", " "), percent(float(last["level"]), 0)
    until_then = "On none of these days had chance been ruled out." if clear.empty else _clear_since(clear, enough)
    closing = (
        "" if same else f" The report's own interval, {final.between}, is that of its planned reading, and narrower."
    )
    scarce = len(rows) - len(enough)
    days = "day" if scarce == 1 else f"{scarce} days"
    left_out = f" The first {days} held too few outcomes for an interval." if scarce else ""
    return Course(
        days=[f"{day:%Y-%m-%d}" for day in enough["date"]],
        summary=enough[["absolute", "absolute_lower", "absolute_upper"]].to_numpy().T,
        unit=unit,
        axis=f"{label.capitalize()}, change against control" if metric != PROFIT else "Profit so far",
        reported=None if same else final,
        since="",
        told=f"With the {count(last['units'])} users assigned by {last['date']:%-d %b %Y}, {label} "
        f"{'stood at' if metric == PROFIT else 'had changed by'} {always.told}. {until_then} These {level} intervals hold on all "
        f"days at once, however often the test was looked at; each counts the users assigned by its day with what is known of them "
        f"now.{closing}{left_out}",
    )


def _clear_since(clear: pd.DataFrame, enough: pd.DataFrame) -> str:
    first = clear.iloc[0]["date"]
    stayed = len(clear) == int((enough["date"] >= first).sum())
    after = "and on every later one" if stayed else "though not on every later one"
    return f"Chance was first ruled out on {first:%-d %b %Y}, {after}."


def _weekly(readout: SavedReadout, cell: str) -> Course:
    """Weekly difference of treated markets and their synthetic control, in the report's money; the band is what weeks before vary by."""
    series = readout.series[readout.series["cell"] == cell].sort_values("date")
    (value,) = readout.cells[readout.cells["cell"] == cell].to_dict("records")
    per_unit = value["value"] / float(series.loc[series["tested"], "effect"].sum())
    days = pd.DatetimeIndex(series["date"])
    start = days[series["tested"].to_numpy()][0]
    week = (days - start).days // DAYS_A_WEEK
    whole = (
        series.assign(week=week)
        .groupby("week")
        .agg(effect=("effect", "sum"), date=("date", "first"), tested=("tested", "all"), size=("effect", "size"))
    )
    whole = whole[whole["size"] == whole["size"].max()]
    gain = whole["effect"].to_numpy() * per_unit
    usual = np.quantile(gain[~whole["tested"].to_numpy()], [(1 - USUAL) / 2, (1 + USUAL) / 2])
    total = Amount(value["value"], value["value_lower"], value["value_upper"], readout.currency)
    above = int((gain[whole["tested"].to_numpy()] > usual[1]).sum())
    tested = int(whole["tested"].sum())
    return Course(
        days=[f"{day:%Y-%m-%d}" for day in whole["date"]],
        summary=np.stack([gain, *(np.full(len(gain), end) for end in usual)]),
        unit=readout.currency,
        axis="Revenue against comparison, a week",
        reported=None,
        since=f"{start:%Y-%m-%d}",
        told=f"Since {start:%-d %b %Y}, the treated markets brought {total.told} more than their comparison; in {above} of {tested} weeks "
        f"they were above what nine in ten weeks before the test stayed within, the band. A test in markets is judged once, at its end.",
    )
