"""What customers will be worth: scored once per unique history and joined back in the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from workbench.segments.models.gamma_gamma import expected_value, value_log_variance
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import EARLY, TRIPLE, Triples

HISTORIES_AT_ONCE, ROWS_AT_ONCE = 20_000, 100_000
# What valued customers are made of and nobody asks for afterwards.
USED_UP = ("log_error", "discounted_purchases", "discounted_if_alive", *EARLY)
MOST_DISCOUNT_STEPS = 12


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """When future purchases count, and how much.

    Attributes:
        times: Ends of the horizon's steps, in time units, increasing, shape (J,).
        discounts: Worth today of a purchase within each step, in (0, 1], shape (J,).
    """

    times: np.ndarray
    discounts: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Weights of cumulative purchases at `times` that add up to discounted purchases."""
        return self.discounts - np.append(self.discounts[1:], 0.0)

    @property
    def undiscounted(self) -> np.ndarray:
        return np.append(np.zeros(len(self.times) - 1), 1.0)


def discounted_horizon(length: float, annual_rate: float, units_per_year: float) -> Horizon:
    """Discount at the middle of steps of a quarter (or a twelfth of a long horizon): exact within 0.1%."""
    steps = int(np.clip(np.ceil(4 * length / units_per_year), 1, MOST_DISCOUNT_STEPS))
    ends = length * np.arange(1, steps + 1) / steps
    years = (ends - length / steps / 2) / units_per_year
    return Horizon(times=ends, discounts=(1 + annual_rate) ** -years)


def score_histories(
    model: PurchaseModel, parameters: np.ndarray, triples: Triples, times: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """P(alive), and for each column of `weights` the weighted purchases of a customer who is alive.

    Args:
        times: Time units after the end of observation, shape (J,).
        weights: Shape (J, W).

    Returns:
        Shapes (K,) and (K, W).
    """
    frequency, age, at = triples.pairs
    parts = [slice(first, first + HISTORIES_AT_ONCE) for first in range(0, len(age), HISTORIES_AT_ONCE)]
    chunks = [
        np.einsum("jla,jw->lw", model.purchases_if_alive(parameters, frequency[part], age[part, None], times), weights)
        for part in parts
    ]
    return model.probability_alive(parameters, triples), np.concatenate(chunks)[at]


def value_customers(
    summaries: ibis.Table,
    histories: pd.DataFrame,
    scores: Mapping[str, np.ndarray],
    spend: np.ndarray,
    spend_covariance: np.ndarray,
    profit_share: float,
    *,
    level: float,
) -> ibis.Table:
    """Join scores back to customers in the engine.

    Args:
        histories: Rows of `summaries.unique_histories`.
        scores: A value for each history: expected_purchases, probability_alive (NaN where unknown), discounted_if_alive,
            discounted_purchases, log_error (standard error of the latter's logarithm). Others are carried along.
        spend: Gamma-Gamma's parameters.
        spend_covariance: Of their logarithms.
        level: Probability of the interval, in (0, 1).

    Returns:
        `summaries` with the scores, `history` (the row of `histories`), `expected_value` (discounted profit over the horizon, currency), `value_if_active` (the same if the
        customer is certainly still one), and `value_lower`, `value_upper`: the interval of the expectation, which covers how well the
        models' parameters are known, not the chance of what one customer happens to buy; see `prospects` for that.
    """
    triples = {name: histories[name].to_numpy() for name in TRIPLE}
    numbered = pa.table({**triples, "history": np.arange(len(histories), dtype=np.int32), **scores})
    # An engine reads batches with all its threads, and a table of one piece with one of them.
    table = ibis.memtable(pa.Table.from_batches(numbered.to_batches(ROWS_AT_ONCE), numbered.schema))
    table = table.mutate(probability_alive=table.probability_alive.nullif(float("nan")))
    scored = summaries.inner_join(table, list(TRIPLE))
    # DuckDB reads a literal as a decimal: only times a float does it become one, which neither overflows nor dawdles.
    frequency = scored.frequency.cast("float64")
    profit = profit_share * expected_value(spend, frequency, scored.monetary_value)
    of_spend = value_log_variance(spend, spend_covariance, frequency, scored.monetary_value)
    half = float(norm.ppf((1 + level) / 2)) * (scored.log_error * scored.log_error + of_spend).sqrt()
    value = scored.discounted_purchases * profit
    return scored.mutate(
        expected_value=value,
        value_if_active=scored.discounted_if_alive * profit,
        value_lower=value * (-half).exp(),
        value_upper=value * half.exp(),
    ).drop(*(name for name in USED_UP if name in scored.columns))


def group_histories(valued: ibis.Table, group: str) -> pd.DataFrame:
    """What uncertain totals need of a group's customers with the same history, because value is linear in spend.

    Customers share few of their histories where these are told in days: added up here, they needn't be hashed and sorted.

    Args:
        group: Column of whole numbers from 0.

    Returns:
        `group`, history, customers, and the sums of their monetary values and of the squares, in the order of the first two.
    """
    rows = valued.select(group, "history", "monetary_value").to_pyarrow()
    groups, history, spent = (column.to_numpy() for column in rows.columns)
    histories = int(history.max(initial=0)) + 1
    cell = groups.astype(np.int64) * histories + history
    customers = np.bincount(cell)
    found = np.flatnonzero(customers)
    group_found, history_found = np.divmod(found, histories)
    return pd.DataFrame(
        {
            group: group_found,
            "history": history_found,
            "customers": customers[found],
            "monetary_value": np.bincount(cell, weights=spent)[found],
            "monetary_square": np.bincount(cell, weights=spent**2)[found],
        }
    )
