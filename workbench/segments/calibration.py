"""How well the model, fitted on the past, foresaw the purchases of a holdout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.segments.draws import cumulative_by_draw, totals_by_draw
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.naive import NaiveForecast, naive_forecast
from workbench.segments.summaries import DAYS, TimeUnit, Triples, as_triples
from workbench.segments.uncertainty import Points, points_of
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
        log_error: Standard error of the logarithm of expected over actual purchases. NaN if nobody bought.
        decile_error: Share of actual purchases that were expected in another decile of customers. NaN if nobody bought.
        error: Mean squared difference of a customer's expected and actual purchases.
        naive: What each customer's own rate would have foreseen.
        first_day: First day of the holdout.
        last_day: Last day of the holdout.
    """

    table: pd.DataFrame
    expected: float
    actual: float
    bias: float
    bias_lower: float
    bias_upper: float
    log_error: float
    decile_error: float
    error: float
    naive: NaiveForecast
    first_day: date
    last_day: date


def calibrate(
    model: PurchaseModel,
    fit: Fit,
    histories: pd.DataFrame,
    known: ibis.Table,
    purchases: ibis.Table,
    *,
    calibration_end: date,
    holdout_until: date,
    time_unit: TimeUnit,
    level: float,
    seed: int,
) -> Calibration:
    """Judge a fit by the holdout of the customers it was fitted on.

    Args:
        histories: Unique histories at the end of calibration, with their holdout purchases.
        known: One row a customer at that time; see `summaries.before_holdout`.
        purchases: One row per customer and day.
    """
    over_time = purchases_over_time(
        purchases, known, calibration_end=calibration_end, holdout_until=holdout_until, time_unit=time_unit
    )
    points = points_of([fit], np.random.default_rng(seed))
    triples = as_triples(histories, time_unit)
    horizon = Horizon(times=over_time.time.to_numpy(dtype=float)[-1:], discounts=np.ones(1))
    alive, if_alive = score_histories(model, fit.parameters, triples, horizon.times, np.ones((1, 1)))
    expected = alive * if_alive[:, 0]
    frequency, decile = _frequency_bucket(triples), _decile(expected, triples.customers)
    totals, _ = totals_by_draw(
        model,
        points.parameters,
        triples,
        horizon,
        triples.customers.__getitem__,
        frequency * 10 + decile,
        10 * (LARGEST_BUCKET + 1),
    )
    by_cell = totals.reshape(len(points), LARGEST_BUCKET + 1, 10)
    by_frequency = _compare(
        "frequency", frequency, _frequency_names(), expected, by_cell.sum(axis=2), histories, points, level
    )
    by_decile = _compare(
        "decile", decile, [str(1 + d) for d in range(10)], expected, by_cell.sum(axis=1), histories, points, level
    )
    over_time_rows = _timeline(model, points, triples, over_time, level)
    return Calibration(
        table=pd.concat([by_frequency, by_decile, over_time_rows], ignore_index=True),
        **_bias(float(expected @ triples.customers), by_cell.sum(axis=(1, 2)), histories, points, level),
        decile_error=_share_misplaced(by_decile),
        error=_mean_squared_error(expected, histories),
        naive=naive_forecast(known, calibration_end=calibration_end, holdout_until=holdout_until),
        first_day=calibration_end + timedelta(days=1),
        last_day=holdout_until,
    )


def purchases_over_time(
    purchases: ibis.Table, known: ibis.Table, *, calibration_end: date, holdout_until: date, time_unit: TimeUnit
) -> pd.DataFrame:
    """Holdout purchases of calibration customers per time unit, counted in the engine.

    Returns:
        `time` (time units since calibration, up to the holdout's end) and cumulative `purchases`.
    """
    days = purchases
    start, end = ibis.literal(calibration_end), ibis.literal(holdout_until)
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
    at_points: np.ndarray,
    histories: pd.DataFrame,
    points: Points,
    level: float,
) -> pd.DataFrame:
    customers = histories.customers.to_numpy(dtype=float)
    lower, upper = points.interval(at_points, level)
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
    model: PurchaseModel, points: Points, triples: Triples, over_time: pd.DataFrame, level: float
) -> pd.DataFrame:
    times = over_time.time.to_numpy(dtype=float)
    totals = cumulative_by_draw(model, points.parameters, triples, times)
    lower, upper = points.interval(totals, level)
    frame = pd.DataFrame(
        {
            "view": "time",
            "bucket": [f"{time:.4g}" for time in times],
            "customers": int(triples.customers.sum()),
            "expected": totals[0],
            "expected_lower": lower,
            "expected_upper": upper,
            "actual": over_time.purchases.to_numpy(dtype=float),
        }
    )
    return frame.assign(actual_lower=np.nan, actual_upper=np.nan)


def _bias(
    expected: float, at_points: np.ndarray, histories: pd.DataFrame, points: Points, level: float
) -> dict[str, float]:
    actual, chance = (float(part[0]) for part in _actual(histories, np.zeros(len(histories), dtype=int), 1))
    if actual == 0:
        unknown = dict.fromkeys(("bias", "bias_lower", "bias_upper", "log_error"), np.nan)
        return {"expected": expected, "actual": 0.0, **unknown}
    log_error = float(np.hypot(points.log_error(at_points), chance / actual))
    half = float(norm.ppf((1 + level) / 2)) * log_error
    ratio = expected / actual
    return {
        "expected": expected,
        "actual": actual,
        "bias": ratio - 1,
        "bias_lower": ratio * float(np.exp(-half)) - 1,
        "bias_upper": ratio * float(np.exp(half)) - 1,
        "log_error": log_error,
    }


def _share_misplaced(by_decile: pd.DataFrame) -> float:
    actual = float(by_decile.actual.sum())
    return float((by_decile.expected - by_decile.actual).abs().sum()) / actual if actual else np.nan


def _mean_squared_error(expected: np.ndarray, histories: pd.DataFrame) -> float:
    """Sums of a history's purchases and of their squares say all."""
    customers, purchases, squares = (
        histories[name].to_numpy(dtype=float) for name in ("customers", "holdout_purchases", "holdout_squares")
    )
    return float((squares.sum() - 2 * purchases @ expected + customers @ expected**2) / customers.sum())


def _actual(histories: pd.DataFrame, bucket: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Total of holdout purchases by bucket and its standard error by chance, customers being independent."""

    def total(values: pd.Series) -> np.ndarray:
        return np.bincount(bucket, weights=values.to_numpy(dtype=float), minlength=buckets)

    size, purchases, squares = (
        total(histories[name]) for name in ("customers", "holdout_purchases", "holdout_squares")
    )
    variance = squares - purchases**2 / np.maximum(size, 1.0)
    return purchases, np.sqrt(np.maximum(variance, 0.0))
