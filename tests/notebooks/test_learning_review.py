"""The registry from end to end: a readout leaves its record, and the review of many agrees with the truth behind them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from tests.runs.programme import record, simulate_programme
from tests.runs.test_learnings import remember
from workbench.experiments import LearningReview
from workbench.runs import lift_records, past_records
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow

CONFIG = """
[workspace]
name = "Company"
[tables.units]
path = "units.csv"
[experiments.banner]
control = "none"
metrics = [{ name = "revenue", role = "primary", value = 1.0 }]
start = 2024-03-04
end = 2024-03-24
channel = "display"
spend_change = 500.0
markets = ["DE"]
assumption = "Banners bring orders"
tags = ["banner"]
"""


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    rng = np.random.default_rng(2)
    shown = np.arange(4000) % 2 == 1
    units = pd.DataFrame(
        {
            "experiment_id": "banner",
            "unit_id": [f"u{i}" for i in range(4000)],
            "variant": np.where(shown, "banner", "none"),
            "revenue": rng.gamma(2.0, 10.0, 4000) + 3.0 * shown,
        }
    )
    units.to_csv(tmp_path / "units.csv", index=False)
    (tmp_path / "workbench.toml").write_text(CONFIG, encoding="utf-8")
    return open_workspace(tmp_path)


def test_a_readout_leaves_its_record_and_its_lift(company, finished):
    run = finished(company, "experiment_readout", experiment="banner")
    (known,) = past_records(company).to_dict("records")
    assert (known["run_id"], known["experiment_id"], known["verdict"]) == (run.run_id, "banner", "ship")
    assert (known["channel"], known["tags"], known["standing"]) == ("display", "banner", "supported")
    assert known["relative"] == pytest.approx(3 / 20, abs=4 * known["relative_se"])
    (lift,) = lift_records(company).to_dict("records")
    assert lift["lift"] == pytest.approx(3.0 * 2000, abs=4 * lift["lift_se"])


def test_the_review_of_many_tests_agrees_with_their_truth(company, finished):
    programme = simulate_programme(1, ideas=44, sd=0.02, retested=14, lasting=0.7)
    for told in programme.records:
        remember(company, told)
    remember(company, record("broken", verdict="invalid", decided_by="sample_ratio"))
    run = finished(company, "learning_review")
    result = LearningReview.load(run.result_folder)
    tests = result.tests.set_index("experiment_id")
    truth = pd.Series(programme.truth, [told.experiment_id for told in programme.records]).reindex(tests.index)
    assert len(tests) == 58
    assert ((tests.believed - truth) ** 2).mean() < 0.75 * ((tests.measured - truth) ** 2).mean()
    assert ((tests.believed_lower < truth) & (truth < tests.believed_upper)).mean() > 0.86
    assert result.prior.sd == pytest.approx(programme.truth.std(), rel=0.3)
    first = " ".join(PdfReader(run.path / "report.pdf").pages[0].extract_text().split())
    shipped = (tests.verdict == "ship").sum()
    assert f"{shipped} of 58 settled tests shipped" in first
    assert "1 of 59 tests were invalid" in first
