"""Page one of a segmentation: what customers will bring, where it is, what is at risk, how far to believe it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.orders import OrderCounts
from workbench.result import Estimate
from workbench.segments.calibration import Calibration
from workbench.segments.correction import Correction
from workbench.wording import count, interval, money, number, percent

AT_RISK = "At risk, valuable"


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
    """First how far to believe the forecast, then sentences in order of the money at stake, last what moved since the last run."""
    listed: list[dict[str, Any]] = estimates.to_dict("records")  # type: ignore[assignment]
    rows = {(row["quantity"], row["entity"]): Estimate(**row) for row in listed}
    worth = "profit" if _has_margin(counts) else "revenue"
    horizon = f"{config.horizon} {config.time_unit}s"
    total = rows["future_value", "all customers"]
    sentences = [_holdout(calibration, correction)]
    sentences.append(
        _future_value(total, segments, worth, horizon, currency, valued_at, dropout_known)
        + f" {subscriptions}".rstrip()
    )
    sentences.append(_concentration(segments, rows, currency))
    if dropout_known and segments.set_index("segment").customers.get(AT_RISK, 0):
        sentences.append(_at_risk(segments, rows["value_at_risk", AT_RISK], currency, horizon))
    return tuple(sentence for sentence in (*sentences, acquisition, movement) if sentence)


def _has_margin(counts: OrderCounts) -> bool:
    return not np.isclose(counts.profit, counts.gross_revenue)


def _future_value(
    total: Estimate,
    segments: pd.DataFrame,
    worth: str,
    horizon: str,
    currency: str,
    valued_at: date,
    dropout_known: bool,
) -> str:
    limits = (
        f" ({percent(total.level, 0)} interval of the expected total: {interval(total.lower, total.upper, currency)})"
    )
    text = (
        f"The {count(segments.customers.sum())} customers known on {valued_at:%-d %B %Y} are expected to bring "
        f"{money(total.estimate, currency)} of discounted {worth} over the next {horizon}{limits}"
    )
    return f"{text}." if dropout_known else f"{text}, if nobody leaves: the orders can't show who has left."


def _concentration(segments: pd.DataFrame, rows: dict[tuple[str, str], Estimate], currency: str) -> str:
    top = segments.iloc[int(np.argmax(segments.value))]
    value = rows["future_value", str(top.segment)]
    return (
        f"{top.segment} are {percent(top.share_of_customers)} of customers and {percent(top.share_of_value)} of that value: "
        f"{money(value.estimate, currency)} ({interval(value.lower, value.upper, currency)}). "
        f"{top.action}."
    )


def _at_risk(segments: pd.DataFrame, stake: Estimate, currency: str, horizon: str) -> str:
    customers = int(segments.customers[segments.segment == AT_RISK].sum())
    return (
        f"{count(customers)} valuable customers have probably stopped buying: if all of them came back they would bring "
        f"{money(stake.estimate, currency)} more over {horizon} ({interval(stake.lower, stake.upper, currency)}), "
        "which is the most that winning them back can be worth."
    )


def _holdout(calibration: Calibration | str, correction: Correction) -> str:
    if isinstance(calibration, str):
        return calibration
    if np.isnan(calibration.bias):
        return "Nobody bought in the holdout, so these values have no support in recent orders."
    direction = "fewer" if calibration.bias < 0 else "more"
    limits = interval(calibration.bias_lower, calibration.bias_upper, "%")
    text = (
        f"Tested on {calibration.first_day:%-d %B %Y} to {calibration.last_day:%-d %B %Y}, days that it had not seen, the forecast was "
        f"{count(calibration.expected)} purchases and {count(calibration.actual)} came: {percent(abs(calibration.bias))} {direction} "
        f"expected than came (bias {limits}). Tenth by tenth of customers it was off by {percent(calibration.decile_error)}"
    )
    return text + (
        f". All values below are scaled by {number(correction.factor)} for it." if correction.factor != 1 else "."
    )
