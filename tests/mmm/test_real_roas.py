"""A business with a driver of demand that nobody recorded: only lift tests give the true returns.

PyMC-Marketing's simulation: 131 weeks, two channels; spend of the first follows the hidden driver. The data hold the KPI
without each channel (`y01`, `y02`), so its true return is Σ(y − y0k) / Σxk: 93.388 and 171.409.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.mmm.checks.rising_returns import rising_returns_checks
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.prepare import Prepared, prepare
from workbench.mmm.sampling import Effort
from workbench.mmm.shapes.adstock import adstock
from workbench.mmm.short_fit import short_fit
from workbench.runs import lift_records
from workbench.workspace import open_workspace

TRUTH = np.array([93.388, 171.409])
EFFORT = Effort(draws=500, tune=500, chains=2)
LIFT_TABLE = """
[tables.lift]
path = "lift.csv"
"""
DEMAND = """
[tables.controls]
path = "{data}/mix/pymc_marketing_mmm_roas.csv"
columns = {{ week = "date" }}
wide = {{ value = {{ demand_that_x1_follows = "x1" }} }}
"""

SCALE, STEEPNESS, RETENTION, LAGS = (200.0, 150.0), (1.0, 2.5), (0.3, 0.5), 3

type Fit = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def weekly(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "mix" / "pymc_marketing_mmm_roas.csv", parse_dates=["date"])


@pytest.fixture
def prepared_with(repository: Path, shared_data: Path, tmp_path: Path) -> Callable[..., Prepared]:
    """The model as mapped, with these lift records in the company's own table."""

    def build(lift: pd.DataFrame | None = None, more: str = "") -> Prepared:
        text = (repository / "tests" / "real" / "pymc_marketing_roas" / "workbench.toml").read_text()
        if lift is not None:
            lift.to_csv(tmp_path / "lift.csv", index=False)
            text += LIFT_TABLE
        text = text.replace("../../../../shared/data", str(shared_data)) + more.format(data=shared_data)
        (tmp_path / "workbench.toml").write_text(text)
        company = open_workspace(tmp_path)
        return prepare(company.panel(), company.config.media_mix, company.config.channels, lift_records(company))

    return build


@pytest.fixture
def returns_of(prepared_with) -> Fit:
    """Draws of the returns, shape (D, 2)."""

    def build(*args: object, **kwargs: object) -> np.ndarray:
        return short_fit(prepared_with(*args, **kwargs), EFFORT, seed=1).roas[:, 0]

    return build


def off_until(weekly: pd.DataFrame, weeks: int, error: float) -> pd.DataFrame:
    """Each channel off in the first weeks, from the data's own columns: no carry-over comes into them from before."""
    tested = weekly.iloc[:weeks]
    lift = pd.DataFrame(
        {
            "experiment_id": ["x1_off", "x2_off"],
            "channel": ["x1", "x2"],
            "markets": "all",
            "start": weekly.date.iloc[0],
            "end": tested.date.iloc[-1] + pd.Timedelta(days=6),
            "spend_change": [tested.x1.sum(), tested.x2.sum()],
            "lift": [(tested.y - tested.y01).sum(), (tested.y - tested.y02).sum()],
        }
    )
    return lift.assign(lift_se=error * lift.lift)


def effect(spend: np.ndarray, k: int) -> np.ndarray:
    """The simulation's response: geometric carry-over of three weeks, then a logistic curve (1 − e^−λa) / (1 + e^−λa)."""
    weights = RETENTION[k] ** np.arange(LAGS + 1)
    acting = adstock(np.append(np.zeros(LAGS), spend)[:, None], (weights / weights.sum())[None])[0, :, 0]
    return SCALE[k] * np.tanh(STEEPNESS[k] * acting / 2)


def off_between(weekly: pd.DataFrame, start: int, weeks: int, error: float) -> pd.DataFrame:
    """Each channel off for some weeks; what earlier spend still causes in them isn't the test's."""
    rows, tested = [], slice(start, start + weeks)
    for k in range(2):
        spend = weekly[f"x{k + 1}"].to_numpy()
        without = spend.copy()
        without[tested] = 0.0
        lift = (effect(spend, k) - effect(without, k))[tested].sum()
        rows.append(
            {
                "experiment_id": f"x{k + 1}_off",
                "channel": f"x{k + 1}",
                "markets": "all",
                "start": weekly.date.iloc[start],
                "end": weekly.date.iloc[start + weeks - 1] + pd.Timedelta(days=6),
                "spend_change": spend[tested].sum(),
                "lift": lift,
                "lift_se": error * lift,
            }
        )
    return pd.DataFrame(rows)


def bounds(returns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lower, upper = np.quantile(returns, [0.05, 0.95], axis=0)
    return lower, upper


def test_the_truth_is_in_the_data(weekly):
    true = [(weekly.y - weekly[f"y0{k}"]).sum() / weekly[f"x{k}"].sum() for k in (1, 2)]
    assert true == pytest.approx(TRUTH, abs=5e-4)


def test_without_tests_the_channel_that_follows_demand_is_overrated(returns_of):
    returns = returns_of()
    assert returns[:, 0].mean() > 1.15 * TRUTH[0]
    assert (returns[:, 0] > TRUTH[0]).mean() > 0.8


@pytest.mark.parametrize(("weeks", "error"), [(131, 0.05), (131, 0.08), (26, 0.05)])
def test_two_tests_give_both_true_returns_and_halve_the_intervals(weekly, returns_of, weeks, error):
    lower, upper = bounds(returns_of(off_until(weekly, weeks, error)))
    lower_before, upper_before = bounds(returns_of())
    assert (lower < TRUTH).all()
    assert (upper > TRUTH).all()
    assert (upper - lower < (upper_before - lower_before) / 2).all()


def test_the_simulations_response_is_known(weekly):
    for k in range(2):
        ours = effect(weekly[f"x{k + 1}"].to_numpy(), k)
        np.testing.assert_allclose(ours, weekly.y - weekly[f"y0{k + 1}"], rtol=1e-6)


@pytest.mark.parametrize(("start", "weeks"), [(40, 8), (60, 4)])
def test_a_short_test_gives_the_true_return_where_spend_may_follow_demand(weekly, returns_of, start, weeks):
    """Four or eight weeks at one level of spend can't undo what the hidden driver does to the curve (without the control the
    true return of x1 is outside the interval). With its spend among the controls the curve need not explain the driver."""
    lower, upper = bounds(returns_of(off_between(weekly, start, weeks, 0.1), DEMAND))
    assert (lower < TRUTH).all()
    assert (upper > TRUTH).all()


@pytest.mark.parametrize("tested", [False, True])
def test_the_hidden_driver_shows_in_returns_that_rise_with_spend(weekly, prepared_with, tested):
    prepared = prepared_with(off_between(weekly, 40, 8, 0.1) if tested else None)
    draws = short_fit(prepared, EFFORT, seed=1)
    (check,) = rising_returns_checks(response_model(draws, prepared.design), prepared.priors)
    assert not check.passed
    assert "x1 (slope" in check.detail
    assert "x2 (slope" not in check.detail
