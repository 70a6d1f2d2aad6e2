"""What a segmentation found, written up: estimates, checks, sentences and tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.result import Check, Provenance
from workbench.segments import checks
from workbench.segments.acquisition import Acquisition
from workbench.segments.calibration import COLUMNS, Calibration
from workbench.segments.estimates import write_estimates
from workbench.segments.findings import write_findings
from workbench.segments.movement.compare import cutoffs_check, frozen_in, movement_checks, movement_finding
from workbench.segments.movement.previous import Previous
from workbench.segments.order_checks import order_checks
from workbench.segments.outcome import SegmentationResult
from workbench.segments.periods import Periods
from workbench.segments.portrait import Portrait
from workbench.segments.running_subscriptions import RunningSubscriptions
from workbench.segments.valuation import Fitted


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that the steps of a segmentation found."""

    population: Population
    periods: Periods
    calibration: Calibration | str
    fitted: Fitted
    acquired: Acquisition
    seen: Portrait
    running: RunningSubscriptions
    previous: Previous | None
    consent_recorded: bool


def write_up(found: Found, config: Segmentation, currency: str, provenance: Provenance) -> SegmentationResult:
    seen, acquired, movement = found.seen, found.acquired, found.seen.movement
    estimates = write_estimates(found.fitted, seen.segments, seen.totals, found.calibration, config, currency)
    return SegmentationResult(
        title="Customer segments and their value",
        estimates=estimates,
        checks=_checks(found, config, currency),
        findings=_findings(found, estimates, config, currency),
        provenance=provenance,
        segments=seen.segments,
        profile=seen.profile,
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
        calibration=_calibration_table(found.calibration),
        models=found.fitted.choice.table,
        groups=acquired.groups,
        channels=acquired.channels,
        covariates=acquired.covariates,
        spreads=acquired.spreads,
        subscriptions=found.running.table,
        retention=found.running.retention,
        cutoffs=seen.cutoffs,
        frozen_by=frozen_in(seen.cutoffs, found.previous),
        last_run="" if found.previous is None else found.previous.run,
        valued_at=found.periods.valued_at,
        currency=currency,
        time_unit=config.time_unit,
        horizon=config.horizon,
        notes=seen.notes | ({"subscriptions": found.running.note} if found.running.note else {}),
    )


def _calibration_table(calibration: Calibration | str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS)) if isinstance(calibration, str) else calibration.table


def _findings(found: Found, estimates: pd.DataFrame, config: Segmentation, currency: str) -> tuple[str, ...]:
    return write_findings(
        found.seen.segments,
        estimates,
        found.calibration,
        found.population.counts,
        config,
        currency=currency,
        valued_at=found.periods.valued_at,
        dropout_known=found.fitted.dropout_known,
        correction=found.fitted.correction,
        subscriptions=found.running.finding,
        acquisition=found.acquired.finding,
        movement=movement_finding(found.seen.movement, found.previous, currency),
    )


def _checks(found: Found, config: Segmentation, currency: str) -> tuple[Check, ...]:
    return (
        *_forecast_checks(found.fitted, found.calibration),
        checks.consent_check(found.population.counts, config, recorded=found.consent_recorded),
        *order_checks(found.population.counts, currency),
        *found.acquired.checks,
        *found.running.checks,
        *movement_checks(found.seen.movement, found.previous, config),
        cutoffs_check(found.seen.cutoffs, frozen_in(found.seen.cutoffs, found.previous), found.previous),
    )


def _forecast_checks(fitted: Fitted, calibration: Calibration | str) -> tuple[Check, ...]:
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
        *([checks.one_time_check(float(triples.customers.sum()), one_time, model.name)] if always_alive else []),
    )
