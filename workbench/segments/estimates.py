"""All numbers of a segmentation as estimates with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.result import Estimate, estimates_frame
from workbench.segments.calibration import Calibration
from workbench.segments.models.likelihood import Fit
from workbench.segments.uncertainty import LEVEL
from workbench.segments.valuation import EVERYBODY, Fitted, Totals


def write_estimates(
    fitted: Fitted,
    segments: pd.DataFrame,
    totals: Totals,
    calibration: Calibration | str,
    config: Segmentation,
    currency: str,
) -> pd.DataFrame:
    rows = _values(EVERYBODY, float(segments.value.sum()), totals, currency)
    for row in segments.itertuples():
        name = str(row.segment)
        rows += _values(name, float(row.value), totals, currency)  # type: ignore[arg-type]
        if fitted.dropout_known:
            rows.append(_total("value_at_risk", name, float(row.value_at_risk), totals, currency))  # type: ignore[arg-type]
        rows.append(Estimate(quantity="customers", entity=name, estimate=float(row.customers), unit="customers"))  # type: ignore[arg-type]
    if isinstance(calibration, Calibration):
        rows.append(
            Estimate(
                quantity="holdout_bias",
                entity="purchases",
                estimate=calibration.bias,
                lower=calibration.bias_lower,
                upper=calibration.bias_upper,
                unit="%",
                level=LEVEL,
            )
        )
    for model, fit in {fitted.model.name: fitted.purchases, **fitted.others}.items():
        rows += _parameters(fit, model, dict.fromkeys(("alpha", "beta"), f"{config.time_unit}s"))
    rows += _parameters(fitted.spend, "Gamma-Gamma", {"gamma": currency})
    return estimates_frame(rows)


def _values(entity: str, estimate: float, totals: Totals, currency: str) -> list[Estimate]:
    return [_total(quantity, entity, estimate, totals, currency) for quantity in ("future_value", "realised_value")]


# What totals are intervals of: an expectation, or what may come with the chance of customers.
LIMITS = {"future_value": "value", "realised_value": "realised", "value_at_risk": "at_risk"}


def _total(quantity: str, entity: str, estimate: float, totals: Totals, currency: str) -> Estimate:
    lower, upper = totals.table.loc[entity, [f"{LIMITS[quantity]}_{end}" for end in ("lower", "upper")]].to_numpy(float)
    return Estimate(
        quantity=quantity,
        entity=entity,
        estimate=estimate,
        lower=float(lower),
        upper=float(upper),
        unit=currency,
        level=LEVEL,
    )


def _parameters(fit: Fit, model: str, units: dict[str, str]) -> list[Estimate]:
    rows = [
        Estimate(
            quantity=name,
            entity=model,
            estimate=float(value),
            lower=float(lower),
            upper=float(upper),
            unit=units.get(name, ""),
            level=LEVEL if known else np.nan,
        )
        for name, value, lower, upper, known in zip(
            fit.names, fit.parameters, *fit.interval(LEVEL), fit.known, strict=True
        )
    ]
    return [*rows, Estimate(quantity="log_likelihood", entity=model, estimate=fit.log_likelihood)]
