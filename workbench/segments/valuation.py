"""The models at the day of valuation, and what they make each customer and each segment worth."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.result import Check
from workbench.segments import checks
from workbench.segments.correction import Correction, correction_of
from workbench.segments.draws import log_errors, spend_by_draw, totals_by_draw
from workbench.segments.judging import Judged, choose_and_fit, fit_the_others
from workbench.segments.models import PURCHASE_MODELS, Choice
from workbench.segments.models.gamma_gamma import expected_value, fit_gamma_gamma
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.prospects import Prospects, foretell, realised_interval
from workbench.segments.summaries import Triples, as_triples, repeat_spend, unique_histories
from workbench.segments.uncertainty import LEVEL, log_covariance, points_of
from workbench.segments.value import Horizon, group_histories, score_histories, value_customers

EVERYBODY = "all customers"
ENDS = ("lower", "upper")


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The two models at the day of valuation, and what they were fitted on.

    Attributes:
        choice: All models of purchases: up to the holdout, or of all days where there is none.
        purchases: The chosen one's fit to all days.
        others: Fits of the models that weren't chosen to the same days, by name; left out where histories are very many.
        dropout_evidence: Twice the log likelihood that dropout adds.
        correction: What the holdout multiplies all expected purchases by; nothing unless `correct_bias` is set.
    """

    model: PurchaseModel
    choice: Choice
    histories: pd.DataFrame
    triples: Triples
    purchases: Fit
    others: dict[str, Fit]
    spend: Fit
    dropout_evidence: float
    independence: Check
    correction: Correction

    @property
    def dropout_known(self) -> bool:
        return checks.dropout_is_known(self.dropout_evidence)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Intervals of totals, currency.

    Attributes:
        table: One row an entity, each group and then `EVERYBODY`: value_lower, value_upper, at_risk_lower, at_risk_upper of what is expected;
            realised_lower, realised_upper of what may come, chance of customers included (NaN where it has no bounds).
    """

    table: pd.DataFrame

    def of(self, names: Sequence[str]) -> pd.DataFrame:
        return self.table.loc[list(names)]


# Limits are the process's: each fit sets its own, and of two side by side the last would leave them as the other one had set them.
@threadpool_limits.wrap(limits=1, user_api="blas")
def fit_models(judged: Judged, summaries: ibis.Table, config: Segmentation) -> Fitted:
    """Purchases and spend know nothing of each other: they are fitted at the same time."""
    frequency, monetary_value = repeat_spend(summaries)
    with ThreadPoolExecutor(1) as beside:
        spend = beside.submit(fit_gamma_gamma, frequency, monetary_value)
        independence = beside.submit(checks.independence_check, frequency, monetary_value)
        histories = unique_histories(summaries)
        triples = as_triples(histories, config.time_unit)
        if judged.choice is None:
            choice, purchases = choose_and_fit(config, triples)
        else:
            choice, purchases = judged.choice, PURCHASE_MODELS[judged.choice.chosen].fit(triples)
        model = PURCHASE_MODELS[choice.chosen]
        return Fitted(
            model=model,
            choice=choice,
            histories=histories,
            triples=triples,
            purchases=purchases,
            others=fit_the_others(config, choice.chosen, triples),
            dropout_evidence=model.dropout_evidence(purchases, triples),
            correction=correction_of(judged.calibration) if config.correct_bias else Correction(),
            spend=spend.result(),
            independence=independence.result(),
        )


def prospects_of(fitted: Fitted, horizon: Horizon) -> Prospects:
    """Chances of what customers will buy; a correction of all expected purchases counts as a longer or a shorter time."""
    within = float(horizon.times[-1]) * fitted.correction.factor
    return foretell(fitted.model, fitted.purchases.parameters, fitted.triples, within)


def value_of_customers(
    fitted: Fitted,
    prospects: Prospects,
    summaries: ibis.Table,
    horizon: Horizon,
    population: Population,
    *,
    soon: float,
    seed: int,
) -> ibis.Table:
    """Customers with their scores; see `value.value_customers`, with purchases_soon: those expected within `soon` time units."""
    times = np.append(horizon.times, soon)
    weights = np.zeros((len(times), 3))
    weights[:-1, 0], weights[:-1, 1], weights[-1, 2] = horizon.weights, horizon.undiscounted, 1.0
    alive, if_alive = score_histories(fitted.model, fitted.purchases.parameters, fitted.triples, times, weights)
    untold = (fitted.triples.frequency == 0) & fitted.model.one_time_buyers_always_alive()
    factor = fitted.correction.factor
    scores = {
        "probability_alive": np.where(untold | (not fitted.dropout_known), np.nan, alive),
        "expected_purchases": factor * alive * if_alive[:, 1],
        "discounted_purchases": factor * alive * if_alive[:, 0],
        "discounted_if_alive": factor * if_alive[:, 0],
        "purchases_soon": factor * alive * if_alive[:, 2],
        "probability_of_purchase": prospects.any,
        "purchases_at_least": prospects.lower,
        "purchases_at_most": prospects.upper,
        "log_error": _log_errors(fitted, horizon, seed),
    }
    share = population.counts.profit_share
    spend = fitted.spend
    return value_customers(
        summaries, fitted.histories, scores, spend.parameters, log_covariance(spend), share, level=LEVEL
    )


def _log_errors(fitted: Fitted, horizon: Horizon, seed: int) -> np.ndarray:
    """Standard error of the logarithm of each history's expected purchases, by the model's parameters and the correction."""
    points = points_of([fitted.purchases], np.random.default_rng(seed))
    by_parameters = log_errors(fitted.model, points, fitted.triples, horizon)
    return np.hypot(by_parameters, fitted.correction.log_error)


def value_of_groups(
    fitted: Fitted,
    prospects: Prospects,
    segmented: ibis.Table,
    horizon: Horizon,
    profit_share: float,
    names: list[str],
    seed: int,
) -> Totals:
    """Uncertain totals of each of `names`, numbered in the column `position_in_book`, and of everybody."""
    grouped = group_histories(segmented, "position_in_book")
    triples = fitted.triples.take(grouped.history.to_numpy())
    points = points_of([fitted.purchases, fitted.spend], np.random.default_rng(seed))
    of_purchases, of_spend = np.split(points.parameters, [len(fitted.purchases.parameters)], axis=1)
    customers, spent = (grouped[name].to_numpy(dtype=float) for name in ("customers", "monetary_value"))
    expected, if_active = totals_by_draw(
        fitted.model,
        of_purchases,
        triples,
        horizon,
        lambda part: spend_by_draw(of_spend, triples.frequency[part], customers[part], spent[part]),
        grouped.position_in_book.to_numpy(dtype=int),
        len(names),
    )
    scale, error = profit_share * fitted.correction.factor, fitted.correction.log_error
    value, at_risk = (scale * np.column_stack([each, each.sum(axis=1)]) for each in (expected, if_active - expected))
    by_parameters = value[0] * np.hypot(points.log_error(value), error)
    by_chance = scale * horizon.discounts.mean() * _chance(fitted, prospects, grouped, len(names))
    ends = {
        "value": points.interval(value, LEVEL, error),
        "at_risk": points.interval(at_risk, LEVEL, error),
        "realised": realised_interval(value[0], np.hypot(by_parameters, by_chance), LEVEL),
    }
    bounds = {f"{name}_{end}": limits for name, both in ends.items() for end, limits in zip(ENDS, both, strict=True)}
    return Totals(table=pd.DataFrame(bounds, index=[*names, EVERYBODY]))


def _chance(fitted: Fitted, prospects: Prospects, grouped: pd.DataFrame, groups: int) -> np.ndarray:
    """Standard deviation by chance of what each group, and everybody, spends: customers decide one by one."""
    history, customers = grouped.history.to_numpy(), grouped.customers.to_numpy(dtype=float)
    frequency, spend = fitted.triples.frequency, fitted.spend.parameters
    mean = grouped.monetary_value.to_numpy(dtype=float) / customers
    spread = grouped.monetary_square.to_numpy(dtype=float) - customers * mean**2
    per_unit = expected_value(spend, frequency, 1.0) - expected_value(spend, frequency, 0.0)
    squares = customers * expected_value(spend, frequency[history], mean) ** 2 + per_unit[history] ** 2 * spread
    variance = prospects.of_spend(spend, frequency)[history] * squares
    by_group = np.bincount(grouped.position_in_book.to_numpy(dtype=int), weights=variance, minlength=groups)
    return np.sqrt(np.append(by_group, by_group.sum()))
