"""Page one says the money first, then how sure it is; the holdout fits wherever as many days are left to learn from."""

from dataclasses import fields
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from workbench.config import Segmentation
from workbench.customers.order_counts import OrderCounts
from workbench.result import Estimate, estimates_frame
from workbench.segments.calibration import Calibration
from workbench.segments.checks import holdout_check
from workbench.segments.correction import Correction
from workbench.segments.findings import AT_RISK, write_findings
from workbench.segments.periods import plan_periods


def counts(**known: Any) -> OrderCounts:
    numbers = dict.fromkeys((field.name for field in fields(OrderCounts)), 0)
    return OrderCounts(**(numbers | {"gross_revenue": 100.0, "profit": 100.0, "policy": "ignore"} | known))  # type: ignore[arg-type]


def judged(expected: float, lower: float, upper: float) -> Calibration:
    return Calibration(
        table=pd.DataFrame(),
        expected=expected,
        actual=100.0,
        bias=expected / 100 - 1,
        bias_lower=lower,
        bias_upper=upper,
        log_error=0.1,
        decile_error=0.3,
        error=1.0,
        naive=SimpleNamespace(),  # type: ignore[arg-type]
        first_day=date(2025, 1, 1),
        last_day=date(2025, 3, 31),
    )


def findings(calibration: Calibration | str, *, lost: int = 2, factor: float = 1.0) -> tuple[str, ...]:
    names = ["Champions", AT_RISK]
    segments = pd.DataFrame(
        {
            "segment": names,
            "customers": [8, lost],
            "value": [900.0, 100.0],
            "share_of_customers": [0.8, 0.2],
            "share_of_value": [0.9, 0.1],
            "action": ["Protect", "Win back"],
        }
    )
    totals = {
        ("future_value", "all customers"): 1000.0,
        ("realised_value", "all customers"): 1000.0,
        ("realised_value", names[0]): 900.0,
        ("future_value", names[0]): 900.0,
        ("value_at_risk", AT_RISK): 50.0,
    }
    rows = [
        Estimate(quantity=name, entity=of, estimate=value, lower=0.9 * value, upper=1.1 * value, unit="EUR", level=0.95)
        for (name, of), value in totals.items()
    ]
    return write_findings(
        segments,
        estimates_frame(rows),
        calibration,
        counts(),
        Segmentation(),
        currency="EUR",
        valued_at=date(2025, 3, 31),
        dropout_known=True,
        correction=Correction(factor=factor),
        subscriptions="",
        acquisition="",
        movement="",
    )


def test_the_money_stands_first_then_how_sure_it_is() -> None:
    money, sure, *_ = findings(judged(98.0, -0.1, 0.06))
    assert "€1k of discounted revenue" in money
    assert "€900 to €1.1k in 19 of 20 cases, if customers go on as before" in money
    assert "expected 98 purchases and 100 came: 2.0% too few" in sure


@pytest.mark.parametrize(
    ("expected", "lower", "upper", "told"), [(80.0, -0.3, -0.1, "€1.25k"), (125.0, 0.1, 0.4, "€800")]
)
def test_a_bias_beyond_chance_is_told_in_money(expected: float, lower: float, upper: float, told: str) -> None:
    assert findings(judged(expected, lower, upper))[1].endswith(f"If it is as far off again, €1k becomes {told}.")


def test_a_bias_that_chance_explains_or_that_was_corrected_changes_no_money() -> None:
    assert "becomes" not in findings(judged(80.0, -0.3, 0.1))[1]
    corrected = findings(judged(80.0, -0.3, -0.1), factor=1.2)[1]
    assert corrected.endswith("All values are scaled by 1.2 for it.")


def test_what_was_not_tested_is_said_once_with_its_mend() -> None:
    reason = "The forecast was not tested: no holdout fits."
    assert reason not in " ".join(findings(reason))
    assert holdout_check(reason).detail.startswith(f"{reason} Shorten segmentation.holdout")


def test_one_customer_is_one() -> None:
    assert "1 valuable customer has probably stopped buying" in findings("none", lost=1)[3]
    assert findings("none", lost=2)[3].endswith("Win back.")


@pytest.mark.parametrize(("days", "fits"), [(545, False), (546, True)])
def test_the_holdout_fits_where_as_many_days_are_left(days: int, fits: bool) -> None:
    """CDNOW: 78 weeks from 1997-01-01 to 1998-06-30, published as 39 weeks of calibration up to 1997-09-30 and 39 of holdout."""
    first = date(1997, 1, 1)
    planned = plan_periods(first, first + timedelta(days=days - 1), Segmentation(time_unit="week", holdout=39), None)
    assert planned.calibration_end == (date(1997, 9, 30) if fits else None)
