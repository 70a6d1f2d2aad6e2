"""How well the model, fitted on the past, foresaw the purchases of a holdout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.segments.draws import cumulative_by_draw, purchases_by_draw, totals_by_draw
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import DAYS, TimeUnit, Triples, as_triples
from workbench.segments.value import Horizon, score_histories

LARGEST_BUCKET = 7
COLUMNS = (
    "view", "bucket", "customers", "expected", "expected_lower", "expected_upper", "actual", "actual_lower", "actual_upper"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Expected against actual holdout purchases.

    Attributes:
        table: One row per view and bucket, columns `COLUMNS`: by calibration `frequency`, by `decile` of expected
            purchases, and over `time`, where purchases add up.
        expected: Expected purchases in total.
        actual: Actual purchases in total.
        bias: Expected over actual purchases, less one: −0.2 is a fifth too few. NaN if nobody bought.
        bias_lower: Lower end of its interval, from parameters and from customers' chance.
        bias_upper: Upper end.
    """

    table: pd.DataFrame
    expected: float
    actual: float
    bias: float
    bias_lower: float
    bias_upper: float


def calibrate(
    model: PurchaseModel,
    fit: Fit,
    histories: pd.DataFrame,
    over_time: pd.DataFrame,
    *,
    time_unit: TimeUnit,
    level: float,
    draws: int,
    seed: int,
) -> Calibration:
    """Judge a fit by the holdout of the customers it was fitted on.

    Args:
        histories: Unique histories at the end of calibration, with their holdout purchases.
        over_time: See `purchases_over_time`; its last time is the holdout's length.
    """
    rng = np.random.default_rng(seed)
    triples = as_triples(histories, time_unit)
    sample = fit.draws(draws, rng)
    horizon = Horizon(times=over_time.time.to_numpy(dtype=float)[-1:], discounts=np.ones(1))
    alive, purchases = score_histories(model, fit.parameters, triples, horizon.times, np.ones((1, 1)))
    expected = alive * purchases[:, 0]
    frequency, decile = _frequency_bucket(triples), _decile(expected, triples.customers)
    cells = frequency * 10 + decile
    streamed = purchases_by_draw(model, sample, triples, horizon)
    totals, _ = totals_by_draw(streamed, [triples.customers] * draws, cells, 10 * (LARGEST_BUCKET + 1))
    by_cell = totals.reshape(draws, LARGEST_BUCKET + 1, 10)
    table = pd.concat(
        [
            _compare("frequency", frequency, _frequency_names(), expected, by_cell.sum(axis=2), histories, level),
            _compare(
                "decile", decile, [str(1 + d) for d in range(10)], expected, by_cell.sum(axis=1), histories, level
            ),
            _timeline(model, fit, sample, triples, over_time, level),
        ],
        ignore_index=True,
    )
    bias = _bias(float(expected @ triples.customers), by_cell.sum(axis=(1, 2)), histories, level, rng)
    return Calibration(table=table, **bias)


def purchases_over_time(
    purchases: ibis.Table, *, calibration_end: date, holdout_until: date, time_unit: TimeUnit
) -> pd.DataFrame:
    """Holdout purchases of calibration customers per time unit, counted in the engine.

    Returns:
        `time` (time units since calibration, up to the holdout's end) and cumulative `purchases`.
    """
    days = purchases
    start, end = ibis.literal(calibration_end), ibis.literal(holdout_until)
    firsts = days.group_by("customer_id").aggregate(first_day=days.day.min())
    known = firsts.filter(firsts.first_day <= start)
    later = days.filter((days.day > start) & (days.day <= end)).semi_join(known, "customer_id")
    step = (later.day.delta(start, unit="day") / DAYS[time_unit]).ceil().cast("int64")
    counts = later.group_by(step=step).aggregate(purchases=later.count()).to_pandas()
    length = (holdout_until - calibration_end).days / DAYS[time_unit]
    steps = np.arange(1, int(np.ceil(length - 1e-9)) + 1)
    per_step = counts.set_index("step").purchases.reindex(steps, fill_value=0)
    return pd.DataFrame({"time": np.minimum(steps, length), "purchases": per_step.cumsum().to_numpy(dtype=float)})


def _frequency_bucket(triples: Triples) -> np.ndarray:
    return np.minimum(triples.frequency, LARGEST_BUCKET).astype(int)


def _frequency_names() -> list[str]:
    return [*(str(level) for level in range(LARGEST_BUCKET)), f"{LARGEST_BUCKET}+"]


def _decile(expected: np.ndarray, customers: np.ndarray) -> np.ndarray:
    order = np.argsort(expected, kind="stable")
    middle = np.empty(len(expected))
    middle[order] = np.cumsum(customers[order]) - customers[order] / 2
    return np.minimum(10 * middle / customers.sum(), 9).astype(int)


def _compare(
    view: str,
    bucket: np.ndarray,
    names: list[str],
    expected: np.ndarray,
    drawn: np.ndarray,
    histories: pd.DataFrame,
    level: float,
) -> pd.DataFrame:
    customers = histories.customers.to_numpy(dtype=float)
    lower, upper = np.quantile(drawn, _tails(level), axis=0)
    actual, error = _actual(histories, bucket, len(names))
    half = norm.ppf((1 + level) / 2) * error
    frame = pd.DataFrame(
        {
            "view": view,
            "bucket": names,
            "customers": np.bincount(bucket, weights=customers, minlength=len(names)).astype(int),
            "expected": np.bincount(bucket, weights=expected * customers, minlength=len(names)),
            "expected_lower": lower,
            "expected_upper": upper,
            "actual": actual,
            "actual_lower": np.maximum(actual - half, 0.0),
            "actual_upper": actual + half,
        }
    )
    return frame[frame.customers > 0]


def _timeline(
    model: PurchaseModel, fit: Fit, sample: np.ndarray, triples: Triples, over_time: pd.DataFrame, level: float
) -> pd.DataFrame:
    times = over_time.time.to_numpy(dtype=float)
    alive, purchases = score_histories(model, fit.parameters, triples, times, np.eye(len(times)))
    lower, upper = np.quantile(cumulative_by_draw(model, sample, triples, times), _tails(level), axis=0)
    frame = pd.DataFrame(
        {
            "view": "time",
            "bucket": [f"{time:.4g}" for time in times],
            "customers": int(triples.customers.sum()),
            "expected": (alive * triples.customers) @ purchases,
            "expected_lower": lower,
            "expected_upper": upper,
            "actual": over_time.purchases.to_numpy(dtype=float),
        }
    )
    return frame.assign(actual_lower=np.nan, actual_upper=np.nan)


def _bias(
    expected: float, drawn: np.ndarray, histories: pd.DataFrame, level: float, rng: np.random.Generator
) -> dict[str, float]:
    actual, error = (float(part[0]) for part in _actual(histories, np.zeros(len(histories), dtype=int), 1))
    if actual == 0:
        return {"expected": expected, "actual": 0.0, "bias": np.nan, "bias_lower": np.nan, "bias_upper": np.nan}
    by_chance = np.maximum(actual + error * rng.standard_normal(len(drawn)), 1.0)
    lower, upper = np.quantile(drawn / by_chance - 1, _tails(level))
    bias = expected / actual - 1
    return {
        "expected": expected,
        "actual": actual,
        "bias": bias,
        "bias_lower": float(min(lower, bias)),
        "bias_upper": float(max(upper, bias)),
    }


def _actual(histories: pd.DataFrame, bucket: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Total of holdout purchases by bucket and its standard error by chance, customers being independent."""

    def total(values: pd.Series) -> np.ndarray:
        return np.bincount(bucket, weights=values.to_numpy(dtype=float), minlength=buckets)

    size, purchases, squares = (
        total(histories[name]) for name in ("customers", "holdout_purchases", "holdout_squares")
    )
    variance = squares - purchases**2 / np.maximum(size, 1.0)
    return purchases, np.sqrt(np.maximum(variance, 0.0))


def _tails(level: float) -> list[float]:
    return [(1 - level) / 2, (1 + level) / 2]
