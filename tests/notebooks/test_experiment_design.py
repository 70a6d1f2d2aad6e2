"""Planning a test from end to end, and reading it out as it was planned."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from tests.experiments.conftest import geo_world
from workbench.experiments import DesignResult
from workbench.runs.execute import run_notebook
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow

CONFIG = """
[workspace]
name = "Company"
[tables]
transactions = { path = "orders.csv" }
geo = { path = "geo.csv" }
[experiments.uplift]
kind = "geo"
treated = ["treated0"]
start = 2024-03-17
end = 2024-03-30
[experiments.mail]
control = "none"
variants = ["none", "mail"]
cost_per_unit = 0.5
metrics = [{ name = "revenue", covariate = "revenue_before", role = "primary", value = 0.4 }]
"""


def buying_rates(rng: np.random.Generator) -> np.ndarray:
    """Orders a year by customer."""
    return rng.gamma(2.0, 3.0, 3000)


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    """3,000 customers; each buys with a rate of its own, for 30 on average."""
    rng = np.random.default_rng(6)
    rates = buying_rates(rng)
    buyers = np.repeat(np.arange(3000), rng.poisson(rates))
    orders = pd.DataFrame(
        {
            "customer_id": [f"c{buyer}" for buyer in buyers],
            "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 364, len(buyers)), unit="D"),
            "revenue": rng.gamma(3.0, 10.0, len(buyers)).round(2),
        }
    )
    orders.to_csv(tmp_path / "orders.csv", index=False)
    geo_world(seed=3, periods=90, donors=11).assign(experiment_id="uplift").to_csv(tmp_path / "geo.csv", index=False)
    (tmp_path / "workbench.toml").write_text(CONFIG, encoding="utf-8")
    return open_workspace(tmp_path)


def test_a_test_on_users_is_planned_from_orders(company, finished):
    run = finished(company, "experiment_design", experiment="mail", smallest_effect=0.2, weeks=8, replays=200)
    folder = company.reports / "runs" / run.run_id
    design = DesignResult.load(folder / "result")
    assert design.plan is not None
    # Orders of the last eight weeks by those who ordered before: Poisson of their rates, each worth 30 with a variance of 300.
    rates = buying_rates(np.random.default_rng(6))
    known = 1 - np.exp(-rates * 308 / 364)
    mean = np.average(rates, weights=known) * 56 / 364
    between = np.average(rates**2, weights=known) * (56 / 364) ** 2 - mean**2
    assert design.metrics.level.iloc[0] == pytest.approx(30 * mean, rel=0.06)
    assert design.metrics.sd.iloc[0] == pytest.approx(np.sqrt(mean * 300 + 900 * (mean + between)), rel=0.06)
    assert design.plan.cost == pytest.approx(design.plan.units / 2 * 0.5)
    assert design.replay.upper.min() > 0.02
    assert not [check for check in design.failed_checks if check.name.startswith("aa_replay")]
    page = PdfReader(folder / "report.pdf").pages[0].extract_text().replace("\n", " ")
    assert "of them treated" in page
    assert "half as large a change, 10.0%" in page


def test_a_test_on_markets_is_planned_from_the_time_before_the_last(company, finished):
    run = finished(company, "experiment_design", experiment="uplift", weeks=1, most_weeks=3, expected_return=2.0)
    design = DesignResult.load(company.reports / "runs" / run.run_id / "result")
    best = design.markets.iloc[0]
    assert best.power >= 0.8
    assert best.minimum_lift <= 0.05
    assert best.budget == pytest.approx(best.minimum_effect / 2)
    # Noise of standard deviation 1 on a level of 100: a mean of two markets over three weeks can't be known to 0.1%.
    assert best.minimum_lift > 0.001


def test_a_question_that_means_nothing_is_refused_in_a_sentence(company):
    record = run_notebook(company, "experiment_design", ["experiment=mail", "entry=sometimes"], timeout=300)
    assert record.status == "failed"
    assert "write at_once or with_next_order" in record.reason
