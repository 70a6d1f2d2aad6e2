"""A score's numbers as estimates with their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.propensity.metrics import LEVEL, Z
from workbench.propensity.profit_on_test import ProfitOnTest
from workbench.propensity.result import Card
from workbench.propensity.worth import Worth
from workbench.result import Estimate, estimates_frame

TENTHS = 5
PER = 1000


def write_estimates(
    models: pd.DataFrame,
    lifts: pd.DataFrame,
    card: Card,
    profit: tuple[float, float, float] | None,
    tested: ProfitOnTest | None,
    worth: Worth,
    currency: str,
) -> pd.DataFrame:
    """Metrics of both models, share of outcomes found by depth, and what acting on the selected brings."""
    measured: list[dict[str, Any]] = models[["metric", "model", "estimate", "lower", "upper"]].to_dict("records")  # type: ignore[assignment]
    found: list[dict[str, Any]] = lifts.head(TENTHS).to_dict("records")  # type: ignore[assignment]
    rows = [Estimate(quantity=row.pop("metric"), entity=row.pop("model"), level=LEVEL, **row) for row in measured]
    rows += [
        Estimate(
            quantity="share_of_outcomes",
            entity=f"top {10 * row['tenth']}%",
            estimate=row["gain"],
            lower=row["gain_lower"],
            upper=row["gain_upper"],
            unit="%",
            level=LEVEL,
        )
        for row in found
    ]
    if worth.known:
        spread = Z * worth.error if worth.error else np.nan
        rows.append(
            _money("value_of_outcome", card.noun, worth.value, worth.value - spread, worth.value + spread, currency)
        )
    if profit is not None:
        rows.append(_money("expected_profit", f"selected {card.noun}", *profit, currency))
    if tested is not None:
        came = tested.of_all
        rows.append(
            _money(
                "profit_on_test",
                f"per {PER:,} {card.noun}",
                PER * came.estimate,
                PER * came.lower,
                PER * came.upper,
                currency,
            )
        )
    return estimates_frame(rows)


def _money(quantity: str, entity: str, estimate: float, lower: float, upper: float, currency: str) -> Estimate:
    level = LEVEL if np.isfinite(lower) else np.nan
    return Estimate(
        quantity=quantity, entity=entity, estimate=estimate, lower=lower, upper=upper, unit=currency, level=level
    )
