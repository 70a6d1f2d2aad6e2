"""Page one of a segmentation: what customers will bring, how far to believe it, where it is, what is at risk."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.order_counts import OrderCounts
from workbench.result import Estimate
from workbench.segments.calibration import Calibration
from workbench.segments.correction import Correction
from workbench.wording import count, interval, money, number, percent

AT_RISK = "At risk, valuable"
UNTESTED = "How sure this is can't be told: the forecast was not tested on days that it had not seen."


def write_findings(
    segments: pd.DataFrame,
    estimates: pd.DataFrame,
    calibration: Calibration | str,
    counts: OrderCounts,
    config: Segmentation,
    *,
    currency: str,
    valued_at: date,
    dropout_known: bool,
    correction: Correction,
    subscriptions: str,
    acquisition: str,
    movement: str,
) -> tuple[str, ...]:
    """The total and how far to believe it, then where it is in order of the money at stake, last what moved since the last run."""
    listed: list[dict[str, Any]] = estimates.to_dict("records")  # type: ignore[assignment]
    rows = {(row["quantity"], row["entity"]): Estimate(**row) for row in listed}
    worth = "profit" if _has_margin(counts) else "revenue"
    horizon = f"{config.horizon} {config.time_unit}s"
    total, realised = (rows[quantity, "all customers"] for quantity in ("future_value", "realised_value"))
    sentences = [
        _future_value(total, realised, segments, worth, horizon, currency, valued_at, dropout_known),
        _holdout(calibration, correction, total, currency),
        _concentration(segments, rows, currency),
    ]
    if dropout_known and segments.set_index("segment").customers.get(AT_RISK, 0):
        sentences.append(_at_risk(segments, rows["value_at_risk", AT_RISK], currency, horizon))
    return tuple(sentence for sentence in (*sentences, subscriptions, acquisition, movement) if sentence)


def _has_margin(counts: OrderCounts) -> bool:
    return not np.isclose(counts.profit, counts.gross_revenue)


def _future_value(
    total: Estimate,
    realised: Estimate,
    segments: pd.DataFrame,
    worth: str,
    horizon: str,
    currency: str,
    valued_at: date,
    dropout_known: bool,
) -> str:
    chance = f"{interval(realised.lower, realised.upper, currency)} in 19 of 20 cases, if customers go on as before"
    if np.isnan(realised.lower):
        expectation = interval(total.lower, total.upper, currency)
        chance = (
            f"{percent(total.level, 0)} interval of the expectation: {expectation}; a few huge orders may exceed it"
        )
    text = (
        f"The {count(segments.customers.sum())} customers known on {valued_at:%-d %B %Y} are expected to bring "
        f"{money(total.estimate, currency)} of discounted {worth} over the next {horizon} ({chance})"
    )
    return f"{text}." if dropout_known else f"{text}, if nobody leaves: the orders can't show who has left."


def _concentration(segments: pd.DataFrame, rows: dict[tuple[str, str], Estimate], currency: str) -> str:
    top = segments.iloc[int(np.argmax(segments.value))]
    value, realised = (rows[quantity, str(top.segment)] for quantity in ("future_value", "realised_value"))
    limits = value if np.isnan(realised.lower) else realised
    return (
        f"{top.segment} are {percent(top.share_of_customers)} of customers and {percent(top.share_of_value)} of that value: "
        f"{money(value.estimate, currency)} ({interval(limits.lower, limits.upper, currency)}). "
        f"{top.action}."
    )


def _at_risk(segments: pd.DataFrame, stake: Estimate, currency: str, horizon: str) -> str:
    lost = segments[segments.segment == AT_RISK].iloc[0]
    one = lost.customers == 1
    who = "1 valuable customer has" if one else f"{count(lost.customers)} valuable customers have"
    return (
        f"{who} probably stopped buying: winning {'it' if one else 'all of them'} back would bring at most "
        f"{money(stake.estimate, currency)} more over {horizon} ({interval(stake.lower, stake.upper, currency)}). {lost.action}."
    )


def _holdout(calibration: Calibration | str, correction: Correction, total: Estimate, currency: str) -> str:
    if isinstance(calibration, str):
        return UNTESTED
    if np.isnan(calibration.bias):
        return "Nobody bought in the holdout, so these values have no support in recent orders."
    limits = interval(calibration.bias_lower, calibration.bias_upper, "%")
    return (
        f"Tested on days that it had not seen, {calibration.first_day:%-d %B %Y} to {calibration.last_day:%-d %B %Y}, the forecast "
        f"expected {count(calibration.expected)} purchases and {count(calibration.actual)} came: {percent(abs(calibration.bias))} too "
        f"{'few' if calibration.bias < 0 else 'many'} (bias {limits}). Tenth by tenth of customers it was off by "
        f"{percent(calibration.decile_error)}.{_consequence(calibration, correction, total, currency)}"
    )


def _consequence(calibration: Calibration, correction: Correction, total: Estimate, currency: str) -> str:
    """What the bias means for the money, where it is more than chance; the total's own interval knows nothing of it."""
    if correction.factor != 1:
        return f" All values are scaled by {number(correction.factor)} for it."
    if calibration.bias_lower <= 0 <= calibration.bias_upper:
        return ""
    missed = money(total.estimate / (1 + calibration.bias), currency)
    return f" If it is as far off again, {money(total.estimate, currency)} becomes {missed}."
