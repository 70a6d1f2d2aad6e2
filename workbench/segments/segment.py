"""From orders to segments with a value, a rule and an action each."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.consent import records_consent
from workbench.customers.orders import Population, select_population
from workbench.errors import FitError
from workbench.result import Check, Provenance
from workbench.segments import checks
from workbench.segments.calibration import COLUMNS, Calibration, calibrate, purchases_over_time
from workbench.segments.estimates import write_estimates
from workbench.segments.findings import write_findings
from workbench.segments.materialise import materialised
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.naming import name_customers
from workbench.segments.order_checks import order_checks
from workbench.segments.outcome import SegmentationResult
from workbench.segments.periods import Periods, plan_periods
from workbench.segments.rules import Cutoffs
from workbench.segments.summaries import as_triples, customer_summaries, unique_histories
from workbench.segments.valuation import DRAWS, LEVEL, Fitted, fit_models


def segment_customers(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    config: Segmentation,
    *,
    provenance: Provenance,
    currency: str,
    seed: int,
    calibration_end: date | None = None,
    cutoffs: Cutoffs | None = None,
) -> SegmentationResult:
    """Summarise customers in the engine, model their purchases and spend, value them, and name segments by rules.

    Args:
        transactions: Validated canonical table.
        customers: Validated canonical table, None where there is none.
        calibration_end: Last day to learn from; later days are the holdout. By default the last `config.holdout` units
            judge the model, which is then fitted on all days.
        cutoffs: Those of an earlier result, to keep segments comparable; by default made from the data.

    Raises:
        DataError: If no order can be used.
        SpecError: If `calibration_end` lies outside the orders.
        FitError: If the orders can't support the models.
    """
    model: PurchaseModel = BGNBD()
    population = select_population(
        transactions,
        customers,
        require_consent=config.require_consent,
        margin=config.margin,
        returns=config.returns,
        smallest_order=config.smallest_order,
    )
    periods = plan_periods(population.counts, config, calibration_end)
    calibration = _judge(model, population, periods, config, seed)
    summarised = customer_summaries(population.purchases, until=periods.valued_at)
    with materialised(summarised) as summaries:
        fitted = fit_models(model, summaries, config)
        named = name_customers(model, fitted, summaries, population, periods, config, currency, seed, cutoffs)
    segments = named.segments
    estimates = write_estimates(model, fitted, segments, named.totals, calibration, config, currency)
    return SegmentationResult(
        title="Customer segments and their value",
        estimates=estimates,
        checks=_checks(model, fitted, population, calibration, config, currency, recorded=records_consent(customers)),
        findings=write_findings(
            segments,
            estimates,
            calibration,
            population.counts,
            config,
            currency=currency,
            valued_at=periods.valued_at,
            dropout_known=fitted.dropout_known,
        ),
        provenance=provenance,
        segments=segments,
        memberships=named.memberships,
        calibration=pd.DataFrame(columns=list(COLUMNS)) if isinstance(calibration, str) else calibration.table,
        cutoffs=named.cutoffs,
        currency=currency,
        time_unit=config.time_unit,
        horizon=config.horizon,
    )


def _judge(
    model: PurchaseModel, population: Population, periods: Periods, config: Segmentation, seed: int
) -> Calibration | str:
    """Calibration on the holdout, or the sentence that says why there is none."""
    end, until = periods.calibration_end, periods.holdout_until
    if end is None:
        return (
            f"The model was not tested: no holdout of {config.holdout} {config.time_unit}s fits into the orders from "
            f"{periods.first_day} to {until} and leaves as much to learn from."
        )
    summaries = customer_summaries(population.purchases, until=end, holdout_until=until)
    histories = unique_histories(summaries)
    over_time = purchases_over_time(
        population.purchases, calibration_end=end, holdout_until=until, time_unit=config.time_unit
    )
    try:
        fit = model.fit(as_triples(histories, config.time_unit))
    except FitError as error:
        return f"The model was not tested: up to {end}, {error}."
    return calibrate(model, fit, histories, over_time, time_unit=config.time_unit, level=LEVEL, draws=DRAWS, seed=seed)


def _checks(
    model: PurchaseModel,
    fitted: Fitted,
    population: Population,
    calibration: Calibration | str,
    config: Segmentation,
    currency: str,
    *,
    recorded: bool,
) -> tuple[Check, ...]:
    triples = fitted.triples
    one_time = float(triples.customers[triples.frequency == 0].sum())
    return (
        checks.holdout_check(calibration),
        checks.dropout_check(fitted.dropout_evidence),
        checks.identification_check(fitted.purchases, model.name),
        checks.identification_check(fitted.spend, "Gamma-Gamma"),
        fitted.independence,
        checks.consent_check(population.counts, config, recorded=recorded),
        *order_checks(population.counts, currency),
        *(
            [checks.one_time_check(float(triples.customers.sum()), one_time, model.name)]
            if model.one_time_buyers_always_alive()
            else []
        ),
    )
