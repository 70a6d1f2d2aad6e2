"""Intervals by a few steps along the likelihood against many exact draws, for totals, customers and the spend's formula."""

import numpy as np
import pandas as pd
import pytest

from tests.segments.populations import in_engine, simulate_orders, simulate_triples
from workbench.config import Segmentation
from workbench.result import Provenance
from workbench.segments import CustomerSegments, segment_customers
from workbench.segments.calibration import Calibration
from workbench.segments.correction import USUAL_LOG_BIAS, correction_of
from workbench.segments.draws import log_errors, purchases_by_draw
from workbench.segments.models import PURCHASE_MODELS
from workbench.segments.models.gamma_gamma import expected_value, fit_gamma_gamma, value_log_variance
from workbench.segments.naive import NaiveForecast, naive_forecast
from workbench.segments.summaries import before_holdout, customer_summaries
from workbench.segments.uncertainty import log_covariance, points_of
from workbench.segments.value import discounted_horizon

HORIZON = discounted_horizon(52, 0.1, 365.25 / 7)


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD"])
def test_steps_agree_with_exact_draws(name: str) -> None:
    """Totals' ends within a tenth of their length, single histories' standard errors within a fifth."""
    model = PURCHASE_MODELS[name]
    triples = simulate_triples(0.6, 8.0, 0.8, 3.0, customers=8000, seed=5)
    fit, rng = model.fit(triples), np.random.default_rng(2)
    assert fit.quadratic
    points = points_of([fit], rng)
    assert len(points) == 1 + 2 * len(fit.names)
    steps, drawn = (
        np.hstack(list(purchases_by_draw(model, draws, triples, HORIZON, lambda _, alive, each: alive * each)))
        for draws in (points.parameters, fit.draws(400, rng))
    )
    lower, upper = points.interval(steps.sum(axis=1), 0.95)
    exact = np.quantile(drawn.sum(axis=1), [0.025, 0.975])
    np.testing.assert_allclose([lower, upper], exact, atol=0.12 * np.ptp(exact))
    error, own = log_errors(model, points, triples, HORIZON), np.log(drawn).std(axis=0)
    some = np.random.default_rng(3).choice(len(triples), 200, replace=False)
    assert np.median(np.abs(error / own - 1)[some]) < 0.1
    assert np.quantile(np.abs(error / own - 1)[some], 0.9) < 0.25


def test_spends_variance_is_that_of_draws() -> None:
    rng = np.random.default_rng(1)
    frequency = rng.integers(1, 8, 5000).astype(float)
    scale = rng.gamma(4.0, 1 / 15.0, 5000)
    fit = fit_gamma_gamma(frequency, rng.gamma(6.0 * frequency, 1 / (frequency * scale)))
    x, m = np.array([0.0, 1.0, 5.0, 20.0]), np.array([0.0, 80.0, 20.0, 31.0])
    formula = np.sqrt(value_log_variance(fit.parameters, log_covariance(fit), x, m))
    drawn = np.log([expected_value(row, x, m) for row in fit.draws(4000, rng)]).std(axis=0)
    np.testing.assert_allclose(formula, drawn, rtol=0.1)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return simulate_orders(customers=3000, days=700, seed=11)


def segmented(orders: pd.DataFrame, **update: object) -> CustomerSegments:
    config = Segmentation(require_consent=False, **update)  # type: ignore[arg-type]
    return segment_customers(in_engine(orders), None, config, provenance=Provenance(), currency="EUR", seed=1)


def test_the_correction_scales_every_value_alike_and_widens_intervals(orders: pd.DataFrame) -> None:
    plain, corrected = segmented(orders), segmented(orders, correct_bias=True)
    first, second = plain.members.to_pandas(), corrected.members.to_pandas()
    ratio = (second.expected_value / first.expected_value).to_numpy()
    bias = plain.result.estimate("holdout_bias", "purchases").estimate
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
    assert 1 < ratio[0] <= 1 / (1 + bias) if bias < 0 else 1 / (1 + bias) <= ratio[0] < 1
    width = [np.log(each.value_upper / each.value_lower) for each in (first, second)]
    assert (width[1] > width[0]).all()
    assert "scaled by" in corrected.result.findings[1]


@pytest.mark.parametrize("error", [0.02, 0.2, 2.0])
def test_the_correction_is_the_normal_posterior_mean(error: float) -> None:
    """Against its integral: prior normal around 0, the holdout's logarithm normal around the truth."""
    nothing = NaiveForecast(expected=0.0, bias=0.0, error=0.0)
    calibration = Calibration(
        table=pd.DataFrame(), expected=80.0, actual=100.0, bias=-0.2, bias_lower=-0.3, bias_upper=-0.1, log_error=error,
        decile_error=0.2, error=1.0, naive=nothing, first_day=pd.Timestamp("2024-01-01").date(),
        last_day=pd.Timestamp("2024-06-30").date(),
    )  # fmt: skip
    grid = np.linspace(-3, 3, 20_001)
    weight = np.exp(-((grid / USUAL_LOG_BIAS) ** 2) / 2 - ((np.log(100 / 80) - grid) / error) ** 2 / 2)
    mean = weight @ grid / weight.sum()
    found = correction_of(calibration)
    assert np.log(found.factor) == pytest.approx(mean, rel=1e-4)
    assert found.log_error == pytest.approx(np.sqrt(weight @ (grid - mean) ** 2 / weight.sum()), rel=1e-4)


def test_own_rates_are_counted_as_by_hand() -> None:
    """a: 2 repeats in 100 days, 50 days to come; b: known for 10 days, expected to do again what it did; c: too new, first buy only."""
    days = {"a": [0, 40, 90, 120], "b": [90, 95, 110, 130], "c": [99], "later": [101]}
    rows = [(who, pd.Timestamp("2024-01-01") + pd.Timedelta(days=day)) for who, each in days.items() for day in each]
    purchases = in_engine(pd.DataFrame(rows, columns=["customer_id", "day"]))
    purchases = purchases.mutate(day=purchases.day.cast("date"), orders=1, revenue=1.0)
    start = pd.Timestamp("2024-01-01")
    end, until = ((start + pd.Timedelta(days=day)).date() for day in (100, 150))
    summaries = customer_summaries(purchases, until=until, judged_from=end, holdout_until=until)
    found = naive_forecast(before_holdout(summaries, end), calibration_end=end, holdout_until=until)
    assert found.expected == pytest.approx(2 / 100 * 50 + 1)
    assert found.bias == pytest.approx(2 / 3 - 1)
    assert found.error == pytest.approx(((1 - 1) ** 2 + (1 - 2) ** 2 + 0) / 3)
