"""The models at the day of valuation, and what they make each customer and each segment worth."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.result import Check
from workbench.segments import checks
from workbench.segments.draws import purchases_by_draw, spend_by_draw, totals_by_draw
from workbench.segments.models.gamma_gamma import fit_gamma_gamma
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples, as_triples, repeat_spend, unique_histories
from workbench.segments.value import Horizon, group_histories, score_histories, value_customers

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


def fit_models(model: PurchaseModel, summaries: ibis.Table, config: Segmentation) -> Fitted:
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


def value_of_customers(
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


def value_of_groups(
    model: PurchaseModel,
    fitted: Fitted,
    segmented: ibis.Table,
    horizon: Horizon,
    profit_share: float,
    config: Segmentation,
    names: list[str],
    seed: int,
) -> Totals:
    """Uncertain totals of each of `names`, groups of the column `segment`."""
    rng = np.random.default_rng(seed)
    grouped = group_histories(segmented, "segment")
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
