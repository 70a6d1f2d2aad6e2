"""From orders to segments with a value, a rule and an action each."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.consent import records_consent
from workbench.customers.orders import Population, select_population
from workbench.result import Check, Provenance
from workbench.segments import checks
from workbench.segments.acquisition import value_of_acquisition
from workbench.segments.calibration import COLUMNS, Calibration
from workbench.segments.estimates import write_estimates
from workbench.segments.findings import write_findings
from workbench.segments.judging import judge_models
from workbench.segments.materialise import materialised
from workbench.segments.movement.compare import cutoffs_check, frozen_in, movement_checks, movement_finding
from workbench.segments.order_checks import order_checks
from workbench.segments.outcome import CustomerSegments, SegmentationResult
from workbench.segments.periods import plan_periods
from workbench.segments.portrait import Series, portray
from workbench.segments.summaries import customer_summaries
from workbench.segments.valuation import Fitted, fit_models

ALONE = Series()


def segment_customers(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    config: Segmentation,
    *,
    provenance: Provenance,
    currency: str,
    seed: int,
    calibration_end: date | None = None,
    media: ibis.Table | None = None,
    touchpoints: ibis.Table | None = None,
    series: Series = ALONE,
    smallest_group: int = 50,
) -> CustomerSegments:
    """Summarise customers in the engine, model their purchases and spend, value them, and name segments by rules.

    Args:
        transactions: Validated canonical table.
        customers: Validated canonical table, None where there is none.
        calibration_end: Last day to learn from; later days are the holdout. By default the last `config.holdout` units
            judge the model, which is then fitted on all days.
        media: Validated canonical table, for what acquisition channels cost; None where there is none.
        touchpoints: Validated canonical table, for where customers are reached; None where there is none.
        series: The last run, to keep its cut-offs and to be compared with.
        smallest_group: Customers that a micro-segment needs to be shown.

    Raises:
        DataError: If no order can be used.
        SpecError: If `calibration_end` lies outside the orders.
        FitError: If the orders can't support the models.
    """
    population = select_population(
        transactions,
        customers,
        require_consent=config.require_consent,
        margin=config.margin,
        returns=config.returns,
        smallest_order=config.smallest_order,
    )
    periods = plan_periods(population.counts, config, calibration_end)
    judged = judge_models(population, periods, config, seed=seed)
    summarised = customer_summaries(population.purchases, until=periods.valued_at)
    with materialised(summarised) as summaries:
        fitted = fit_models(judged, summaries, config)
        acquired = value_of_acquisition(
            fitted, summaries, transactions, customers, media, population.counts, config, currency, seed=seed
        )
        seen = portray(
            fitted,
            summaries,
            population,
            periods,
            customers,
            touchpoints,
            config,
            series,
            currency,
            smallest_group=smallest_group,
            seed=seed,
        )
    calibration, movement, previous = judged.calibration, seen.movement, series.previous
    segments, cutoffs, frozen_by = seen.segments, seen.cutoffs, frozen_in(seen.cutoffs, previous)
    estimates = write_estimates(fitted, segments, seen.totals, calibration, config, currency)
    result = SegmentationResult(
        title="Customer segments and their value",
        estimates=estimates,
        checks=(
            *_checks(fitted, population, calibration, config, currency, recorded=records_consent(customers)),
            *acquired.checks,
            *movement_checks(movement, previous, config),
            cutoffs_check(cutoffs, frozen_by, previous),
        ),
        findings=write_findings(
            segments,
            estimates,
            calibration,
            population.counts,
            config,
            currency=currency,
            valued_at=periods.valued_at,
            dropout_known=fitted.dropout_known,
            correction=fitted.correction,
            acquisition=acquired.finding,
            movement=movement_finding(movement, previous, currency),
        ),
        provenance=provenance,
        segments=segments,
        dots=seen.dots,
        migration=movement.migration,
        flows=movement.flows,
        drift=movement.drift,
        bins=movement.bins,
        clusters=seen.clusters.table,
        cluster_stability=seen.clusters.stability,
        engagement=seen.micro.engagement,
        affinity=seen.micro.affinity,
        micro=seen.micro.groups,
        calibration=pd.DataFrame(columns=list(COLUMNS)) if isinstance(calibration, str) else calibration.table,
        models=fitted.choice.table,
        groups=acquired.groups,
        channels=acquired.channels,
        covariates=acquired.covariates,
        spreads=acquired.spreads,
        cutoffs=cutoffs,
        frozen_by=frozen_by,
        last_run="" if previous is None else previous.run,
        valued_at=periods.valued_at,
        currency=currency,
        time_unit=config.time_unit,
        horizon=config.horizon,
        notes=seen.notes,
    )
    return CustomerSegments(result=result, members=seen.members)


def _checks(
    fitted: Fitted,
    population: Population,
    calibration: Calibration | str,
    config: Segmentation,
    currency: str,
    *,
    recorded: bool,
) -> tuple[Check, ...]:
    triples, model = fitted.triples, fitted.model
    one_time = float(triples.customers[triples.frequency == 0].sum())
    always_alive = model.one_time_buyers_always_alive()
    return (
        checks.holdout_check(calibration),
        *checks.naive_checks(calibration),
        checks.choice_check(fitted.choice),
        checks.dropout_check(fitted.dropout_evidence),
        checks.identification_check(fitted.purchases, model.name),
        checks.identification_check(fitted.spend, "Gamma-Gamma"),
        *checks.sample_checks({model.name: fitted.purchases, "Gamma-Gamma": fitted.spend}),
        fitted.independence,
        checks.consent_check(population.counts, config, recorded=recorded),
        *order_checks(population.counts, currency),
        *([checks.one_time_check(float(triples.customers.sum()), one_time, model.name)] if always_alive else []),
    )
