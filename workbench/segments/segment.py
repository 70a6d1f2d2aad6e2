"""From orders to segments with a value, a rule and an action each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

from workbench.config.analyses import Segmentation
from workbench.errors import FitError
from workbench.result import Check, Estimate, Provenance, estimates_frame
from workbench.segments import checks
from workbench.segments.bgnbd import BGNBD
from workbench.segments.calibration import COLUMNS, Calibration, calibrate, purchases_over_time
from workbench.segments.draws import purchases_by_draw, spend_by_draw, totals_by_draw
from workbench.segments.findings import write_findings
from workbench.segments.gamma_gamma import fit_gamma_gamma
from workbench.segments.likelihood import Fit
from workbench.segments.materialise import materialised
from workbench.segments.outcome import SegmentationResult
from workbench.segments.periods import Periods, plan_periods
from workbench.segments.population import Population, records_consent, select_population
from workbench.segments.purchase_model import PurchaseModel
from workbench.segments.rules import RULES, Cutoffs, assign_segments, describe_segments, make_cutoffs
from workbench.segments.summaries import (
    Triples,
    as_triples,
    customer_summaries,
    repeat_spend,
    unique_histories,
    units_per_year,
)
from workbench.segments.value import Horizon, discounted_horizon, group_histories, score_histories, value_customers

LEVEL = 0.95
DRAWS = 200


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The two models at the day of valuation, and what they were fitted on."""

    histories: pd.DataFrame
    triples: Triples
    purchases: Fit
    spend: Fit
    dropout_evidence: float
    independence: Check

    @property
    def dropout_known(self) -> bool:
        return checks.dropout_is_known(self.dropout_evidence)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Uncertain totals by segment, shape (draws, segments) each, currency."""

    value: np.ndarray
    at_risk: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Named:
    """Customers by segment, and where segments begin."""

    segments: pd.DataFrame
    memberships: pd.DataFrame
    totals: Totals
    cutoffs: Cutoffs


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
        transactions, customers, require_consent=config.require_consent, margin=config.margin
    )
    periods = plan_periods(population.counts, config, calibration_end)
    calibration = _judge(model, population, periods, config, seed)
    summarised = customer_summaries(population.purchases, until=periods.valued_at)
    with materialised(summarised) as summaries:
        fitted = _fit(model, summaries, config)
        named = _name(model, fitted, summaries, population, periods, config, currency, seed, cutoffs)
    segments = named.segments
    estimates = _estimates(model, fitted, segments, named.totals, calibration, config, currency)
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


def _fit(model: PurchaseModel, summaries: ibis.Table, config: Segmentation) -> Fitted:
    histories = unique_histories(summaries)
    triples = as_triples(histories, config.time_unit)
    purchases = model.fit(triples)
    frequency, monetary_value = repeat_spend(summaries)
    return Fitted(
        histories=histories,
        triples=triples,
        purchases=purchases,
        spend=fit_gamma_gamma(frequency, monetary_value),
        dropout_evidence=model.dropout_evidence(purchases, triples),
        independence=checks.independence_check(frequency, monetary_value),
    )


def _name(
    model: PurchaseModel,
    fitted: Fitted,
    summaries: ibis.Table,
    population: Population,
    periods: Periods,
    config: Segmentation,
    currency: str,
    seed: int,
    cutoffs: Cutoffs | None,
) -> Named:
    """Value the customers and name their segments, in the engine."""
    horizon = discounted_horizon(config.horizon, config.annual_discount_rate, units_per_year(config.time_unit))
    with materialised(_value(model, fitted, summaries, horizon, population)) as valued:
        cutoffs = cutoffs or make_cutoffs(valued, made_on=periods.valued_at, dropout_known=fitted.dropout_known)
        segmented = assign_segments(valued, cutoffs)
        totals = _totals(model, fitted, segmented, horizon, population.counts.profit_share, config, seed)
        return Named(
            segments=_with_intervals(describe_segments(segmented, cutoffs, currency), totals),
            memberships=_memberships(segmented),
            totals=totals,
            cutoffs=cutoffs,
        )


def _value(
    model: PurchaseModel, fitted: Fitted, summaries: ibis.Table, horizon: Horizon, population: Population
) -> ibis.Table:
    weights = np.stack([horizon.weights, horizon.undiscounted], axis=1)
    alive, if_alive = score_histories(model, fitted.purchases.parameters, fitted.triples, horizon.times, weights)
    untold = (fitted.triples.frequency == 0) & model.one_time_buyers_always_alive()
    scores = pd.DataFrame(
        {
            "probability_alive": np.where(untold | (not fitted.dropout_known), np.nan, alive),
            "expected_purchases": alive * if_alive[:, 1],
            "discounted_purchases": alive * if_alive[:, 0],
            "discounted_if_alive": if_alive[:, 0],
        }
    )
    share = population.counts.profit_share
    return value_customers(summaries, fitted.histories, scores, fitted.spend.parameters, share)


def _totals(
    model: PurchaseModel,
    fitted: Fitted,
    segmented: ibis.Table,
    horizon: Horizon,
    profit_share: float,
    config: Segmentation,
    seed: int,
) -> Totals:
    rng = np.random.default_rng(seed)
    grouped = group_histories(segmented, "segment")
    names = [rule.name for rule in RULES]
    triples = as_triples(grouped, config.time_unit)
    purchases = purchases_by_draw(model, fitted.purchases.draws(DRAWS, rng), triples, horizon)
    spend = spend_by_draw(
        fitted.spend.draws(DRAWS, rng),
        triples.frequency,
        triples.customers,
        grouped.monetary_value.to_numpy(dtype=float),
    )
    group = pd.Categorical(grouped.segment, categories=names).codes.astype(int)
    expected, if_active = totals_by_draw(purchases, spend, group, len(names))
    return Totals(value=profit_share * expected, at_risk=profit_share * (if_active - expected))


def _memberships(segmented: ibis.Table) -> pd.DataFrame:
    columns = ["customer_id", "segment", "expected_purchases", "expected_value", "probability_alive", "frequency"]
    since = segmented.age_days - segmented.recency_days
    frame = segmented.select(*columns, days_since_last=since).order_by("customer_id").to_pandas()
    return frame.astype({"segment": "str", "probability_alive": "float64", "frequency": int, "days_since_last": int})


def _with_intervals(segments: pd.DataFrame, totals: Totals) -> pd.DataFrame:
    lower, upper = np.quantile(totals.value, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return segments.assign(value_lower=lower, value_upper=upper)


def _estimates(
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
        checks.returns_check(population.counts, currency),
        *(
            [checks.one_time_check(float(triples.customers.sum()), one_time, model.name)]
            if model.one_time_buyers_always_alive()
            else []
        ),
    )
