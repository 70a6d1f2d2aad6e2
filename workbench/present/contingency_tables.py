"""What would make us change, as a report shows it: triggers, orders, scenarios and the reserve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.present.display import Display, figure, listed, table
from workbench.present.figures import contingency as figures
from workbench.scenarios.contingency import contingency_findings, labelled
from workbench.scenarios.contingency.compare import plan_difference, revenue_difference
from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.states import EXPECTED, in_words
from workbench.scenarios.problem import Labels
from workbench.wording import interval, signed

# Columns that say what they hold.
SHOWN = {"kept_revenue": "by_present_plan", "gap": "short_of_best"}


def contingency_displays(
    found: Contingency,
    currency: str,
    compared: tuple[str, str] | None = None,
    *,
    labels: Labels | None = None,
) -> Iterator[Display]:
    """Charts and tables in the order in which questions come up.

    Args:
        found: The contingencies.
        currency: ISO 4217 code.
        compared: Names of two scenarios; unset for the plan and the scenario whose own plan is worth most.
        labels: How channels and markets are called.
    """
    found = labelled(found, labels or Labels())
    yield listed(contingency_findings(found, currency)[1:])
    yield figure(
        figures.trigger_bounds(found),
        caption="By how much the sum since the first week may miss the plan before a trigger sounds. Bounds hold for all weeks "
        "and quantities together.",
    )
    yield table(
        detection_table(found),
        caption="How often triggers sound in simulated quarters of each world, and when. Bounds of 10% around each week are "
        "shown for comparison.",
        formats=dict.fromkeys(["probability", "triggers_sound_in", "bounds_of_10%_sound_in"], "%"),
    )
    yield figure(
        figures.order_of_moves(found, currency),
        caption="What each step of cutting loses and each step of adding brings, with the channel that moves most. Steps are "
        "followed from the first as far as needed.",
    )
    yield from _orders(found, currency)
    yield figure(
        figures.scenarios_side_by_side(found, currency),
        caption="Revenue that media cause in each world, by its own plan and by the present one.",
    )
    money = ["budget", "spend", "revenue", "kept_revenue", "gain", "gain_lower", "gain_upper"]
    yield table(
        found.scenarios.assign(scenario=found.scenarios["scenario"].map(in_words))[
            ["scenario", "probability", "from_week", *money, "gap"]
        ].rename(columns=SHOWN),
        caption="Plans made ahead. Gain is what the world's own plan is worth above the present one in that world, after media.",
        formats=dict.fromkeys([SHOWN.get(name, name) for name in money], currency)
        | {"probability": "%", SHOWN["gap"]: "%", "from_week": "int"},
    )
    if compared or len(found.scenarios) > 1:
        yield scenario_difference(found, currency, *(compared or (EXPECTED, _worth_most(found))))
    yield from _reserve(found, currency)


def _orders(found: Contingency, currency: str) -> Iterator[Display]:
    for order, name in ((found.cut_order, "cut"), (found.reinvest_order, "add")):
        if len(order):
            yield table(
                order_summary(order),
                caption=f"In which order to {name}; market and week of every step are in contingency.json.",
                formats=dict.fromkeys(["amount", "budget", "value", "value_lower", "value_upper"], currency),
            )


def _reserve(found: Contingency, currency: str) -> Iterator[Display]:
    if found.reserve.quarters:
        yield table(
            found.reserve_curve.iloc[np.linspace(0, len(found.reserve_curve) - 1, 6).astype(int)],
            caption="What money held back for an opportunity would bring on average, above holding nothing back.",
            formats=dict.fromkeys(found.reserve_curve.columns, currency),
        )


def scenario_difference(found: Contingency, currency: str, first: str, second: str) -> Display:
    """What the second scenario's plan spends otherwise than the first's, channel by channel."""
    estimate, lower, upper = revenue_difference(found.scenario_draws, first, second)
    return table(
        plan_difference(found.scenario_plans, first, second).rename(
            columns={"first": in_words(first), "second": in_words(second)}
        ),
        caption=f"Spend if {in_words(second)} comes true against {in_words(first)}; each in its world, the plans cause "
        f"{signed(estimate, currency)} of revenue (90% interval {interval(lower, upper, currency)}).",
        formats=dict.fromkeys([in_words(first), in_words(second), "change"], currency) | {"relative_change": "%"},
    )


def _worth_most(found: Contingency) -> str:
    others = found.scenarios[found.scenarios["scenario"] != EXPECTED]
    return str(others.sort_values("gain")["scenario"].iloc[-1])


def detection_table(found: Contingency) -> pd.DataFrame:
    """How often and when triggers sound, by world."""
    frame = found.detection
    # A yardstick has no probability.
    known = frame["probability"].where(frame["probability"] > 0)
    return frame.assign(scenario=frame["scenario"].map(in_words), probability=known)[
        ["scenario", "probability", "caught", "median_week", "naive"]
    ].rename(columns={"caught": "triggers_sound_in", "median_week": "half_by_week", "naive": "bounds_of_10%_sound_in"})


def order_summary(order: pd.DataFrame) -> pd.DataFrame:
    """One row a step: the channels that it moves, all markets, largest first."""
    by_channel = order.groupby(["step", "channel"], sort=False)["amount"].sum().reset_index()
    named = by_channel.sort_values("amount", ascending=False).groupby("step")["channel"].agg(", ".join)
    steps = order.groupby("step").agg(
        {"amount": "sum"} | dict.fromkeys(["budget", "value", "value_lower", "value_upper", "return"], "first")
    )
    steps.insert(0, "channels", named)
    return steps.reset_index()
