"""All numbers of a segmentation as estimates with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.result import Estimate, estimates_frame
from workbench.segments.calibration import Calibration
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.valuation import LEVEL, Fitted, Totals


def write_estimates(
    model: PurchaseModel,
    fitted: Fitted,
    segments: pd.DataFrame,
    totals: Totals,
    calibration: Calibration | str,
    config: Segmentation,
    currency: str,
) -> pd.DataFrame:
    everybody = _total("future_value", "all customers", float(segments.value.sum()), totals.value.sum(axis=1), currency)
    rows = [everybody]
    for position, row in enumerate(segments.itertuples()):
        name = str(row.segment)
        rows.append(_total("future_value", name, float(row.value), totals.value[:, position], currency))  # type: ignore[arg-type]
        if fitted.dropout_known:
            rows.append(_total("value_at_risk", name, float(row.value_at_risk), totals.at_risk[:, position], currency))  # type: ignore[arg-type]
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
    rows += _parameters(fitted.purchases, model.name, {"alpha": f"{config.time_unit}s"})
    rows += _parameters(fitted.spend, "Gamma-Gamma", {"gamma": currency})
    return estimates_frame(rows)


def _total(quantity: str, entity: str, estimate: float, draws: np.ndarray, currency: str) -> Estimate:
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
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
